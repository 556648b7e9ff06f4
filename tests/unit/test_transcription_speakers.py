"""Copies between channels, two voices on one channel, and whose voice is whose."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from qc_workbench.domain.call import Direction
from qc_workbench.domain.transcript import Word
from qc_workbench.transcription.agent_voice import learn_voice, speech_features, voice_lean
from qc_workbench.transcription.audio import RATE_HZ
from qc_workbench.transcription.crosstalk import copied_frames, without_copies
from qc_workbench.transcription.roles import Role, assign_roles
from qc_workbench.transcription.speakers import separate, speaker_of_words


def hum(pitch_hz: float, formant_hz: float, seconds: float, seed: int) -> NDArray[np.float32]:
    """A voice-like sound: harmonics of a wandering pitch under one formant."""
    random = np.random.default_rng(seed)
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    phase = 2 * np.pi * np.cumsum(pitch_hz * (1 + 0.03 * np.sin(2 * np.pi * (2 + seed % 3) * time))) / RATE_HZ
    sound = sum(
        np.exp(-(((pitch_hz * harmonic - formant_hz) / 500) ** 2)) * np.sin(harmonic * phase)
        for harmonic in range(1, 25)
    )
    return (0.1 * sound + random.normal(0, 0.003, time.size)).astype(np.float32)


def test_a_quieter_copy_is_recognised_with_and_without_delay_and_a_second_speaker_is_not() -> None:
    agent, customer = hum(120, 700, 4, 1), 0.2 * hum(210, 1500, 4, 2)
    assert copied_frames(np.float32(0.3) * agent, agent).mean() > 0.95
    assert copied_frames(np.roll(np.float32(0.2) * agent, 1600), agent).mean() > 0.8
    assert copied_frames(customer.astype(np.float32), agent).mean() < 0.05
    assert copied_frames(agent, np.float32(0.3) * agent).mean() == 0


def test_only_the_copied_part_of_an_interval_is_left_out() -> None:
    copied = np.zeros(200, dtype=np.bool_)
    copied[50:100] = True
    assert without_copies(((0.0, 4.0),), copied, 0.02) == ((0.0, 1.0), (2.0, 4.0))
    assert without_copies(((1.1, 1.9),), copied, 0.02) == ()


LOW, HIGH = (110.0, 600.0), (220.0, 1500.0)


def conversation() -> tuple[NDArray[np.float32], list[tuple[float, float]], list[int]]:
    order = [0, 1, 0, 1, 1, 0, 1, 0]
    parts, speech, at = [], [], 0.0
    for index, voice in enumerate(order):
        parts += [hum(*(LOW, HIGH)[voice], 1.5, index), np.zeros(RATE_HZ // 2, dtype=np.float32)]
        speech.append((at, at + 1.5))
        at += 2.0
    return np.concatenate(parts), speech, order


def test_two_voices_on_one_channel_are_told_apart() -> None:
    samples, speech, order = conversation()
    separation = separate(samples, speech)
    assert separation.is_certain
    words = [Word(start, end, " да.", 0.9) for start, end in speech]
    found = speaker_of_words(words, separation)
    assert found in (order, [1 - voice for voice in order])


def test_a_moment_of_speech_is_not_separated() -> None:
    samples, speech, _ = conversation()
    assert not separate(samples, speech[:2]).is_certain


@pytest.mark.parametrize("agent", [0, 1])
def test_the_agents_voice_from_other_calls_names_the_agent(agent: int) -> None:
    samples, speech, order = conversation()
    separation = separate(samples, speech)
    voices = [[speech_features(hum(*kind, 12, seed), ((0.0, 12.0),)) for seed in (20, 21)] for kind in (LOW, HIGH)]
    known = learn_voice(voices[agent], voices[1 - agent])
    assert known is not None
    number = speaker_of_words([Word(*speech[order.index(agent)], " да.", 0.9)], separation)[0]
    lean = voice_lean(samples, separation, known)
    assert (lean > 0) == (number == 1)
    assert assign_roles([(0, "угу", 0), (1, "угу", 2)], Direction.OUTBOUND, lean)[number] is Role.AGENT


def test_too_little_of_an_agents_speech_teaches_nothing() -> None:
    assert learn_voice([speech_features(hum(*LOW, 5, 1), ((0.0, 5.0),))], []) is None


@pytest.mark.parametrize(
    ("agent", "customer"),
    [
        (
            "Добрый день, меня зовут Анна, вы оставляли у нас заявку.",
            "Да, сколько это будет стоить? Мне надо подумать.",
        ),
        ("Hello, this is Anna from the company, how can I help?", "I need a quote, how much is it for my kitchen?"),
        ("Здравствуйте, вам удобно говорить?", "Абонент не отвечает, оставьте сообщение после сигнала."),
    ],
)
def test_roles_are_told_by_what_is_said(agent: str, customer: str) -> None:
    for direction in Direction:
        assert assign_roles([(0, customer, 0.0), (1, agent, 3.0)], direction) == {0: Role.CUSTOMER, 1: Role.AGENT}


def test_roles_stay_unknown_without_cues_and_for_a_single_voice() -> None:
    assert set(assign_roles([(0, "угу", 0.0), (1, "ага", 3.0)], Direction.OUTBOUND).values()) == {Role.UNKNOWN}
    assert assign_roles([(0, "Чем могу помочь?", 0.0)], Direction.INBOUND) == {0: Role.UNKNOWN}
