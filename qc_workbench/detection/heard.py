"""Transcript and sound together: who spoke when, with the words, on which side of the line."""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from operator import attrgetter
from typing import Final

from qc_workbench.detection.phrases import words_of
from qc_workbench.detection.sound_classes import Interval, overlap_s, subtract, touching, union
from qc_workbench.domain.acoustics import Acoustics, Sound, SoundKind
from qc_workbench.domain.call import Recording
from qc_workbench.domain.transcript import Party, Suspicion, Transcript, Turn, Word

#: A pause this long within a turn of the transcript starts a new piece: greetings and live speech get apart.
_SPLIT_PAUSE_S: Final = 0.9
#: Voice without any recognised words shorter than this is a breath or a click.
_SHORTEST_UNTOLD_S: Final = 0.35
#: Text with less voice under it than this share of its length is not believed.
_VOICED_SHARE: Final = 0.25


#: A wordless voice this much weaker than the other channel's, and under it for this share, is its leak.
_LEAK_DB: Final = 18.0
_LEAK_SHARE: Final = 0.7
#: Sums of seconds are off by less.
_ROUNDING_S: Final = 1e-6
#: Text that nobody said; other suspicions are doubts about the words only.
_INVENTED: Final = frozenset({Suspicion.NO_VOICE, Suspicion.PHANTOM_PHRASE})


class Side(StrEnum):
    AGENT = "agent"
    CUSTOMER = "customer"  # the far end: a client or a machine
    EITHER = "either"  # mono: the sound does not tell


@dataclass(frozen=True, slots=True)
class Piece:
    """Uninterrupted speech of one side. ``text`` is empty where words were not recognised, not
    ``quotable`` where they are doubtful."""

    side: Side
    channel: int
    start_s: float
    end_s: float
    speech_s: float
    text: str
    party: Party
    quotable: bool
    pitch_hz: float = 0.0

    @property
    def words(self) -> int:
        return len(words_of(self.text))


class Beside:
    """Pieces asked which of them lie about a stretch of time: found, not searched for, because a call of two hours has
    thousands and each is asked about."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self._pieces = sorted(pieces, key=attrgetter("start_s"))
        self._starts = [piece.start_s for piece in self._pieces]
        self._longest_s = max((piece.end_s - piece.start_s for piece in self._pieces), default=0.0)

    def about(self, start_s: float, end_s: float) -> Sequence[Piece]:
        """At least those that touch the stretch, in order of their beginnings; a few more may come before them."""
        first = bisect_left(self._starts, start_s - self._longest_s - _ROUNDING_S)
        return self._pieces[first : bisect_right(self._starts, end_s + _ROUNDING_S)]


@dataclass(frozen=True, slots=True)
class Heard:
    """A recording as the detectors see it. ``voices``: per channel, its own party's."""

    mono: bool
    agent_channel: int | None
    customer_channel: int
    duration_s: float
    pieces: tuple[Piece, ...]
    voices: tuple[tuple[Interval, ...], ...]
    sounds: tuple[Sound, ...]
    untold_s: float  # seconds of voice whose words were not recognised

    def of(self, side: Side) -> tuple[Piece, ...]:
        return tuple(piece for piece in self.pieces if piece.side in (side, Side.EITHER))

    def far_sounds(self, *kinds: SoundKind) -> tuple[Sound, ...]:
        """Sounds of the far end: its channel, or all in mono."""
        return tuple(s for s in self.sounds if s.kind in kinds and (self.mono or s.channel == self.customer_channel))

    def is_unrecorded(self, channel: int | None) -> bool:
        """The channel holds nothing but equal samples: a fault of recording, not of the agent."""
        return all(sound.features.get("digital", 0.0) for sound in self.sounds if sound.channel == channel)

    def all_voice(self) -> tuple[Interval, ...]:
        return union(interval for channel in self.voices for interval in channel)


def hear(recording: Recording, acoustics: Acoustics, transcript: Transcript | None) -> Heard:
    """Put the words over the voices. Invented text and text without voice under it are left out; voice without
    words becomes a piece without text. Doubtful text stays for comparison (a repeated announcement looks like
    a looping model), but is not quotable."""
    mono = acoustics.channels == 1
    agent_channel = None if mono else (recording.agent_channel if recording.agent_channel in (0, 1) else 0)
    customer_channel = 0 if agent_channel is None else 1 - agent_channel
    voices = tuple(
        union(
            ((s.start_s, s.end_s) for s in acoustics.sounds if _is_voice(s, channel)),
            gap_s=0.05,
        )
        for channel in range(acoustics.channels)
    )
    breaks = tuple(_breaks(acoustics, channel, voices[channel]) for channel in range(acoustics.channels))
    sounds = tuple(tuple(s for s in acoustics.sounds if _is_voice(s, channel)) for channel in range(acoustics.channels))
    pieces: list[Piece] = []
    for turn in transcript.turns if transcript else ():
        if turn.channel >= acoustics.channels or turn.suspicion in _INVENTED or not words_of(turn.text):
            continue
        for part in _split(turn, breaks[turn.channel]):
            piece = _piece(part, agent_channel, voices[turn.channel], sounds[turn.channel])
            if piece is not None:
                pieces.append(piece if turn.is_quotable else replace(piece, quotable=False))
    untold: list[Piece] = []
    for channel, intervals in enumerate(voices):
        told = union((p.start_s - 0.3, p.end_s + 0.3) for p in pieces if p.channel == channel)
        for start, end in union(subtract(intervals, told), gap_s=0.3):
            if end - start >= _SHORTEST_UNTOLD_S and not _is_leak(channel, (start, end), voices, sounds):
                side = _side(channel, agent_channel)
                pitch = _pitch(sounds[channel], (start, end))
                untold.append(Piece(side, channel, start, end, end - start, "", _party(side), False, pitch))
    return Heard(
        mono=mono,
        agent_channel=agent_channel,
        customer_channel=customer_channel,
        duration_s=acoustics.duration_s,
        pieces=tuple(sorted([*pieces, *untold], key=lambda piece: (piece.start_s, piece.channel))),
        voices=voices,
        sounds=acoustics.sounds,
        untold_s=sum(piece.speech_s for piece in [*untold, *pieces] if not piece.quotable),
    )


