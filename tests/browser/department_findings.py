"""What was said in the talks that can be heard, and what was found in them."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from pipelines.evaluate_detectors import evaluate
from qc_workbench.domain.call import Call, Direction, Outcome
from qc_workbench.domain.commitment import (
    Action,
    ClientSaid,
    Commitment,
    CommitmentOutcome,
    DueWindow,
    Promiser,
    Refusal,
    SpokenCommitment,
)
from qc_workbench.domain.consent import ConsentLine, ConsentReason, ConsentVerdict
from qc_workbench.domain.crm import Deal, DealStatus
from qc_workbench.domain.flag import Evidence, Flag, FlagKind, Verdict
from qc_workbench.domain.lost_deal import DealFinding, LostDeal
from qc_workbench.store import calls as call_rows
from qc_workbench.store import crm, verdicts
from qc_workbench.store.consent import consent_row
from qc_workbench.store.lost_deals import lost_deal_row
from qc_workbench.workspace import Workspace
from tests.browser.department_talks import DIALLED, EMPTY, TALKS, length_s, spoken
from tests.scored_company import Drawn
from tests.ui import sample_company as company

#: Days of the last ones (from yesterday back) on which the recorded talks were.
TALKS_DAYS_AGO = {
    "balcony": 1, "measure": 1, "voicemail": 2, "late_promise": 3, "price_only": 3, "discount": 4, "competitor": 5,
    "thanks": 6, "spring": 7, "voicemail_again": 8,
}  # fmt: skip


def write_talks(workspace: Workspace, drawn: Sequence[Drawn], days: Sequence[date]) -> None:
    for item in drawn:
        name = item.call_id.removeprefix("talk-")
        company.record(
            workspace, _call(name, item.started_at, Direction.INBOUND, item.phone), spoken(name), has_voices=True
        )
    for number, name in enumerate(DIALLED):
        at = datetime.combine(days[-TALKS_DAYS_AGO[name]], time(11, 7 * number), company.AS_OF.tzinfo)
        call = _call(name, at, Direction.OUTBOUND, f"+749500002{number:02d}")
        workspace.store.insert_many("calls", [call_rows.call_row(call, at)])
        company.record(workspace, call, spoken(name), has_voices=name not in EMPTY)


def _call(name: str, at: datetime, direction: Direction, phone: str | None) -> Call:
    return Call(
        f"talk-{name}", at, direction, TALKS[name][0], phone, length_s(name), Outcome.ANSWERED,
        recording_name=f"{name}.wav", language="ru",
    )  # fmt: skip


def write_findings(workspace: Workspace, days: Sequence[date]) -> None:
    store, at = workspace.store, datetime.combine(days[-2], time(6), company.AS_OF.tzinfo)
    flags = []
    for name, verdict, certain in zip(EMPTY, (Verdict.FLAG, Verdict.UNSURE), (0.96, 0.5), strict=True):
        ((_, start, end, text),) = spoken(name)
        proof = (
            Evidence(1, start, end, "operator_announcement", text),
            Evidence(1, end, float(length_s(name)), "silence"),
        )
        flags.append(
            Flag(f"flag-{name}", f"talk-{name}", FlagKind.FAKE_EFFECTIVE, verdict, certain, proof, "sample", "1",
                 ("voicemail",))
        )  # fmt: skip
    _, start, end, text = spoken("spring")[1]
    flags.append(
        Flag("flag-spring", "talk-spring", FlagKind.FALSE_REFUSAL, Verdict.FLAG, 0.85,
             (Evidence(1, start, end, "client_postponed", text),), "sample", "1", ("deal_lost_without_refusal",))
    )  # fmt: skip
    store.insert_many("flags", [verdicts.flag_row(flag, at) for flag in flags])
    refusal = Refusal("talk-spring", ClientSaid.POSTPONED, "deal-spring", "lost", True, text, start, end)
    store.insert_many("refusals", [verdicts.refusal_row(refusal)])
    deals = [
        Deal("deal-spring", ("+74950000201",), "m8", "Коммуникация", DealStatus.LOST, at, "Передумал", Decimal(118000),
             "RUB", at - timedelta(days=20), client_name="Андрей, раздвижные двери"),
        Deal("deal-balcony", ("+74950000100",), "m4", "Замер", DealStatus.OPEN, at, None, Decimal(96000), "RUB",
             at - timedelta(days=3), client_name="Марина, лоджия"),
        Deal("deal-late", ("+74950000103",), "m5", "Расчёт", DealStatus.OPEN, at, None, Decimal(54000), "RUB",
             at - timedelta(days=12), client_name="Сергей, дверь с зеркалом"),
    ]  # fmt: skip
    store.insert_many("deals", [crm.deal_row(deal) for deal in deals])
    store.insert_many(
        "deal_findings",
        [lost_deal_row(LostDeal("deal-spring", DealFinding.CLIENT_POSTPONED, None, "talk-spring", 1, 0.9))],
    )
    today = days[-1] + timedelta(days=1)
    said = [
        ("balcony", 13, Action.VISIT, CommitmentOutcome.SCHEDULED, today, "в четверг"),
        ("late_promise", 6, Action.SEND_OFFER, CommitmentOutcome.MISSING, days[-2], "завтра до двенадцати"),
        ("competitor", 4, Action.CALLBACK, CommitmentOutcome.KEPT_UNLOGGED, days[-5], "сегодня до шести"),
        ("thanks", 4, Action.VISIT, CommitmentOutcome.SCHEDULED_LATE, days[-4], "в среду"),
        ("measure", 4, Action.VISIT, CommitmentOutcome.KEPT, days[-1], "завтра в одиннадцать"),
    ]
    found = []
    for name, line, action, outcome, day, phrase in said:
        _, start, end, text = spoken(name)[line]
        until = time(12) if phrase.endswith("двенадцати") else time(18)
        due = DueWindow(day, day, time(9), until)
        promise = SpokenCommitment(
            f"said-{name}", f"talk-{name}", Promiser.AGENT, action, text, start, end, due, "sample", phrase
        )
        found.append(Commitment(promise, outcome))
    store.insert_many("commitments", [verdicts.commitment_row(item, at) for item in found])


def write_labels(workspace: Workspace) -> None:
    """What somebody who listened says of some calls, and how the detectors stand against it."""
    nobody = {"answered_by": "voicemail", "fake_effective": True}
    somebody = {"answered_by": "human", "fake_effective": False}
    truth = {f"talk-{name}": nobody if name in EMPTY else somebody for name in TALKS}
    truth |= {company.PADDED: nobody, company.UNSURE: nobody, company.TALK: somebody, company.PROMISE: somebody}
    file = workspace.home / "labels.jsonl"
    lines = [json.dumps({"id": call_id, "truth": said}) for call_id, said in truth.items()]
    file.write_text("\n".join(lines), encoding="utf-8")
    evaluate(workspace, file)


def write_consent(workspace: Workspace) -> None:
    """Whether clients were told of the recording, as if the beginnings of answered calls had been recognised."""
    with workspace.store.reading() as reader:
        calls = reader.rows("select call_id from calls where outcome = 'answered' order by call_id")
    chance = random.Random("recording")
    kinds = (
        (ConsentVerdict.TOLD, ConsentReason.BY_MACHINE), (ConsentVerdict.TOLD, ConsentReason.BY_AGENT),
        (ConsentVerdict.NOT_TOLD, ConsentReason.NEVER), (ConsentVerdict.NOT_TOLD, ConsentReason.LATE),
        (ConsentVerdict.UNSURE, ConsentReason.NO_OPENING),
    )  # fmt: skip
    lines = []
    for row in calls:
        verdict, reason = chance.choices(kinds, (50, 30, 10, 4, 6))[0]
        second = 3.0 if verdict is ConsentVerdict.TOLD else 41.0 if reason is ConsentReason.LATE else None
        lines.append(consent_row(ConsentLine(row["call_id"], verdict, reason, second, second, None, 20.0, "1")))
    workspace.store.insert_many("consent_lines", lines)
