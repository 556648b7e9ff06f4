"""Scores of a month for its report: each form with the plan that had most of its calls scored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from qc_workbench.domain.dispute import DisputeMove
from qc_workbench.domain.dispute import ScoredCall as Disputed
from qc_workbench.domain.evaluation import Reply, SavedReply
from qc_workbench.domain.forms import Form
from qc_workbench.reporting.month_scores import FormFacts, ScoredCall
from qc_workbench.review.evaluating import standing_replies
from qc_workbench.review.final_scores import standing_answers
from qc_workbench.review.scoring import credit, is_bad, score, shown_questions
from qc_workbench.sampling.estimates import FrameCount, Judged, StratumSample, samples_by_day
from qc_workbench.store import score_sheets
from qc_workbench.store.database import Reader
from qc_workbench.store.score_sheets import SheetRow


def read_forms(reader: Reader, before: date, first: date, end: date, zone: ZoneInfo) -> tuple[FormFacts, ...]:
    """Of the days from ``first`` to before ``end``, beside those from ``before`` on. The most scored form first."""
    plans: dict[str, str] = {}
    for item in score_sheets.scored_forms(reader, (first, end), zone):
        plans.setdefault(item.form_code, item.plan)
    found = []
    for code, plan in plans.items():
        versions = score_sheets.forms_of(reader, code)
        if versions:
            found.append(_form(reader, versions, code, plan, (before, first, end), zone))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A score after its disputes; ``replies`` to the questions that were shown."""

    row: SheetRow
    score: float | None
    failed: bool
    replies: Mapping[str, Reply]


def _form(
    reader: Reader, versions: Mapping[int, Form], code: str, plan: str, days: tuple[date, date, date], zone: ZoneInfo
) -> FormFacts:
    before, first, end = days
    form = versions[max(versions)]
    rows = score_sheets.sheet_rows(reader, (before, end), zone, plan, None)
    counts = score_sheets.frame_counts(reader, (before, end), zone, plan, None)
    wanted = {f"direction={direction.value}" for direction in form.directions}
    counts = [item for item in counts if not wanted or item.stratum.split(";")[0] in wanted]
    moves: dict[str, list[DisputeMove]] = defaultdict(list)
    for move in score_sheets.ruled(reader, (before, end), zone)[1]:
        moves[move.evaluation_id].append(move)
    mine = [row for row in rows if row.form_code == code and row.version in versions]
    # Answers of the month before are read only where a ruling changed them.
    read = [row for row in mine if row.day >= first or row.evaluation_id in moves]
    steps = score_sheets.answers_of(reader, [row.evaluation_id for row in read])
    sheets = {
        row.evaluation_id: _sheet(row, steps[row.evaluation_id], moves[row.evaluation_id], versions[row.version])
        for row in read
    }
    scores = {row.evaluation_id: row.score for row in mine} | {key: sheet.score for key, sheet in sheets.items()}
    judged = [Judged(row.draw_id, row.stratum, row.day, scores.get(row.evaluation_id)) for row in rows]
    parts = samples_by_day(counts, judged, lambda day: day >= first)
    of_month = [sheet for sheet in sheets.values() if sheet.row.day >= first]
    answers, bad = _answers(form, sheets, [row for row in rows if row.day >= first], counts, first)
    return FormFacts(
        form=form,
        plan=plan,
        versions=tuple(sorted({sheet.row.version for sheet in of_month})),
        now=parts.get(True, ()),
        before=parts.get(False, ()),
        answers=answers,
        bad=bad,
        calls=tuple(
            ScoredCall(sheet.row.call_id, sheet.row.agent, sheet.row.started_at, sheet.score, sheet.failed)
            for sheet in of_month
            if sheet.score is not None
        ),
        failed=sum(sheet.failed for sheet in of_month),
    )


def _sheet(row: SheetRow, steps: Sequence[SavedReply], moves: Sequence[DisputeMove], form: Form) -> _Sheet:
    replies: Mapping[str, Reply] = standing_replies(steps)
    points, failed = row.score, row.failed
    if moves:
        scored = Disputed(
            row.evaluation_id, row.call_id, row.agent, row.reviewer, row.submitted_at, tuple(replies.values())
        )
        replies = standing_answers(scored, moves)
        result = score(form, replies)
        points, failed = None if result.score is None else float(result.score), result.has_failed
    shown = shown_questions(form, replies)
    return _Sheet(row, points, failed, {code: reply for code, reply in replies.items() if code in shown})


def _answers(
    form: Form, sheets: Mapping[str, _Sheet], rows: Sequence[SheetRow], counts: Sequence[FrameCount], first: date
) -> tuple[dict[str, Sequence[StratumSample]], dict[str, int]]:
    """Questions that earn points, in percent of them; one with another form or no answer counts as judged."""
    answers: dict[str, Sequence[StratumSample]] = {}
    bad: dict[str, int] = {}
    for question in form.questions:
        if not question.is_judged or question.bonus:
            continue
        judged, count = [], 0
        for row in rows:
            sheet = sheets.get(row.evaluation_id)
            reply = sheet.replies.get(question.code) if sheet else None
            part = credit(question, reply) if reply else None
            judged.append(Judged(row.draw_id, row.stratum, row.day, None if part is None else 100 * float(part)))
            count += reply is not None and is_bad(question, reply)
        groups = samples_by_day(counts, judged, lambda day: day >= first).get(True, ())
        if any(group.values for group in groups):
            answers[question.code], bad[question.code] = groups, count
    return answers, bad
