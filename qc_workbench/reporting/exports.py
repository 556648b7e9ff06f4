"""Exports: the public contract. Names of fields stay as they are; more may follow at the end.

Each ``*_row`` turns domain values into one record whose values are plain: str, float, int, bool,
aware datetime in UTC, date, time, None, and lists or mappings of these. How a record is written
(JSON lines, CSV, Parquet) is decided in ``pipelines.export``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal

from qc_workbench.config import Effective
from qc_workbench.domain.call import Call, Outcome
from qc_workbench.domain.commitment import Commitment, Refusal
from qc_workbench.domain.crm import Deal
from qc_workbench.domain.evaluation import Evaluation, Reply
from qc_workbench.domain.flag import AnsweredBy, Conversation, Finding, Flag, Ruling, Verdict
from qc_workbench.domain.lost_deal import DealFinding, LostDeal, Recall
from qc_workbench.domain.sampling import SampledCall
from qc_workbench.domain.standing import NONE_DOWNGRADED, Downgraded
from qc_workbench.domain.transcript import Transcript, Turn
from qc_workbench.domain.violation import Violation
from qc_workbench.reporting.export_fields import FIELDS, What
from qc_workbench.reporting.facts import is_crm_effective
from qc_workbench.review.rulings import accuses

Record = Mapping[str, object]


def call_row(call: Call, conversation: Conversation | None, language: str | None, effective: Effective) -> Record:
    """``language``: as heard in the transcript; without one, what the telephone system says.

    A call that was not connected has no live seconds and was answered by nobody;
    one not examined yet has ``conversation_s`` and ``verified_effective`` null.
    """
    unanswered = call.outcome is not Outcome.ANSWERED
    answered_by = AnsweredBy.NOBODY if unanswered else AnsweredBy.UNKNOWN
    return {
        "call_id": call.call_id,
        "started_at": call.started_at,
        "direction": call.direction.value,
        "manager_id": call.manager_id,
        "client_phone": call.client_phone,
        "talk_s": call.talk_s,
        "outcome": call.outcome.value,
        "crm_effective": is_crm_effective(call, effective),
        "verified_effective": conversation.verified_effective if conversation else None,
        "conversation_s": _seconds(conversation.conversation_s) if conversation else 0.0 if unanswered else None,
        "answered_by": (conversation.answered_by if conversation else answered_by).value,
        "message_left": conversation.message_left if conversation else False,
        "language": language or call.language,
    }


def transcript_row(transcript: Transcript) -> Record:
    return {
        "call_id": transcript.call_id,
        "language": transcript.language,
        "engine": transcript.engine,
        "model": transcript.model,
        "turns": [_turn(turn) for turn in transcript.turns],
    }


def _turn(turn: Turn) -> Record:
    return {
        "party": turn.party.value,
        "start": _seconds(turn.start_s),
        "end": _seconds(turn.end_s),
        "text": turn.text,
        "confidence": round(turn.confidence, 3),
        "words": [
            {
                "start": _seconds(word.start_s),
                "end": _seconds(word.end_s),
                "word": word.text,
                "probability": round(word.probability, 3),
            }
            for word in turn.words
        ],
        "channel": turn.channel,
        "suspicion": turn.suspicion.value if turn.suspicion else None,
    }


def flag_row(flag: Flag, finding: Finding | None, downgraded: Downgraded = NONE_DOWNGRADED) -> Record:
    """``finding``: the ruling that stands, see ``review.rulings.standing``. A flag of a downgraded detector that
    nobody decided on is exported as ``unsure`` with the reason ``detector_downgraded``."""
    is_doubted = flag.verdict is Verdict.FLAG and not accuses(flag, finding, downgraded)
    return {
        "call_id": flag.call_id,
        "kind": flag.kind.value,
        "verdict": (Verdict.UNSURE if is_doubted else flag.verdict).value,
        "score": round(flag.score, 3),
        "evidence": [
            {
                "channel": item.channel,
                "start": _seconds(item.start_s),
                "end": _seconds(item.end_s),
                "kind": item.kind,
                "quote": item.quote,
                "side": item.side.value,
            }
            for item in flag.evidence
        ],
        "detector": flag.detector,
        "version": flag.version,
        "review": {"status": finding.ruling.value, "by": finding.by, "at": finding.at, "reason": finding.reason}
        if finding
        else None,
        "flag_id": flag.flag_id,
        "reasons": [*flag.reasons, *(["detector_downgraded"] if is_doubted else [])],
    }


def commitment_row(commitment: Commitment) -> Record:
    spoken = commitment.spoken
    return {
        "call_id": spoken.call_id,
        "by": spoken.by.value,
        "action": spoken.action.value,
        "quote": spoken.quote,
        "start": _seconds(spoken.start_s),
        "end": _seconds(spoken.end_s),
        "due_from": spoken.due.due_from,
        "due_to": spoken.due.due_to,
        "time_from": spoken.due.time_from,
        "time_to": spoken.due.time_to,
        "outcome": commitment.outcome.value,
        "activity_id": commitment.activity_id,
        "kept_by_call_id": commitment.kept_by_call_id,
        "commitment_id": spoken.commitment_id,
        "moves": commitment.moves,
        "reasons": list(commitment.reasons),
        "due_precision": spoken.due.precision.value,
    }


def refusal_row(refusal: Refusal, deal_finding: DealFinding | None = None) -> Record:
    """``deal_finding``: what was found of the call's deal, if it is lost and was judged."""
    return {
        "call_id": refusal.call_id,
        "client_said": refusal.client_said.value,
        "deal_id": refusal.deal_id,
        "deal_status": refusal.deal_status,
        "false_refusal": refusal.false_refusal,
        "quote": refusal.quote,
        "start": None if refusal.start_s is None else _seconds(refusal.start_s),
        "end": None if refusal.end_s is None else _seconds(refusal.end_s),
        "deal_finding": deal_finding.value if deal_finding is not None else None,
    }


