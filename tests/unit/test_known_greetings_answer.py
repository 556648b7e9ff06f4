"""A known greeting proves a machine, and never takes a person's words away."""

from __future__ import annotations

import pytest

from qc_workbench.config import Effective
from qc_workbench.detection.answering import answering_of
from qc_workbench.detection.effective import examine
from qc_workbench.detection.heard import Heard as Sound
from qc_workbench.detection.heard import hear
from qc_workbench.domain.flag import AnsweredBy, Verdict
from qc_workbench.domain.sound_print import Heard, KnownGreeting
from tests.answering_cases import AGENT, CUSTOMER, Story

#: What recognition made of an announcement: words of no lexicon.
MUMBLED = "Зацепс крайбер солнечных листов урата каверде клинку бэклейтер под мостом"


def known(
    start_s: float, end_s: float, heard: Heard = Heard.SEVERAL_NUMBERS, label: AnsweredBy | None = None
) -> KnownGreeting:
    return KnownGreeting(heard, label, CUSTOMER, start_s, end_s)


def held_line() -> Story:
    """An announcement nobody understood, a word of the agent, then nothing."""
    return Story().says(CUSTOMER, MUMBLED, 8.0).says(AGENT, "Так, понятно, ладно, хорошо тогда.", 2.5).silence(40.0)


def listened(story: Story) -> Sound:
    return hear(story.recording(), story.acoustics(), story.transcript())


@pytest.mark.parametrize(
    ("heard", "label", "who"),
    [
        (Heard.SEVERAL_NUMBERS, None, AnsweredBy.OPERATOR_ANNOUNCEMENT),
        (Heard.ONE_NUMBER, None, AnsweredBy.VOICEMAIL),
        (Heard.CONFIRMED, AnsweredBy.VOICE_ASSISTANT, AnsweredBy.VOICE_ASSISTANT),
    ],
)
def test_a_known_greeting_is_a_machines_whatever_was_recognised(
    heard: Heard, label: AnsweredBy | None, who: AnsweredBy
) -> None:
    sound = listened(held_line())
    assert answering_of(sound).answered_by is AnsweredBy.HUMAN
    found = answering_of(sound, [known(1.2, 9.6, heard, label)])
    assert found.answered_by is who
    assert found.machine
    assert found.certainty > 0.9


def test_a_clip_that_found_its_way_into_two_calls_takes_nothing_from_a_conversation() -> None:
    story = Story().says(CUSTOMER, "Да, здравствуйте, я по поводу вчерашнего заказа звоню вам опять.", 5.0)
    for _ in range(4):
        story.says(AGENT, "Конечно, сейчас посмотрю, подождите одну минуту.", 3.0)
        story.says(CUSTOMER, "Хорошо, я подожду, мне нужна ещё и доставка.", 3.0)
    sound = listened(story)
    plain = answering_of(sound)
    assert answering_of(sound, [known(1.2, 6.6), known(9.0, 14.0)]) == plain
    assert plain.answered_by is AnsweredBy.HUMAN


def test_a_flag_shows_the_known_greeting_as_evidence() -> None:
    story = held_line()
    parts = story.call(), story.recording(), story.acoustics(), story.transcript()
    flag = examine(*parts, Effective(), known=[known(1.2, 9.6)]).flag
    assert flag is not None
    assert flag.verdict is Verdict.FLAG
    assert "known_greeting" in {item.kind for item in flag.evidence}
