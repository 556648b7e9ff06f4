"""Rules that hold for every recording and every call, whatever was said."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qc_workbench.config import Effective
from qc_workbench.detection.acoustics import measure
from qc_workbench.detection.sound_classes import subtract, union
from qc_workbench.domain.acoustics import PEAK_STEP_S, SoundKind
from qc_workbench.domain.flag import Verdict
from qc_workbench.transcription.audio import RATE_HZ, Audio
from tests.answering_cases import Samples, Story, cadence, pause, tone, with_noise

intervals = st.lists(
    st.tuples(st.floats(0, 100), st.floats(0.01, 20)).map(lambda item: (item[0], item[0] + item[1])), max_size=12
)


@given(intervals)
def test_a_union_is_sorted_apart_and_loses_nothing(items: list[tuple[float, float]]) -> None:
    joined = union(items)
    assert all(before[1] < after[0] for before, after in pairwise(joined))
    assert all(any(a <= start and end <= b for a, b in joined) for start, end in items)


@given(intervals, intervals)
def test_what_is_left_and_what_is_taken_never_overlap(
    items: list[tuple[float, float]], taken: list[tuple[float, float]]
) -> None:
    left = subtract(union(items), taken)
    assert all(start < end for start, end in left)
    assert not any(start < b - 1e-9 and a < end - 1e-9 for start, end in left for a, b in taken)


def _voice_like(seconds: float) -> Samples:
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    pitch = 2 * np.pi * (150 * t + 3 * np.sin(2 * np.pi * 2 * t))
    wave = sum(np.sin(pitch * harmonic) / harmonic for harmonic in range(2, 14))
    return (0.08 * wave * (0.4 + 0.6 * np.abs(np.sin(2 * np.pi * 1.7 * t)))).astype(np.float32)


pieces = st.lists(
    st.one_of(
        st.floats(0.1, 3).map(pause),
        st.tuples(st.floats(0.1, 2), st.floats(350, 2100)).map(lambda item: tone(item[0], item[1])),
        st.floats(1, 8).map(lambda seconds: cadence(seconds, 0.35, 0.35, 425)),
        st.floats(2, 9).map(lambda seconds: cadence(seconds, 1, 4, 425)),
        st.floats(0.3, 3).map(_voice_like),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow])
@given(st.lists(pieces, min_size=1, max_size=2), st.sampled_from([-70.0, -50.0, -35.0]))
def test_sounds_lie_inside_the_recording_sorted_and_apart_on_each_channel(
    channels: list[list[Samples]], noise_db: float
) -> None:
    tracks = [np.concatenate(parts) for parts in channels]
    length = max(track.size for track in tracks)
    padded = [with_noise(np.pad(track, (0, length - track.size)), noise_db) for track in tracks]
    found = measure(Audio(np.stack(padded)), "hash")
    assert [sound.start_s for sound in found.sounds] == sorted(sound.start_s for sound in found.sounds)
    for channel in range(len(tracks)):
        own = [sound for sound in found.sounds if sound.channel == channel]
        assert all(0 <= sound.start_s < sound.end_s <= found.duration_s + 1e-6 for sound in own)
        assert all(before.end_s <= after.start_s + 1e-6 for before, after in pairwise(own))
        assert len(found.peaks[channel]) == int(np.ceil(round(length / (RATE_HZ * PEAK_STEP_S), 6)))
        assert all(0 <= peak <= 100 for peak in found.peaks[channel])


GREETINGS = (
    "Оставьте сообщение после сигнала",
    "Абонент временно недоступен",
    "Я виртуальный помощник, что передать?",
    "Нажмите два для связи с кассой",
    "Алло",
    "",
)
LINES = (
    "да, конечно",
    "сколько это стоит вместе с доставкой",
    "угу",
    "давайте в среду после работы",
    "не знаю, подумаю",
)


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """The beginning of any call: a greeting, perhaps a beep, some lines, silences, tones."""
    story = Story(mono=draw(st.booleans()))
    if greeting := draw(st.sampled_from(GREETINGS)):
        story.far(greeting)
    if draw(st.booleans()):
        story.beep()
    for _ in range(draw(st.integers(0, 4))):
        story.silence(draw(st.floats(0, 12)))
        kind = draw(st.sampled_from(["agent", "far", "music", "busy"]))
        if kind in ("agent", "far"):
            getattr(story, kind)(draw(st.sampled_from(LINES)))
        else:
            story.sound(SoundKind.MUSIC if kind == "music" else SoundKind.BUSY, draw(st.floats(2, 20)), 425.0)
    return story.silence(draw(st.floats(0, 30)))


@settings(max_examples=150, deadline=None)
@given(stories(), st.integers(8, 14))
def test_live_two_way_talk_added_to_a_call_never_makes_it_guilty(story: Story, exchanges: int) -> None:
    before = story.examined(talk_s=max(story.at, 41.0))
    for number in range(exchanges):
        story.far(f"А расскажите, пожалуйста, сколько стоит вариант номер {number}")
        story.agent(f"Вариант {number} выходит дешевле, доставим его к вам на дачу")
    after = story.examined(talk_s=max(story.at, 41.0))
    assert after.conversation.conversation_s >= before.conversation.conversation_s - 1e-6
    if not story.mono:
        assert after.flag is None
        assert after.conversation.verified_effective is True
    else:  # in mono the sides cannot be told apart for sure: never guilty, at worst unsure
        assert after.flag is None or after.flag.verdict is Verdict.UNSURE


@settings(max_examples=100, deadline=None)
@given(stories())
def test_every_verdict_obeys_the_rules_of_accusation(story: Story) -> None:
    counted = story.examined(talk_s=max(story.at, 41.0))
    if counted.flag is not None:
        assert counted.conversation.conversation_s < Effective().conversation_from_s or (
            counted.flag.verdict is Verdict.UNSURE
        )
        assert not counted.conversation.message_left or counted.flag.verdict is Verdict.UNSURE
        assert (counted.flag.score >= 0.5) == (counted.flag.verdict is Verdict.FLAG)
        said = {turn.text for turn in story.turns}
        assert all(item.quote in said for item in counted.flag.evidence if item.quote)
        assert all(0 <= item.start_s < item.end_s <= story.at + 0.01 for item in counted.flag.evidence)
    assert story.examined(talk_s=39.0).flag is None
    untold = story.examined(talk_s=max(story.at, 41.0), words=False)
    if untold.flag is not None and any(sound.kind is SoundKind.VOICE for sound in story.sounds):
        assert (
            untold.flag.verdict is Verdict.UNSURE
            or sum(sound.duration_s for sound in story.sounds if sound.kind is SoundKind.VOICE) <= 1.0
        )
