"""Composed calls of every kind: padded ones are flagged, innocent ones never, whoever speaks, whatever beeps.

Sound is generated, mixed, put through a codec and measured; the words are those of the lines (some with errors), so no
speech model is needed. In mono and under noise a padded call may stay undecided, but is not passed over.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from itertools import pairwise

import pytest

from qc_workbench.detection.effective import Examination
from qc_workbench.detection.segments import SegmentKind, TimeLine, time_line
from qc_workbench.domain.acoustics import Acoustics, SoundKind
from qc_workbench.domain.flag import Verdict
from tests.scenarios.compose import AGENT, CUSTOMER, ComposedCall
from tests.scenarios.stories import INNOCENT, PADDED, composed

SEEDS = (1, 2)
MANY_SEEDS = range(1000, 1014)
#: Of padded calls in mono or under noise, at most this share may stay undecided; of clear stereo ones, one in fifty.
MOST_UNSURE_WHEN_HARD = 0.15
MOST_UNSURE = 0.02


@lru_cache(maxsize=64)
def judged(scenario: str, seed: int) -> tuple[ComposedCall, Acoustics, Examination]:
    call = composed(scenario, seed)
    acoustics = call.measured()
    return call, acoustics, call.examined(acoustics)


def verdict_of(examination: Examination) -> Verdict | None:
    return examination.flag.verdict if examination.flag else None


@pytest.mark.parametrize("seed", [SEEDS[0], *(pytest.param(seed, marks=pytest.mark.slow) for seed in SEEDS[1:])])
@pytest.mark.parametrize("scenario", PADDED)
def test_a_padded_call_is_found(scenario: str, seed: int) -> None:
    call, _, examination = judged(scenario, seed)
    allowed = {Verdict.FLAG, Verdict.UNSURE} if call.setting.is_hard else {Verdict.FLAG}
    assert verdict_of(examination) in allowed, (call.setting, examination.flag)
    assert examination.conversation.conversation_s < 8


@pytest.mark.parametrize("seed", [SEEDS[0], *(pytest.param(seed, marks=pytest.mark.slow) for seed in SEEDS[1:])])
@pytest.mark.parametrize("scenario", INNOCENT)
def test_an_innocent_call_is_not_accused(scenario: str, seed: int) -> None:
    call, _, examination = judged(scenario, seed)
    assert verdict_of(examination) is not Verdict.FLAG, (call.setting, examination.flag)


@pytest.mark.parametrize("scenario", ["conversation", "client_hold", "quiet_client", "lively_short", "ivr_then_human"])
def test_a_live_call_has_its_conversation_measured(scenario: str) -> None:
    _, _, examination = judged(scenario, SEEDS[0])
    assert examination.conversation.conversation_s > 15
    assert examination.conversation.verified_effective is True


@pytest.mark.parametrize("scenario", [*PADDED, *INNOCENT])
def test_the_time_line_covers_the_sound_and_agrees_with_the_verdict(scenario: str) -> None:
    call, acoustics, examination = judged(scenario, SEEDS[0])
    line = time_line(call.recording, acoustics, call.transcript)
    for channel in range(line.channels):
        row = line.of(channel)
        assert (row[0].start_s, row[-1].end_s) == pytest.approx((0, line.duration_s))
        assert all(before.end_s == pytest.approx(after.start_s) for before, after in pairwise(row))
    # in mono the words of two neighbours reach into each other's voice by 0.2 s
    slack_s = 0.1 + (0.2 * len(call.transcript.turns) if call.setting.mono else 0.0)
    assert line.conversation_s == pytest.approx(examination.conversation.conversation_s, abs=slack_s)


@pytest.mark.parametrize("seed", [5, pytest.param(6, marks=pytest.mark.slow)])
def test_who_speaks_is_who_is_drawn(seed: int) -> None:
    call = composed("ivr_then_human", seed, mono=False, noise_db=-60.0, word_errors=0.0)
    line = time_line(call.recording, call.measured(), call.transcript)
    assert seconds(line, AGENT, SegmentKind.AGENT) == pytest.approx(call.spoken_s("agent"), rel=0.15)
    assert seconds(line, CUSTOMER, SegmentKind.MACHINE) == pytest.approx(call.spoken_s("machine"), rel=0.2)
    assert seconds(line, CUSTOMER, SegmentKind.CUSTOMER) == pytest.approx(call.spoken_s("customer"), rel=0.2)


def seconds(line: TimeLine, channel: int, kind: SegmentKind) -> float:
    return sum(item.duration_s for item in line.of(channel) if item.kind is kind)


def test_the_beep_of_a_voicemail_is_on_its_time_line() -> None:
    for seed in range(2):
        call = composed("voicemail_padding", seed, mono=False, noise_db=-58.0)
        kinds = {item.kind for item in time_line(call.recording, call.measured(), call.transcript).of(CUSTOMER)}
        assert {SegmentKind.MACHINE, SegmentKind.BEEP} <= kinds


def test_another_seed_is_another_call_and_the_same_seed_is_the_same() -> None:
    first, again, other = (composed("voicemail_padding", seed, codec="pcm") for seed in (3, 3, 4))
    assert (first.audio.samples == again.audio.samples).all()
    assert first.audio.samples.shape != other.audio.samples.shape


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_many_composed_calls_none_accused_wrongly_and_few_undecided() -> None:
    verdicts: dict[str, Counter[Verdict | None]] = {name: Counter() for name in ("hard", "clear", "innocent")}
    passed_over = []
    for seed in MANY_SEEDS:
        for scenario in PADDED:
            call = composed(scenario, seed)
            found = verdict_of(call.examined())
            verdicts["hard" if call.setting.is_hard else "clear"][found] += 1
            if found is None:
                passed_over.append((scenario, seed))
        for scenario in INNOCENT:
            verdicts["innocent"][verdict_of(composed(scenario, seed).examined())] += 1
    assert verdicts["innocent"][Verdict.FLAG] == 0, verdicts
    assert not passed_over
    assert verdicts["clear"][Verdict.UNSURE] <= MOST_UNSURE * verdicts["clear"].total(), verdicts
    assert verdicts["hard"][Verdict.UNSURE] <= MOST_UNSURE_WHEN_HARD * verdicts["hard"].total(), verdicts
    assert verdicts["innocent"][Verdict.UNSURE] <= 0.05 * verdicts["innocent"].total(), verdicts


@pytest.mark.parametrize("kind", [SoundKind.RINGBACK, SoundKind.BUSY])
def test_line_tones_hide_no_beep(kind: SoundKind) -> None:
    scenario = {SoundKind.RINGBACK: "ringback_padding", SoundKind.BUSY: "dead_air"}[kind]
    for seed in range(2):
        call = composed(scenario, seed)
        assert not [item for item in call.measured().sounds if item.kind is SoundKind.BEEP], (scenario, seed)
