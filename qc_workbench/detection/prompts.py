"""How machines' sentences lie in a call: said again word for word, far apart, in one voice, with no turn between."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Final

from rapidfuzz import fuzz

from qc_workbench.detection.heard import Heard, Piece
from qc_workbench.detection.sound_classes import union
from qc_workbench.domain.transcript import Party

#: A sentence is hardly cut by a longer pause; words further apart than an entry reaches make no phrase.
ONE_SENTENCE_S: Final = 2.5
_BARRIER: Final = " ъ" * 10 + " "
#: In mono, longer speech without a pause holds several speakers: machine words in it may be a quotation.
LONGEST_MONO_S: Final = 16.0
#: Voices whose pitch differs by less than this are taken for one when they are all that is heard.
SAME_PITCH: Final = 0.12
#: Mono: prompts are this short and this far apart, so that no turn was taken between them.
_PROMPT_S: Final = 12.0
_PROMPT_GAP_S: Final = 4.0
#: Two voices whose median pitches differ by this factor are two people; one voice wanders less.
_CLEARLY_APART: Final = 1.25
#: Each of two voices that take turns says at least this much, and so often one follows the other.
_VOICE_S: Final = 3.0
_FEWEST_TURNS: Final = 3
#: After a beep a second voice must say more to be believed.
_SECOND_VOICE_S: Final = 5.0
#: Words and likeness (0..100) of a stretch said twice; recognition differs a little from time to time.
_FEWEST_REPEATED: Final = 12
_SAME_TEXT: Final = 80


def is_far_apart(heard: Heard) -> bool:
    """Whether speech comes in short stretches with long pauses, as prompts do that nobody answers; a dialogue,
    even a slow one, is one long stretch."""
    stretches = union(heard.all_voice(), gap_s=_PROMPT_GAP_S / 2)
    gaps = [after[0] - before[1] for before, after in pairwise(stretches)]
    return all(end - start <= LONGEST_MONO_S for start, end in stretches) and median(gaps or [0.0]) >= _PROMPT_GAP_S


def is_one_voice_apart(pieces: Sequence[Piece]) -> bool:
    """Mono: short stretches of one and the same voice, each followed by a long pause that nobody uses."""
    stretches = union(((piece.start_s, piece.end_s) for piece in pieces), gap_s=_PROMPT_GAP_S / 2)
    pitches = [piece.pitch_hz for piece in pieces if piece.pitch_hz and piece.speech_s >= 1.0]
    return (
        len(stretches) >= 2
        and all(end - start <= _PROMPT_S for start, end in stretches)
        and all(after[0] - before[1] >= _PROMPT_GAP_S for before, after in pairwise(stretches))
        and bool(pitches)
        and max(pitches) <= (1 + SAME_PITCH) * min(pitches)
    )


def without_the_caller(heard: Heard, machine: tuple[Piece, ...], beep_s: float, one_voice: float) -> tuple[Piece, ...]:
    """Mono: what another voice than the greeting's says after the beep is the caller's message, whatever its words
    ("dial extension four" is said by people too). ``one_voice``: how far pitches of one voice may lie apart."""
    greeting = [piece.pitch_hz for piece in machine if piece.end_s <= beep_s + 0.2 and piece.pitch_hz]
    if not heard.mono or not greeting:
        return machine
    pitch = median(greeting)
    return tuple(
        piece for piece in machine if piece.start_s < beep_s or abs(piece.pitch_hz - pitch) <= one_voice * pitch
    )


def joined_text(pieces: Sequence[Piece]) -> str:
    """The words of all pieces; those seconds apart are kept from making one phrase."""
    text = ""
    for before, piece in zip((None, *pieces), pieces, strict=False):
        apart = before is not None and piece.start_s - before.end_s > ONE_SENTENCE_S
        text += f"{_BARRIER if apart else ' '}{piece.text}"
    return text


def comes_twice(piece: Piece, far: Sequence[Piece]) -> bool:
    """Whether a long stretch of speech is said twice in the call: a menu that starts again; dialogues do not."""
    return any(
        other is not piece
        and other.words >= _FEWEST_REPEATED
        and fuzz.ratio(other.text.lower(), piece.text.lower()) >= _SAME_TEXT
        for other in far
    )


def alternate(pieces: Sequence[Piece]) -> bool:
    """Mono: whether a high and a low voice, clearly apart, take turns several times."""
    pitched = [piece for piece in pieces if piece.pitch_hz]
    if not pitched:
        return False
    border = (min(piece.pitch_hz for piece in pitched) * max(piece.pitch_hz for piece in pitched)) ** 0.5
    low, high = ([p for p in pitched if (p.pitch_hz > border) == above] for above in (False, True))
    if min(sum(piece.speech_s for piece in side) for side in (low, high)) < _VOICE_S:
        return False
    apart = median(p.pitch_hz for p in high) > _CLEARLY_APART * median(p.pitch_hz for p in low)
    turns = [piece.pitch_hz > border for piece in pitched]
    return apart and sum(a != b for a, b in pairwise(turns)) >= _FEWEST_TURNS


def are_two_voices(pieces: Sequence[Piece]) -> bool:
    """Mono, after a voicemail's beep: whether two people speak. The transcript's parties alone do not prove it
    (one voice is often split in two): the two must also differ in pitch."""
    sides = [[piece for piece in pieces if piece.party is party] for party in (Party.AGENT, Party.CUSTOMER)]
    if min(sum(piece.speech_s for piece in side) for side in sides) < _SECOND_VOICE_S:
        return False
    pitches = [median([piece.pitch_hz for piece in side if piece.pitch_hz] or [0.0]) for side in sides]
    return min(pitches) > 0 and max(pitches) > (1 + SAME_PITCH) * min(pitches)
