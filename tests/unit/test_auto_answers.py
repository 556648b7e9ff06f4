"""Suggested answers to the questions of a form: what is found, what is not claimed, and the measures of talk."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.config import AutoAnswers
from qc_workbench.detection.auto_answers import CallFacts, auto_answers
from qc_workbench.domain.acoustics import Acoustics, Sound, SoundKind
from qc_workbench.domain.auto_answer import Answer, AutoAnswer, Question
from qc_workbench.domain.call import Recording, RecordingState
from qc_workbench.domain.commitment import ClientSaid
from qc_workbench.domain.transcript import Party, Suspicion, Transcript, Turn, Word

A, C = Party.AGENT, Party.CUSTOMER
#: who, first second, last second, words
Line = tuple[Party, float, float, str]
FACTS = CallFacts("Ольга Перова", "Тихий створ")

GOOD: tuple[Line, ...] = (
    (C, 0.5, 1.0, "Алло."),
    (A, 1.4, 5.0, "Здравствуйте, компания «Тихий створ», меня зовут Ольга, чем могу помочь?"),
    (C, 5.5, 9.0, "Добрый день, хотим окна на кухню поменять."),
    (A, 9.5, 13.0, "Хорошо, а какой размер проёма и сколько створок вы хотите?"),
    (C, 13.5, 17.0, "Метр сорок на метр тридцать, две створки."),
    (A, 17.5, 22.0, "Поняла вас, с монтажом и подоконником это будет сорок две тысячи рублей."),
    (C, 22.5, 24.0, "Ой, дорого как-то."),
    (A, 24.5, 30.0, "Понимаю вас, зато в цену входит монтаж, и у нас есть рассрочка на полгода."),
    (C, 30.5, 32.0, "Ну, рассрочка интересно."),
    (A, 32.5, 36.0, "Тогда записываю вас на замер, мастер приедет в среду с утра."),
    (C, 36.5, 37.5, "Хорошо, жду."),
)


def asked(
    *lines: Line, facts: CallFacts = FACTS, settings: AutoAnswers | None = None, suspect: str = "", mono: bool = False
) -> dict[Question, AutoAnswer]:
    """The answers to a stereo call of these lines; ``suspect`` text is marked as invented."""
    turns, sounds = [], []
    length = max(end for _, _, end, _ in lines) + 0.5
    for who, start, end, text in lines:
        channel = 0 if mono or who is A else 1
        words = text.split()
        step = (end - start) / len(words)
        timed = tuple(Word(start + step * i, start + step * (i + 1), f" {word}", 0.9) for i, word in enumerate(words))
        doubt = Suspicion.LOW_PROBABILITY if suspect and suspect in text else None
        turns.append(Turn(who, channel, start, end, text, 0.9, timed, doubt))
        features = {"level_db": -20.0, "pitch_hz": 120.0 if who is A else 220.0}
        sounds.append(Sound(channel, start, end, SoundKind.VOICE, 1.0, None, features))
    channels = 1 if mono else 2
    acoustics = Acoustics(
        "hash", "fp", length, channels, tuple(sorted(sounds, key=lambda s: s.start_s)), ((),) * channels
    )
    recording = Recording("c1", RecordingState.READY, "hash", channels=channels, agent_channel=None if mono else 0)
    transcript = Transcript("c1", "hash", "fp", "ru", "fake", "fake", tuple(turns))
    found = auto_answers(recording, acoustics, transcript, facts, settings or AutoAnswers())
    return {item.question: item for item in found}


def test_a_good_call_gets_yes_with_the_phrase_and_its_second() -> None:
    answers = asked(*GOOD)
    for question in Question:
        assert answers[question].answer is Answer.YES, question
    greeted = answers[Question.GREETED].proofs[0]
    assert greeted.start_s == pytest.approx(1.4, abs=0.1)
    assert greeted.quote is not None
    assert "Здравствуйте" in greeted.quote
    needs = answers[Question.ASKED_NEEDS].proofs
    assert any(proof.quote and "размер" in proof.quote for proof in needs)


def test_every_question_is_answered_once_and_in_order() -> None:
    assert list(asked(*GOOD)) == list(Question)


def test_what_was_not_said_is_no_where_the_agent_was_understood() -> None:
    bare = [line for line in GOOD if "зовут" not in line[3]]
    bare.insert(1, (A, 1.4, 5.0, "Да, слушаю вас внимательно, говорите."))
    answers = asked(*bare)
    for question in (Question.GREETED, Question.INTRODUCED, Question.NAMED_COMPANY):
        assert answers[question].answer is Answer.NO, question


def test_little_understood_speech_abstains_instead_of_accusing() -> None:
    answers = asked((C, 0.5, 1.0, "Алло."), (A, 1.5, 3.0, "Ну да."), (C, 3.5, 4.5, "Не надо мне."))
    for question in (Question.GREETED, Question.INTRODUCED, Question.ASKED_NEEDS, Question.AGREED_NEXT_STEP):
        assert answers[question].answer is Answer.UNKNOWN, question


def test_invented_text_is_never_a_proof() -> None:
    answers = asked(*GOOD, suspect="Здравствуйте")
    assert answers[Question.GREETED].answer is not Answer.YES
    assert not any(proof.quote and "Здравствуйте" in proof.quote for item in answers.values() for proof in item.proofs)


def test_the_company_counts_however_recognition_spells_it() -> None:
    lines = [(w, a, b, text.replace("«Тихий створ»", "тихи створ")) for w, a, b, text in GOOD]
    assert asked(*lines)[Question.NAMED_COMPANY].answer is Answer.YES


def test_an_unknown_company_name_is_not_missed_by_the_agent() -> None:
    lines = [(w, a, b, text.replace("компания «Тихий створ», ", "")) for w, a, b, text in GOOD]
    assert asked(*lines, facts=CallFacts("Ольга", ""))[Question.NAMED_COMPANY].answer is Answer.UNKNOWN


def test_an_objection_met_with_a_goodbye_was_not_handled() -> None:
    lines = (*GOOD[:7], (A, 24.5, 26.0, "Ну ладно, до свидания."), (C, 26.5, 27.0, "Ага."))
    answer = asked(*lines)[Question.HANDLED_OBJECTION]
    assert answer.answer is Answer.NO
    assert [proof.quote for proof in answer.proofs] == ["Ой, дорого как-то.", "Ну ладно, до свидания."]


def test_without_an_objection_there_was_nothing_to_handle() -> None:
    lines = [line for line in GOOD if "дорого" not in line[3]]
    assert asked(*lines)[Question.HANDLED_OBJECTION].answer is Answer.NOT_APPLICABLE


def test_a_client_who_refused_owes_no_next_step() -> None:
    lines = [line for line in GOOD if "записываю" not in line[3] and "жду" not in line[3]]
    refused = CallFacts("Ольга", "Тихий створ", client_said=ClientSaid.EXPLICIT)
    assert asked(*lines, facts=refused)[Question.AGREED_NEXT_STEP].answer is Answer.NOT_APPLICABLE


@pytest.mark.parametrize("words", ["Да успокойтесь вы уже.", "Это ваши проблемы, понимаете."])
def test_rude_words_of_the_agent_are_shown_with_their_second(words: str) -> None:
    answer = asked(*GOOD, (A, 38.0, 40.0, words))[Question.NO_FORBIDDEN_WORDS]
    assert answer.answer is Answer.NO
    assert answer.proofs[0].quote == words
    assert asked(*GOOD, (C, 38.0, 40.0, words))[Question.NO_FORBIDDEN_WORDS].answer is Answer.YES


def test_a_department_forbids_words_of_its_own() -> None:
    settings = AutoAnswers(forbidden_words=("пятьдесят две тысячи",))
    assert asked(*GOOD, settings=settings)[Question.NO_FORBIDDEN_WORDS].answer is Answer.YES
    settings = AutoAnswers(forbidden_words=("рассрочка на полгода",))
    assert asked(*GOOD, settings=settings)[Question.NO_FORBIDDEN_WORDS].answer is Answer.NO


def test_an_agent_who_cuts_in_and_goes_on_interrupts_and_a_hum_does_not() -> None:
    long = (C, 40.0, 50.0, "Так вот я и говорю, что у нас на кухне сквозит и мы хотим всё это поменять до зимы")
    hums = [(A, at, at + 0.5, "Угу.") for at in (42.0, 44.0, 46.0)]
    cuts = [
        (A, 43.0, 46.0, "Нет, вы меня послушайте сначала, я вам объясню"),
        (A, 47.0, 50.5, "И ещё одно, это важно, запишите"),
    ]
    assert asked(*GOOD, long, *hums)[Question.NO_INTERRUPTIONS].value == 0
    answer = asked(*GOOD, long, *cuts)[Question.NO_INTERRUPTIONS]
    assert (answer.answer, answer.value) == (Answer.NO, 2)


def test_long_silence_and_monologues_have_their_place() -> None:
    later = [(who, a + 30, b + 30, text) if a > 20 else (who, a, b, text) for who, a, b, text in GOOD]
    silence = asked(*later)[Question.NO_LONG_SILENCE]
    assert silence.answer is Answer.NO
    assert silence.proofs[0].start_s == pytest.approx(22.0, abs=0.6)
    talk = [
        (A, 40.0 + 10 * i, 49.5 + 10 * i, "я расскажу вам про наш замечательный профиль и стекло") for i in range(8)
    ]
    hum = (C, 75.0, 75.4, "Угу.")
    monologue = asked(*GOOD, *talk, hum)[Question.NO_LONG_MONOLOGUE]
    assert monologue.answer is Answer.NO
    assert monologue.value == pytest.approx(79.5, abs=1.0)


def test_mono_abstains_from_who_interrupted_whom() -> None:
    answers = asked(*GOOD, mono=True)
    assert answers[Question.NO_INTERRUPTIONS].answer is Answer.UNKNOWN


def test_a_voicemail_has_no_answers() -> None:
    lines = (
        (C, 1.0, 6.0, "Абонент не может ответить на ваш звонок, оставьте сообщение после звукового сигнала."),
        (A, 20.0, 21.0, "Алло."),
    )
    assert asked(*lines) == {}


@given(st.lists(st.tuples(st.sampled_from([A, C]), st.floats(0.3, 4.0), st.floats(0.1, 3.0)), min_size=2, max_size=14))
def test_measures_stay_within_their_bounds(pieces: list[tuple[Party, float, float]]) -> None:
    at, lines = 0.5, []
    for who, length, gap in pieces:
        lines.append((who, at, at + length, "слово за слово говорим про окна"))
        at += length + gap
    answers = asked(*lines)
    if not answers:
        return
    share = answers[Question.TALK_SHARE].value
    assert share is None or 0 <= share <= 1
    for question in (Question.NO_LONG_MONOLOGUE, Question.NO_LONG_SILENCE, Question.PATIENCE):
        value = answers[question].value
        assert value is None or 0 <= value <= at
    for item in answers.values():
        for proof in item.proofs:
            assert 0 <= proof.start_s <= proof.end_s <= at + 1
