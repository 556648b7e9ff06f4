"""What tells a machine's opening from a person's, as numbers that mean the same with every voice and synthesiser.

Deliberately absent: anything of the voice's timbre. Where machines and people of the training data are both
made up, such features learn who made them up. What is here holds of real calls: words, who takes turns with whom,
lengths, pauses, tones around.
"""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log, log1p
from typing import Final

from qc_workbench.detection.heard import Heard, Piece, Side
from qc_workbench.detection.phrases import family_scores, words_of
from qc_workbench.detection.prompts import SAME_PITCH, comes_twice
from qc_workbench.domain.acoustics import SoundKind

#: Buckets of hashed word features: with some 20 000 different ones of the bank, collisions are rare per class.
BUCKETS: Final = 8192
_STEM: Final = 5
_GRAM: Final = 4
#: Words that make an agent's piece a reply, and how long it is: as in ``answering``.
_REPLY_WORDS: Final = 3
_REPLY_S: Final = 0.9
#: Speech that follows a reply within this time answers it; pauses of everyday talk are shorter.
_ANSWER_WITHIN_S: Final = 5.0
#: A pause that ends an utterance: longer than breath, shorter than a turn.
_UTTERANCE_PAUSE_S: Final = 1.2
#: An opening is listened to for at most this much speech.
_LONGEST_OPENING_S: Final = 40.0
_BEEP_WITHIN_S: Final = 4.0
MACHINE_FAMILIES: Final = ("voicemail", "operator_announcement", "voice_assistant", "ivr")

