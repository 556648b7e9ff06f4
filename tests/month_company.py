"""A company of three months with everything that section 1 counts, made by chance of a fixed seed."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from qc_workbench.domain.call import Call, Direction, Manager, Outcome
from qc_workbench.domain.consent import ConsentLine, ConsentReason, ConsentVerdict
from qc_workbench.domain.crm import Activity, ActivityType, Deal, DealStatus, StageChange
from qc_workbench.reporting.facts import Facts
from qc_workbench.store import crm
from qc_workbench.store.consent import consent_row
from qc_workbench.store.database import insert_all
from qc_workbench.workspace import Workspace
from tests.report_cases import conversation
from tests.whole_store import write_facts

AS_OF = datetime(2026, 11, 9, 6, tzinfo=UTC)
STAGES = ("Новая", "Замер", "КП отправлено", "Договор")


def month_company(home: Path, deals: int = 260, calls: int = 900) -> Workspace:
    """September to November 2026 of three agents; deals in two currencies and without one, with and without a way."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "qcw.toml").write_text('[company]\nname = "Тихий створ"\n', encoding="utf-8")
    workspace = Workspace.open(home)
    chance = random.Random(20261001)
    begin = datetime(2026, 8, 31, 18, tzinfo=UTC)

    def moment(least: float = 0.0, most: float = 70.0) -> datetime:
        return begin + timedelta(minutes=round(1440 * chance.uniform(least, most)))

    phones = [f"+7900000{number:04}" for number in range(120)]
    made, ways = [], []
    for number in range(deals):
        created = moment(0, 60)
        way, at = [created], created
        for _ in range(chance.randint(0, 3)):
            at += timedelta(minutes=chance.randint(10, 20_000))
            way.append(at)
        status = chance.choice(list(DealStatus))
        closed = way[-1] + timedelta(minutes=chance.randint(1, 9000)) if status is not DealStatus.OPEN else None
        deal_id = f"d{number:03}"
        made.append(
            Deal(
                deal_id, (chance.choice(phones),), chance.choice(("m1", "m2", "m3")), STAGES[len(way) - 1], status,
                stage_since=way[-1], amount=chance.choice((None, Decimal(chance.randint(100, 10**7)) / 100)),
                currency=chance.choice(("RUB", "RUB", "RUB", "EUR", None)), created_at=created,
                closed_at=chance.choice((closed, closed, None)) if closed else None,
                source=chance.choice((None, None, "yandex", "google")),
            )
        )  # fmt: skip
        ways += [StageChange(deal_id, at, STAGES[step], STAGES[step - 1]) for step, at in enumerate(way[1:], start=1)]
    spoken = [
        Call(
            f"c{number:04}", moment(), chance.choice(list(Direction)), chance.choice(("m1", "m2", "m3")),
            chance.choice((*phones[:70], *(None,) * 5)), float(chance.randint(0, 200)), chance.choice(list(Outcome)),
            source=chance.choice((None, "yandex", "google", "direct")),
        )
        for number in range(calls)
    ]  # fmt: skip
    activities = tuple(
        Activity(
            f"a{number:03}", chance.choice(("m1", "m2", "m3")), chance.choice(list(ActivityType)), moment(),
            due_at=chance.choice((None, moment())), done_at=chance.choice((None, moment())),
        )
        for number in range(300)
    )  # fmt: skip
    write_facts(
        workspace,
        Facts(
            as_of=AS_OF,
            calls=tuple(spoken),
            managers={name: Manager(name, said) for name, said in (("m1", "Анна"), ("m2", "Борис"), ("m3", "Вера"))},
            conversations={
                call.call_id: conversation(call.call_id, chance.choice((True, True, False, None)))
                for call in spoken[::2]
            },
            deals=tuple(made),
            activities=activities,
        ),
    )
    workspace.store.write(*insert_all("stage_changes", [crm.stage_change_row(item) for item in ways]))
    # Chance of its own, so that the company stays the one it was.
    toss = random.Random(20261123)
    verdicts = [*ConsentVerdict, ConsentVerdict.TOLD]
    workspace.store.insert_many(
        "consent_lines",
        [
            consent_row(
                ConsentLine(call.call_id, toss.choice(verdicts), ConsentReason.NEVER, None, None, None, 20.0, "1")
            )
            for call in spoken[::3]
        ],
    )
    return workspace
