"""A company with a month of breaches to rule on."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

from qc_workbench.domain.access import AccessRole, Account, Person
from qc_workbench.domain.flag import FlagKind, Ruling
from qc_workbench.domain.violation import Violation, ViolationKind
from qc_workbench.store import cases, faults, people, verdicts
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.bonus import stretch_of
from qc_workbench.ui.views.suspicious import write_ruling
from qc_workbench.ui.views.violation_ruling import waiting_rulings
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company

OCTOBER = date(2026, 10, 1)
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
DAY = datetime(2026, 10, 20, 16, tzinfo=UTC)
MANY = 200


@cache
def _built() -> Path:
    """Алла (m1) has two hundred overdue tasks of one day, Борис (m2) one; Олег owns the firm."""
    folder = Path(tempfile.mkdtemp(prefix="qcw-bonus-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    found = company.sample_company(folder / "home")
    overdue = [
        Violation(f"v{n:03d}", ViolationKind.OVERDUE_TASK, "m1", DAY + timedelta(seconds=n), activity_id=f"t{n}")
        for n in range(MANY)
    ]
    other = Violation("w1", ViolationKind.NO_TASK, "m2", DAY, deal_id="deal-1")
    found.store.insert_many("violations", [verdicts.violation_row(item) for item in (*overdue, other)])
    owner = Person("account-o1", frozenset({AccessRole.OWNER}), None)
    found.store.apply(people.saved(Account(owner, "o1", "Олег Владелец", company.AS_OF)))
    found.store.release()
    return found.home


def breached_company(home: Path) -> Workspace:
    """A copy of the company, built once."""
    shutil.copytree(_built(), home, ignore=shutil.ignore_patterns(".locks"))
    return Workspace.open(home)


def october(workspace: Workspace) -> tuple[datetime, datetime]:
    return stretch_of(workspace, OCTOBER)


def group(workspace: Workspace, who: Viewer, agent: str, kind: str = "overdue_task") -> faults.WaitingGroup:
    view = waiting_rulings(workspace, who, october(workspace), NOW, 1)
    return next(item for item in view.groups if (item.agent_id, item.kind) == (agent, kind))


def confirm_flag(workspace: Workspace, who: Viewer) -> None:
    with workspace.store.reading() as reader:
        case = cases.case_of_call(reader, company.PADDED, FlagKind.FAKE_EFFECTIVE)
    assert case is not None
    write_ruling(workspace, who, case.flag, Ruling.CONFIRMED, NOW, "")
