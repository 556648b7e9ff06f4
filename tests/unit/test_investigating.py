"""Rules of the investigation: the lock, who is a violator, the repeat check, letters, measures."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from qc_workbench.domain.call import Direction
from qc_workbench.domain.investigation import (
    CaseCount,
    CaseRef,
    Change,
    CheckCaution,
    Hypothesis,
    LetterOutcome,
    Metric,
    RepeatCheck,
    Scope,
    Standing,
    VerdictKind,
)
from qc_workbench.domain.letter import Letter, LetterEvent, LetterStep
from qc_workbench.domain.measure import MeasureDecision, MeasureKind, MeasureReason
from qc_workbench.errors import UsageError
from qc_workbench.review import measures
from qc_workbench.review.investigating import (
    Claim,
    canonical,
    exact_interval,
    examined,
    figures,
    fixed,
    is_intact,
    verdict_kind,
)
from qc_workbench.review.letters import Charge, letter, rendered
from qc_workbench.review.repeat_check import (
    Asked,
    check,
    difference,
    difference_in_differences,
    expectation,
    outcome,
)
from qc_workbench.ui.i18n import Translator

MOSCOW = ZoneInfo("Europe/Moscow")
OCTOBER = date(2026, 10, 1)
FIRST = datetime(2026, 10, 1, 8, tzinfo=UTC)
CLAIM = Claim(OCTOBER, Metric.PADDED_CALLS, 0.1, "Дотягивают до сорока секунд")


def hypothesis(claim: Claim = CLAIM) -> Hypothesis:
    return fixed(claim, "Ольга", FIRST, 5, MOSCOW)


# Fixing ----------------------------------------------------------------------


def test_the_hash_is_the_same_however_the_claim_is_spelled() -> None:
    one = replace(
        CLAIM, scope=Scope(("m2", "m1"), (Direction.OUTBOUND, Direction.INBOUND)), text="  Дотягивают \n до 40 "
    )
    two = replace(
        CLAIM, scope=Scope(("m1", "m2", "m1"), (Direction.INBOUND, Direction.OUTBOUND)), text="Дотягивают до 40"
    )
    assert canonical(one) == canonical(two)
    assert hypothesis(one) == hypothesis(two)
    assert canonical(replace(CLAIM, threshold=0.1 + 1e-12)) == canonical(CLAIM)


def test_the_canonical_text_is_this_one_for_ever() -> None:
    """A hash that a signed month names must not change with a program."""
    assert canonical(CLAIM) == (
        '{"agents_needed":1,"claim":"Дотягивают до сорока секунд","least_cases":3,"least_of":30,"line":null,'
        '"metric":"padded_calls","month":"2026-10-01","scope":{"agents":[],"directions":[],"random_only":false,'
        '"sources":[]},"threshold":0.1}'
    )
    assert hypothesis().content_hash == "2749d3a32577f460bea9536dc3eb3aae2e96ae18523a9c5ad11f123b3a41a7f3"


@pytest.mark.parametrize(
    "changed",
    [
        {"threshold": 0.11}, {"least_of": 31}, {"least_cases": 4}, {"agents_needed": 2}, {"text": "Иначе"},
        {"metric": Metric.NO_NOTES}, {"scope": Scope(("m1",))}, {"scope": Scope(random_only=True)},
        {"month": date(2026, 11, 1)},
    ],
)  # fmt: skip
def test_whatever_is_changed_is_another_hypothesis(changed: dict[str, object]) -> None:
    assert hypothesis(replace(CLAIM, **changed)).content_hash != hypothesis().content_hash  # type: ignore[arg-type]


def test_what_is_kept_is_compared_with_the_hash() -> None:
    kept = hypothesis()
    assert is_intact(kept, canonical(CLAIM))
    assert is_intact(kept, json.dumps(json.loads(canonical(CLAIM)), indent=2, ensure_ascii=False))
    assert not is_intact(replace(kept, threshold=0.05), canonical(CLAIM))
    assert not is_intact(kept, canonical(replace(CLAIM, threshold=0.05)))
    both = replace(kept, threshold=0.05), canonical(replace(CLAIM, threshold=0.05))
    assert not is_intact(*both)


@pytest.mark.parametrize(
    ("day", "hour_utc", "is_late"), [(1, 8, False), (5, 20, False), (5, 21, True), (6, 8, True), (31, 8, True)]
)
def test_the_lock_day_ends_at_midnight_of_the_company(day: int, hour_utc: int, is_late: bool) -> None:
    at = datetime(2026, 10, day, hour_utc, 30, tzinfo=UTC)
    assert fixed(CLAIM, "Ольга", at, 5, MOSCOW).fixed_late is is_late


def test_a_hypothesis_about_a_month_to_come_is_in_time_and_about_one_that_is_over_impossible() -> None:
    assert not fixed(CLAIM, "Ольга", datetime(2026, 9, 20, tzinfo=UTC), 5, MOSCOW).fixed_late
    with pytest.raises(UsageError, match="hypothesis_month_over"):
        fixed(CLAIM, "Ольга", datetime(2026, 10, 31, 21, 30, tzinfo=UTC), 5, MOSCOW)  # November in Moscow


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"text": " "}, "hypothesis_empty"), ({"threshold": 1.0}, "hypothesis_threshold"),
        ({"threshold": -0.1}, "hypothesis_threshold"), ({"least_of": 0}, "hypothesis_counts"),
        ({"line": 60.0}, "hypothesis_line"), ({"metric": Metric.LOW_SCORES}, "hypothesis_line"),
        ({"text": "x" * 401}, "hypothesis_too_long"),
    ],
)  # fmt: skip
def test_what_cannot_be_claimed_is_refused(changed: dict[str, object], code: str) -> None:
    with pytest.raises(UsageError, match=code):
        hypothesis(replace(CLAIM, **changed))  # type: ignore[arg-type]


# Violators -------------------------------------------------------------------


def count(agent: str, bad: int, of: int, confirmed: int = 0, stretch: int = 0) -> CaseCount:
    return CaseCount(agent, stretch, bad, of, confirmed)


def test_the_exact_interval_is_that_of_the_books() -> None:
    # 10 of 100: Clopper and Pearson 0.0490..0.1762 (binom::binom.confint of R gives the same).
    assert exact_interval(10, 100) == pytest.approx((0.04900469, 0.17622260), abs=1e-6)
    assert exact_interval(0, 0) == (0.0, 1.0)
    assert exact_interval(0, 20)[0] == 0.0
    assert exact_interval(20, 20)[1] == 1.0


def test_an_agent_is_a_violator_only_beyond_luck_and_with_enough_cases() -> None:
    found = {
        item.agent: item.standing
        for item in figures(
            hypothesis(), [count("sure", 60, 200), count("luck", 5, 30), count("fine", 2, 200), count("new", 9, 10)]
        )
    }
    assert found == {
        "sure": Standing.VIOLATOR, "luck": Standing.UNCLEAR, "fine": Standing.WITHIN, "new": Standing.TOO_FEW,
    }  # fmt: skip


def test_more_agents_that_are_looked_at_ask_for_more_proof() -> None:
    alone = figures(hypothesis(), [count("m", 17, 100)])[0]
    among = next(
        item
        for item in figures(hypothesis(), [count("m", 17, 100), *(count(f"o{n}", 0, 100) for n in range(30))])
        if item.agent == "m"
    )
    assert among.low < alone.low
    assert among.standing is Standing.UNCLEAR


def test_nobody_is_accused_by_luck_more_often_than_promised() -> None:
    """Twenty agents exactly at the threshold: in at most 5 % of months is one of them called a violator."""
    chance = np.random.default_rng(6)
    months = 1000
    accused = 0
    for bad in chance.binomial(200, 0.1, size=(months, 20)):
        found = figures(hypothesis(), [count(f"m{place}", int(one), 200) for place, one in enumerate(bad)])
        accused += any(item.standing is Standing.VIOLATOR for item in found)
    assert accused / months <= 0.05


# Verdicts --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "needed", "kind"),
    [
        ([("a", 60, 200), ("b", 0, 200)], 1, VerdictKind.CONFIRMED),
        ([("a", 60, 200), ("b", 0, 200)], 2, VerdictKind.REJECTED),
        ([("a", 20, 200), ("b", 0, 200)], 1, VerdictKind.NOT_ENOUGH_DATA),
        ([("a", 0, 200), ("b", 1, 200)], 1, VerdictKind.REJECTED),
        ([("a", 9, 10)], 1, VerdictKind.NOT_ENOUGH_DATA),
        ([], 1, VerdictKind.NOT_ENOUGH_DATA),
    ],
)
def test_a_verdict_follows_from_who_is_above_and_who_may_be(
    counts: Sequence[tuple[str, int, int]], needed: int, kind: VerdictKind
) -> None:
    assert verdict_kind(figures(hypothesis(), [count(*item) for item in counts]), needed)[0] is kind


# The repeat check ------------------------------------------------------------


def test_the_difference_in_differences_is_what_one_counts_by_hand() -> None:
    # The agent fell from 40 % to 10 %, each of four colleagues from 20 % to 10 %: 30 points less 10 are 20.
    found = difference_in_differences((40, 100, 10, 100), {f"m{n}": (20, 100, 10, 100) for n in range(4)})
    assert found is not None
    assert found.value == pytest.approx(-0.20)

    def part(bad: int) -> float:
        share = (bad + 1) / 102
        return share * (1 - share) / 102

    # Colleagues differ by nothing but chance, so only calls are in the interval.
    own, usual = part(40) + part(10), (part(20) + part(10)) / 4
    freedom = (own + usual) ** 2 / (usual**2 / 3)
    from scipy.stats import t as student

    reach = student.ppf(0.975, freedom) * math.sqrt(own + usual)
    assert (found.low, found.high) == pytest.approx((-0.20 - reach, -0.20 + reach))


def test_the_interval_of_the_difference_in_differences_covers_as_often_as_promised() -> None:
    """Colleagues change by different amounts, the agent by theirs on average and 10 points more."""
    chance = np.random.default_rng(3)
    hits = trials = 0
    for _ in range(600):
        trend, spread = -0.03, 0.03
        own = _drawn(chance, 0.35, 0.25 + trend + chance.normal(0, spread), 200)
        others = {
            f"m{n}": _drawn(chance, 0.15, max(0.0, 0.15 + trend + chance.normal(0, spread)), 200) for n in range(12)
        }
        found = difference_in_differences(own, others)
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        trials += 1
        hits += found.low <= -0.10 <= found.high
    assert 0.92 <= hits / trials <= 0.985


def _drawn(chance: np.random.Generator, before: float, after: float, of: int) -> tuple[int, int, int, int]:
    return int(chance.binomial(of, before)), of, int(chance.binomial(of, after)), of


def test_too_few_colleagues_are_no_comparison_and_that_is_said() -> None:
    before = {"m1": count("m1", 40, 100), "m2": count("m2", 10, 100), "m3": count("m3", 10, 100)}
    found = check(hypothesis(), Asked("letter", "m1", FIRST, FIRST), before, before, {"m1"})
    assert found.beyond_others is None
    assert CheckCaution.NO_COLLEAGUES in found.cautions
    assert CheckCaution.RETURN_UNKNOWN in found.cautions


def test_colleagues_who_got_a_letter_are_not_compared_with() -> None:
    before = {f"m{n}": count(f"m{n}", 40, 100) for n in range(1, 7)}
    found = check(hypothesis(), Asked("letter", "m1", FIRST, FIRST), before, before, {"m1", "m2"})
    assert found.others == 4
    assert found.others_before_of == 400


def test_what_was_to_be_expected_anyway_lies_between_the_agent_and_the_others() -> None:
    """Picked for looking worst among agents who are all alike: most of the fall is regression to the mean."""
    chance = np.random.default_rng(1)
    before = {f"m{n:02d}": count(f"m{n:02d}", int(chance.binomial(40, 0.2)), 40) for n in range(20)}
    worst = max(before, key=lambda agent: before[agent].bad)
    after = {agent: count(agent, int(chance.binomial(40, 0.2)), 40) for agent in before}
    found = check(hypothesis(), Asked("letter", worst, FIRST, FIRST), before, after, {worst})
    assert CheckCaution.RETURN in found.cautions
    assert found.expected is not None
    looked = before[worst].bad / 40
    assert 0.15 < found.expected < looked
    assert looked - found.expected > 0.5 * (looked - 0.2)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ((60, 150), (2, 100), LetterOutcome.IMPROVED),
        ((60, 150), (40, 100), LetterOutcome.NOT_IMPROVED),
        # Fell for certain, but without colleagues nobody can say whether by more than was to be expected.
        ((60, 150), (20, 100), LetterOutcome.NOT_ENOUGH_DATA),
        ((25, 150), (14, 100), LetterOutcome.NOT_ENOUGH_DATA),
        ((60, 150), (5, 9), LetterOutcome.NOT_ENOUGH_DATA),  # too few to accuse anybody by
        ((60, 150), (0, 0), LetterOutcome.NOT_ENOUGH_DATA),
    ],
)
def test_a_letter_is_ignored_only_where_fresh_calls_say_so_for_certain(
    before: tuple[int, int], after: tuple[int, int], expected: LetterOutcome
) -> None:
    sides = {"m1": count("m1", *before)}, {"m1": count("m1", *after)}
    assert check(hypothesis(), Asked("letter", "m1", FIRST, FIRST), *sides, {"m1"}).outcome is expected


FELL, MAY_HAVE, ROSE = Change(-0.2, -0.3, -0.1), Change(-0.1, -0.3, 0.1), Change(0.2, 0.1, 0.3)


@pytest.mark.parametrize(
    ("standing", "plain", "others", "expected", "says"),
    [
        (Standing.WITHIN, MAY_HAVE, None, None, LetterOutcome.IMPROVED),
        (Standing.VIOLATOR, FELL, FELL, FELL, LetterOutcome.IMPROVED),
        # A fall that came to everybody, or was to be expected of the worst, is not the letter's.
        (Standing.UNCLEAR, FELL, MAY_HAVE, FELL, LetterOutcome.NOT_ENOUGH_DATA),
        (Standing.UNCLEAR, FELL, FELL, MAY_HAVE, LetterOutcome.NOT_ENOUGH_DATA),
        (Standing.UNCLEAR, FELL, None, None, LetterOutcome.NOT_ENOUGH_DATA),
        # Nor is somebody who fell for certain said to have ignored it.
        (Standing.VIOLATOR, FELL, FELL, MAY_HAVE, LetterOutcome.NOT_ENOUGH_DATA),
        (Standing.VIOLATOR, FELL, MAY_HAVE, None, LetterOutcome.NOT_ENOUGH_DATA),
        (Standing.VIOLATOR, FELL, MAY_HAVE, MAY_HAVE, LetterOutcome.NOT_IMPROVED),
        (Standing.VIOLATOR, MAY_HAVE, None, None, LetterOutcome.NOT_IMPROVED),
        (Standing.VIOLATOR, ROSE, ROSE, ROSE, LetterOutcome.NOT_IMPROVED),
        (Standing.UNCLEAR, ROSE, ROSE, ROSE, LetterOutcome.NOT_ENOUGH_DATA),
    ],
)
def test_what_is_said_of_a_letter_follows_from_all_comparisons(
    standing: Standing, plain: Change, others: Change | None, expected: Change | None, says: LetterOutcome
) -> None:
    assert outcome(standing, plain, others, expected, 100) is says


def test_a_side_without_a_case_has_no_difference() -> None:
    assert difference((0, 0, 1, 10)) is None
    assert outcome(Standing.VIOLATOR, None, None, None, 100) is LetterOutcome.NOT_ENOUGH_DATA


def test_the_share_to_be_expected_is_what_one_counts_by_hand() -> None:
    # Four agents of 100 each, 10, 20, 30 and 60 bad ones; variances with one bad and one good case added.
    own, others = (60, 100, 50, 100), {name: count(name, bad, 100) for name, bad in (("a", 10), ("b", 20), ("c", 30))}
    expected, beyond = expectation(own, others)
    shares = np.array([0.1, 0.2, 0.3, 0.6])
    smoothed = (shares * 100 + 1) / 102
    noise = smoothed * (1 - smoothed) / 102
    weights = 1 / noise
    centre = (weights * shares).sum() / weights.sum()
    scale = weights.sum() - (weights**2).sum() / weights.sum()
    between = ((weights * (shares - centre) ** 2).sum() - 3) / scale
    usual = (shares / (noise + between)).sum() / (1 / (noise + between)).sum()
    reliable = between / (between + noise[3])
    assert expected == pytest.approx(usual + reliable * (0.6 - usual))
    assert beyond is not None
    assert beyond.value == pytest.approx(0.5 - usual - reliable * (0.6 - usual))
    variance = (
        reliable * noise[3] + (1 - reliable) ** 2 * ((0.6 - usual) ** 2 * 2 + 1 / (1 / (noise + between)).sum())
        + (51 / 102) ** 2 / 102
    )  # fmt: skip
    assert beyond.high == pytest.approx(beyond.value + 1.959964 * math.sqrt(variance), abs=1e-6)


def test_a_letter_after_a_bad_fortnight_is_hardly_ever_said_to_have_helped() -> None:
    """Everybody goes on as before; those who looked bad enough are written to. The plain fall fooled the check."""
    chance = np.random.default_rng(9)
    said = dict.fromkeys(LetterOutcome, 0)
    for _ in range(400):
        shares = [*[0.02] * 8, 0.17]
        sides = [
            {f"m{n}": count(f"m{n}", int(chance.binomial(100, share)), 100) for n, share in enumerate(shares)}
            for _side in range(2)
        ]
        worst = next(item for item in figures(hypothesis(), sides[0].values()) if item.agent == "m8")
        if worst.standing is Standing.VIOLATOR:
            said[check(hypothesis(), Asked("letter", "m8", FIRST, FIRST), *sides, {"m8"}).outcome] += 1
    letters = sum(said.values())
    assert letters > 60
    assert said[LetterOutcome.IMPROVED] <= 0.01 * letters


def test_steps_find_more_than_one_level_for_all() -> None:
    """Whoever is found frees a share of the chance to be wrong: Holm's second step of two is at all of it."""
    of, needed = 100, 17
    low_alone = figures(hypothesis(), [count("m", needed, of)])[0]
    with_another = {item.agent: item for item in figures(hypothesis(), [count("m", needed, of), count("sure", 90, of)])}
    assert with_another["m"].low == low_alone.low
    assert with_another["sure"].low < exact_interval(90, of, 0.1)[0]
    with_innocent = {item.agent: item for item in figures(hypothesis(), [count("m", needed, of), count("fine", 1, of)])}
    assert with_innocent["m"].low < low_alone.low


