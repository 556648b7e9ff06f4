"""Calls put together from spoken lines and generated sounds; their words are known, so no speech model is needed."""

from __future__ import annotations

import json
import tempfile
import tomllib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from qc_workbench.config import Effective
from qc_workbench.detection.acoustics import measure
from qc_workbench.detection.effective import Examination, examine
from qc_workbench.domain.acoustics import Acoustics, SoundKind
from qc_workbench.domain.call import Call, Direction, Outcome, Recording, RecordingState
from qc_workbench.domain.transcript import Party, Transcript, Turn, Word
from qc_workbench.transcription.audio import RATE_HZ, Audio, decode
from tests.answering_cases import Samples, tone
from tests.scenarios import sounds

HERE: Final = Path(__file__).parent
AGENT, CUSTOMER = 0, 1
_ROLES: Final = {"agent": AGENT, "customer": CUSTOMER, "machine": CUSTOMER}


@cache
def casts() -> dict[str, dict[str, Any]]:
    return tomllib.loads((HERE / "lines.toml").read_text(encoding="utf-8"))


@cache
def _track(name: str) -> Samples:
    samples: Samples = decode(HERE / "voices" / f"{name}.ogg").samples[0]
    return samples


@cache
def _index() -> dict[str, dict[str, list[float]]]:
    found: dict[str, dict[str, list[float]]] = json.loads((HERE / "voices" / "index.json").read_text(encoding="utf-8"))
    return found


def line(cast: str, role: str, key: str) -> Samples:
    start_s, end_s = _index()[f"{cast}-{role}"][key]
    return _track(f"{cast}-{role}")[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)]


@dataclass(frozen=True, slots=True)
class Setting:
    """What is drawn for a call: who speaks how, over which line."""

    cast: str
    mono: bool
    codec: str
    noise_db: float
    told_parties: bool
    word_errors: float

    @property
    def is_hard(self) -> bool:
        """Mono without known parties, or noise within 25 dB of speech: there the detector may abstain more often."""
        return self.mono or self.noise_db > -42


@dataclass(frozen=True, slots=True)
class ComposedCall:
    """``spoken``: who (agent, customer, machine) really speaks from when until when."""

    scenario: str
    setting: Setting
    audio: Audio
    transcript: Transcript
    call: Call
    recording: Recording
    spoken: tuple[tuple[str, float, float], ...]

    def spoken_s(self, role: str) -> float:
        return sum(end - start for who, start, end in self.spoken if who == role)

    def measured(self) -> Acoustics:
        return measure(self.audio, "composed")

    def examined(self, acoustics: Acoustics | None = None) -> Examination:
        return examine(self.call, self.recording, acoustics or self.measured(), self.transcript, Effective())


