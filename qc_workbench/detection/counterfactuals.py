"""What would have to be otherwise for the verdict on a call to be another one.

Each is found by trying: the rule (:func:`qc_workbench.detection.effective.examine`) judges the same call once more
with one thing changed. What changes its verdict in the agent's favour ``flips`` it; what was tried in vain is told too.
After the counterfactual explanations of Wachter, Mittelstadt and Russell (2018): the nearest change that would have led
to another decision, said in the quantities that the rule itself uses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from qc_workbench.config import Effective
from qc_workbench.detection.answering import answering_of
from qc_workbench.detection.effective import Examination, examine
from qc_workbench.detection.heard import Piece, hear
from qc_workbench.detection.supposing import Supposition, changed_pieces
from qc_workbench.domain.acoustics import Acoustics
from qc_workbench.domain.call import Call, Recording
from qc_workbench.domain.flag import Verdict
from qc_workbench.domain.sound_print import KnownGreeting
from qc_workbench.domain.transcript import Transcript

#: Less speech than this is a sigh: supposing that it was something else says nothing.
_SOME_SPEECH_S: Final = 1.5
#: A message takes this long at least.
_MESSAGE_S: Final = 4.0
#: The threshold of conversation is named where at least this many seconds of it were measured.
_SOME_CONVERSATION_S: Final = 2.0


class Change(StrEnum):
    """What is supposed: see :class:`Supposition`; the last two are thresholds of the settings."""

    UNRECOGNISED_WAS_CLIENT = "unrecognised_was_client"
    MACHINE_WAS_PERSON = "machine_was_person"
    MESSAGE_WAS_LEFT = "message_was_left"
    CONVERSATION_FROM = "conversation_from"
    COUNTED_FROM = "counted_from"


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """If ``change`` were so, the verdict would be ``verdict`` (None: no suspicion at all); ``flips``: a milder one.

    ``seconds``: how much speech is read in another way, or the threshold that would do. ``conversation_s``: the live
    conversation that the rule would measure then. ``spans``: where to listen, (start, end) in seconds.
    """

    change: Change
    seconds: float
    conversation_s: float
    verdict: Verdict | None
    flips: bool
    spans: tuple[tuple[float, float], ...] = ()


def counterfactuals(
    call: Call,
    recording: Recording,
    acoustics: Acoustics,
    transcript: Transcript | None,
    settings: Effective,
    known: Sequence[KnownGreeting] = (),
) -> tuple[Counterfactual, ...]:
    """What would and what would not change today's rule's verdict on this call; nothing where it suspects nothing."""
    actual = _verdict(examine(call, recording, acoustics, transcript, settings, known=known))
    if actual is None:
        return ()
    return (
        *_speech(actual, call, recording, acoustics, transcript, settings, known),
        *_thresholds(actual, call, recording, acoustics, transcript, settings, known),
    )


def _speech(
    actual: Verdict,
    call: Call,
    recording: Recording,
    acoustics: Acoustics,
    transcript: Transcript | None,
    settings: Effective,
    known: Sequence[KnownGreeting],
) -> Iterator[Counterfactual]:
    heard = hear(recording, acoustics, transcript)
    answering = answering_of(heard, known)
    for supposition in Supposition:
        changed = changed_pieces(supposition, heard, answering)
        speech_s = sum(piece.speech_s for piece in changed)
        least_s = _MESSAGE_S if supposition is Supposition.MESSAGE_WAS_LEFT else _SOME_SPEECH_S
        if speech_s < least_s:
            continue
        found = examine(call, recording, acoustics, transcript, settings, suppose=supposition, known=known)
        yield Counterfactual(
            Change(supposition.value),
            round(speech_s, 1),
            found.conversation.conversation_s,
            _verdict(found),
            _is_milder(_verdict(found), actual),
            _spans(changed),
        )


def _thresholds(
    actual: Verdict,
    call: Call,
    recording: Recording,
    acoustics: Acoustics,
    transcript: Transcript | None,
    settings: Effective,
    known: Sequence[KnownGreeting],
) -> Iterator[Counterfactual]:
    measured_s = examine(call, recording, acoustics, transcript, settings, known=known).conversation.conversation_s
    if _SOME_CONVERSATION_S <= measured_s < settings.conversation_from_s:
        from_s = float(int(measured_s))
        milder = settings.model_copy(update={"conversation_from_s": from_s})
        found = examine(call, recording, acoustics, transcript, milder, known=known)
        yield Counterfactual(
            Change.CONVERSATION_FROM, from_s, measured_s, _verdict(found), _is_milder(_verdict(found), actual)
        )
    from_s = float(int(call.talk_s) + 1)
    stricter = settings.model_copy(update={"counted_from_s": from_s})
    found = examine(call, recording, acoustics, transcript, stricter, known=known)
    yield Counterfactual(Change.COUNTED_FROM, from_s, measured_s, _verdict(found), _is_milder(_verdict(found), actual))


def _verdict(found: Examination) -> Verdict | None:
    return found.flag.verdict if found.flag else None


def _is_milder(verdict: Verdict | None, actual: Verdict) -> bool:
    severity = {None: 0, Verdict.UNSURE: 1, Verdict.FLAG: 2}
    return severity[verdict] < severity[actual]


def _spans(pieces: Iterable[Piece]) -> tuple[tuple[float, float], ...]:
    """Where the pieces are, those close together as one."""
    joined: list[tuple[float, float]] = []
    for piece in sorted(pieces, key=lambda item: item.start_s):
        if joined and piece.start_s - joined[-1][1] <= 2.0:
            joined[-1] = (joined[-1][0], max(joined[-1][1], round(piece.end_s, 2)))
        else:
            joined.append((round(piece.start_s, 2), round(piece.end_s, 2)))
    return tuple(joined)
