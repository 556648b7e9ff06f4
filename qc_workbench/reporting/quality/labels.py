"""What people labelled and what the store holds for the same calls: the two sides of every comparison.

A label may leave out anything it does not know: None means "not labelled", and the task that needs it passes the
call over. An empty list of promises is a label: there were none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from qc_workbench.domain.commitment import Commitment, Refusal
from qc_workbench.domain.flag import AnsweredBy, Conversation, Flag
from qc_workbench.domain.transcript import Transcript

#: Kinds of labelled spans in which words are said: by a person, by a machine.
SPEECH, MACHINE = "speech", "machine"


@dataclass(frozen=True, slots=True)
class TruePromise:
    """``by`` and ``action``: codes of :class:`Promiser` and :class:`Action`, or "" where they were not labelled."""

    quote: str
    action: str
    due_from: date
    due_to: date
    by: str = ""


@dataclass(frozen=True, slots=True)
class TrueSpan:
    """Who sounds when. ``channel``: agent or customer (the far end, in mono too); ``text``: the words said."""

    start_s: float
    end_s: float
    channel: str
    kind: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class TrueCall:
    """What a person labelled. ``expected_outcome``: what became of the call's promise, where it says so.

    ``message_left``: the agent left a real message. ``layout``: stereo or mono; ``codec``: as the file's name says;
    both are only used where the store does not know the recording.
    """

    call_id: str
    scenario: str = ""
    answered_by: str | None = None
    fake_effective: bool | None = None
    promises: tuple[TruePromise, ...] | None = None
    refusal: str | None = None
    expected_outcome: str | None = None
    false_refusal: bool | None = None
    message_left: bool | None = None
    spans: tuple[TrueSpan, ...] | None = None
    language: str = ""
    layout: str = ""
    codec: str = ""

    @property
    def spoken(self) -> tuple[TrueSpan, ...]:
        """Spans with words, in time order."""
        return tuple(sorted((span for span in self.spans or () if span.text), key=lambda span: span.start_s))


@dataclass(frozen=True, slots=True)
class FoundCall:
    """All that the store holds for a labelled call. ``is_known`` False: no such call is in the store.

    ``transcript`` has the machine's turns as the machine's, as exports show it; None: not transcribed.
    """

    call_id: str
    is_known: bool = True
    flags: tuple[Flag, ...] = ()
    conversation: Conversation | None = None
    is_unanswered: bool = False
    commitments: tuple[Commitment, ...] = ()
    refusal: Refusal | None = None
    transcript: Transcript | None = None
    layout: str = ""
    codec: str = ""

    @property
    def answered_by(self) -> AnsweredBy:
        """As exports say it: a call that was not connected was answered by nobody."""
        if self.conversation is not None:
            return self.conversation.answered_by
        return AnsweredBy.NOBODY if self.is_unanswered else AnsweredBy.UNKNOWN
