"""The quality figures on a case small enough to count by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from qc_workbench.domain.commitment import ClientSaid, Commitment, CommitmentOutcome, Refusal
from qc_workbench.domain.flag import Verdict
from qc_workbench.reporting.quality import (
    Quality,
    TrueCall,
    TruePromise,
    due_is_right,
    measure_quality,
    quote_overlap,
)
from qc_workbench.reporting.share import Share, interval_of
from tests.report_cases import conversation, flag, promise

MONDAY = TruePromise("перезвоню вам в понедельник утром", "callback", date(2026, 10, 5), date(2026, 10, 5))
TRUTH = (
    TrueCall("p1", "voicemail", "voicemail", True),
    TrueCall("p2", "voicemail", "voicemail", True),
    TrueCall("p3", "assistant", "voice_assistant", True),
    TrueCall("h1", "talk", "human", False, (MONDAY,), expected_outcome="missing"),
    TrueCall("h2", "talk", "human", False, (MONDAY,), "explicit", "kept"),
    TrueCall("h3", "talk", "human", False, refusal="postponed", false_refusal=True),
)


def found(call_id: str, quote: str, due: date, outcome: CommitmentOutcome) -> Commitment:
    item = promise(call_id, outcome, due)
    return replace(item, spoken=replace(item.spoken, quote=quote))


def quality() -> Quality:
    return measure_quality(
        TRUTH,
        flags=(flag("p1"), flag("p2", Verdict.UNSURE), flag("p3"), flag("h3"), flag("unlabelled")),
        conversations={"p1": conversation("p1", False), "h1": conversation("h1", True), "h2": conversation("h2", True)},
        commitments=(
            found("h1", "Перезвоню в понедельник", date(2026, 10, 6), CommitmentOutcome.MISSING),
            found("h1", "что-то совсем другое", date(2026, 12, 1), CommitmentOutcome.KEPT),
            found("h2", "ничего общего", date(2026, 10, 8), CommitmentOutcome.OVERDUE),
        ),
        refusals={
            "h2": Refusal("h2", ClientSaid.EXPLICIT, None, None, False),
            "h3": Refusal("h3", ClientSaid.NONE, "d", "lost", True),
        },
    )


def test_padded_calls_are_counted_and_abstentions_are_not_accusations() -> None:
    padded = quality().padded
    assert (padded.true_positive, padded.false_positive, padded.false_negative, padded.true_negative) == (2, 1, 1, 2)
    assert (padded.unsure_positive, padded.unsure_negative) == (1, 0)
    assert padded.precision.value == pytest.approx(2 / 3)
    assert padded.recall.value == pytest.approx(2 / 3)
    assert padded.f1 == pytest.approx(2 / 3)


def test_promises_match_by_words_or_by_window_once_each() -> None:
    promises = quality().promises
    assert (promises.true_positive, promises.false_positive, promises.false_negative) == (1, 2, 1)
    assert quality().due_windows == Share(1, 1)
    assert quality().outcomes == Share(1, 2)


def test_refusals_without_a_record_count_as_none() -> None:
    assert quality().refusals == Share(5, 6)
    false = quality().false_refusals
    assert (false.true_positive, false.false_positive, false.false_negative) == (1, 0, 0)


def test_who_answered_is_unknown_where_nothing_was_examined() -> None:
    assert quality().answered_by == Share(3, 6)
    assert quality().answered_by_confusion["human"] == {"human": 2, "unknown": 1}


def test_every_mistake_names_its_call() -> None:
    mistakes = {(item.area, item.kind, item.call_id) for item in quality().mistakes}
    assert ("padded", "missed", "p2") in mistakes
    assert ("padded", "accused", "h3") in mistakes
    assert ("promises", "extra", "h1") in mistakes
    assert ("promises", "outcome", "h2") in mistakes


def test_scenarios_are_counted_apart() -> None:
    of = {item.scenario: item.right for item in quality().scenarios}
    assert of == {"voicemail": Share(1, 2), "assistant": Share(1, 1), "talk": Share(2, 3)}


def test_yo_case_and_punctuation_do_not_matter_in_quotes() -> None:
    assert quote_overlap("Ещё раз, перезвоню!", "еще раз перезвоню завтра") == 1.0
    assert quote_overlap("", "что угодно") == 0.0


@pytest.mark.parametrize(
    ("first", "last", "right"),
    [((10, 4), (10, 6), True), ((10, 5), (10, 5), True), ((10, 3), (10, 5), False), ((10, 5), (10, 7), False)],
)
def test_a_due_window_is_right_inside_or_within_a_day(
    first: tuple[int, int], last: tuple[int, int], right: bool
) -> None:
    assert due_is_right(MONDAY, date(2026, *first), date(2026, *last)) is right


def test_wilson_intervals_are_those_of_the_textbook() -> None:
    """Newcombe (Statistics in Medicine 17, 1998), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29."""
    for count, of, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611)):
        assert interval_of(count, of) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))
    assert interval_of(1, 29) == (pytest.approx(0.0061, abs=5e-5), pytest.approx(0.1718, abs=5e-5))
    assert interval_of(0, 0) == (0.0, 1.0)