class Composer:
    """A call told line by line; ``rng`` draws every gap, level, pitch and noise."""

    def __init__(self, rng: np.random.Generator, setting: Setting) -> None:
        self.rng = rng
        self.setting = setting
        self.at_s = float(rng.uniform(0.3, 1.2))
        self.tracks: list[tuple[int, float, Samples]] = []
        self.turns: list[tuple[str, float, float, str]] = []
        self.voice = {role: float(rng.uniform(0.9, 1.12)) for role in _ROLES}
        self.gain = {role: float(10 ** (rng.uniform(-9, 0) / 20)) for role in _ROLES}

    def say(self, role: str, *keys: str, gap_s: tuple[float, float] = (0.25, 0.7)) -> None:
        for key in keys:
            sound = sounds.other_voice(line(self.setting.cast, role, key), self.voice[role]) * self.gain[role]
            start = max(0.0, self.at_s + float(self.rng.uniform(*gap_s)))
            self.tracks.append((_ROLES[role], start, sound))
            end = start + sound.size / RATE_HZ
            self.turns.append((role, start, end, casts()[self.setting.cast][role][key]))
            self.at_s = end

    def dialogue(self, first: int, last: int, gap_s: tuple[float, float] = (0.1, 0.9)) -> None:
        for number in range(first, last + 1):
            self.say("agent" if number % 2 else "customer", f"d{number}", gap_s=gap_s)

    def add(self, sound: Samples, channel: int = CUSTOMER) -> None:
        self.tracks.append((channel, self.at_s, sound))
        self.at_s += sound.size / RATE_HZ

    def beep(self) -> None:
        """Of any permitted pitch and length, but not one that no machine makes: the pitch of line tones."""
        hz = float(self.rng.uniform(350, 2100))
        while 380 < hz < 500:
            hz = float(self.rng.uniform(350, 2100))
        self.silence(self.rng.uniform(0.2, 1.2))
        self.add(tone(float(self.rng.uniform(0.18, 1.4)), hz, level_db=float(self.rng.uniform(-20, -8))))

    def cadence(self, kind: SoundKind, seconds: float) -> None:
        self.add(sounds.cadence_of(kind, self.rng, seconds, float(self.rng.uniform(-24, -12))))

    def music(self, seconds: float) -> None:
        self.add(sounds.music(self.rng, seconds, float(self.rng.uniform(-26, -14))))

    def silence(self, seconds: float) -> None:
        self.at_s += seconds

    def held_line(self, until_s: float) -> None:
        """The agent says nothing: types, breathes, sits in an office, or nothing is heard at all."""
        seconds = max(until_s - self.at_s, 2.0)
        kind = str(self.rng.choice(["typing", "breath", "office", "silence"]))
        self.add(sounds.noise(kind, self.rng, seconds), AGENT)

    def finished(self, scenario: str) -> ComposedCall:
        size = round((self.at_s + self.rng.uniform(0.3, 1.0)) * RATE_HZ)
        mixed = np.zeros((2, size), dtype=np.float32)
        for channel, start_s, sound in self.tracks:
            first = round(start_s * RATE_HZ)
            mixed[channel, first : first + sound.size] += sound[: size - first]
        mixed += self.rng.normal(0, 10 ** (self.setting.noise_db / 20), mixed.shape).astype(np.float32)
        channels = [sounds.telephone_band(channel) for channel in mixed]
        if self.setting.mono:
            channels = [channels[0] + channels[1]]
        with tempfile.TemporaryDirectory() as folder:
            samples = sounds.through_codec(
                [np.clip(channel, -0.98, 0.98) for channel in channels], self.setting.codec, Path(folder)
            )
        audio = Audio(np.ascontiguousarray(samples))
        moment = datetime(2026, 9, 1, 9, tzinfo=UTC)
        agent_channel = None if self.setting.mono else AGENT
        return ComposedCall(
            scenario,
            self.setting,
            audio,
            self._transcript(),
            Call("call", moment, Direction.OUTBOUND, "m1", "+79000000001", round(audio.duration_s), Outcome.ANSWERED),
            Recording("call", RecordingState.READY, "composed", agent_channel=agent_channel),
            tuple((role, start, end) for role, start, end, _ in self.turns),
        )

    def _transcript(self) -> Transcript:
        turns = tuple(self._turn(*turn) for turn in sorted(self.turns, key=lambda turn: turn[1]))
        language = casts()[self.setting.cast]["language"]
        return Transcript("call", "composed", "words-known", language, "known", "known", turns)

    def _turn(self, role: str, start_s: float, end_s: float, text: str) -> Turn:
        tokens = [word for word in (self._heard(word) for word in text.split()) if word]
        lengths = np.cumsum([0, *(len(word) + 1 for word in tokens)]) / max(sum(len(word) + 1 for word in tokens), 1)
        words = tuple(
            Word(start_s + a * (end_s - start_s), start_s + b * (end_s - start_s), f" {word}", 0.9)
            for word, a, b in zip(tokens, lengths[:-1], lengths[1:], strict=True)
        )
        channel = 0 if self.setting.mono else _ROLES[role]
        party = Party.AGENT if role == "agent" else Party.CUSTOMER
        if self.setting.mono and not self.setting.told_parties:
            party = Party.UNKNOWN
        return Turn(party, channel, start_s, end_s, " ".join(tokens), 0.9, words)

    def _heard(self, word: str) -> str:
        """A word as a speech model may write it: right, cut, taken for another one, or not at all."""
        if self.rng.random() >= self.setting.word_errors:
            return word
        others = casts()[self.setting.cast]["agent"]["d3"].split()
        return str(self.rng.choice(["", word[: max(2, len(word) - 2)], str(self.rng.choice(others))]))


def drawn_setting(rng: np.random.Generator, **fixed: Any) -> Setting:
    setting = Setting(
        cast=str(rng.choice(sorted(casts()))),
        mono=bool(rng.random() < 0.25),
        codec=str(rng.choice(list(sounds.CODECS))),
        noise_db=float(rng.uniform(-66, -46) if rng.random() < 0.8 else rng.uniform(-42, -36)),
        told_parties=bool(rng.random() < 0.6),
        word_errors=float(rng.choice([0.0, 0.0, 0.06])),
    )
    return replace(setting, **fixed)
