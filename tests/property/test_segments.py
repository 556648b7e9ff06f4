"""The time line of a call: it covers every channel without overlap, adds up, and agrees with the verdict's measure."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qc_workbench.detection.heard import Beside, Piece, Side
from qc_workbench.detection.segments import HUMAN, SegmentKind, TimeLine, time_line
from qc_workbench.detection.sound_classes import overlap_s, subtract, touching, union
from qc_workbench.domain.acoustics import SoundKind
from qc_workbench.domain.transcript import Party, Suspicion
from tests.answering_cases import AGENT, CUSTOMER, Story

_WORDS = (
    "здравствуйте это мастерская звоню по вашей заявке",
    "да слушаю вас",
    "оставьте сообщение после сигнала",
    "угу",
    "абонент временно недоступен",
    "",
)
_SPOKEN = st.tuples(
    st.just("say"),
    st.sampled_from([AGENT, CUSTOMER]),
    st.sampled_from(_WORDS),
    st.floats(0.5, 8.0),
    st.floats(0.45, 9.0),
    st.sampled_from([None, None, None, Suspicion.NO_VOICE]),
)
_HEARD = st.tuples(
    st.just("sound"),
    st.sampled_from([kind for kind in SoundKind if kind not in (SoundKind.VOICE, SoundKind.SILENCE)]),
    st.floats(0.3, 20.0),
)


def told(events: list[tuple[object, ...]], mono: bool) -> Story:
    story = Story(mono=mono)
    for event in events:
        if event[0] == "say":
            _, channel, text, seconds, gap_s, suspicion = event
            party = Party.AGENT if channel == AGENT else Party.CUSTOMER
            story.says(channel, text, seconds, gap_s=gap_s, suspicion=suspicion, party=party if mono else None)  # type: ignore[arg-type]
        else:
            story.sound(event[1], event[2])  # type: ignore[arg-type]
    return story.silence(1.0)


def line_of(story: Story) -> TimeLine:
    return time_line(story.recording(), story.acoustics(), story.transcript())


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(_SPOKEN, _HEARD), max_size=12), st.booleans())
def test_every_channel_is_covered_once_and_the_seconds_add_up(events: list[tuple[object, ...]], mono: bool) -> None:
    line = line_of(told(events, mono))
    for channel in range(line.channels):
        row = line.of(channel)
        assert row[0].start_s == 0
        assert row[-1].end_s == pytest.approx(line.duration_s)
        assert all(before.end_s == pytest.approx(after.start_s) for before, after in pairwise(row))
        assert all(item.duration_s > 0 for item in row)
    assert sum(line.seconds().values()) == pytest.approx(line.duration_s)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(_SPOKEN, _HEARD), max_size=12), st.booleans())
def test_live_segments_are_the_conversation_that_the_verdict_measures(
    events: list[tuple[object, ...]], mono: bool
) -> None:
    story = told(events, mono)
    line = line_of(story)
    assert line.conversation_s == pytest.approx(story.examined().conversation.conversation_s, abs=0.05)
    assert all(item.kind in HUMAN for item in line.segments if item.is_live)


@settings(max_examples=60, deadline=None)
@given(st.lists(_HEARD, min_size=1, max_size=8), st.booleans())
def test_line_sounds_keep_their_kind_and_length(events: list[tuple[object, ...]], mono: bool) -> None:
    story = told(events, mono)
    line = line_of(story)
    for kind in {event[1] for event in events}:
        drawn = sum(item.duration_s for item in line.segments if item.kind == kind)
        assert drawn == pytest.approx(sum(event[2] for event in events if event[1] is kind))  # type: ignore[misc]


def test_a_greeting_a_beep_and_a_message_are_told_apart_on_both_channels() -> None:
    story = Story().far("Это автоответчик, оставьте сообщение после сигнала", 4.0).beep()
    line = line_of(story.agent("Добрый день, это Ольга, перезвоните мне, пожалуйста", 4.0).silence(3))
    assert [item.kind for item in line.of(CUSTOMER) if item.kind is not SegmentKind.SILENCE] == [
        SegmentKind.MACHINE,
        SegmentKind.BEEP,
    ]
    assert [item.kind for item in line.of(AGENT)] == [SegmentKind.SILENCE, SegmentKind.AGENT, SegmentKind.SILENCE]
    assert line.conversation_s == 0


def test_a_farewell_to_a_dead_line_is_live_for_three_seconds_only() -> None:
    story = Story()
    for _ in range(3):
        story.agent("расскажите что вам нужно", 3.0).far("нам нужны три двери на дачу", 3.0)
    line = line_of(story.agent("тогда я вам всё посчитаю и пришлю на почту сегодня", 8.0))
    last = [item for item in line.of(AGENT) if item.kind is SegmentKind.AGENT][-2:]
    assert [(item.is_live, round(item.duration_s, 1)) for item in last] == [(True, 3.0), (False, 5.0)]


def test_in_mono_a_voice_of_nobody_in_particular_is_one_of_the_two() -> None:
    story = Story(mono=True).far("да слушаю вас", 2.0).agent("это мастерская", 2.0)
    assert {item.kind for item in line_of(story).segments} == {SegmentKind.PERSON, SegmentKind.SILENCE}


_tenths = st.integers(0, 200).map(lambda tenth: tenth / 10)


@given(st.lists(st.tuples(_tenths, _tenths).filter(lambda pair: pair[0] < pair[1])), st.tuples(_tenths, _tenths))
def test_intervals_looked_up_by_time_are_those_that_share_time(
    intervals: list[tuple[float, float]], frame: tuple[float, float]
) -> None:
    row = union(intervals)
    frame = (min(frame), max(frame))
    assert list(touching(row, frame)) == [(a, b) for a, b in row if a < frame[1] and b > frame[0]]
    free = subtract([frame], intervals)
    assert sum(end - start for start, end in free) + overlap_s(frame, row) == pytest.approx(frame[1] - frame[0])
    assert all(overlap_s(part, row) == pytest.approx(0.0) for part in free)


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 20)), max_size=30), st.floats(0, 120), st.floats(0, 10))
def test_pieces_about_a_stretch_are_found_as_by_looking_at_all(
    spans: list[tuple[float, float]], start_s: float, length_s: float
) -> None:
    pieces = [Piece(Side.AGENT, 0, a, a + b, b, "", Party.AGENT, False) for a, b in sorted(spans)]
    end_s = start_s + length_s
    touching_it = [piece for piece in pieces if piece.start_s <= end_s and piece.end_s >= start_s]
    found = Beside(pieces).about(start_s, end_s)
    assert [piece for piece in found if piece in touching_it] == touching_it
    assert all(piece.start_s <= end_s + 1e-5 for piece in found)
