"""What the sound of a call's recording shows beside other calls: a known greeting, the same recording elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from qc_workbench.detection.known_greetings import greeting_count, known_greetings
from qc_workbench.domain.access import Action
from qc_workbench.domain.sound_print import GreetingCount, KnownGreeting
from qc_workbench.store import fingerprints
from qc_workbench.store.browsing import calls_by_id
from qc_workbench.store.database import Reader
from qc_workbench.store.fingerprints import SharedRecording
from qc_workbench.ui.viewer import Viewer
from qc_workbench.workspace import Workspace

#: Calls with the same recording that are named.
_NAMED = 5


@dataclass(frozen=True, slots=True)
class SoundElsewhere:
    """``count``: where else the known greeting of this call was heard, None where there is none. ``shared``: calls
    with the same recording, those with the same file first."""

    count: GreetingCount | None
    shared: tuple[SharedRecording, ...]


def known_in(reader: Reader, call_id: str) -> tuple[KnownGreeting, ...]:
    """Recordings of known machines played in a call, in order of time."""
    return known_greetings(fingerprints.sightings(reader, call_id)).get(call_id, ())


def sound_elsewhere(workspace: Workspace, viewer: Viewer, call_id: str) -> SoundElsewhere:
    """Of the calls with the same recording those that this person may see."""
    with workspace.store.reading() as reader:
        seen = fingerprints.sightings(reader, call_id)
        shared = fingerprints.shared_with(reader, call_id, _NAMED)
        calls = calls_by_id(reader, {item.other_call_id for item in shared})
    known = known_greetings(seen)
    mine = tuple(
        item
        for item in shared
        if (other := calls.get(item.other_call_id)) and viewer.may(Action.SEE_CALL, other.manager_id)
    )
    return SoundElsewhere(greeting_count(call_id, seen) if call_id in known else None, mine)
