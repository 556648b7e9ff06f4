"""Invented openings of calls, at the level of who speaks when with which words, for training the machine voice model.

Nothing is synthesised: a voice made by a program would teach which program spoke. Words come from the banks
(``models/machine_voice/bank_*.toml``) with errors as speech recognition makes them; times are drawn from
distributions given here. What is made goes through the real :func:`qc_workbench.detection.heard.hear`.
Everything is a function of the seed.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from random import Random
from typing import Final

from qc_workbench.detection.heard import Heard, hear
from qc_workbench.detection.sound_classes import subtract, union
from qc_workbench.domain.acoustics import Acoustics, Sound, SoundKind
from qc_workbench.domain.call import Recording, RecordingState
from qc_workbench.domain.transcript import Party, Transcript, Turn

LANGUAGES: Final = ("ru", "en")
MACHINES: Final = ("voicemail", "operator_announcement", "voice_assistant", "ivr")
PEOPLE: Final = ("human_open", "human_talk", "agent_open", "agent_talk", "agent_message", "agent_acted")
FOLDS: Final = 5
#: Letters of speech a second, slow to quick.
_LETTERS_A_SECOND: Final = (10.0, 18.0)
_AGENT, _FAR = 0, 1

_CHOICE: Final = re.compile(r"\(([^()]*)\)(\?)?")
_OPTION: Final = re.compile(r"\[([^\[\]]*)\]")
_SLOT: Final = re.compile(r"\{(\w+)\}")
_SPACE: Final = re.compile(r"\s+([,.?!])|\s{2,}")


@dataclass(frozen=True, slots=True)
class Bank:
    """Templates by family and the lists of their slots."""

    language: str
    slots: Mapping[str, Sequence[str]]
    families: Mapping[str, Sequence[str]]

    def fold(self, family: str, fold: int | None) -> Sequence[str]:
        """The templates of a family that belong to a fold; all for None. A fold never lacks a family."""
        lines = self.families[family]
        if fold is None:
            return lines
        return [line for at, line in enumerate(lines) if at % FOLDS == fold] or lines[fold % len(lines) :][:1]


def banks() -> tuple[Bank, ...]:
    found = []
    for language in LANGUAGES:
        text = (resources.files("models") / "machine_voice" / f"bank_{language}.toml").read_text(encoding="utf-8")
        raw = tomllib.loads(text)
        slots = raw.pop("slots")
        found.append(Bank(language, slots, {name: tuple(block["lines"]) for name, block in raw.items()}))
    return tuple(found)


def said(bank: Bank, template: str, random: Random) -> str:
    """One wording of a template."""
    text = template
    while _CHOICE.search(text):
        text = _CHOICE.sub(
            lambda match: "" if match[2] and random.random() < 0.5 else random.choice(match[1].split("|")),
            text,
            count=1,
        )
    text = _OPTION.sub(lambda match: random.choice(match[1].split("|")) if random.random() < 0.5 else "", text)
    text = _SLOT.sub(lambda match: random.choice(bank.slots[match[1]]), text)
    text = _SPACE.sub(lambda match: match[1] or " ", text).strip(" ,")
    return text if text.endswith((".", "?", "!")) else f"{text}."


#: Letters that recognition takes for one another.
_ALIKE: Final = {
    **dict(zip("оаеиыуэябпдтвфгкзсжш", "аоииуюеепбтдфвкгсзшж", strict=True)),
    **dict(zip("aeioubpdtvfgkszmn", "eaeuopbtdfvkgzsnm", strict=True)),
}


def misheard(text: str, rate: float, random: Random) -> str:
    """The text with a share of its words changed the way recognition errs: letters alike, endings lost, words
    joined, cut, dropped, or turned into another that sounds a little like them."""
    words = text.split()
    out: list[str] = []
    for word in words:
        if random.random() >= rate or len(word) < 2:
            out.append(word)
            continue
        way = random.random()
        if way < 0.4:
            at = random.randrange(len(word))
            out.append(word[:at] + _ALIKE.get(word[at].lower(), word[at]) + word[at + 1 :])
        elif way < 0.55:
            out.append(word[: max(2, len(word) - random.choice([1, 2]))])
        elif way < 0.65 and out:
            out[-1] += word.lower()
        elif way < 0.75 and len(word) > 5:
            cut = random.randrange(2, len(word) - 2)
            out.extend([word[:cut], word[cut:]])
        elif way < 0.9:
            out.append("".join(_ALIKE.get(letter, letter) if random.random() < 0.5 else letter for letter in word))
    return " ".join(out)


@dataclass
class Scene:
    """A call under construction: time runs forward as people, machines and tones follow one another."""

    bank: Bank
    fold: int | None
    mono: bool
    random: Random
    error_rate: float
    at: float = 0.0
    sounds: list[Sound] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    pace: float = 14.0
    pitch: tuple[float, float] = (120.0, 200.0)

    def line(self, *families: str) -> str:
        family = self.random.choice(families)
        return said(self.bank, self.random.choice(self.bank.fold(family, self.fold)), self.random)

    def says(self, side: int, text: str, *, gap_s: float, pitch_hz: float | None = None) -> None:
        length = max(0.35, len(text) / self.pace * self.random.uniform(0.85, 1.2))
        start = self.at + max(0.0, gap_s)
        channel = 0 if self.mono else side
        pitch = (pitch_hz or self.pitch[side]) * self.random.uniform(0.96, 1.04)
        self.sounds.append(Sound(channel, start, start + length, SoundKind.VOICE, features={"pitch_hz": pitch}))
        heard = misheard(text, self.error_rate, self.random)
        lost = self.random.random() < (0.12 if self.error_rate > 0.1 else 0.02)
        if heard and not lost:
            party = self._party(side)
            self.turns.append(Turn(party, channel, start, start + length, heard, 0.8, (), None))
        self.at = start + length

    def _party(self, side: int) -> Party:
        right = Party.AGENT if side == _AGENT else Party.CUSTOMER
        if not self.mono or self.random.random() < 0.6:
            return right
        return self.random.choice([Party.UNKNOWN, Party.AGENT, Party.CUSTOMER])

    def agent(self, *families: str, gap_s: float | None = None) -> None:
        self.says(_AGENT, self.line(*families), gap_s=self.latency() if gap_s is None else gap_s)

    def far(self, *families: str, gap_s: float | None = None) -> None:
        self.says(_FAR, self.line(*families), gap_s=self.latency() if gap_s is None else gap_s)

    def sound(self, kind: SoundKind, seconds: float, hz: float | None = None) -> None:
        channel = 0 if self.mono else _FAR
        start = self.at + self.random.uniform(0.05, 0.8)
        self.sounds.append(Sound(channel, start, start + seconds, kind, 1.0, hz))
        self.at = start + seconds

    def silence(self, low: float, high: float) -> None:
        self.at += self.random.uniform(low, high)

    def latency(self) -> float:
        """Seconds between turns of talk: mostly under a second, now and then several."""
        return min(6.0, self.random.lognormvariate(-0.8, 0.7))

    def prompt_pause(self) -> float:
        """Seconds between the sentences of a recording."""
        return self.random.uniform(0.15, 1.1)

    def recorded(self) -> tuple[Recording, Acoustics, Transcript]:
        self.at += self.random.uniform(0.2, 2.0)
        channels = 1 if self.mono else 2
        rest = [
            Sound(channel, start, end, SoundKind.SILENCE, features={"digital": 0.0})
            for channel in range(channels)
            for start, end in subtract(
                [(0.0, self.at)], union((s.start_s, s.end_s) for s in self.sounds if s.channel == channel)
            )
        ]
        sounds = tuple(sorted([*self.sounds, *rest], key=lambda s: (s.start_s, s.channel)))
        acoustics = Acoustics("invented", "invented", self.at, channels, sounds, ((),) * channels)
        transcript = Transcript("invented", "", "invented", self.bank.language, "", "", tuple(self.turns))
        recording = Recording("invented", RecordingState.READY, "invented", agent_channel=None if self.mono else _AGENT)
        return recording, acoustics, transcript


def _dialogue(scene: Scene, turns: int) -> None:
    for _ in range(turns):
        scene.agent("agent_talk", "agent_talk", "agent_open")
        for _ in range(scene.random.choice([1, 1, 1, 2, 3])):
            scene.far("human_talk")


def _after_machine(scene: Scene) -> None:
    """What an agent does who got a machine."""
    way = scene.random.random()
    if way < 0.35:
        scene.silence(3, 40)
    elif way < 0.55:
        for _ in range(scene.random.randint(2, 5)):
            scene.agent("agent_message", gap_s=scene.random.uniform(0.3, 1.0))
    elif way < 0.8:
        for _ in range(scene.random.randint(2, 7)):
            scene.agent("agent_acted", "agent_talk", gap_s=scene.random.uniform(0.8, 4.0))
        scene.silence(0, 20)
    else:
        scene.agent("agent_open")
        scene.silence(1, 30)


def voicemail(scene: Scene) -> None:
    for _ in range(scene.random.randint(1, 4)):
        scene.far("voicemail", gap_s=scene.prompt_pause())
    if scene.random.random() < 0.75:
        scene.sound(SoundKind.BEEP, scene.random.uniform(0.15, 1.2), scene.random.uniform(350, 2000))
    _after_machine(scene)


def operator(scene: Scene) -> None:
    lines = [scene.line("operator_announcement") for _ in range(scene.random.randint(1, 3))]
    for _ in range(scene.random.choice([1, 1, 2, 3])):
        for line in lines:
            scene.says(_FAR, line, gap_s=scene.prompt_pause())
        scene.silence(0.5, 5)
    if scene.random.random() < 0.3:
        scene.sound(SoundKind.BUSY, scene.random.uniform(3, 25), 425.0)
    _after_machine(scene)


def assistant(scene: Scene) -> None:
    for _ in range(scene.random.randint(1, 3)):
        scene.far("voice_assistant", gap_s=scene.prompt_pause())
    for _ in range(scene.random.randint(0, 3)):
        if scene.random.random() < 0.45:
            scene.agent("agent_open", "agent_talk")
            scene.silence(0, 1.5)
        else:
            scene.silence(2, 9)
        scene.far("voice_assistant")
    if scene.random.random() < 0.25:
        scene.silence(3, 12)
        scene.pitch = (scene.pitch[0], scene.random.uniform(90, 240))
        scene.far("human_open")
        _dialogue(scene, scene.random.randint(2, 6))
    else:
        _after_machine(scene)


def menu(scene: Scene) -> None:
    for _ in range(scene.random.randint(1, 3)):
        for _ in range(scene.random.randint(1, 4)):
            scene.far("ivr", gap_s=scene.prompt_pause())
        if scene.random.random() < 0.7:
            scene.sound(SoundKind.MUSIC, scene.random.uniform(4, 30))
        else:
            scene.silence(1, 8)
    if scene.random.random() < 0.35:
        scene.pitch = (scene.pitch[0], scene.random.uniform(90, 240))
        scene.far("human_open")
        _dialogue(scene, scene.random.randint(2, 6))
    elif scene.random.random() < 0.4:
        scene.agent("agent_open", "agent_talk")


def talk(scene: Scene) -> None:
    if scene.random.random() < 0.3:
        scene.agent("agent_open")
    scene.far("human_open")
    scene.agent("agent_open")
    scene.far("human_talk", "human_open")
    _dialogue(scene, scene.random.randint(1, 9))


def hung_up(scene: Scene) -> None:
    """A person says a word or two and is gone."""
    if scene.random.random() < 0.4:
        scene.agent("agent_open")
    for _ in range(scene.random.choice([1, 1, 2])):
        scene.far("human_open", "human_talk")
    if scene.random.random() < 0.5:
        scene.sound(SoundKind.BUSY, scene.random.uniform(3, 30), 425.0)
    if scene.random.random() < 0.3:
        scene.agent("agent_open", "agent_acted")
    scene.silence(3, 40)


def long_winded(scene: Scene) -> None:
    """A person who talks on, with hardly a word of the agent's."""
    scene.far("human_open")
    for _ in range(scene.random.randint(2, 8)):
        scene.far("human_talk", gap_s=scene.random.uniform(0.2, 1.2))
        if scene.random.random() < 0.3:
            scene.agent("agent_acted")
    if scene.random.random() < 0.7:
        _dialogue(scene, scene.random.randint(1, 4))


