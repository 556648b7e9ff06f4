"""Packing speech into windows and mapping word times back."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.transcription.packing import LONGEST_WINDOW_S, MARGIN_S, pack, unread


@st.composite
def speech(draw: st.DrawFn) -> tuple[tuple[float, float], ...]:
    found = []
    at = draw(st.floats(0, 5))
    for _ in range(draw(st.integers(0, 25))):
        length = draw(st.floats(0.1, 45))
        found.append((at, at + length))
        at += length + draw(st.floats(0.25, 20))
    return tuple(found)


@given(speech())
def test_every_moment_of_speech_is_in_exactly_one_window(intervals: tuple[tuple[float, float], ...]) -> None:
    length_s = (intervals[-1][1] if intervals else 0) + 1
    pieces = [piece for window in pack(0, intervals, length_s) for piece in window.pieces]
    assert all(before.end_s <= after.start_s + 1e-9 for before, after in pairwise(pieces))
    for start, end in intervals:
        inside = sum(max(0.0, min(end, piece.end_s) - max(start, piece.start_s)) for piece in pieces)
        assert abs(inside - (end - start)) < 1e-6


@given(speech())
def test_no_window_is_longer_than_the_model_reads(intervals: tuple[tuple[float, float], ...]) -> None:
    length_s = (intervals[-1][1] if intervals else 0) + 1
    assert all(window.duration_s <= LONGEST_WINDOW_S + 1e-6 for window in pack(0, intervals, length_s))


@given(speech(), st.floats(0, 1), st.floats(0, 1))
def test_a_word_comes_back_to_the_piece_it_was_cut_from(
    intervals: tuple[tuple[float, float], ...], which: float, where: float
) -> None:
    windows = pack(0, intervals, (intervals[-1][1] if intervals else 0) + 1)
    for window in windows:
        piece = window.pieces[min(int(which * len(window.pieces)), len(window.pieces) - 1)]
        packed = piece.packed_s + where * piece.duration_s * 0.999
        start_s, end_s = window.original(packed, packed)
        assert start_s == end_s
        assert abs(start_s - (piece.start_s + packed - piece.packed_s)) < 1e-6


def test_a_long_pause_is_shortened_but_does_not_vanish() -> None:
    (window,) = pack(0, ((1.0, 2.0), (20.0, 21.0)), 30.0)
    first, second = window.pieces
    assert second.packed_s - (first.packed_s + 1.0 + MARGIN_S) <= MARGIN_S + 1e-9
    assert window.duration_s < 4
    found = window.original(second.packed_s + MARGIN_S, second.packed_s + MARGIN_S + 1.0)
    assert found == pytest.approx((20.0, 21.0))


def test_a_word_drawn_out_over_a_cut_pause_stays_on_one_side() -> None:
    (window,) = pack(0, ((1.0, 2.0), (20.0, 21.0)), 30.0)
    border = window.pieces[1].packed_s
    start_s, end_s = window.original(border - 0.1, border + 0.8)
    assert (start_s, round(end_s, 6)) == (window.pieces[1].start_s, round(window.pieces[1].start_s + 0.8, 6))


def test_windows_of_a_long_monologue_are_filled_evenly() -> None:
    intervals = tuple((index * 3.0, index * 3.0 + 2.5) for index in range(20))
    lengths = [window.duration_s for window in pack(1, intervals, 61.0)]
    assert len(lengths) == 3
    assert max(lengths) - min(lengths) < 4


def test_silence_needs_no_window() -> None:
    assert pack(0, (), 60.0) == []


def test_what_was_not_read_at_the_end_of_a_window_becomes_a_window_with_its_own_seconds() -> None:
    speech = [(1.0, 6.0), (9.0, 12.0), (15.0, 19.0)]
    (window,) = pack(1, speech, 30.0)
    rest = unread(window, 6.2, speech, 1.5)
    assert rest is not None
    assert [(piece.start_s, piece.end_s) for piece in rest.pieces] == [
        pytest.approx((6.2, 6.3)),
        pytest.approx((9 - MARGIN_S, 12 + MARGIN_S)),
        pytest.approx((15 - MARGIN_S, 19 + MARGIN_S)),
    ]
    word_s = rest.pieces[1].packed_s + MARGIN_S
    assert rest.original(word_s, word_s + 0.4) == pytest.approx((9.0, 9.4))


def test_a_window_that_was_read_to_its_last_words_leaves_nothing() -> None:
    speech = [(1.0, 6.0), (9.0, 12.0)]
    (window,) = pack(0, speech, 20.0)
    assert unread(window, 11.2, speech, 1.5) is None