#: Names of the numbers in the order of the model, stereo and mono. ``words`` stands first: see ``measured``.
STEREO: Final = (
    "words", "lexicon", "talk_about_machines", "opening_length", "first_utterance", "exchanges", "unanswered_replies",
    "agent_spoke_first", "later_speech", "later_words", "beep", "music", "dead_tones", "silence_after", "repeats",
    "asks_at_the_end", "words_missing",
)  # fmt: skip
MONO: Final = (
    "words", "lexicon", "talk_about_machines", "opening_length", "first_utterance", "voices_alternate", "later_speech",
    "later_words", "beep", "music", "dead_tones", "silence_after", "repeats", "asks_at_the_end", "words_missing",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Opening:
    """The far end's speech before anybody replied to it (mono: the first voice), and what came later."""

    pieces: tuple[Piece, ...]
    later: tuple[Piece, ...]
    mono: bool

    @property
    def text(self) -> str:
        return " ".join(piece.text for piece in self.pieces if piece.text)

    @property
    def later_text(self) -> str:
        return " ".join(piece.text for piece in self.later if piece.text)

    @property
    def end_s(self) -> float:
        return max((piece.end_s for piece in self.pieces), default=0.0)


def word_features(text: str) -> tuple[int, ...]:
    """Buckets of a text: stems of words (first letters, which survive endings that recognition errs on), pairs of
    neighbouring stems, and letters in a row of longer words (which survive a letter or two heard wrong)."""
    stems = [word[:_STEM] for word in words_of(text)]
    found = {f"w {stem}" for stem in stems}
    found |= {f"p {a} {b}" for a, b in pairwise(stems)}
    for word in words_of(text):
        if len(word) > _STEM:
            found |= {f"g {word[at : at + _GRAM]}" for at in range(len(word) - _GRAM + 1)}
    return tuple(sorted({zlib.crc32(item.encode()) % BUCKETS for item in found}))


def opening_of(heard: Heard) -> Opening | None:
    """The opening; None when the far end was not heard to say anything."""
    far = [piece for piece in heard.of(Side.CUSTOMER) if piece.speech_s >= 0.3]
    if not far:
        return None
    count = _first_voice(far) if heard.mono else _before_reply(heard, far)
    seconds = 0.0
    for index, piece in enumerate(far[:count]):
        seconds += piece.speech_s
        if seconds > _LONGEST_OPENING_S:
            count = index + 1
            break
    return Opening(tuple(far[:count]), tuple(far[count:]), heard.mono)


def measured(heard: Heard, opening: Opening, words: float, later_words: float) -> tuple[float, ...]:
    """The numbers named in ``STEREO`` or ``MONO``. ``words``, ``later_words``: log-odds of the word model for the
    opening and for what came later (0 without words). All are of the order of one."""
    scores = family_scores(opening.text)
    speech_s = sum(piece.speech_s for piece in opening.pieces)
    untold_s = sum(piece.speech_s for piece in opening.pieces if not piece.text)
    end_s = opening.end_s
    common = {
        "words": _clipped(words) / 4,
        "lexicon": max(scores[name] for name in MACHINE_FAMILIES),
        "talk_about_machines": scores["about_machines"],
        "opening_length": log1p(speech_s) - 1.5,
        "first_utterance": log1p(_first_utterance_s(opening.pieces)) - 1.2,
        "later_speech": log1p(sum(piece.speech_s for piece in opening.later)) / 2,
        "later_words": _clipped(later_words) / 4,
        "beep": float(
            any(-0.5 <= sound.start_s - end_s <= _BEEP_WITHIN_S for sound in heard.far_sounds(SoundKind.BEEP))
        ),
        "music": sum(s.duration_s for s in heard.far_sounds(SoundKind.MUSIC)) / max(heard.duration_s, 1.0),
        "dead_tones": sum(s.duration_s for s in heard.far_sounds(SoundKind.BUSY, SoundKind.RINGBACK))
        / max(heard.duration_s, 1.0),
        "silence_after": log1p(_quiet_after_s(heard, end_s)) / 2,
        "repeats": float(any(comes_twice(piece, opening.later) for piece in opening.pieces)),
        "asks_at_the_end": float(opening.text.rstrip().endswith("?")),
        "words_missing": untold_s / max(speech_s, 0.1),
    }
    if heard.mono:
        common["voices_alternate"] = min(voice_changes(opening.pieces, opening.later), 4) / 4
        return tuple(common[name] for name in MONO)
    answered, unanswered = _replies(heard, opening)
    first_s = opening.pieces[0].start_s
    common["exchanges"] = log(1 + answered)
    common["unanswered_replies"] = log(1 + unanswered)
    common["agent_spoke_first"] = float(
        any(piece.side is Side.AGENT and piece.end_s <= first_s and piece.words for piece in heard.pieces)
    )
    return tuple(common[name] for name in STEREO)


def _clipped(log_odds: float) -> float:
    return max(-8.0, min(8.0, log_odds))


def is_reply(piece: Piece) -> bool:
    """Whether an agent's piece is more than a sigh or a "hello?"."""
    return piece.side is Side.AGENT and piece.speech_s >= _REPLY_S and (not piece.text or piece.words >= _REPLY_WORDS)


def _before_reply(heard: Heard, far: Sequence[Piece]) -> int:
    for index, after in enumerate(far[1:], start=1):
        between = (far[0].end_s - 0.5, after.start_s)
        if any(is_reply(piece) and between[0] <= piece.start_s < between[1] for piece in heard.pieces):
            return index
    return len(far)


def _first_voice(far: Sequence[Piece]) -> int:
    """Mono: as many pieces from the start as have the first one's pitch and party."""
    first = far[0]
    for index, piece in enumerate(far[1:], start=1):
        known = first.pitch_hz > 0 and piece.pitch_hz > 0
        if known and abs(piece.pitch_hz - first.pitch_hz) > SAME_PITCH * first.pitch_hz:
            return index
        if not known and piece.party is not first.party:
            return index
    return len(far)


def _first_utterance_s(pieces: Sequence[Piece]) -> float:
    end_s = pieces[0].end_s
    for piece in pieces[1:]:
        if piece.start_s - end_s > _UTTERANCE_PAUSE_S:
            break
        end_s = piece.end_s
    return end_s - pieces[0].start_s


def _quiet_after_s(heard: Heard, end_s: float) -> float:
    """Seconds from the opening's end to the next speech of anybody, or to the end of the call."""
    following = [start for start, _ in heard.all_voice() if start >= end_s - 0.05]
    return max(0.0, min([*following, heard.duration_s]) - end_s)


def voice_changes(before: Sequence[Piece], after: Sequence[Piece]) -> int:
    """How often the pitch changes from piece to piece, from the last one ``before`` through all ``after``."""
    pitches = [piece.pitch_hz for piece in (*before[-1:], *after) if piece.pitch_hz]
    return sum(abs(a - b) > SAME_PITCH * a for a, b in pairwise(pitches))


def _replies(heard: Heard, opening: Opening) -> tuple[int, int]:
    """Replies of the agent since the opening began that the far end answered, and those it did not."""
    answered = unanswered = 0
    far = sorted(piece.start_s for piece in (*opening.pieces, *opening.later))
    for piece in heard.pieces:
        if not is_reply(piece) or piece.start_s < opening.pieces[0].start_s:
            continue
        if bisect_right(far, piece.start_s) < bisect_right(far, piece.end_s + _ANSWER_WITHIN_S):
            answered += 1
        else:
            unanswered += 1
    return min(answered, 6), min(unanswered, 6)