def holds(scene: Scene) -> None:
    """A person asks to wait."""
    scene.far("human_open")
    scene.agent("agent_open")
    scene.far("human_talk")
    if scene.random.random() < 0.3:
        scene.sound(SoundKind.MUSIC, scene.random.uniform(5, 25))
    else:
        scene.silence(8, 35)
    _dialogue(scene, scene.random.randint(1, 5))


def deaf_line(scene: Scene) -> None:
    """A person whom the agent does not answer: a dead microphone, or nobody at the other end."""
    for _ in range(scene.random.randint(1, 5)):
        scene.far("human_open", gap_s=scene.random.uniform(0.5, 5.0))
    scene.silence(0, 30)


def quiet(scene: Scene) -> None:
    """A person of few words."""
    scene.far("human_open")
    short = ["Да.", "Угу.", "Ага.", "Ну."] if scene.bank.language == "ru" else ["Yes.", "Mhm.", "Right.", "Okay."]
    for _ in range(scene.random.randint(3, 9)):
        scene.agent("agent_open", "agent_talk")
        scene.says(_FAR, scene.random.choice(short), gap_s=scene.latency())


_MACHINES: Final[tuple[Callable[[Scene], None], ...]] = (voicemail, operator, assistant, menu)
_PEOPLE: Final[tuple[Callable[[Scene], None], ...]] = (talk, talk, hung_up, long_winded, holds, deaf_line, quiet)