def recall_row(lost: LostDeal, deal: Deal, refusal: Refusal | None, recall: Recall | None) -> Record:
    """A lost deal to call back about, with what its client said when somebody did."""
    return {
        "deal_id": deal.deal_id,
        "client_phone": deal.client_phones[0] if deal.client_phones else None,
        "manager_id": deal.manager_id,
        "amount": None if deal.amount is None else float(deal.amount),
        "currency": deal.currency,
        "lost_reason": deal.lost_reason,
        "closed_at": deal.closed_at,
        "finding": lost.finding.value,
        "reason": lost.reason,
        "certainty": lost.certainty,
        "call_id": lost.call_id,
        "quote": refusal.quote if refusal else None,
        "start": None if refusal is None or refusal.start_s is None else _seconds(refusal.start_s),
        "end": None if refusal is None or refusal.end_s is None else _seconds(refusal.end_s),
        "result": recall.result.value if recall else None,
        "comment": recall.comment if recall else None,
        "buy_from": recall.buy_from if recall else None,
        "called_by": recall.by if recall else None,
        "called_at": recall.at if recall else None,
    }


def sample_row(sampled: SampledCall) -> Record:
    return {
        "plan": sampled.plan,
        "period": sampled.period,
        "stratum": sampled.stratum,
        "call_id": sampled.call_id,
        "inclusion_probability": sampled.inclusion_probability,
        "drawn_at": sampled.drawn_at,
        "assigned_to": sampled.assigned_to,
        "status": sampled.status.value,
        "queue": sampled.queue.value,
        "draw_id": sampled.draw_id,
        "replaces": sampled.replaces,
        "reason": sampled.reason,
    }


def evaluation_row(evaluation: Evaluation, replies: Iterable[Reply]) -> Record:
    """A submitted score with the answers that stand, in the order of the form. Several ticks are joined with commas.

    ``version`` is the number of the form's version; ``percentage`` is null where no question applied to the call.
    """
    return {
        "evaluation_id": evaluation.evaluation_id,
        "call_id": evaluation.call_id,
        "form": evaluation.form_code,
        "version": str(evaluation.version),
        "reviewer": evaluation.reviewer,
        "submitted_at": evaluation.submitted_at,
        "percentage": None if evaluation.score is None else float(evaluation.score),
        "automatic_fail": bool(evaluation.failed),
        "answers": [
            {
                "question": reply.question,
                "answer": ", ".join(reply.values),
                "comment": reply.comment,
                "at_s": None if reply.at_s is None else _seconds(reply.at_s),
                "cause": reply.cause,
            }
            for reply in replies
        ],
    }


def violation_row(violation: Violation, finding: Finding | None, deduction: Decimal | None) -> Record:
    """``finding``: the ruling that stands; without one the breach is only ``suggested``. ``deduction``: what a
    confirmed one takes from the discipline bonus of its month now: 0 while it is disputed, too old or over a limit."""
    confirmed = finding is not None and finding.ruling is Ruling.CONFIRMED
    return {
        "violation_id": violation.violation_id,
        "kind": violation.kind.value,
        "manager_id": violation.manager_id,
        "call_id": violation.call_id,
        "deal_id": violation.deal_id,
        "activity_id": violation.activity_id,
        "happened_at": violation.happened_at,
        "status": finding.ruling.value if finding else "suggested",
        "confirmed_by": finding.by if finding and confirmed else None,
        "deduction": float(deduction) if confirmed and deduction is not None else None,
        "detail": violation.detail,
    }


def check_fields(what: What, records: Iterable[Record]) -> Iterable[Record]:
    """Pass records on; a record whose fields are not those of the contract is a programming error."""
    names = list(FIELDS[what])
    for record in records:
        assert list(record) == names, f"{what}: {list(record)}"
        yield record


def _seconds(value: float) -> float:
    """Times to the millisecond: finer is noise of the measurement."""
    return round(value, 3)


def safe_cell(text: str) -> str:
    """Text for a spreadsheet cell that no spreadsheet takes for a formula (OWASP, CSV injection).

    An apostrophe is put before a text that begins with = + - @ (also full-width, also behind spaces), a tab or
    a line break. Plain numbers and phones (+79161234567) stay: they can do no harm. A spreadsheet whose separator
    is another one (Excel in Russian takes a semicolon) cuts a cell in two: what begins there is treated likewise.
    """
    if text[:1] in _CUTS or (_FORMULA.match(text) and not text.lstrip("+-").isdecimal()):
        text = "'" + text
    return _BEHIND_A_CUT.sub(r"\1'", text)


_CUTS = frozenset("\t\r\n")
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]")
_BEHIND_A_CUT = re.compile(r"([;\t\r\n][\s\"']*)(?=[=+\-@＝＋－＠])(?![+-]\d+(?:[;\t\r\n]|$))")