# Measures --------------------------------------------------------------------


def sent(agent: str, how: LetterStep = LetterStep.SHOWN, *after: LetterStep) -> Letter:
    steps = tuple(LetterEvent(agent, place, kind, "x", FIRST) for place, kind in enumerate((how, *after), 1))
    return Letter(agent, OCTOBER, agent, "ru", ("h",), ("e",), "s", "t", "0", "x", FIRST, None, steps)


def checked(agent: str, kind: LetterOutcome) -> RepeatCheck:
    return RepeatCheck(
        agent, "h", agent, FIRST, FIRST, 1, 10, 1, 10, 0, 0, 0, 0, 0, None, None, None, None, kind, Standing.UNCLEAR
    )


@pytest.mark.parametrize(
    ("of", "outcomes", "ignored", "proposed"),
    [
        (sent("m"), [LetterOutcome.IMPROVED], set(), None),
        (sent("m"), [LetterOutcome.NOT_ENOUGH_DATA], set(), (MeasureKind.TALK, MeasureReason.NOT_KNOWN_YET)),
        (sent("m"), [LetterOutcome.NOT_IMPROVED], set(), (MeasureKind.REDUCED_BONUS, MeasureReason.LETTER_IGNORED)),
        (sent("m"), [LetterOutcome.NOT_IMPROVED], {"m"}, (MeasureKind.PROPOSE_DISMISSAL, MeasureReason.IGNORED_AGAIN)),
        (sent("m"), [LetterOutcome.IMPROVED, LetterOutcome.NOT_IMPROVED], set(),
         (MeasureKind.REDUCED_BONUS, MeasureReason.LETTER_IGNORED)),
        (sent("m", LetterStep.DOWNLOADED), [LetterOutcome.NOT_IMPROVED], {"m"},
         (MeasureKind.TALK, MeasureReason.LETTER_NOT_SEEN)),
        (sent("m", LetterStep.DOWNLOADED, LetterStep.ACKNOWLEDGED), [LetterOutcome.NOT_IMPROVED], set(),
         (MeasureKind.REDUCED_BONUS, MeasureReason.LETTER_IGNORED)),
        (sent("m", LetterStep.SHOWN, LetterStep.WITHDRAWN), [LetterOutcome.NOT_IMPROVED], {"m"}, None),
        (sent("m"), [LetterOutcome.IMPROVED], {"m"}, None),
    ],
)  # fmt: skip
def test_what_is_proposed_follows_the_rule(
    of: Letter,
    outcomes: Sequence[LetterOutcome],
    ignored: set[str],
    proposed: tuple[MeasureKind, MeasureReason] | None,
) -> None:
    found = measures.proposals(OCTOBER, [of], [checked("m", kind) for kind in outcomes], {}, ignored, FIRST)
    assert [(item.proposed, item.because) for item in found] == ([] if proposed is None else [proposed])


