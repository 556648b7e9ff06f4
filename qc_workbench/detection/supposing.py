"""What the rule for padded calls takes for given, changed: "suppose that this voice was a person's".

A supposition is applied to what was heard, before the rule judges it, so that its verdict is the rule's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum

from qc_workbench.detection.answering import Answering
from qc_workbench.detection.heard import Heard, Piece, Side
from qc_workbench.domain.flag import AnsweredBy


class Supposition(StrEnum):
    UNRECOGNISED_WAS_CLIENT = "unrecognised_was_client"  # voice without words at the far end: the client, talking
    MACHINE_WAS_PERSON = "machine_was_person"
    MESSAGE_WAS_LEFT = "message_was_left"  # what the agent said to the machine was a real message


def changed_pieces(supposition: Supposition, heard: Heard, answering: Answering) -> tuple[Piece, ...]:
    """The speech that the supposition reads in another way, in time order; none where it changes nothing."""
    if supposition is Supposition.MACHINE_WAS_PERSON:
        return answering.machine
    if supposition is Supposition.UNRECOGNISED_WAS_CLIENT:
        far = (piece for piece in heard.of(Side.CUSTOMER) if not piece.text or not piece.quotable)
        return tuple(piece for piece in far if answering.answered_by is not AnsweredBy.HUMAN or piece.text == "")
    start_s = answering.machine[0].start_s if answering.machine else answering.beep_s
    if start_s is None:
        return ()
    said = heard.of(Side.AGENT) if not heard.mono else answering.human
    return tuple(piece for piece in said if piece.start_s >= start_s)


def supposed(supposition: Supposition, heard: Heard, answering: Answering) -> tuple[Heard, Answering]:
    """What was heard and who answered, if that were so. A message changes neither: the rule asks for it apart."""
    changed = changed_pieces(supposition, heard, answering)
    if not changed or supposition is Supposition.MESSAGE_WAS_LEFT:
        return heard, answering
    person = replace(
        answering,
        answered_by=AnsweredBy.HUMAN,
        machine=tuple(piece for piece in answering.machine if piece not in changed),
        human=_in_order([*answering.human, *(piece for piece in changed if piece not in answering.human)]),
        beep_s=None,
    )
    if supposition is Supposition.MACHINE_WAS_PERSON:
        return heard, person
    told_s = sum(piece.speech_s for piece in changed)
    return replace(heard, untold_s=max(0.0, heard.untold_s - told_s)), person


def _in_order(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    return tuple(sorted(pieces, key=lambda piece: (piece.start_s, piece.channel)))
