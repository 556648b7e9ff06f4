"""What is said to change a verdict does change it when it is so."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qc_workbench.config import Effective
from qc_workbench.detection.counterfactuals import Change, Counterfactual, counterfactuals
from qc_workbench.detection.effective import Examination, examine
from qc_workbench.domain.acoustics import SoundKind
from qc_workbench.domain.flag import Verdict
from tests.answering_cases import CUSTOMER, Story

ACTED = (
    "Да, Захар, приветствую вас, это мастерская по беседкам",
    "Ага, ага, хорошо, понимаю вас, это конечно так",
    "Нет, крышу мы тоже делаем сами, всей бригадой",
    "Понятно, ну да, это дороже, чем вы ждали",
    "Хорошо, договорились обо всём, всего доброго вам",
)
MESSAGE = (
    "Захар, это Пётр из мастерской, хотел сообщить, что беседка готова",
    "Перезвоните мне, пожалуйста, на этот номер, я сегодня на месте до шести вечера",
)


def to_a_voicemail(*lines: str, gap_s: float = 2.5) -> Story:
    story = Story().far("Вы позвонили Захару, подойти не могу").far("Оставьте своё сообщение после сигнала").beep()
    for line in lines:
        story.agent(line, gap_s=gap_s)
    return story.silence(15)


def tried(story: Story, rules: Effective | None = None) -> dict[Change, Counterfactual]:
    found = counterfactuals(
        story.call(), story.recording(), story.acoustics(), story.transcript(), rules or Effective()
    )
    return {item.change: item for item in found}


def flips(story: Story) -> set[Change]:
    return {change for change, item in tried(story).items() if item.flips}


def verdict(found: Examination) -> Verdict | None:
    return found.flag.verdict if found.flag else None


def test_a_conversation_has_nothing_to_change() -> None:
    story = Story()
    for _ in range(6):
        story.far("Слушаю вас, что вы хотели узнать").agent("Добрый день, это мастерская, вы просили расчёт")
    assert counterfactuals(
        story.call(60), story.recording(), story.acoustics(), story.transcript(), Effective()
    ) == ()  # fmt: skip


def test_if_the_greeting_had_been_a_person_there_had_been_a_conversation() -> None:
    story = to_a_voicemail(*ACTED, gap_s=1.6)
    assert verdict(story.examined()) is Verdict.FLAG
    item = tried(story)[Change.MACHINE_WAS_PERSON]
    assert item.flips
    assert item.conversation_s > story.examined().conversation.conversation_s
    # the same call with a person's words in the same seconds, and no beep
    person = Story().far("Слушаю вас, кто звонит сегодня", 2.28).far("Говорите, я вас внимательно слушаю", 1.9)
    person.silence(0.5)
    for line in ACTED:
        person.agent(line, gap_s=1.6)
    assert verdict(person.silence(15).examined()) == item.verdict


def test_if_the_agent_had_left_a_message_nobody_would_be_suspected() -> None:
    item = tried(to_a_voicemail(*ACTED))[Change.MESSAGE_WAS_LEFT]
    assert (item.flips, item.verdict) == (True, None)
    assert verdict(to_a_voicemail(*MESSAGE, gap_s=0.6).examined()) is None


def test_if_what_was_not_understood_had_been_the_client_it_had_been_a_conversation() -> None:
    def call(words: str) -> Story:
        story = Story().agent("Добрый день, это мастерская, вы просили расчёт")
        for _ in range(2):
            story.says(CUSTOMER, words, 6.0).agent("Да, именно так, всё верно вам сказали")
        return story.silence(20)

    story = call("")
    assert verdict(story.examined()) is Verdict.UNSURE
    item = tried(story)[Change.UNRECOGNISED_WAS_CLIENT]
    assert (item.flips, item.verdict) == (True, None)
    assert item.seconds == pytest.approx(12.0, abs=0.1)
    told = call("Да, просила, и сколько же вышло в итоге всего")
    assert verdict(told.examined()) == item.verdict
    assert told.examined().conversation.conversation_s == pytest.approx(item.conversation_s, abs=0.5)


def test_a_held_line_stays_suspicious_whoever_spoke_first_and_that_is_said() -> None:
    story = to_a_voicemail().silence(30)
    item = tried(story)[Change.MACHINE_WAS_PERSON]
    assert not item.flips
    assert item.verdict is Verdict.FLAG
    assert Change.MESSAGE_WAS_LEFT not in tried(story)  # the agent said nothing


def test_the_seconds_to_listen_to_are_those_of_the_voice() -> None:
    story = to_a_voicemail(*ACTED)
    (start_s, end_s), *_ = tried(story)[Change.MACHINE_WAS_PERSON].spans
    greeting = story.turns[:2]
    assert start_s == pytest.approx(greeting[0].start_s, abs=0.3)
    assert end_s == pytest.approx(greeting[1].end_s, abs=0.3)


stories = st.sampled_from(
    [
        to_a_voicemail(*ACTED),
        to_a_voicemail().silence(30),
        Story().far("Абонент сейчас недоступен, попробуйте перезвонить позднее").silence(45),
        Story().sound(SoundKind.RINGBACK, 55, 425.0),
        Story().agent("Добрый день, мастерская").far("Не надо").sound(SoundKind.BUSY, 12, 425.0).silence(35),
        Story().agent("Добрый день, мастерская").says(CUSTOMER, "", 4.0).silence(40),
    ]
)


@settings(max_examples=40, deadline=None)
@given(stories, st.integers(40, 300), st.floats(5, 30))
def test_every_threshold_that_is_said_to_flip_the_verdict_does(
    story: Story, talk_s: int, conversation_from_s: float
) -> None:
    rules = Effective(conversation_from_s=conversation_from_s)
    call, recording, sound, words = story.call(talk_s), story.recording(), story.acoustics(), story.transcript()
    actual = verdict(examine(call, recording, sound, words, rules))
    found = counterfactuals(call, recording, sound, words, rules)
    assert bool(found) == (actual is not None)
    for item in found:
        assert item.flips == (item.verdict is None or (item.verdict, actual) == (Verdict.UNSURE, Verdict.FLAG))
        changed = {
            Change.COUNTED_FROM: {"counted_from_s": item.seconds},
            Change.CONVERSATION_FROM: {"conversation_from_s": item.seconds},
        }.get(item.change)
        if changed:
            assert verdict(examine(call, recording, sound, words, rules.model_copy(update=changed))) == item.verdict
