"""The standing of a detector follows the rulings: down with rejections, back with confirmations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.domain.flag import Finding, Flag, FlagKind, Ruling, Verdict
from qc_workbench.domain.standing import DetectorKey
from qc_workbench.reporting.share import interval_of
from qc_workbench.review.rulings import CaseState, accuses, case_state
from qc_workbench.review.standing import FEWEST_RULINGS, DetectorStanding, RulingCount, standings

AT = datetime(2026, 10, 5, 8, tzinfo=UTC)
NEEDED = 20
TARGETS = dict.fromkeys(FlagKind, 0.95)
counts = st.integers(0, 60)


def count(confirmed: int, rejected: int, version: int = 1, reason: str = "voicemail") -> RulingCount:
    key = DetectorKey(FlagKind.FAKE_EFFECTIVE, "padded_calls", str(version))
    return RulingCount(key, (reason,), AT + timedelta(days=version), confirmed, rejected)


def standing(*given: RulingCount, target: float = 0.95) -> DetectorStanding:
    """Of the newest version."""
    return standings(given, dict.fromkeys(FlagKind, target), NEEDED)[0]


@pytest.mark.parametrize(
    ("confirmed", "rejected", "downgraded"),
    [(0, 0, False), (0, 4, False), (0, 5, True), (9, 1, False), (8, 2, True), (18, 1, False), (19, 1, False),
     (18, 2, True), (95, 5, False), (94, 6, True)],
)  # fmt: skip
def test_a_detector_is_downgraded_when_the_rulings_show_it_below_the_target(
    confirmed: int, rejected: int, downgraded: bool
) -> None:
    assert standing(count(confirmed, rejected)).is_downgraded is downgraded


@given(counts, counts, counts, counts)
def test_a_rejection_never_lifts_a_detector(old_yes: int, old_no: int, yes: int, no: int) -> None:
    before = standing(count(old_yes, old_no, 1), count(yes, no, 2))
    after = standing(count(old_yes, old_no, 1), count(yes, no + 1, 2))
    assert after.is_downgraded or not before.is_downgraded
    assert after.interval[1] <= before.interval[1] + 1e-12


@given(counts, counts, counts, st.integers(1, 60))
def test_a_confirmation_in_the_place_of_a_rejection_never_downgrades(
    old_yes: int, old_no: int, yes: int, no: int
) -> None:
    before = standing(count(old_yes, old_no, 1), count(yes, no, 2))
    after = standing(count(old_yes, old_no, 1), count(yes + 1, no - 1, 2))
    assert before.is_downgraded or not after.is_downgraded


@given(counts, counts)
def test_enough_confirmations_always_bring_a_detector_back(yes: int, no: int) -> None:
    assert not standing(count(yes + 19 * no + NEEDED, no)).is_downgraded


@given(counts, counts, st.floats(0, 1), st.floats(0, 1))
def test_a_higher_target_is_never_kinder(yes: int, no: int, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert standing(count(yes, no), target=high).is_downgraded or not standing(count(yes, no), target=low).is_downgraded


@given(counts, counts)
def test_the_interval_is_wilsons_of_its_own_rulings_when_there_are_no_others(yes: int, no: int) -> None:
    assert standing(count(yes, no)).interval == pytest.approx(interval_of(yes, yes + no))


def test_a_target_of_zero_never_downgrades() -> None:
    assert not standing(count(0, 50), target=0).is_downgraded


def test_a_new_version_begins_with_half_of_what_is_known_of_the_old_one() -> None:
    fresh = standing(count(12, 8, 1), count(0, 0, 2))
    assert (fresh.ruled, fresh.carried_confirmed, fresh.carried) == (0, 6, 10)
    assert fresh.is_downgraded
    repaired = standing(count(12, 8, 1), count(10, 0, 2))
    assert not repaired.is_downgraded
    own = standing(count(12, 8, 1), count(20, 0, 2))
    assert (own.carried, own.share) == (0, 1.0)


def test_two_rejections_of_an_old_version_say_nothing_yet() -> None:
    assert not standing(count(0, FEWEST_RULINGS - 1, 1), count(0, 0, 2)).is_downgraded


def test_versions_are_in_the_order_of_their_first_flags_and_kinds_apart() -> None:
    other = RulingCount(DetectorKey(FlagKind.FALSE_REFUSAL, "refusals", "9"), (), AT, 0, 30)
    found = standings([count(1, 1, 10), count(20, 0, 9), other], TARGETS, NEEDED)
    assert [(item.key.kind, item.key.version) for item in found] == [
        (FlagKind.FAKE_EFFECTIVE, "10"),
        (FlagKind.FAKE_EFFECTIVE, "9"),
        (FlagKind.FALSE_REFUSAL, "9"),
    ]
    assert [item.is_downgraded for item in found] == [False, False, True]


def test_a_variant_is_shown_apart_when_it_has_rulings_enough() -> None:
    found = standing(count(4, 1), count(3, 1, reason="silent_line"))
    assert [(item.reasons, item.confirmed, item.ruled) for item in found.variants] == [(("voicemail",), 4, 5)]


def test_a_flag_of_a_downgraded_detector_is_to_be_checked_and_counts_once_a_person_decided() -> None:
    flag = Flag("f", "c", FlagKind.FAKE_EFFECTIVE, Verdict.FLAG, 0.9, (), "padded_calls", "1")
    down = frozenset({count(0, 5).key})

    def ruled(ruling: Ruling) -> Finding:
        return Finding("r", "f", ruling, "Вера", AT)

    assert case_state(flag, None, downgraded=down) is CaseState.CHECK
    assert case_state(flag, ruled(Ruling.CONFIRMED), downgraded=down) is CaseState.CONFIRMED
    assert not accuses(flag, None, down)
    assert not accuses(flag, ruled(Ruling.ASKED), down)
    assert accuses(flag, ruled(Ruling.CONFIRMED), down)
    assert accuses(flag, None, frozenset())
