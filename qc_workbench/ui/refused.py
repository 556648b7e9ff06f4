"""Whoever is logged in and asks for what is not theirs: a line of the audit log, so that curiosity is seen.

Written alike whether what was asked for exists: neither the answer nor its time tells. Once a day for the same thing,
and no more than :data:`MOST_A_DAY` lines a person: nobody fills the log with ids made up.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import UTC, date, datetime
from threading import Lock
from typing import Final

from qc_workbench.errors import QcwError
from qc_workbench.store.calls import audit_entry
from qc_workbench.ui.http import once_a_day
from qc_workbench.ui.viewer import Viewer
from qc_workbench.workspace import Workspace

MOST_A_DAY: Final = 100
#: Characters of an id that are kept: whoever makes one up may make it long.
_LONGEST: Final = 80

_turn: Final = Lock()
_noted: Final[Counter[tuple[date, str, str]]] = Counter()


def note_refusal(workspace: Workspace, viewer: Viewer, what: str, about: str) -> None:
    """``what``: a room, or what was to be done; ``about``: the id that was named. A store that is away is no reason to
    answer otherwise."""
    now, subject = datetime.now(UTC), about[:_LONGEST]
    if not _is_within(now.date(), str(workspace.home), viewer.person_id):
        return
    line = audit_entry(now, viewer.name, "access_refused", subject, what=what)
    with suppress(QcwError):
        workspace.store.write(line, key=once_a_day("refused", viewer.person_id, what, subject))


def _is_within(day: date, home: str, person: str) -> bool:
    with _turn:
        for old in [key for key in _noted if key[0] != day]:
            del _noted[old]
        _noted[day, home, person] += 1
        return _noted[day, home, person] <= MOST_A_DAY
