"""The sample company: a workspace from samples/, with real transcription, in one go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import qc_workbench
from pipelines.fetch_model import fetch_model
from pipelines.make_workspace import make_workspace
from pipelines.progress import Progress
from pipelines.run import run
from qc_workbench.domain.access import AccessRole
from qc_workbench.domain.commitment import CommitmentOutcome
from qc_workbench.domain.flag import Verdict
from qc_workbench.errors import UsageError
from qc_workbench.store import listening, people, verdicts
from qc_workbench.store.calls import managers
from qc_workbench.ui.accounts import new_account
from qc_workbench.ui.doorway import DEMO_FILE
from qc_workbench.ui.passwords import hashed
from qc_workbench.ui.views.accounts import ROLE_OF
from qc_workbench.workspace import Workspace

#: The moment the sample company is looked at: 1 November 2026, 9:00 in Moscow.
AS_OF: Final = datetime(2026, 11, 1, 6, 0, tzinfo=UTC)
_INSTALLED: Final = Path(qc_workbench.__file__).resolve().parent / "samples"
#: Inside the package where it was installed from a wheel, beside the packages in the project's folder.
SAMPLES: Final = _INSTALLED if _INSTALLED.is_dir() else _INSTALLED.parents[1] / "samples"
SOURCE: Final = "samples"
#: Of every account of the sample company, which anybody at this machine may enter (``ui.doorway``).
PASSWORD: Final = "пример компании для всех"  # noqa: S105 - invented people, no secret
#: Those who are in no list of the telephone system: login -> name and role.
ABOVE: Final[Mapping[str, tuple[str, AccessRole]]] = {
    "owner": ("Наталья Королёва", AccessRole.OWNER),
    "admin": ("Роман Климов", AccessRole.ADMIN),
}


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What the workspace holds after the run. ``failed``: calls that could not be measured or transcribed."""

    home: Path
    as_of: datetime
    calls: int
    drawn: int
    transcribed: int
    flags: int
    unsure: int
    commitments: Mapping[CommitmentOutcome, int]
    failed: int


def make_demo(home: Path, progress: Progress, *, samples: Path | None = None, as_of: datetime = AS_OF) -> DemoReport:
    """Make the workspace, or go on with the one that an earlier demo made, and run everything on it.

    Raises :class:`UsageError` ``demo_samples_missing``, or ``demo_other_workspace`` when ``home`` is
    a workspace of somebody else's: a demo must not mix into real data.
    """
    folder = (samples or SAMPLES).expanduser().resolve()
    if not (folder / "calls.csv").is_file():
        raise UsageError("demo_samples_missing", folder=str(folder))
    workspace = _workspace(home, folder)
    fetch_model(None, progress, if_absent=True)
    report = run(workspace, as_of, progress)
    admit_invented(workspace, as_of)
    return _report(workspace, as_of, failed=len(report.measured.failed) + len(report.transcribed.failed))


def _workspace(home: Path, folder: Path) -> Workspace:
    if not (home / "qcw.toml").is_file():
        return make_workspace(
            home,
            {"sources.name": SOURCE, "sources.kind": "csv", "sources.folder": str(folder)},
        )
    workspace = Workspace.open(home)
    if SOURCE not in {source.name for source in workspace.settings.sources}:
        raise UsageError("demo_other_workspace", home=str(home))
    return workspace


def admit_invented(workspace: Workspace, at: datetime) -> None:
    """An account for every employee of the sample company, an owner and an administrator, unless there are any."""
    with workspace.store.reading() as reader:
        if not people.is_first_run(reader):
            return
        employees = managers(reader).values()
    accounts = [new_account(name, login, {role}, at) for login, (name, role) in ABOVE.items()]
    for employee in employees:
        role = ROLE_OF.get(employee.role, AccessRole.AGENT)
        capacity = 30 if role is AccessRole.QC else 0
        login = employee.manager_id
        accounts.append(
            new_account(employee.name, login, {role}, at, agent_id=employee.manager_id, calls_a_day=capacity)
        )
    secret = hashed(PASSWORD)
    for account in accounts:
        set_so = people.password_set(account.person.person_id, secret, at)
        workspace.store.apply(people.saved(account, set_so))
    (workspace.home / DEMO_FILE).write_text(PASSWORD, encoding="utf-8")


def _report(workspace: Workspace, as_of: datetime, failed: int) -> DemoReport:
    with workspace.store.reading() as reader:
        calls = int(reader.value("select count(*) from calls"))
        drawn = int(reader.value("select count(distinct call_id) from sample where queue = 'random'"))
        transcribed = len(listening.transcript_fingerprints(reader))
        flags = verdicts.flags(reader)
        outcomes = Counter(item.outcome for item in verdicts.commitments(reader))
    return DemoReport(
        home=workspace.home,
        as_of=as_of,
        calls=calls,
        drawn=drawn,
        transcribed=transcribed,
        flags=sum(flag.verdict is Verdict.FLAG for flag in flags),
        unsure=sum(flag.verdict is Verdict.UNSURE for flag in flags),
        commitments={outcome: outcomes[outcome] for outcome in CommitmentOutcome},
        failed=failed,
    )
