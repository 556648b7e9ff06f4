"""Of each lost deal: who refused, and whether anybody spoke with the client."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.detection.lost_deals import FALSE_REFUSALS, Talk, judge_lost_deals, judge_refusals
from qc_workbench.detection.refusals import Said
from qc_workbench.domain.call import Outcome
from qc_workbench.domain.commitment import ClientSaid
from qc_workbench.domain.crm import Activity, ActivityType, Deal, DealStatus, Note
from qc_workbench.domain.flag import Verdict
from qc_workbench.domain.lost_deal import DealFinding, LostDeal
from tests.unit.spoken_calls import call_at

AS_OF = datetime.fromisoformat("2026-11-01T09:00:00+03:00")
MADE = datetime.fromisoformat("2026-10-01T09:00:00+03:00")
CLOSED = datetime.fromisoformat("2026-10-20T18:00:00+03:00")
DEAL = Deal("d-1", ("+79000000001",), "m1", "Думают", DealStatus.LOST, created_at=MADE, closed_at=CLOSED)


def talk(said: ClientSaid | None, day: int = 6, *, live: bool = True, doubt: str | None = None, **more: object) -> Talk:
    call = call_at(f"2026-10-{day:02}T12:00:00+03:00", f"k-{day}", **more)
    return Talk(call, None if said is None else Said(said, "слова", 1.0, 2.0, doubt), live)


def found(talks: list[Talk], deal: Deal = DEAL, **more: object) -> LostDeal:
    known = {"calls_known_from": MADE - timedelta(days=30)} | more
    ((item),) = judge_lost_deals(talks, [deal], AS_OF, **known)  # type: ignore[arg-type]
    return item.lost


EXPLICIT, POSTPONED, NONE = ClientSaid.EXPLICIT, ClientSaid.POSTPONED, ClientSaid.NONE


@pytest.mark.parametrize(
    ("talks", "finding", "reason", "call_id"),
    [
        ([talk(EXPLICIT)], DealFinding.CLIENT_REFUSED, None, "k-6"),
        ([talk(EXPLICIT), talk(NONE, 9)], DealFinding.CLIENT_REFUSED, None, "k-6"),
        ([talk(POSTPONED)], DealFinding.CLIENT_POSTPONED, None, "k-6"),
        ([talk(POSTPONED), talk(NONE, 9)], DealFinding.CLIENT_POSTPONED, None, "k-6"),
        ([talk(NONE)], DealFinding.AGENT_REFUSED, None, "k-6"),
        ([talk(NONE, doubt="client_words_unclear")], DealFinding.UNSURE, "client_words_unclear", "k-6"),
        ([talk(NONE, doubt="refusal_may_be_heard")], DealFinding.UNSURE, "refusal_may_be_heard", "k-6"),
        ([talk(NONE), talk(None, 9)], DealFinding.UNSURE, "later_call_not_transcribed", "k-6"),
        ([talk(None)], DealFinding.UNSURE, "calls_not_transcribed", "k-6"),
        ([talk(NONE, live=False)], DealFinding.NO_CONVERSATION, "calls_not_live", "k-6"),
        ([talk(None, live=False, outcome=Outcome.MISSED)], DealFinding.NO_CONVERSATION, "never_answered", None),
        ([], DealFinding.NO_CONVERSATION, "never_called", None),
        ([talk(EXPLICIT, 25)], DealFinding.NO_CONVERSATION, "never_called", None),  # after the closing
    ],
)
def test_every_lost_deal_has_its_finding(
    talks: list[Talk], finding: DealFinding, reason: str | None, call_id: str | None
) -> None:
    lost = found(talks)
    assert (lost.finding, lost.reason, lost.call_id) == (finding, reason, call_id)


@pytest.mark.parametrize(
    "text", ["Написала в вотсапе, что не будут", "Сообщил при встрече, что нет", "Client texted: no, thanks"]
)
def test_words_told_outside_the_telephone_may_hold_the_refusal(text: str) -> None:
    note = Note("n", CLOSED - timedelta(hours=1), text, "d-1")
    assert found([talk(NONE)], notes=[note]).reason == "refusal_may_be_written"
    plain = replace(note, text="Клиент отказался, дорого")  # the agent's own claim proves nothing
    assert found([talk(NONE)], notes=[plain]).finding is DealFinding.AGENT_REFUSED
    other = replace(note, deal_id="d-2")
    assert found([talk(NONE)], notes=[other]).finding is DealFinding.AGENT_REFUSED


def test_a_meeting_after_the_last_call_may_hold_the_refusal() -> None:
    met = Activity("a", "m1", ActivityType.MEETING, MADE, "d-1", done_at=CLOSED - timedelta(days=1))
    assert found([talk(NONE)], activities=[met]).reason == "met_in_person"
    before = replace(met, done_at=MADE + timedelta(days=1))
    assert found([talk(NONE)], activities=[before]).finding is DealFinding.AGENT_REFUSED


def test_nobody_is_blamed_for_calls_that_are_not_in_the_store() -> None:
    assert found([], calls_known_from=MADE + timedelta(days=5)).reason == "calls_before_import"
    assert found([], calls_known_from=None).reason == "calls_before_import"
    assert found([], replace(DEAL, client_phones=())).reason == "no_number"


@pytest.mark.parametrize("reason", ["Дубль заявки", "Спам", "wrong number"])
def test_a_deal_that_claims_no_refusal_is_left_out(reason: str) -> None:
    assert judge_lost_deals([talk(NONE)], [replace(DEAL, lost_reason=reason)], AS_OF) == ()


def test_a_refusal_of_an_earlier_deal_does_not_close_a_later_one() -> None:
    later = replace(DEAL, deal_id="d-2", created_at=datetime.fromisoformat("2026-10-10T09:00:00+03:00"))
    talks = [talk(EXPLICIT, 6), talk(NONE, 12)]
    assert found(talks, later).finding is DealFinding.AGENT_REFUSED


def test_the_flag_and_the_finding_say_the_same() -> None:
    talks = [talk(POSTPONED), talk(NONE, 9)]
    judged = judge_lost_deals(talks, [DEAL], AS_OF)
    flags = {refusal.call_id: flag for refusal, flag in judge_refusals(talks, [DEAL], judged, AS_OF)}
    assert flags["k-6"] is None
    assert flags["k-9"] is not None
    assert (flags["k-9"].verdict, flags["k-9"].score) == (Verdict.FLAG, judged[0].lost.certainty)


_TALKS = st.lists(
    st.builds(
        talk, st.sampled_from([EXPLICIT, POSTPONED, NONE, None]), st.integers(2, 28), live=st.booleans(),
        doubt=st.sampled_from([None, None, "client_words_unclear"]),
    ),
    max_size=4, unique_by=lambda item: item.call.call_id,
)  # fmt: skip


@given(_TALKS)
def test_one_more_refusal_heard_before_the_closing_never_accuses(talks: list[Talk]) -> None:
    talks = [item for item in talks if item.call.call_id != "k-5"]
    assert found([*talks, talk(EXPLICIT, 5)]).finding is DealFinding.CLIENT_REFUSED


@given(_TALKS)
def test_one_more_last_talk_that_nobody_read_never_accuses(talks: list[Talk]) -> None:
    """The 20th is the day of the closing: no talk before it is later."""
    talks = [item for item in talks if item.call.call_id != "k-20"]
    more = found([*talks, talk(None, 20)])
    assert more.finding not in FALSE_REFUSALS
    assert more.finding is not DealFinding.NO_CONVERSATION


@given(_TALKS)
def test_an_accusation_names_a_conversation_that_was_heard(talks: list[Talk]) -> None:
    lost = found(talks)
    if lost.finding in FALSE_REFUSALS:
        shown = next(item for item in talks if item.call.call_id == lost.call_id)
        assert shown.said is not None
        assert shown.is_conversation
        assert shown.said.said is not EXPLICIT
