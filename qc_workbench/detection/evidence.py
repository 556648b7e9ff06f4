"""The stretches of a recording that a head of sales should look at: against the agent and for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from qc_workbench.detection.answering import Answering
from qc_workbench.detection.heard import Heard, Piece
from qc_workbench.detection.known_greetings import EVIDENCE_KINDS
from qc_workbench.detection.monologue import Monologue, Reading
from qc_workbench.detection.phrases import family_scores
from qc_workbench.detection.sound_classes import Interval, subtract, union
from qc_workbench.domain.acoustics import SoundKind
from qc_workbench.domain.flag import AnsweredBy, Evidence, Side

_MACHINE_KIND: Final = {
    AnsweredBy.VOICEMAIL: "voicemail_greeting",
    AnsweredBy.OPERATOR_ANNOUNCEMENT: "operator_announcement",
    AnsweredBy.VOICE_ASSISTANT: "voice_assistant",
    AnsweredBy.IVR: "ivr",
}
_FAMILY_OF_KIND: Final = {
    "voicemail_greeting": "voicemail",
    "operator_announcement": "operator_announcement",
    "voice_assistant": "voice_assistant",
    "ivr": "ivr",
}
_LINE_SOUNDS: Final = {
    SoundKind.BEEP: "beep",
    SoundKind.RINGBACK: "ringback",
    SoundKind.BUSY: "busy",
    SoundKind.SIT: "sit",
    SoundKind.MUSIC: "music",
}
#: A pause of everyday talk is shorter; this long nobody at either end says anything.
SILENCE_FROM_S: Final = 4.0
_JOIN_S: Final = 1.5
#: A person who answered and hung up said no more than this.
SHORT_HUMAN_S: Final = 6.0


def silences(heard: Heard) -> tuple[Interval, ...]:
    """Stretches of at least ``SILENCE_FROM_S`` in which neither side speaks and no line tone or music sounds."""
    sounding = [(s.start_s, s.end_s) for s in heard.sounds if s.kind in _LINE_SOUNDS]
    quiet = subtract([(0.0, heard.duration_s)], [*heard.all_voice(), *sounding])
    return tuple(item for item in quiet if item[1] - item[0] >= SILENCE_FROM_S)


def explained_s(heard: Heard, answering: Answering, monologue: Reading) -> float:
    """Seconds filled by machines, tones, music, silence, and by talk to a machine."""
    parts: list[Interval] = [(piece.start_s, piece.end_s) for piece in answering.machine]
    parts += [(s.start_s, s.end_s) for s in heard.far_sounds(*_LINE_SOUNDS)]
    parts += list(subtract([(0.0, heard.duration_s)], heard.all_voice()))
    total = sum(end - start for start, end in union(parts))
    return total + (monologue.speech_s if monologue.kind is not Monologue.UNCLEAR else 0.0)


def evidence_of(
    heard: Heard,
    answering: Answering,
    agent: Sequence[Piece],
    human: Sequence[Piece],
    monologue: Reading,
    message_left: bool,
) -> tuple[Evidence, ...]:
    """All evidence in time order. Quotes are recognised words with voice under them, nothing else."""
    found: list[Evidence] = []
    fallback = _MACHINE_KIND.get(answering.answered_by)
    found.extend(_spoken(piece, _machine_kind(piece, fallback), Side.AGAINST) for piece in answering.machine)
    found.extend(
        _bare(sound.channel, sound.start_s, sound.end_s, _LINE_SOUNDS[sound.kind])
        for sound in heard.far_sounds(*_LINE_SOUNDS)
        if sound.kind is not SoundKind.BEEP or _ends_near(answering.beep_s, sound.end_s)
    )
    found.extend(_bare(item.channel, item.start_s, item.end_s, EVIDENCE_KINDS[item.heard]) for item in answering.known)
    found.extend(_bare(heard.customer_channel, start, end, "silence") for start, end in silences(heard))
    if answering.answered_by in (AnsweredBy.HUMAN, AnsweredBy.UNKNOWN):
        kind, side = ("live_talk", Side.FOR)
        if not agent and not heard.mono:
            kind = "far_end_only"
        elif not answering.machine and sum(piece.speech_s for piece in human) <= SHORT_HUMAN_S and not heard.mono:
            kind = "short_human"
        found.extend(_spoken(piece, kind, side) for piece in _joined(human))
    elif answering.machine or answering.beep_s is not None:
        start = answering.machine[0].start_s if answering.machine else 0.0
        said = [piece for piece in agent if piece.start_s >= start]
        kind, side = ("message_left", Side.FOR) if message_left else ("agent_monologue", Side.AGAINST)
        if monologue.kind is Monologue.UNCLEAR:
            side = Side.FOR
        found.extend(_spoken(piece, kind, side) for piece in _joined(said))
    return tuple(sorted(found, key=lambda item: (item.start_s, item.channel, item.kind)))


def _ends_near(beep_s: float | None, end_s: float) -> bool:
    return beep_s is not None and abs(beep_s - end_s) < 0.5


def _machine_kind(piece: Piece, fallback: str | None) -> str:
    """The family of a machine's sentence; within one call a menu may be followed by a voicemail."""
    if fallback is not None:
        return fallback
    scores = family_scores(piece.text)
    return max(_FAMILY_OF_KIND, key=lambda kind: scores[_FAMILY_OF_KIND[kind]])


def _spoken(piece: Piece, kind: str, side: Side) -> Evidence:
    quote = piece.text if piece.quotable and piece.text else None
    return Evidence(piece.channel, round(piece.start_s, 2), round(piece.end_s, 2), kind, quote, side)


def _bare(channel: int, start_s: float, end_s: float, kind: str) -> Evidence:
    return Evidence(channel, round(start_s, 2), round(end_s, 2), kind)


def _joined(pieces: Iterable[Piece]) -> list[Piece]:
    """Pieces in time order; those without words are dropped when a worded one stands beside."""
    ordered = sorted(pieces, key=lambda piece: piece.start_s)
    return [
        piece
        for index, piece in enumerate(ordered)
        if piece.text
        or not any(
            near.text and abs(near.start_s - piece.start_s) < _JOIN_S for near in ordered[max(0, index - 1) : index + 2]
        )
    ]