def test_a_violator_without_a_letter_is_talked_to_and_nothing_more() -> None:
    (found,) = measures.proposals(OCTOBER, [], [], {"m": {"h2", "h1"}}, {"m"}, FIRST)
    assert (found.proposed, found.hypothesis_ids) == (MeasureKind.TALK, ("h1", "h2"))


def test_decisions_supersede_each_other_and_an_undo_brings_the_one_before_back() -> None:
    (measure,) = measures.proposals(OCTOBER, [], [], {"m": {"h"}}, (), FIRST)
    first = measures.decide(measure, MeasureDecision.ACCEPTED, "Ольга", FIRST, [])
    second = measures.decide(measure, MeasureDecision.DROPPED, "Пётр", FIRST, [first], reason="болел")
    undone = measures.decide(measure, MeasureDecision.WITHDRAWN, "Пётр", FIRST, [first, second])
    assert measures.standing_decisions([first, second]) == {measure.measure_id: second}
    assert measures.standing_decisions([first, second, undone]) == {measure.measure_id: first}
    assert second.kind is MeasureKind.NONE
    with pytest.raises(UsageError, match="measure_needs_kind"):
        measures.decide(measure, MeasureDecision.CHANGED, "Пётр", FIRST, [], kind=measure.proposed, reason="x")
    with pytest.raises(UsageError, match="measure_needs_name"):
        measures.decide(measure, MeasureDecision.ACCEPTED, " ", FIRST, [])
    with pytest.raises(UsageError, match="measure_nothing_to_undo"):
        measures.decide(measure, MeasureDecision.WITHDRAWN, "Пётр", FIRST, [])


