"""Letters to violators: who gets one, their text, and what may happen to one, step by step."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from qc_workbench.domain.investigation import AgentFigures, Examination, Hypothesis
from qc_workbench.domain.letter import DELIVERIES, Letter, LetterEvent, LetterStep
from qc_workbench.errors import Phrase, UsageError
from qc_workbench.reporting.document import Words

#: Characters of a letter or an answer: four pages.
LONGEST_LETTER: Final = 8000
#: Cases that a letter names; more are in the agent's room.
CASES_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Charge:
    """What one hypothesis says of the agent who is written to."""

    hypothesis: Hypothesis
    examination: Examination
    figures: AgentFigures


def charges(hypotheses: Sequence[Hypothesis], examinations: dict[str, Examination]) -> dict[str, tuple[Charge, ...]]:
    """Agent -> what to write about: they are violators and a named person confirmed at least one case of it."""
    found: dict[str, list[Charge]] = {}
    for hypothesis in hypotheses:
        examination = examinations.get(hypothesis.hypothesis_id)
        if hypothesis.withdrawn_at is not None or examination is None:
            continue
        for figures in examination.agents:
            if figures.may_get_letter:
                found.setdefault(figures.agent, []).append(Charge(hypothesis, examination, figures))
    return {agent: tuple(items) for agent, items in sorted(found.items())}


def rendered(
    about: Sequence[Charge], name: str, month: date, by: str, company: str, reply_by: date, words: Words
) -> tuple[str, str]:
    """Subject and text. ``words``: the catalogue of the letter's language (``letter.…``)."""
    first, last = about[0].examination.starts_at, about[0].examination.ends_at
    subject = words("letter.subject", month=words.day(month, "LLLL y"))
    # Said only where it is so: fixed in time, and of everybody.
    in_advance = all(not item.hypothesis.fixed_late and not item.hypothesis.scope.agents for item in about)
    why = "letter.why" if in_advance else "letter.why_plain"
    lines = [words("letter.dear", name=name), "", words(why, month=words.day(month, "LLLL y"))]
    lines += [words("letter.stretch", since=words.day(first), until=words.moment(last, "d MMMM, HH:mm")), ""]
    for charge in about:
        lines += [*_charge_lines(charge, words), ""]
    lines += [words("letter.ask"), "", words("letter.answer", day=words.day(reply_by)), words("letter.check"), ""]
    lines += [words("letter.not_a_penalty"), "", by]
    if company:
        lines.append(company)
    return subject, "\n".join(lines)


def _charge_lines(charge: Charge, words: Words) -> list[str]:
    figures, code = charge.figures, charge.hypothesis.metric.value
    lines = [words(f"letter.metric.{code}")]
    lines.append(
        words(
            "letter.count",
            n=figures.bad,
            of=words.number(figures.of),
            share=words.percent(figures.share or 0.0, 1),
            threshold=words.percent(charge.hypothesis.threshold, 1),
        )
    )
    all_of_them = figures.confirmed == figures.bad
    lines.append(words("letter.all_confirmed") if all_of_them else words("letter.confirmed", n=figures.confirmed))
    named = [item for item in figures.cases if item.is_confirmed][:CASES_NAMED]
    lines += [f"— {words.moment(item.happened_at, 'd MMMM, HH:mm')}" for item in named]
    rest = figures.confirmed - len(named)
    if rest > 0 and named:
        lines.append(words("letter.more", n=rest))
    return lines


def letter(
    agent: str, month: date, about: Sequence[Charge], subject: str, text: str, language: str, by: str, at: datetime
) -> Letter:
    """A letter as it was rendered. One about the same examinations, of the same words, is the same letter."""
    subject, text = _checked(subject, text)
    if not about:
        raise UsageError("letter_without_finding")
    examinations = tuple(item.examination.examination_id for item in about)
    hypotheses = tuple(item.hypothesis.hypothesis_id for item in about)
    sha256 = hash_of(subject, text)
    letter_id = _id(month.isoformat(), agent, language, *examinations, sha256)
    return Letter(letter_id, month, agent, language, hypotheses, examinations, subject, text, sha256, by.strip(), at)


def edited(old: Letter, subject: str, text: str, by: str, at: datetime) -> Letter:
    """The letter in other words, before it is delivered.

    Raises :class:`UsageError`: ``letter_sent_already``, ``letter_withdrawn``, ``letter_empty``, ``letter_too_long``,
    ``letter_needs_name``.
    """
    _named(by)
    if old.is_withdrawn:
        raise UsageError("letter_withdrawn")
    if old.sent_at is not None:
        raise UsageError("letter_sent_already")
    subject, text = _checked(subject, text)
    sha256 = hash_of(subject, text)
    letter_id = _id(old.letter_id, sha256, by, at.isoformat())
    return Letter(
        letter_id, old.month, old.agent, old.language, old.hypothesis_ids, old.examinations, subject, text, sha256,
        by.strip(), at, old.letter_id,
    )  # fmt: skip


def step(
    of: Letter,
    kind: LetterStep,
    by: str,
    at: datetime,
    *,
    text: str = "",
    address: str = "",
    mail_id: str | None = None,
) -> LetterEvent:
    """The next step of a letter. Acknowledging and answering need a delivery; nothing follows a withdrawal.

    Raises :class:`UsageError`: ``letter_needs_name``, ``letter_withdrawn``, ``letter_not_sent``,
    ``letter_answer_empty``, ``letter_too_long``, ``letter_needs_address``, ``letter_twice``.
    """
    _named(by)
    if of.is_withdrawn:
        raise UsageError("letter_withdrawn")
    said = text.strip()
    if kind in (LetterStep.ACKNOWLEDGED, LetterStep.ANSWERED) and of.sent_at is None:
        raise UsageError("letter_not_sent")
    if kind is LetterStep.ANSWERED and not said:
        raise UsageError("letter_answer_empty")
    if len(said) > LONGEST_LETTER:
        raise UsageError("letter_too_long", length=len(said), most=LONGEST_LETTER)
    if kind is LetterStep.MAILED and "@" not in address.strip():
        raise UsageError("letter_needs_address")
    once = {LetterStep.SHOWN, LetterStep.ACKNOWLEDGED}
    if kind in once and any(item.kind is kind for item in of.events):
        raise UsageError("letter_twice", step=Phrase(f"letter_step.{kind.value}"))
    return LetterEvent(of.letter_id, len(of.events) + 1, kind, by.strip(), at, said, address.strip(), mail_id)


def is_delivery(kind: LetterStep) -> bool:
    return kind in DELIVERIES


def hash_of(subject: str, text: str) -> str:
    return hashlib.sha256(f"{subject}\n\n{text}".encode()).hexdigest()


def is_intact(of: Letter) -> bool:
    """Whether subject and text are those that were kept."""
    return hash_of(of.subject, of.text) == of.sha256


def _checked(subject: str, text: str) -> tuple[str, str]:
    subject, text = " ".join(subject.split()), text.replace("\r\n", "\n").strip()
    if not subject or not text:
        raise UsageError("letter_empty")
    if len(text) > LONGEST_LETTER:
        raise UsageError("letter_too_long", length=len(text), most=LONGEST_LETTER)
    return subject, text


def _named(by: str) -> None:
    if not by.strip():
        raise UsageError("letter_needs_name")


def _id(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
