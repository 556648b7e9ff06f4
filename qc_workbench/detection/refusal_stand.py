"""Where the client stood when the call was over: what all pieces and the ending say together.

A refusal may be taken back («а, стойте, давайте всё-таки»), an option declined is no refusal, and «нет, не надо»
means what the rest of the call makes of it. So the surest piece does not decide alone: *stand* weighs it against the
last turns, against the surest piece of another turn, the lexicon, and how agent and client part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import log

from qc_workbench.detection.refusal_classifier import RefusalClassifier
from qc_workbench.detection.refusal_features import ending_of
from qc_workbench.detection.refusal_pieces import Piece, Talk, refusal_lexicon
from qc_workbench.domain.commitment import ClientSaid
from qc_workbench.domain.transcript import Party

#: Chances nearer to 0 or 1 than this are all alike; also that of what nobody said.
_LEAST = 1e-3
#: Turns of the client after a piece that are told apart, and how many may follow it in the end of a call.
_FOLLOWING = 4
_AT_THE_END = 1

Likely = Mapping[ClientSaid, float]


def numbers_of(talk: Talk, likely: Sequence[Likely], ending: Likely) -> dict[str, float]:
    """Values of the features of *stand*, by name. ``likely``: of each piece, in order; chances as log odds."""
    judged = [(piece, chances) for piece, chances in zip(talk.pieces, likely, strict=True) if not piece.is_question]
    found: dict[str, float] = {}
    for said in (ClientSaid.EXPLICIT, ClientSaid.POSTPONED):

        def best(fits: Callable[[Piece], bool], said: ClientSaid = said) -> tuple[float, int]:
            chances = [(chance[said], -piece.turns_after) for piece, chance in judged if fits(piece)]
            return max(chances, default=(_LEAST, 0))

        anywhere, after = best(lambda _: True)
        turns: dict[int, float] = {}
        for piece, chance in judged:
            turns[piece.turn] = max(turns.get(piece.turn, _LEAST), chance[said])
        second = sorted(turns.values())[-2] if len(turns) > 1 else _LEAST
        found |= {
            f"{said} surest": _odds(anywhere),
            f"{said} surest of the end": _odds(best(lambda piece: piece.turns_after <= _AT_THE_END)[0]),
            f"{said} surest turn": _odds(best(lambda piece: piece.is_whole)[0]),
            f"{said} second": _odds(second),
            f"{said} turns after": float(min(_FOLLOWING, -after)),
            f"{said} lexicon": float(any(piece.said is said for piece in talk.pieces)),
            f"{said} ending": _odds(ending[said]),
        }
    return found | {"acknowledged": float(acknowledged(talk))}


def acknowledged(talk: Talk) -> bool:
    """Whether the agent answers as one answers a refusal."""
    return any(
        sentence.party is not Party.CUSTOMER and refusal_lexicon().acknowledged.search(sentence.low) is not None
        for stretch in talk.stretches
        for sentence in stretch
    )


def ending_features(talk: Talk) -> frozenset[str]:
    return ending_of(talk.words(of_agent=True), talk.words(of_agent=False))


def stand_of(talk: Talk, likely: Sequence[Likely], classifier: RefusalClassifier) -> Likely:
    """How likely the call as a whole is a refusal, a postponement, neither."""
    ending = classifier.endings.of(ending_features(talk))
    return classifier.stand.of_numbers(numbers_of(talk, likely, ending))


def _odds(chance: float) -> float:
    held = min(1 - _LEAST, max(_LEAST, chance))
    return log(held / (1 - held))