def _is_leak(
    channel: int, interval: Interval, voices: Sequence[tuple[Interval, ...]], sounds: Sequence[tuple[Sound, ...]]
) -> bool:
    """Voice without words under the other channel's much louder voice: what a codec left of that one."""
    if len(voices) == 1:
        return False
    other = 1 - channel
    if overlap_s(interval, touching(voices[other], interval)) < _LEAK_SHARE * (interval[1] - interval[0]):
        return False
    levels = [_level(sounds[where], interval) for where in (channel, other)]
    return levels[0] < levels[1] - _LEAK_DB


def _level(sounds: Sequence[Sound], interval: Interval) -> float:
    return max((s.features.get("level_db", 0.0) for s in _beside(sounds, interval)), default=-120.0)


def _beside(sounds: Sequence[Sound], interval: Interval) -> list[Sound]:
    """Those of a channel's voices, which are in time order, that share time with an interval."""
    first = bisect_right(sounds, interval[0], key=attrgetter("end_s"))
    last = bisect_left(sounds, interval[1], key=attrgetter("start_s"))
    return [s for s in sounds[first:last] if overlap_s((s.start_s, s.end_s), (interval,)) > 0]


def _is_voice(sound: Sound, channel: int) -> bool:
    return sound.channel == channel and sound.kind is SoundKind.VOICE


def _side(channel: int, agent_channel: int | None) -> Side:
    if agent_channel is None:
        return Side.EITHER
    return Side.AGENT if channel == agent_channel else Side.CUSTOMER


def _party(side: Side) -> Party:
    return {Side.AGENT: Party.AGENT, Side.CUSTOMER: Party.CUSTOMER, Side.EITHER: Party.UNKNOWN}[side]


def _breaks(acoustics: Acoustics, channel: int, voices: Sequence[Interval]) -> tuple[float, ...]:
    """Moments that part speech: the middle of beeps, music and longer pauses of the voice."""
    parted = [
        (before[1] + after[0]) / 2
        for before, after in itertools.pairwise(voices)
        if after[0] - before[1] >= _SPLIT_PAUSE_S
    ]
    parting = (SoundKind.BEEP, SoundKind.SIT)
    tones = [(s.start_s + s.end_s) / 2 for s in acoustics.sounds if s.channel == channel and s.kind in parting]
    return tuple(sorted([*parted, *tones]))


def _split(turn: Turn, breaks: Sequence[float]) -> list[Turn]:
    """A turn cut at the breaks between its words; a turn without word times stays whole."""
    inside = breaks[bisect_right(breaks, turn.start_s + 0.3) : bisect_left(breaks, turn.end_s - 0.3)]
    if not inside or not turn.words:
        return [turn]
    groups: list[list[Word]] = [[] for _ in range(len(inside) + 1)]
    for word in turn.words:
        middle = (word.start_s + word.end_s) / 2
        groups[sum(moment < middle for moment in inside)].append(word)
    edges = [turn.start_s, *inside, turn.end_s]
    return [
        replace(
            turn,
            start_s=max(edges[index], min(words[0].start_s, edges[index + 1])),
            end_s=max(edges[index], min(words[-1].end_s, edges[index + 1])),
            text="".join(f" {word.text.strip()}" for word in words).strip(),
            words=tuple(words),
        )
        for index, words in enumerate(groups)
        if words
    ]


def _piece(turn: Turn, agent_channel: int | None, voices: Sequence[Interval], sounds: Sequence[Sound]) -> Piece | None:
    reach = (turn.start_s - 0.2, turn.end_s + 0.2)
    under = [(max(a, reach[0]), min(b, reach[1])) for a, b in touching(voices, reach)]
    speech_s = sum(end - start for start, end in under)
    length_s = max(turn.end_s - turn.start_s, 0.1)
    if not under or speech_s < min(_VOICED_SHARE * length_s, 1.0):
        return None
    side = _side(turn.channel, agent_channel)
    return Piece(
        side=side,
        channel=turn.channel,
        start_s=under[0][0],
        end_s=under[-1][1],
        speech_s=speech_s,
        text=turn.text.strip(),
        party=turn.party if side is Side.EITHER else _party(side),
        quotable=True,
        pitch_hz=_pitch(sounds, (under[0][0], under[-1][1])),
    )


def _pitch(sounds: Sequence[Sound], interval: Interval) -> float:
    """Pitch of the voice of a channel that overlaps an interval most; 0 where none was measured."""
    near = _beside(sounds, interval) or sounds[:1]
    best = max(near, key=lambda s: overlap_s((s.start_s, s.end_s), (interval,)), default=None)
    return best.features.get("pitch_hz", 0.0) if best else 0.0
