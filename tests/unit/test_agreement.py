"""Agreement of reviewers, against published worked examples."""

from __future__ import annotations

import pytest

from qc_workbench.errors import UsageError
from qc_workbench.review.agreement import Level, Rating, agreement, alpha


def units(*observers: str) -> list[list[float]]:
    """One string an observer, a character a unit, ``.`` for a missing answer."""
    return [[float(given) for given in unit if given != "."] for unit in zip(*observers, strict=True)]


#: Krippendorff, "Computing Krippendorff's Alpha-Reliability", 2011, sections C and D: 4 observers, 12 units.
PUBLISHED = units("123321412...", "1233224125..", ".33323422513", "12332441251.")


@pytest.mark.parametrize(("level", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_of_the_published_example_with_missing_answers(level: str, published: float) -> None:
    found = alpha(PUBLISHED, Level(level))
    assert found is not None
    assert found.value == pytest.approx(published, abs=5e-4)
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.value < found.high <= 1


def test_alpha_of_two_observers() -> None:
    # Krippendorff 2011, section A
    found = alpha(units("0100000010", "1110010000"), Level.NOMINAL, resamples=0)
    assert found is not None
    assert found.value == pytest.approx(0.095, abs=5e-4)


def test_alpha_of_two_observers_and_five_categories() -> None:
    # Krippendorff 2011, section B
    answers = list(zip("aabbdcccedda", "babbbccceddd", strict=True))
    found = alpha(answers, Level.NOMINAL, resamples=0)
    assert found is not None
    assert found.value == pytest.approx(0.692, abs=5e-4)


def test_alpha_of_three_observers_who_left_much_out() -> None:
    # the computational example of the encyclopaedia article on alpha: nominal 0.691, interval 0.811
    given = units(".....34121133.3", "1.213343.......", "..21344.21133.4")
    for level, published in ((Level.NOMINAL, 0.691), (Level.INTERVAL, 0.811)):
        found = alpha(given, level, resamples=0)
        assert found is not None
        assert found.value == pytest.approx(published, abs=5e-4)


def test_alpha_is_not_defined_where_everybody_always_answers_the_same() -> None:
    assert alpha([["yes", "yes"]] * 10, Level.NOMINAL) is None
    (found,) = agreement(
        [Rating(f"c{n}", "q", who, "yes") for n in range(10) for who in ("a", "b")], {"q": Level.NOMINAL}
    )
    assert found.alpha is None
    assert found.equal == 1
    assert found.low == pytest.approx(0.7225, abs=5e-4)  # Wilson of 10 of 10


def test_perfect_agreement_on_a_few_calls_is_not_certain() -> None:
    few = alpha([["yes", "yes"], ["no", "no"]] * 3, Level.NOMINAL)
    many = alpha([["yes", "yes"], ["no", "no"]] * 100, Level.NOMINAL)
    assert few is not None
    assert many is not None
    assert few.value == many.value == 1
    assert few.low is not None
    assert many.low is not None
    assert few.low < 0.5 < 0.9 < many.low


def test_more_calls_make_the_interval_of_alpha_shorter_and_the_same_calls_give_the_same_one() -> None:
    few, again, many = (alpha(PUBLISHED * times, Level.NOMINAL) for times in (1, 1, 9))
    assert few is not None
    assert many is not None
    assert few == again
    assert few.low is not None
    assert many.low is not None
    assert many.low > few.low + 0.1


def test_equal_answers_are_counted_by_pairs_and_averaged_over_calls() -> None:
    given = {"c1": ("yes", "yes", "no"), "c2": ("no", "no"), "c3": ("yes",)}
    ratings = [
        Rating(call, "q", f"r{n}", answer) for call, answers in given.items() for n, answer in enumerate(answers)
    ]
    (found,) = agreement(ratings, {"q": Level.NOMINAL})
    assert (found.calls, found.answers) == (2, 5)
    assert found.equal == pytest.approx((1 / 3 + 1) / 2)
    assert 0 < found.low < found.equal < found.high < 1


def test_an_answer_given_again_by_the_same_person_is_no_second_opinion() -> None:
    ratings = [Rating("c1", "q", "a", "yes"), Rating("c1", "q", "a", "no"), Rating("c1", "q", "b", "yes")]
    (found,) = agreement(ratings, {"q": Level.NOMINAL})
    assert (found.calls, found.answers, found.equal) == (1, 2, 1.0)


def test_questions_come_in_the_order_of_the_form_and_one_without_pairs_says_nothing() -> None:
    ratings = [Rating("c1", "two", who, 3.0) for who in "ab"] + [Rating("c1", "one", "a", 1.0)]
    one, two = agreement(ratings, {"one": Level.ORDINAL, "two": Level.INTERVAL})
    assert (one.question, one.calls, one.alpha, one.equal, one.low, one.high) == ("one", 0, None, None, 0.0, 1.0)
    assert (two.question, two.calls, two.equal) == ("two", 1, 1.0)


def test_what_is_ticked_in_a_multiple_choice_is_one_answer() -> None:
    ratings = [Rating("c1", "q", "a", ("price", "time")), Rating("c1", "q", "b", ("price",))]
    (found,) = agreement(ratings, {"q": Level.NOMINAL})
    assert found.equal == 0


def test_words_have_no_order() -> None:
    with pytest.raises(UsageError, match="agreement_not_numbers"):
        alpha([["good", "bad"]], Level.ORDINAL)
