"""The conventions of every figure, on calls small enough to count by hand."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qc_workbench.domain.commitment import CommitmentOutcome
from qc_workbench.domain.flag import AnsweredBy
from qc_workbench.domain.transcript import Party
from qc_workbench.reporting.quality import Evaluation, Figure, FoundCall, TrueCall, TruePromise, TrueSpan, evaluate
from qc_workbench.reporting.quality.conversation import two_way_s
from qc_workbench.reporting.quality.figures import ratio_interval
from qc_workbench.reporting.quality.promises import due_is_right, line_of, quote_overlap
from qc_workbench.reporting.share import interval_of
from tests.quality.labelled_calls import LINES, MONDAY, TRUTH, found_calls, found_promise, heard, measured, turn


def quality() -> Evaluation:
    return evaluate(TRUTH, found_calls())


def figure(code: str, of: Evaluation | None = None) -> Figure:
    found = (of or quality()).figure(code)
    assert found is not None, code
    return found


def counted(code: str) -> tuple[float, float]:
    item = figure(code)
    return item.count, item.of


def test_padded_calls_are_counted_and_abstentions_are_not_accusations() -> None:
    """p1 found; p2 unsure and p3 absent: missed; h3 accused."""
    assert counted("padded.precision") == (1, 2)
    assert counted("padded.recall") == (1, 3)
    assert counted("padded.f1") == (2, 5)
    assert counted("padded.unsure") == (1, 6)


def test_a_flag_counts_although_another_detector_is_unsure() -> None:
    both = found_calls()["p1"].flags + found_calls()["p2"].flags
    only = evaluate(TRUTH[:1], {"p1": FoundCall("p1", flags=both)})
    assert figure("padded.recall", only).value == 1.0


def test_who_answered_is_unknown_where_nothing_was_examined_and_nobody_where_nobody_was_connected() -> None:
    assert counted("answered.exact") == (3, 6)
    assert counted("answered.human") == (5, 6)
    matrix = next(item for item in quality().matrices if item.name == "answered")
    assert matrix.counts["human"] == {"human": 2, "unknown": 1}
    nobody = TrueCall("n", answered_by="nobody")
    assert figure("answered.exact", evaluate([nobody], {"n": FoundCall("n", is_unanswered=True)})).value == 1.0


def test_promises_match_by_words_or_by_window_once_each() -> None:
    assert counted("promises.precision") == (1, 3)
    assert counted("promises.recall") == (1, 2)
    assert counted("promises.f1") == (2, 5)
    assert counted("promises.due") == (1, 1)
    assert counted("promises.action") == (1, 1)
    assert counted("promises.by") == (1, 1)
    assert counted("promises.call_level") == (5, 5)


def test_the_better_of_two_candidates_is_taken_whatever_their_order() -> None:
    good = found_promise("c", "перезвоню вам в понедельник утром", date(2026, 10, 5), CommitmentOutcome.KEPT)
    same_day = found_promise("c", "пришлю", date(2026, 10, 5), CommitmentOutcome.KEPT)
    for found in ((good, same_day), (same_day, good)):
        result = evaluate([TrueCall("c", promises=(MONDAY,))], {"c": FoundCall("c", commitments=found)})
        assert [item.found_text for item in result.mistakes] == ["пришлю"]


def test_the_window_alone_matches_a_promise_whose_words_were_not_recognised() -> None:
    only = found_promise("c", "совсем не то", date(2026, 10, 5), CommitmentOutcome.KEPT)
    result = evaluate([TrueCall("c", promises=(MONDAY,))], {"c": FoundCall("c", commitments=(only,))})
    assert figure("promises.recall", result).value == 1.0


def test_an_outcome_is_right_when_any_promise_of_the_call_has_it() -> None:
    assert counted("outcomes.accuracy") == (1, 2)


def test_refusals_without_a_record_count_as_none() -> None:
    assert counted("client_said.accuracy") == (5, 6)
    assert counted("client_said.explicit_recall") == (1, 1)
    assert counted("false_refusals.precision") == (1, 1)
    assert counted("false_refusals.accusations") == (0, 6)


def test_seconds_of_conversation_are_those_of_an_exchange() -> None:
    """4 + 3 + 2 seconds; the agent's last 5 come 22 seconds after the client's last word."""
    agent = [span for span in LINES if span.channel == "agent"]
    customer = [span for span in LINES if span.kind == "speech" and span.channel == "customer"]
    assert two_way_s(agent, customer) == pytest.approx(9.0)
    assert figure("conversation.two_way_p90").of == 2
    assert figure("conversation.two_way_median").value == pytest.approx((0.0 + 3.0) / 2)


def test_talking_on_after_the_last_word_of_the_client_counts_for_three_seconds_at_most() -> None:
    agent = [TrueSpan(3.0, 13.0, "agent", "speech", "так")]
    assert two_way_s(agent, [TrueSpan(0.0, 2.0, "customer", "speech", "алло")]) == pytest.approx(5.0)


def test_words_are_one_sequence_without_case_punctuation_and_yo() -> None:
    """h1: «слышу» for «слушаю», «вам» and «алло алло» lost: 4 of 14; p1: two words nobody said, of 4."""
    assert counted("words.word_error") == (4 + 2, 14 + 4)


def test_suspect_turns_count_as_invented_because_they_are_shown() -> None:
    assert counted("turns.phantoms") == (1, 5)


def test_a_turn_close_to_a_line_is_not_invented() -> None:
    call = TrueCall("c", spans=(TrueSpan(5.0, 6.0, "agent", "speech", "да"),))
    for start_s, end_s, phantoms in ((6.6, 7.0, 0), (6.8, 7.0, 1), (4.0, 4.2, 1), (4.0, 4.4, 0)):
        result = evaluate([call], {"c": FoundCall("c", transcript=heard("c", turn(Party.AGENT, start_s, end_s, "да")))})
        assert figure("turns.phantoms", result).value == phantoms, (start_s, end_s)


def test_the_party_of_a_line_is_that_of_some_turn_over_its_middle() -> None:
    """h1: agent right twice, the client's line is the agent's in the transcript, one line lost; p1: machine right."""
    assert counted("turns.party") == (3, 5)
    wrong = {(item.expected, item.found) for item in quality().mistakes if item.kind == "party"}
    assert wrong == {("customer", "agent"), ("agent", "none")}


def test_a_quote_is_in_its_place_when_its_seconds_overlap_the_line_it_was_said_in() -> None:
    assert counted("quotes.promises") == (1, 1)
    assert figure("quotes.start_median").value == pytest.approx(0.1)
    assert counted("quotes.evidence") == (1, 2)


def test_what_is_not_labelled_is_not_judged() -> None:
    bare = evaluate([TrueCall("c")], {"c": FoundCall("c", transcript=heard("c", turn(Party.AGENT, 0, 1, "да")))})
    assert (bare.figures, bare.mistakes, bare.calls) == ((), (), 1)
    only = evaluate([TrueCall("c", fake_effective=False)], {"c": FoundCall("c")})
    assert {item.task for item in only.figures} == {"padded"}


def test_a_call_that_the_store_lacks_is_named_and_counts_as_one_with_nothing_found() -> None:
    result = quality()
    assert result.absent == ("p3",)
    assert result.unheard == ("p2", "h2", "h3")
    assert ("padded", "missed", "p3") in {(item.task, item.kind, item.call_id) for item in result.mistakes}


def test_every_mistake_names_its_call_and_where_to_listen() -> None:
    mistakes = {(item.task, item.kind, item.call_id): item for item in quality().mistakes}
    assert mistakes["padded", "accused", "h3"].at_s == 1.25
    missed = mistakes["promises", "missed", "h2"]
    assert (missed.expected_text, missed.at_s) == (MONDAY.quote, None)  # its lines were not labelled
    assert mistakes["promises", "extra", "h1"].found_text == "что-то совсем другое"
    assert mistakes["outcomes", "outcome", "h2"].found == "overdue"


def test_kinds_of_calls_are_counted_apart_and_the_store_knows_the_file_better_than_the_label() -> None:
    slices = {(item.dimension, item.value): item for item in quality().slices}
    assert slices["scenario", "talk"].calls == 3
    assert slices["codec", "mp3"].calls == 3
    of_talk = {item.code: item for item in slices["scenario", "talk"].figures}
    assert (of_talk["padded.precision"].count, of_talk["padded.precision"].of) == (0, 1)
    relabelled = {**found_calls(), "p2": FoundCall("p2", codec="pcm_alaw", layout="mono")}
    moved = {(item.dimension, item.value): item.calls for item in evaluate(TRUTH, relabelled).slices}
    assert (moved["codec", "pcm_alaw"], moved["layout", "mono"]) == (1, 4)


def test_a_dimension_in_which_all_calls_are_alike_is_left_out() -> None:
    assert evaluate(TRUTH[:1], found_calls()).slices == ()


def test_yo_case_and_punctuation_do_not_matter_in_quotes() -> None:
    assert quote_overlap("Ещё раз, перезвоню!", "еще раз перезвоню завтра") == 1.0
    assert quote_overlap("", "что угодно") == 0.0
    assert line_of("перезвоню вам в понедельник", LINES) == LINES[2]
    assert line_of("совсем другие слова", LINES) is None


@pytest.mark.parametrize(
    ("first", "last", "right"),
    [((10, 4), (10, 6), True), ((10, 5), (10, 5), True), ((10, 3), (10, 5), False), ((10, 5), (10, 7), False)],
)
def test_a_due_window_is_right_inside_or_within_a_day(
    first: tuple[int, int], last: tuple[int, int], right: bool
) -> None:
    assert due_is_right(MONDAY, date(2026, *first), date(2026, *last)) is right


def test_a_narrow_window_inside_the_labelled_one_is_right() -> None:
    fortnight = TruePromise("", "callback", date(2026, 10, 1), date(2026, 10, 14))
    assert due_is_right(fortnight, date(2026, 10, 9), date(2026, 10, 9))
    assert not due_is_right(fortnight, date(2026, 10, 9), date(2026, 10, 8))


def test_wilson_intervals_are_those_of_the_textbook() -> None:
    """Newcombe (Statistics in Medicine 17, 1998), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29."""
    for count, of, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611)):
        assert interval_of(count, of) == pytest.approx((low, high), abs=5e-5)
    assert interval_of(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)
    assert interval_of(0, 0) == (0.0, 1.0)


def test_an_interval_over_calls_is_near_the_normal_one_where_that_is_right() -> None:
    """200 calls of 10 words with 0 to 4 errors: the standard error of the mean gives the same width within a tenth."""
    errors = [call % 5 for call in range(200)]
    low, high = ratio_interval(errors, [10] * 200)
    deviation = (sum((error / 10 - 0.2) ** 2 for error in errors) / 199) ** 0.5
    assert high - low == pytest.approx(2 * 1.96 * deviation / 200**0.5, rel=0.1)
    assert ratio_interval(errors, [10] * 200) == (low, high)


def test_a_perfect_score_on_few_calls_has_a_wide_interval() -> None:
    assert ratio_interval([3, 2, 1], [3, 2, 1]) == pytest.approx((interval_of(3, 3)[0], 1.0))
    assert ratio_interval([0, 0], [0, 0]) == (0.0, 1.0)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=12))
def test_an_interval_holds_its_value_and_has_its_ends_in_order(pairs: list[tuple[int, int]]) -> None:
    counts, totals = [min(a, b) for a, b in pairs], [b for _, b in pairs]
    low, high = ratio_interval(counts, totals)
    assert 0.0 <= low <= high <= 1.0
    if sum(totals):
        assert low - 1e-9 <= sum(counts) / sum(totals) <= high + 1e-9


@settings(max_examples=10)
@given(st.permutations(range(len(TRUTH))))
def test_the_order_of_the_labels_changes_no_figure(order: list[int]) -> None:
    shuffled = evaluate([TRUTH[index] for index in order], found_calls())
    values = {item.code: (item.value, item.count, item.of) for item in quality().figures}
    assert {item.code: (item.value, item.count, item.of) for item in shuffled.figures} == values


def test_a_call_without_a_measured_conversation_has_no_error_of_seconds() -> None:
    result = evaluate([TrueCall("c", spans=LINES)], {"c": FoundCall("c")})
    assert result.figure("conversation.two_way_median") is None
    with_it = {"c": FoundCall("c", conversation=measured("c", AnsweredBy.HUMAN, 30.0))}
    mistakes = evaluate([TrueCall("c", spans=LINES)], with_it).mistakes
    assert [(item.kind, item.expected, item.found) for item in mistakes] == [("seconds", "9.0", "30.0")]
