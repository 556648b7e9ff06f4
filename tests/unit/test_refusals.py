"""What clients say about buying, and deals lost without a refusal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest

from qc_workbench.detection.lost_deals import Talk, judge_lost_deals
from qc_workbench.detection.lost_deals import judge_refusals as judge_calls
from qc_workbench.detection.refusals import Said, client_said
from qc_workbench.domain.commitment import ClientSaid, Refusal
from qc_workbench.domain.crm import Deal, DealStatus
from qc_workbench.domain.flag import Flag, FlagKind, Verdict
from qc_workbench.domain.transcript import Suspicion
from tests.unit.spoken_calls import call_at, dialogue


def judge_refusals(
    talks: Sequence[Talk], deals: Sequence[Deal], as_of: datetime
) -> tuple[tuple[Refusal, Flag | None], ...]:
    return judge_calls(talks, deals, judge_lost_deals(talks, deals, as_of), as_of)


AS_OF = datetime.fromisoformat("2026-11-01T09:00:00+03:00")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Знаете, мы уже купили в другом месте.", ClientSaid.EXPLICIT),
        ("Мы передумали, кухню делать не будем.", ClientSaid.EXPLICIT),
        ("Окна нам больше не нужны.", ClientSaid.EXPLICIT),
        ("Неактуально, уберите мой номер.", ClientSaid.EXPLICIT),
        ("We've decided against it.", ClientSaid.EXPLICIT),
        ("We went with another company.", ClientSaid.EXPLICIT),
        ("We shan't be needing any doors.", ClientSaid.EXPLICIT),
        ("Отменяйте.", ClientSaid.EXPLICIT),
        ("Торги выиграла другая компания.", ClientSaid.EXPLICIT),
        ("И больше никаких звонков.", ClientSaid.NONE),  # of calls, not of the purchase
        ("Соседка на балкон пожаловалась.", ClientSaid.NONE),
        ("Ставить у вас мы ничего не будем.", ClientSaid.EXPLICIT),
        ("Мы оплатили заказ другой фирме.", ClientSaid.EXPLICIT),
        ("Нашли подешевле, извините.", ClientSaid.EXPLICIT),
        ("Больше мне не звоните.", ClientSaid.EXPLICIT),
        ("Необходимость отпала.", ClientSaid.EXPLICIT),
        ("Мы атказываимся.", ClientSaid.EXPLICIT),
        ("We're not ordering, thanks.", ClientSaid.EXPLICIT),
        ("Take us off your list.", ClientSaid.EXPLICIT),
        ("The whole thing is off.", ClientSaid.EXPLICIT),
        ("Please don't phone us again.", ClientSaid.EXPLICIT),
        ("Мы ещё определяемся.", ClientSaid.POSTPONED),
        ("А если нет, будем копить.", ClientSaid.POSTPONED),
        ("It's just the timing.", ClientSaid.POSTPONED),
        ("We're still on the fence.", ClientSaid.POSTPONED),
        ("Олег пока недоступен.", ClientSaid.NONE),
        ("Белые мне не нужны, давайте серые.", ClientSaid.NONE),
        ("He said he'd come, don't you worry.", ClientSaid.NONE),
        ("The lights are off in the hall.", ClientSaid.NONE),
        ("Мы пока думаем.", ClientSaid.POSTPONED),
        ("Денег сейчас нет, к весне накопим.", ClientSaid.POSTPONED),
        ("Посоветуюсь с женой.", ClientSaid.POSTPONED),
        ("Я сама вам позвоню.", ClientSaid.POSTPONED),
        ("Жду зарплату, тогда и решу.", ClientSaid.POSTPONED),
        ("I need to think about it.", ClientSaid.POSTPONED),
        ("Let's leave it until the new year.", ClientSaid.POSTPONED),
        ("А подоконник какой ширины?", ClientSaid.NONE),
        ("Мы не отказываемся, вы не думайте.", ClientSaid.NONE),
        ("С зеркалом не надо, глухую.", ClientSaid.NONE),
        ("Если не поможет, я сама вас наберу.", ClientSaid.NONE),
        ("Great, see you on Tuesday.", ClientSaid.NONE),
    ],
)
def test_what_the_client_said(line: str, said: ClientSaid) -> None:
    assert client_said(dialogue("A: Добрый день.", f"C: {line}")).said is said


def test_only_the_clients_words_count() -> None:
    talk = dialogue("A: Значит, вы отказались, купили в другом месте?", "C: Какой цвет есть?")
    assert client_said(talk) == Said(ClientSaid.NONE)


def test_a_refusal_outweighs_an_earlier_postponement_and_is_quoted_with_its_time() -> None:
    said = client_said(dialogue("C: Мы пока думаем.", "A: Понимаю.", "C: Хотя нет, мы отказались."))
    assert (said.said, said.quote, said.start_s) == (ClientSaid.EXPLICIT, "Хотя нет, мы отказались.", 10.0)


def test_in_mono_only_what_a_buyer_says_of_themselves_postpones() -> None:
    assert client_said(dialogue("?: Мне не горит.", "?: Сам вам объявлюсь.")).said is ClientSaid.NONE
    assert client_said(dialogue("?: Добрый день.", "?: Обсужу дома и сам объявлюсь.")).said is ClientSaid.POSTPONED


@pytest.mark.parametrize(
    ("confidence", "clear"), [((0.9, 0.9), True), ((0.6, 0.6), False), ((0.95, 0.3), False), ((0.5, 0.85), True)]
)
def test_words_count_as_clear_by_their_probability_above_all_at_the_end(
    confidence: tuple[float, float], clear: bool
) -> None:
    early, late = confidence
    talk = dialogue(*[f"C: Это реплика номер {n}." for n in range(6)])
    turns = tuple(replace(turn, confidence=early if n < 3 else late) for n, turn in enumerate(talk.turns))
    said = client_said(replace(talk, turns=turns))
    assert said.doubt == (None if clear else "client_words_unclear")


def test_an_agent_who_answers_a_refusal_raises_doubt() -> None:
    assert client_said(dialogue("C: Мурка вся пила.", "A: Жаль, что так.")).doubt == "agent_spoke_of_refusal"
    assert client_said(dialogue("C: Мы отказались.", "A: Жаль, что так.")).doubt is None


@pytest.mark.parametrize("doubt", ["client_words_unclear", "agent_spoke_of_refusal"])
def test_nobody_is_accused_where_a_refusal_may_have_been_lost(doubt: str) -> None:
    unclear = Talk(call_at(), Said(ClientSaid.NONE, doubt=doubt), True)
    ((refusal, flag),) = judge_refusals([unclear], [lost()], AS_OF)
    assert not refusal.false_refusal
    assert flag is not None
    assert (flag.verdict, flag.reasons) == (Verdict.UNSURE, (doubt,))


def test_text_that_may_be_invented_proves_no_refusal() -> None:
    assert client_said(dialogue("C: Мы отказались.", suspicion=Suspicion.NO_VOICE)).said is ClientSaid.NONE


def lost(**more: object) -> Deal:
    return Deal("d-1", ("+79160000001",), "m1", "Думают", DealStatus.LOST, **more)  # type: ignore[arg-type]


def talk(said: ClientSaid | None, started_at: str = "2026-10-06T12:00:00+03:00", call_id: str = "k-1") -> Talk:
    call = call_at(started_at, call_id)
    return Talk(call, None if said is None else Said(said, "слова", 1.0, 2.0), True)


@pytest.mark.parametrize(
    ("said", "false"), [(ClientSaid.POSTPONED, True), (ClientSaid.NONE, True), (ClientSaid.EXPLICIT, False)]
)
def test_a_deal_lost_without_a_refusal_is_a_false_refusal(said: ClientSaid, false: bool) -> None:
    ((refusal, flag),) = judge_refusals([talk(said)], [lost()], AS_OF)
    assert refusal.false_refusal is false
    assert (flag is not None) is false
    if flag is not None:
        assert (flag.kind, flag.verdict) == (FlagKind.FALSE_REFUSAL, Verdict.FLAG)


def test_an_open_deal_is_no_false_refusal() -> None:
    deal = Deal("d-1", ("+79160000001",), "m1", "Думают", DealStatus.OPEN)
    ((refusal, flag),) = judge_refusals([talk(ClientSaid.POSTPONED)], [deal], AS_OF)
    assert (refusal.deal_status, refusal.false_refusal, flag) == ("open", False, None)


def test_only_the_last_conversation_before_the_closing_is_accused() -> None:
    talks = [talk(ClientSaid.NONE), talk(ClientSaid.POSTPONED, "2026-10-12T12:00:00+03:00", "k-2")]
    judged = judge_refusals(talks, [lost()], AS_OF)
    assert [refusal.false_refusal for refusal, _ in judged] == [False, True]


def test_a_talk_after_the_closing_says_nothing_of_it() -> None:
    closed = datetime.fromisoformat("2026-10-07T12:00:00+03:00")
    talks = [talk(ClientSaid.POSTPONED), talk(ClientSaid.NONE, "2026-10-20T12:00:00+03:00", "k-2")]
    judged = judge_refusals(talks, [lost(closed_at=closed)], AS_OF)
    assert [refusal.false_refusal for refusal, _ in judged] == [True, False]


def test_an_earlier_refusal_makes_the_closing_honest() -> None:
    talks = [talk(ClientSaid.EXPLICIT), talk(ClientSaid.NONE, "2026-10-12T12:00:00+03:00", "k-2")]
    assert not any(refusal.false_refusal for refusal, _ in judge_refusals(talks, [lost()], AS_OF))


def test_a_later_conversation_that_nobody_transcribed_makes_the_detector_abstain() -> None:
    talks = [talk(ClientSaid.POSTPONED), talk(None, "2026-10-12T12:00:00+03:00", "k-2")]
    ((refusal, flag),) = judge_refusals(talks, [lost()], AS_OF)
    assert not refusal.false_refusal
    assert flag is not None
    assert flag.verdict is Verdict.UNSURE


def test_a_duplicate_is_no_claim_of_a_refusal() -> None:
    ((refusal, _),) = judge_refusals([talk(ClientSaid.NONE)], [lost(lost_reason="Дубль заявки")], AS_OF)
    assert not refusal.false_refusal
