"""What a machine answers to the questions of a form, with its proof, and what people said to that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Question(StrEnum):
    """Questions that words and sound can answer. All are worded so that *yes* is good."""

    GREETED = "greeted"
    INTRODUCED = "introduced"
    NAMED_COMPANY = "named_company"
    ASKED_NEEDS = "asked_needs"
    HANDLED_OBJECTION = "handled_objection"
    AGREED_NEXT_STEP = "agreed_next_step"
    NO_FORBIDDEN_WORDS = "no_forbidden_words"
    SPEECH_RATE = "speech_rate"
    NO_INTERRUPTIONS = "no_interruptions"
    TALK_SHARE = "talk_share"
    NO_LONG_MONOLOGUE = "no_long_monologue"
    PATIENCE = "patience"
    NO_LONG_SILENCE = "no_long_silence"


class Answer(StrEnum):
    YES = "yes"
    NO = "no"
    NOT_APPLICABLE = "not_applicable"  # nothing in this call that the question is about
    UNKNOWN = "unknown"  # too little was understood: the machine abstains


@dataclass(frozen=True, slots=True)
class Proof:
    """A moment of the recording, with the recognised words where there are any."""

    start_s: float
    end_s: float
    quote: str | None = None


@dataclass(frozen=True, slots=True)
class AutoAnswer:
    """A suggestion, never a score. ``value``: what was measured, in the unit of the question, or None."""

    question: Question
    answer: Answer
    proofs: tuple[Proof, ...] = ()
    value: float | None = None


@dataclass(frozen=True, slots=True)
class AnswerCheck:
    """A person's answer to a question that the machine had answered. Append-only: a later one supersedes."""

    call_id: str
    question: Question
    version: str
    machine: Answer
    human: Answer
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often people said what the machine had said, of the answers it did not abstain from."""

    question: Question
    agreed: int
    checked: int
