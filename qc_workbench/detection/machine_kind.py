"""Which kind of machine spoke: the family whose phrases weigh most, with the beep and, in need, the trained words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from qc_workbench.detection.heard import Piece
from qc_workbench.detection.machine_voice import word_classes
from qc_workbench.detection.phrases import family_scores
from qc_workbench.detection.prompts import joined_text
from qc_workbench.domain.flag import AnsweredBy

FAMILIES: Final = {
    "voicemail": AnsweredBy.VOICEMAIL,
    "operator_announcement": AnsweredBy.OPERATOR_ANNOUNCEMENT,
    "voice_assistant": AnsweredBy.VOICE_ASSISTANT,
    "ivr": AnsweredBy.IVR,
}
#: One sure phrase, or two that are likely: see the weights in the lexicon.
SURE: Final = 0.7
#: After a sure phrase, a single likely one keeps the machine speaking.
LIKELY: Final = 0.45
#: A machine known by its repetition alone is an operator's, unless its words are so likely another kind's.
_LIKE_FROM: Final = 0.7


def kind_of(machine: Sequence[Piece], beep_s: float | None) -> tuple[AnsweredBy, float]:
    """The family whose phrases weigh most over the whole machine speech; the beep speaks for a voicemail."""
    joined = joined_text(machine)
    scores = dict(family_scores(joined))
    each = {name: sum(family_scores(piece.text)[name] for piece in machine) for name in FAMILIES}
    if scores["voice_assistant"] >= 0.95 and each["voice_assistant"] >= each["ivr"]:
        best = "voice_assistant"
    elif (
        scores["ivr"] >= 0.9
        and each["ivr"] >= each["operator_announcement"]
        and (each["ivr"] > each["voicemail"] or (beep_s is None and each["ivr"] == each["voicemail"]))
    ):
        best = "ivr"
    elif scores["voicemail"] >= 0.95:  # an invitation to leave a message: also after «абонент не может ответить»
        best = "voicemail"
    elif scores["operator_announcement"] >= SURE:
        best = "operator_announcement"
    else:
        best = max(each, key=lambda name: each[name])
        if beep_s is None and each[best] < LIKELY:  # known by its repetition alone
            classes = word_classes(joined)
            likeliest = max(FAMILIES, key=lambda name: classes[name])
            best = likeliest if classes[likeliest] >= _LIKE_FROM else "operator_announcement"
        elif each[best] < LIKELY or (beep_s is not None and scores[best] < SURE):
            best = "voicemail"  # known by the beep alone
    return FAMILIES[best], round(max(scores[best], 0.6 if beep_s is not None else 0.0), 2)


def family_sure(machine: Sequence[Piece], *names: str) -> bool:
    """Whether the machine's speech is surely of one of these families."""
    scores = family_scores(" ".join(piece.text for piece in machine))
    return any(scores[name] >= SURE for name in names)
