"""Text that the speech model may have invented, and text with no voice under it, is never quoted against anybody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qc_workbench.config import Company, Effective
from qc_workbench.detection.commitments import find_commitments
from qc_workbench.detection.effective import examine
from qc_workbench.detection.refusals import client_said
from qc_workbench.domain.acoustics import Acoustics, Sound, SoundKind
from qc_workbench.domain.call import Call, Direction, Outcome, Recording, RecordingState
from qc_workbench.domain.transcript import Party, Suspicion, Transcript, Turn

#: A line every so many seconds, and how long it lasts: lines never touch, so seconds tell which one was quoted.
EVERY_S, LASTS_S = 6.0, 4.0
#: Lines that the detectors quote when they trust them (the first test says so).
QUOTED = (
    (Party.AGENT, "Я перезвоню вам завтра в десять утра."),
    (Party.CUSTOMER, "Перезвоните мне, пожалуйста, в четверг после обеда."),
    (Party.AGENT, "Отправлю вам коммерческое предложение сегодня до вечера."),
    (Party.CUSTOMER, "Нет, спасибо, нам не нужно, мы уже купили у других."),
    (Party.CUSTOMER, "Нет, не надо, мы отказываемся."),
    (Party.CUSTOMER, "Абонент не отвечает, оставьте сообщение после звукового сигнала."),
    (Party.CUSTOMER, "Please leave a message after the tone."),
    (Party.CUSTOMER, "Набранный вами номер не существует."),
    (Party.AGENT, "I will call you back on Monday morning."),
    (Party.AGENT, "Добрый день, меня зовут Анна, вы оставляли заявку на окна."),
    (Party.CUSTOMER, "Да, слушаю вас, у меня две минуты."),
)


@dataclass(frozen=True, slots=True)
class Line:
    """``suspicion`` of its text; ``is_voiced``: whether a voice was heard where it stands."""

    who: Party
    text: str
    suspicion: Suspicion | None
    is_voiced: bool

    @property
    def is_trusted(self) -> bool:
        return self.suspicion is None and self.is_voiced


lines = st.builds(
    lambda said, suspicion, voiced: Line(said[0], said[1], suspicion, voiced),
    st.sampled_from(QUOTED),
    st.sampled_from((None, None, *Suspicion)),
    st.sampled_from((True, True, True, False)),
)


def turns_of(told: list[Line]) -> tuple[Turn, ...]:
    return tuple(
        Turn(
            line.who, 0 if line.who is Party.AGENT else 1, 1 + EVERY_S * at, 1 + EVERY_S * at + LASTS_S, line.text, 0.9,
            suspicion=line.suspicion,
        )
        for at, line in enumerate(told)
    )  # fmt: skip


def quotes_of(told: list[Line]) -> Iterator[tuple[str, float, float]]:
    """Everything that is quoted from a call: (where from, start, end)."""
    turns = turns_of(told)
    duration_s = 2 + EVERY_S * len(told)
    call = Call(
        "c", datetime.fromisoformat("2026-10-06T12:00:00+03:00"), Direction.OUTBOUND, "m1", None,
        max(duration_s, 45.0), Outcome.ANSWERED,
    )  # fmt: skip
    transcript = Transcript("c", "hash", "words", "ru", "fake", "fake", turns)
    for item in find_commitments(call, transcript, Company()):
        yield "promise", item.start_s, item.end_s
    said = client_said(transcript)
    if said.quote is not None and said.start_s is not None and said.end_s is not None:
        yield "refusal", said.start_s, said.end_s
    sounds = tuple(
        Sound(turn.channel, turn.start_s, turn.end_s, SoundKind.VOICE)
        for turn, line in zip(turns, told, strict=True)
        if line.is_voiced
    )
    acoustics = Acoustics("hash", "sound", call.talk_s, 2, sounds, ((), ()))
    recording = Recording("c", RecordingState.READY, "hash", "a.wav", channels=2, agent_channel=0)
    flag = examine(call, recording, acoustics, transcript, Effective()).flag
    for evidence in flag.evidence if flag else ():
        if evidence.quote is not None:
            yield "evidence", evidence.start_s, evidence.end_s


def lines_under(told: list[Line], start_s: float, end_s: float) -> list[Line]:
    return [
        line
        for at, line in enumerate(told)
        if start_s < 1 + EVERY_S * at + LASTS_S - 0.01 and end_s > 1 + EVERY_S * at + 0.01
    ]


def test_the_lines_are_quoted_when_they_are_trusted() -> None:
    """Otherwise the rule below would hold for detectors that quote nothing."""
    found = set()
    for who, text in QUOTED:
        client = Line(Party.CUSTOMER, "Да, слушаю вас.", None, True)
        agent = Line(Party.AGENT, "Добрый день.", None, True)
        found |= {kind for kind, _, _ in quotes_of([agent, client, Line(who, text, None, True), client])}
        found |= {kind for kind, _, _ in quotes_of([Line(who, text, None, True)])}
    assert found == {"promise", "refusal", "evidence"}


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60)
@given(st.lists(lines, min_size=1, max_size=7))
def test_nothing_is_quoted_from_suspect_text_or_from_where_no_voice_was(told: list[Line]) -> None:
    for kind, start_s, end_s in quotes_of(told):
        under = lines_under(told, start_s, end_s)
        assert under, kind
        # promises and refusals stand on the words, evidence on the words and on the sound
        trusted = [line.is_trusted if kind == "evidence" else line.suspicion is None for line in under]
        assert all(trusted), (kind, start_s, end_s)
