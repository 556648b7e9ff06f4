"""A month of calls with planted truths, for tests of the investigation: an agent who pads, and how letters work."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from qc_workbench.domain.call import Call, Direction, Manager, Outcome
from qc_workbench.domain.flag import AnsweredBy, Conversation, Flag, FlagKind, Verdict
from qc_workbench.domain.investigation import Metric
from qc_workbench.review.investigating import Claim
from qc_workbench.store import calls as call_store
from qc_workbench.store import verdicts
from qc_workbench.workspace import Workspace

OCTOBER = date(2026, 10, 1)
BEGAN = datetime(2026, 10, 1, 6, tzinfo=UTC)
MIDDLE = datetime(2026, 10, 15, 15, tzinfo=UTC)
ENDED = datetime(2026, 11, 1, 6, tzinfo=UTC)
OLGA = "Ольга Смирнова"
#: Calls of an agent a day: all answered and counted by the CRM.
A_DAY = 10
CLAIM = Claim(OCTOBER, Metric.PADDED_CALLS, 0.1, "Звонки дотягивают до сорока секунд")


def company(
    home: Path, padded: Mapping[str, tuple[int, int]], agents: int = 6, seed_month: date = OCTOBER
) -> Workspace:
    """A workspace with a month of calls. ``padded``: agent -> padded calls a day before the 18th and from it on."""
    home.mkdir(parents=True)
    (home / "qcw.toml").write_text('[company]\nname = "Ромашка"\n', encoding="utf-8")
    workspace = Workspace.open(home)
    people = [Manager(f"m{number}", f"Агент Номер{number}") for number in range(1, agents + 1)]
    workspace.store.insert_many("managers", [call_store.manager_row(item) for item in people])
    plant(workspace, [item.manager_id for item in people], padded)
    return workspace


def plant(
    workspace: Workspace, agents: list[str], padded: Mapping[str, tuple[int, int]], month: date = OCTOBER
) -> None:
    """Calls of one month of these agents."""
    calls, conversations, flags = [], [], []
    for agent in agents:
        for day in range(1, 31):
            early, late = padded.get(agent, (0, 0))
            bad = early if day < 18 else late
            for number in range(A_DAY):
                call_id = f"{month:%m}-{agent}-{day:02d}-{number}"
                at = datetime(month.year, month.month, day, 7, tzinfo=UTC) + timedelta(minutes=number * 30)
                calls.append(Call(call_id, at, Direction.OUTBOUND, agent, "+79000000001", 60, Outcome.ANSWERED))
                is_bad = number < bad
                conversations.append(
                    Conversation(call_id, "f", AnsweredBy.HUMAN, False, 0 if is_bad else 30, 5, 5, not is_bad)
                )
                if is_bad:
                    flags.append(
                        Flag(f"flag-{call_id}", call_id, FlagKind.FAKE_EFFECTIVE, Verdict.FLAG, 0.9, (), "padding", "1")
                    )
    store = workspace.store
    store.insert_many("calls", [call_store.call_row(item, BEGAN) for item in calls])
    store.insert_many("conversations", [verdicts.conversation_row(item) for item in conversations])
    store.insert_many("flags", [verdicts.flag_row(item, BEGAN) for item in flags])