@dataclass(frozen=True, slots=True)
class Invented:
    """A made-up call: what was recorded of it, whether a machine opened it, the scene's name and its fold."""

    recording: Recording
    acoustics: Acoustics
    transcript: Transcript
    machine: bool
    scene: str
    language: str
    fold: int | None

    @property
    def heard(self) -> Heard:
        return hear(self.recording, self.acoustics, self.transcript)


def invented_calls(count: int, *, mono: bool, seed: int, fold: int | None = None) -> list[Invented]:
    """Calls half of which a machine opens. With ``fold`` their words come from that fold's templates only."""
    random = Random(seed)  # noqa: S311  not for secrets
    known = banks()
    calls = []
    for _ in range(count):
        machine = random.random() < 0.5
        tell = random.choice(_MACHINES if machine else _PEOPLE)
        bank = random.choice(known)
        scene = Scene(
            bank, fold, mono, random,
            error_rate=random.choice([0.0, 0.0, 0.03, 0.08, 0.15, 0.3]),
            pace=random.uniform(*_LETTERS_A_SECOND),
            pitch=(random.uniform(85, 240), random.uniform(85, 240)),
        )  # fmt: skip
        scene.silence(0.2, 3.0)
        if random.random() < 0.15:
            scene.sound(SoundKind.RINGBACK, random.uniform(1, 12), 425.0)
        tell(scene)
        if random.random() < 0.03:  # a vowel taken for a beep, a note of a radio
            middle = scene.at * random.random()
            scene.sounds.append(Sound(0 if mono else _FAR, middle, middle + 0.15, SoundKind.BEEP, 1.0, 600.0))
        calls.append(Invented(*scene.recorded(), machine, tell.__name__, bank.language, fold))
    return calls


def invented_texts(count: int, *, seed: int, fold: int | None = None) -> list[tuple[str, str]]:
    """(text, family or "human"), half of them people's: one to four lines of one speaker, as recognised."""
    random = Random(seed)  # noqa: S311
    known = banks()
    texts = []
    for _ in range(count):
        bank = random.choice(known)
        machine = random.random() < 0.5
        family = random.choice(MACHINES) if machine else "human"
        families: Sequence[str] = (family,) if machine else PEOPLE[:2] if random.random() < 0.7 else PEOPLE
        scene = Scene(bank, fold, False, random, 0.0)
        joined = " ".join(scene.line(*families) for _ in range(random.choice([1, 1, 2, 2, 3, 4])))
        text = misheard(joined, random.choice([0.0, 0.0, 0.05, 0.12, 0.3]), random)
        if text:
            texts.append((text, family))
    return texts