# Letters ---------------------------------------------------------------------


def charge(metric: Metric, bad: int, of: int, confirmed: int) -> Charge:
    """The first ``confirmed`` of ``bad`` cases by a person, one a day from the 1st."""
    made = hypothesis(replace(CLAIM, metric=metric, text=metric.value))
    cases = [
        CaseRef("m1", f"c{day}", f"c{day}", datetime(2026, 10, day, 7, 5, tzinfo=UTC), day <= confirmed)
        for day in range(1, min(bad, 14) + 1)
    ]
    (mine,) = figures(made, [count("m1", bad, of, confirmed)], {"m1": cases})
    return Charge(made, examined(made, [mine], FIRST, datetime(2026, 10, 15, 15, tzinfo=UTC), "x", FIRST, {}), mine)


@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_letter_reads_as_it_was_agreed(language: str) -> None:
    """tests/golden/letters: what a person read and found right. One case, three, many; all confirmed and some."""
    about = [
        charge(Metric.PADDED_CALLS, 61, 150, 7), charge(Metric.BROKEN_PROMISES, 22, 40, 1),
        charge(Metric.OVERDUE_TASKS, 33, 90, 33),
    ]  # fmt: skip
    words = Translator(language, MOSCOW)
    name = {"ru": "Алла Пробная", "en": "Alla Probnaya"}[language]
    said = rendered(about, name, OCTOBER, "Ольга Смирнова", "Окна «Пример»", date(2026, 10, 20), words)
    golden = (Path(__file__).parent.parent / "golden" / "letters" / f"letter.{language}.txt").read_text("utf-8")
    assert "\n\n".join(said).replace("\xa0", " ").replace("\u202f", " ") == golden.rstrip("\n")


def test_a_letter_without_a_finding_cannot_be_made() -> None:
    with pytest.raises(UsageError, match="letter_without_finding"):
        letter("m1", OCTOBER, (), "Тема", "Текст", "ru", "Ольга", FIRST)
