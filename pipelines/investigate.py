"""The steps of a month's investigation: fix, examine, write letters, check again, decide. Each may be run twice.

Moments are always given, so that a schedule, a person and a simulated year do the same. A month is its first day;
``by`` is the name of a person. Who may do what is asked by whoever calls (``ui/views/investigation.py``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from pipelines import examining
from pipelines.investigated import measures_of_agent, read_investigation
from pipelines.post import queue_statement
from qc_workbench.domain.investigation import (
    CaseCount,
    CaseRef,
    Examination,
    Hypothesis,
    HypothesisVerdict,
    LetterOutcome,
    RepeatCheck,
)
from qc_workbench.domain.letter import Letter, LetterEvent, LetterStep
from qc_workbench.domain.mail import Mail
from qc_workbench.domain.measure import Decided, Measure, MeasureDecision, MeasureKind
from qc_workbench.errors import UsageError
from qc_workbench.reporting.facts import month_span
from qc_workbench.review import investigating, letters, measures, repeat_check
from qc_workbench.review.investigating import Claim
from qc_workbench.store import bad_cases, investigations
from qc_workbench.store import measures as measure_store
from qc_workbench.store.calls import audit_entry, managers
from qc_workbench.store.database import Statement, insert
from qc_workbench.store.scoping import Stretch
from qc_workbench.ui.i18n import Translator
from qc_workbench.workspace import Workspace

__all__ = [
    "Claim", "acknowledge", "answer_letter", "check_again", "confirm_case", "decide_measure", "edit_letter", "examine",
    "fix_hypothesis", "measures_of_agent", "prepare_letters", "read_investigation", "send_letter",
    "withdraw_hypothesis", "withdraw_letter",
]  # fmt: skip

# Hypotheses ------------------------------------------------------------------


def fix_hypothesis(workspace: Workspace, claim: Claim, by: str, at: datetime) -> Hypothesis:
    """Fix a claim: from now on it can't be changed. The same claim fixed twice is one hypothesis, the first.

    Without words it is worded by the catalogue, in the company's language.

    Raises :class:`UsageError` (:func:`qc_workbench.review.investigating.fixed`), ``hypothesis_withdrawn_already``.
    """
    settings = workspace.settings
    if not claim.text.strip():
        claim = replace(claim, text=_worded(claim, Translator(settings.company.language, settings.company.zone)))
    found = investigating.fixed(claim, by, at, settings.investigation.lock_day, settings.company.zone)
    content = investigating.canonical(claim)
    workspace.store.write(
        insert("hypotheses", investigations.hypothesis_row(found, content)),
        audit_entry(
            at, by, "hypothesis_fixed", found.hypothesis_id, month=found.month.isoformat(), hash=found.content_hash
        ),
        key=f"hypothesis:{found.hypothesis_id}",
    )
    kept = _hypothesis(workspace, found.hypothesis_id)
    if kept.withdrawn_at is not None:
        raise UsageError("hypothesis_withdrawn_already")
    return kept


def _worded(claim: Claim, words: Translator) -> str:
    """The sentence of a claim that nobody has put into words."""
    metric, threshold = words(f"metric.{claim.metric.value}"), words.percent(claim.threshold, 1)
    return words("hypothesis.default", n=claim.agents_needed, metric=metric, threshold=threshold)


def withdraw_hypothesis(workspace: Workspace, hypothesis_id: str, because: str, by: str, at: datetime) -> Hypothesis:
    """Nobody goes on with it; it stays readable. Raises ``hypothesis_needs_reason``."""
    _hypothesis(workspace, hypothesis_id)
    if not because.strip():
        raise UsageError("hypothesis_needs_reason")
    workspace.store.write(
        investigations.withdrawal(hypothesis_id, because.strip(), by, at),
        audit_entry(at, by, "hypothesis_withdrawn", hypothesis_id),
        key=f"hypothesis-withdrawn:{hypothesis_id}",
    )
    return _hypothesis(workspace, hypothesis_id)


def _hypothesis(workspace: Workspace, hypothesis_id: str) -> Hypothesis:
    with workspace.store.reading() as reader:
        found = investigations.hypothesis_with_id(reader, hypothesis_id)
    if found is None:
        raise UsageError("hypothesis_unknown")
    if not investigating.is_intact(*found):
        raise UsageError("hypothesis_changed", hash=found[0].content_hash[:12])
    return found[0]


# Examining -------------------------------------------------------------------


def examine(workspace: Workspace, month: date, by: str, at: datetime) -> tuple[Examination, ...]:
    """Count ``[start of the month, at)`` for every hypothesis that stands. The same figures are kept once."""
    days = month_span(month, workspace.settings.company)
    within = (days.starts_at, min(at, days.ends_at))
    if within[0] >= within[1]:
        raise UsageError("investigation_too_early", month=month.isoformat())
    found = []
    with workspace.store.reading(heavy=True) as reader:
        for hypothesis in examining.standing(reader, days.first_day):
            question = examining.question(workspace, reader, hypothesis)
            counts = bad_cases.case_counts(reader, question, [within])
            found.append(examining.examination(reader, hypothesis, question, counts, within, by, at))
    for item in found:
        workspace.store.write(
            insert("examinations", investigations.examination_row(item)),
            audit_entry(
                at, by, "investigation_examined", item.hypothesis_id,
                examination_id=item.examination_id, violators=len(item.violators),
            ),
            key=f"examination:{item.examination_id}",
        )  # fmt: skip
    return tuple(found)


def confirm_case(
    workspace: Workspace, hypothesis_id: str, subject: str, is_bad: bool | None, by: str, at: datetime
) -> CaseRef:
    """A named person's word on one case of the month: bad, not bad, or (None) the word taken back.

    Raises ``case_needs_name``, ``case_unknown``.
    """
    hypothesis = _hypothesis(workspace, hypothesis_id)
    if not by.strip():
        raise UsageError("case_needs_name")
    days = month_span(hypothesis.month, workspace.settings.company)
    with workspace.store.reading() as reader:
        question = examining.question(workspace, reader, hypothesis)
        case = bad_cases.case_of(reader, question, (days.starts_at, days.ends_at), subject)
    if case is None:
        raise UsageError("case_unknown")
    action = {True: "case_confirmed", False: "case_rejected", None: "case_word_withdrawn"}[is_bad]
    content = "\0".join((hypothesis.metric.value, subject, str(is_bad), by, at.isoformat()))
    word_id = hashlib.sha256(content.encode()).hexdigest()[:32]
    workspace.store.write(
        insert("case_words", investigations.case_word_row(word_id, hypothesis.metric, case, is_bad, by.strip(), at)),
        audit_entry(at, by, action, case.agent, case=subject, hypothesis_id=hypothesis_id),
        key=f"case-word:{word_id}",
    )
    return replace(case, is_confirmed=bool(is_bad))


# Letters ---------------------------------------------------------------------


def prepare_letters(
    workspace: Workspace, month: date, by: str, at: datetime, language: str | None = None
) -> tuple[Letter, ...]:
    """A letter for each violator with a confirmed case who has none of this month yet, and those there are already.

    ``language`` None: the company's. Rests on the latest examination of each hypothesis.
    """
    settings = workspace.settings
    month = month.replace(day=1)
    spoken = language or settings.company.language
    words = Translator(spoken, settings.company.zone)
    reply_by = (at + timedelta(days=settings.investigation.answer_days)).astimezone(settings.company.zone).date()
    with workspace.store.reading() as reader:
        hypotheses = examining.standing(reader, month)
        examinations = investigations.latest_examinations(reader, [item.hypothesis_id for item in hypotheses])
        kept = investigations.letters_of_month(reader, month)
        names = managers(reader)
    written = {item.agent for item in kept if not item.is_withdrawn}
    refused = {(item.agent, item.examinations) for item in kept if item.is_withdrawn}
    made = list(kept)
    for agent, about in letters.charges(hypotheses, examinations).items():
        # One that was taken back is not written again about the same figures.
        if agent in written or (agent, tuple(item.examination.examination_id for item in about)) in refused:
            continue
        name = names[agent].name if agent in names else agent
        subject, text = letters.rendered(about, name, month, by, settings.company.name, reply_by, words)
        item = letters.letter(agent, month, about, subject, text, spoken, by, at)
        workspace.store.write(
            insert("letters", investigations.letter_row(item)),
            audit_entry(at, by, "letter_prepared", agent, letter_id=item.letter_id, sha256=item.sha256),
            key=f"letter:{item.letter_id}",
        )
        made.append(item)
    return tuple(sorted(made, key=lambda item: (item.agent, item.prepared_at)))


def edit_letter(workspace: Workspace, letter_id: str, subject: str, text: str, by: str, at: datetime) -> Letter:
    """Other words, before it is sent; the old ones stay. Raises: see :func:`qc_workbench.review.letters.edited`."""
    old = _letter(workspace, letter_id)
    new = letters.edited(old, subject, text, by, at)
    if new.sha256 == old.sha256:
        return old
    workspace.store.write(
        insert("letters", investigations.letter_row(new)),
        audit_entry(at, by, "letter_edited", new.agent, letter_id=new.letter_id, sha256=new.sha256, was=old.letter_id),
        key=f"letter:{new.letter_id}",
    )
    return new


def send_letter(
    workspace: Workspace, letter_id: str, how: LetterStep, by: str, at: datetime, address: str = ""
) -> LetterEvent:
    """Deliver it: ``how`` is mailed (to ``address``), downloaded or shown.

    Raises :class:`UsageError`: see :func:`qc_workbench.review.letters.step`; ``letter_changed`` where the words that
    are kept have another hash than those that were written.
    """
    if not letters.is_delivery(how):
        raise ValueError(f"{how} delivers nothing")
    found = _letter(workspace, letter_id)
    event = letters.step(found, how, by, at, address=address)
    if how is not LetterStep.MAILED:
        return _stepped(workspace, found, event)
    mail = Mail(event.address, found.subject, found.text)
    mail_id, queued = queue_statement(mail, at, about=f"letter:{letter_id}:{event.step}")
    return _stepped(workspace, found, replace(event, mail_id=mail_id), queued)


def withdraw_letter(workspace: Workspace, letter_id: str, because: str, by: str, at: datetime) -> LetterEvent:
    """Take a letter back: it asks for nothing any more, and no measure rests on it."""
    found = _letter(workspace, letter_id)
    return _stepped(workspace, found, letters.step(found, LetterStep.WITHDRAWN, by, at, text=because))


def acknowledge(workspace: Workspace, letter_id: str, by: str, at: datetime) -> LetterEvent:
    """The agent has read it."""
    found = _letter(workspace, letter_id)
    return _stepped(workspace, found, letters.step(found, LetterStep.ACKNOWLEDGED, by, at))


def answer_letter(workspace: Workspace, letter_id: str, text: str, by: str, at: datetime) -> LetterEvent:
    """What the agent says to it; a second thought is a second answer."""
    found = _letter(workspace, letter_id)
    return _stepped(workspace, found, letters.step(found, LetterStep.ANSWERED, by, at, text=text))


def _letter(workspace: Workspace, letter_id: str) -> Letter:
    with workspace.store.reading() as reader:
        found = investigations.letter_with_id(reader, letter_id)
    if found is None:
        raise UsageError("letter_unknown")
    if not letters.is_intact(found):
        raise UsageError("letter_changed", hash=found.sha256[:12])
    return found


def _stepped(workspace: Workspace, of: Letter, event: LetterEvent, *also: Statement) -> LetterEvent:
    """The step, its line in the audit log and the mail in the outbox are one write."""
    line = audit_entry(
        event.at, event.by, f"letter_{event.kind.value}", of.agent, letter_id=of.letter_id, sha256=of.sha256
    )
    workspace.store.apply(investigations.step_written(event, line, *also))
    return event


# The repeat check ------------------------------------------------------------


def check_again(workspace: Workspace, month: date, by: str, at: datetime) -> tuple[HypothesisVerdict, ...]:
    """At the month's end: fresh calls after the letters, verdicts, and the measures that the rules propose.

    May be done before the month is over: then it says what is known so far. Done again, the latest counts; a measure
    that somebody has decided on stays beside it.
    """
    settings = workspace.settings
    days = month_span(month, settings.company)
    whole = (days.starts_at, min(at, days.ends_at))
    if whole[0] >= whole[1]:
        raise UsageError("investigation_too_early", month=month.isoformat())
    grace = timedelta(days=settings.investigation.grace_days)
    verdicts, violators = [], dict[str, set[str]]()
    with workspace.store.reading(heavy=True) as reader:
        sent = [item for item in investigations.letters_of_month(reader, days.first_day) if item.sent_at is not None]
        stood_on = investigations.examinations_with_ids(reader, {key for item in sent for key in item.examinations})
        ignored = investigations.agents_who_ignored(reader, days.first_day, LetterOutcome.NOT_IMPROVED)
        for hypothesis in examining.standing(reader, days.first_day):
            about = [item for item in sent if hypothesis.hypothesis_id in item.hypothesis_ids]
            question = examining.question(workspace, reader, hypothesis)
            stretches = [whole, *(pair for item in about for pair in _sides(item, hypothesis, stood_on, grace, whole))]
            counts = bad_cases.case_counts(reader, question, stretches)
            checks = tuple(
                _checked(hypothesis, item, place, stretches, counts, {one.agent for one in sent})
                for place, item in enumerate(about)
            )
            mine = [item for item in counts if item.stretch == 0]
            last = examining.examination(reader, hypothesis, question, mine, whole, by, at, "verdict")
            verdicts.append(investigating.verdict_of(hypothesis, last, checks))
            for figures in last.agents:
                if figures.may_get_letter:
                    violators.setdefault(figures.agent, set()).add(hypothesis.hypothesis_id)
    checks = tuple(item for verdict in verdicts for item in verdict.checks)
    proposed = measures.proposals(days.first_day, sent, checks, violators, ignored, at)
    _write_check(workspace, verdicts, proposed, by, at)
    return tuple(verdicts)


def _sides(
    of: Letter, hypothesis: Hypothesis, stood_on: Mapping[str, Examination], grace: timedelta, whole: Stretch
) -> tuple[Stretch, Stretch]:
    """What the letter stands on, and the fresh stretch after it."""
    examination = next(
        stood_on[key] for key in of.examinations if stood_on[key].hypothesis_id == hypothesis.hypothesis_id
    )
    assert of.sent_at is not None
    fresh_from = min(max(of.sent_at + grace, examination.ends_at), whole[1])
    return (examination.starts_at, examination.ends_at), (fresh_from, whole[1])


def _checked(
    hypothesis: Hypothesis,
    of: Letter,
    place: int,
    stretches: Sequence[Stretch],
    counts: Sequence[CaseCount],
    written_to: set[str],
) -> RepeatCheck:
    """``stretches``: the whole month, then before and after of each letter."""
    before, after = 1 + 2 * place, 2 + 2 * place
    sides = [{item.agent: item for item in counts if item.stretch == side} for side in (before, after)]
    asked = repeat_check.Asked(of.letter_id, of.agent, *stretches[after])
    return repeat_check.check(hypothesis, asked, sides[0], sides[1], written_to)


def _write_check(
    workspace: Workspace, verdicts: Sequence[HypothesisVerdict], proposed: Sequence[Measure], by: str, at: datetime
) -> None:
    for verdict in verdicts:
        workspace.store.write(
            insert("examinations", investigations.examination_row(verdict.examination, verdict)),
            audit_entry(at, by, "investigation_checked", verdict.hypothesis_id, verdict=verdict.kind.value),
            key=f"verdict:{verdict.verdict_id}",
        )
    for item in proposed:
        statements: list[Statement] = [insert("measures", measure_store.measure_row(item))]
        workspace.store.write(*statements, key=f"measure:{item.measure_id}")


# Measures --------------------------------------------------------------------


def decide_measure(
    workspace: Workspace,
    measure_id: str,
    decision: MeasureDecision,
    by: str,
    at: datetime,
    *,
    kind: MeasureKind | None = None,
    reason: str = "",
) -> Decided:
    """A named person's decision; ``kind``: the measure of a ``changed`` one. ``withdrawn`` undoes the one that stands.

    Raises: see :func:`qc_workbench.review.measures.decide`; ``measure_unknown``.
    """
    with workspace.store.reading() as reader:
        found = measure_store.measure_with_id(reader, measure_id)
        earlier = measure_store.decisions_on(reader, [measure_id])
    if found is None:
        raise UsageError("measure_unknown")
    entry = measures.decide(found, decision, by, at, earlier, kind=kind, reason=reason)
    workspace.store.write(
        insert("measure_decisions", measure_store.decision_row(entry)),
        audit_entry(at, by, f"measure_{decision.value}", found.agent, measure_id=measure_id, kind=entry.kind.value),
        key=f"measure-decision:{entry.decision_id}",
    )
    return entry
