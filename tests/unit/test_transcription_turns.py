"""Words to turns: pauses, overlapping channels, words drawn out over silence."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.domain.transcript import Party, Suspicion, Word
from qc_workbench.transcription.turns import HeardWord, on_voice, turns_of

ALWAYS = ((0.0, 1000.0),)


def heard(start_s: float, end_s: float, text: str, channel: int = 0, probability: float = 0.9) -> HeardWord:
    return HeardWord(Word(start_s, end_s, " " + text, probability), channel, (Party.AGENT, Party.CUSTOMER)[channel])


def test_a_long_pause_ends_a_turn() -> None:
    turns = turns_of([heard(0, 1, "Добрый"), heard(1.2, 2, "день."), heard(5, 6, "Алло?")], {0: ALWAYS})
    assert [turn.text for turn in turns] == ["Добрый день.", "Алло?"]


def test_an_answer_in_a_short_pause_ends_a_turn() -> None:
    words = [heard(0, 1, "Приедем"), heard(1.6, 2, "завтра."), heard(1.1, 1.5, "Угу.", channel=1)]
    assert [turn.text for turn in turns_of(words, {0: ALWAYS, 1: ALWAYS})] == ["Приедем", "Угу.", "завтра."]
    alone = turns_of(words[:2], {0: ALWAYS})
    assert [turn.text for turn in alone] == ["Приедем завтра."]


def test_each_channel_keeps_its_party_when_both_speak_at_once() -> None:
    words = [
        heard(0, 1, "да"),
        heard(0.2, 1.2, "нет", channel=1),
        heard(1.0, 1.8, "да"),
        heard(1.3, 2, "нет", channel=1),
    ]
    turns = turns_of(words, {0: ALWAYS, 1: ALWAYS})
    assert [(turn.party, turn.channel, turn.text) for turn in turns] == [
        (Party.AGENT, 0, "да да"),
        (Party.CUSTOMER, 1, "нет нет"),
    ]


def test_a_word_drawn_out_over_a_pause_is_moved_onto_the_voice() -> None:
    assert on_voice(Word(1.0, 5.5, "да", 0.9), ((0.0, 1.2), (5.0, 6.0))) == Word(5.0, 5.5, "да", 0.9)
    assert on_voice(Word(2.0, 3.0, "да", 0.9), ((0.0, 1.2),)) == Word(2.0, 3.0, "да", 0.9)


def test_words_without_voice_under_them_are_left_out() -> None:
    turns = turns_of([heard(0, 1, "Алло."), heard(30, 31, "Спасибо.")], {0: ((0.0, 1.0),)})
    assert [turn.text for turn in turns] == ["Алло."]


def test_a_subtitle_phrase_stays_visible_but_not_quotable() -> None:
    (turn,) = turns_of([heard(0, 1, "Продолжение"), heard(1, 2, "следует...")], {0: ALWAYS})
    assert turn.suspicion is Suspicion.PHANTOM_PHRASE
    assert not turn.is_quotable


@given(
    st.lists(
        st.tuples(st.floats(0, 100), st.floats(0.05, 1), st.integers(0, 1), st.sampled_from(["да", "нет", "может"])),
        max_size=30,
    )
)
def test_no_spoken_word_is_lost_or_doubled(found: list[tuple[float, float, int, str]]) -> None:
    words = [heard(start, start + length, text, channel) for start, length, channel, text in found]
    turns = turns_of(words, {0: ((0.0, 200.0),), 1: ((0.0, 200.0),)})
    assert sorted(" ".join(turn.text for turn in turns).split()) == sorted(item[3] for item in found)
    assert [turn.start_s for turn in turns] == sorted(turn.start_s for turn in turns)
