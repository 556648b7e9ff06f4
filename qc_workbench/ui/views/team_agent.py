"""One agent's scores: by week, how they are spread, which questions go worst and why, the calls themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from qc_workbench.domain.access import Action
from qc_workbench.domain.dispute import DisputeMove, ScoredCall
from qc_workbench.domain.evaluation import Reply
from qc_workbench.domain.forms import Form, Question
from qc_workbench.review.evaluating import standing_replies
from qc_workbench.review.final_scores import standing_answers
from qc_workbench.review.scoring import band_of, credit, is_bad, score, shown_questions
from qc_workbench.sampling.breakdown import Band, distribution, worst_questions
from qc_workbench.sampling.estimates import Estimate, FrameCount, Judged, StratumSample, samples_by_day
from qc_workbench.sampling.ranking import Place
from qc_workbench.sampling.scores import estimate_scores
from qc_workbench.sampling.trends import Change, Span, first_of, slope
from qc_workbench.store import score_sheets
from qc_workbench.store.score_sheets import SheetRow
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.team import WEEKS, AgentRow, TeamChoice
from qc_workbench.workspace import Workspace

#: Edges of the bands where the form names none.
_EDGES: Final = (0.0, 20.0, 40.0, 60.0, 80.0, 100.0)


@dataclass(frozen=True, slots=True)
class ScoredLine:
    """A scored call; ``submitted`` differs from ``score`` where a dispute changed it."""

    call_id: str
    started_at: datetime
    score: float | None
    submitted: float | None
    band: str | None
    failed: bool


@dataclass(frozen=True, slots=True)
class QuestionLine:
    """``place`` 1 is the worst. ``bad`` of ``answered`` calls; ``causes``: code -> how often, the commonest first."""

    question: Question
    place: Place[str]
    answered: int
    bad: int
    causes: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class AgentView:
    """``weeks``: Mondays with the estimate of the week; ``slope``: points a week along them."""

    row: AgentRow
    weeks: tuple[tuple[date, Estimate], ...]
    slope: Change | None
    bands: tuple[Band, ...]
    questions: tuple[QuestionLine, ...]
    calls: tuple[ScoredLine, ...]


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A score with the answers that stand."""

    row: SheetRow
    line: ScoredLine
    replies: Mapping[str, Reply]


def agent_view(workspace: Workspace, viewer: Viewer, choice: TeamChoice, row: AgentRow) -> AgentView:
    """Raises :class:`~qc_workbench.errors.UsageError` ``not_allowed``."""
    viewer.require(Action.SEE_SCORE, row.agent_id)
    assert choice.scored is not None
    form = choice.form
    assert form is not None
    zone, plan = workspace.settings.company.zone, choice.scored.plan
    last_week = first_of(choice.end - timedelta(days=1), Span.WEEK)
    begin = min(first_of(choice.first, Span.WEEK), last_week - timedelta(weeks=WEEKS - 1))
    days = (begin, last_week + timedelta(weeks=1))
    with workspace.store.reading() as reader:
        rows = score_sheets.sheet_rows(reader, days, zone, plan, row.agent_id)
        moves = score_sheets.ruled(reader, days, zone, row.agent_id)[1]
        answers = score_sheets.answers_of(reader, [item.evaluation_id for item in rows if item.form_code == form.code])
        counts = score_sheets.frame_counts(reader, days, zone, plan, row.agent_id)
        versions = score_sheets.forms_of(reader, form.code)
    wanted = {f"direction={direction.value}" for direction in form.directions}
    counts = [item for item in counts if not wanted or item.stratum.split(";")[0] in wanted]
    sheets = {
        item.evaluation_id: _sheet(item, versions[item.version], standing_replies(answers[item.evaluation_id]), moves)
        for item in rows
        if item.evaluation_id in answers
    }
    values = {
        item.evaluation_id: sheets[item.evaluation_id].line.score if item.evaluation_id in sheets else None
        for item in rows
    }
    judged = [Judged(item.draw_id, item.stratum, item.day, values[item.evaluation_id]) for item in rows]
    by_week = samples_by_day(counts, judged, lambda day: first_of(day, Span.WEEK))
    found = estimate_scores(by_week)
    weeks = tuple((monday, found[monday]) for monday in sorted(found))

    def inside(day: date) -> bool | None:
        return True if choice.first <= day < choice.end else None

    strata = samples_by_day(counts, judged, inside).get(True, ())
    shown = [sheets[item.evaluation_id] for item in rows if item.evaluation_id in sheets and inside(item.day)]
    edges = _edges(form)
    return AgentView(
        row=row,
        weeks=weeks,
        slope=slope([point for point in weeks if point[1].value is not None], Span.WEEK),
        bands=distribution(strata, edges) if any(group.values for group in strata) else (),
        questions=_questions(form, shown, [item for item in rows if inside(item.day)], counts, inside),
        calls=tuple(sheet.line for sheet in shown),
    )


def _edges(form: Form) -> Sequence[float]:
    named = sorted({0.0, *(float(band.from_score) for band in form.bands if 0 < band.from_score < 100), 100.0})
    return named if form.bands else _EDGES


def _sheet(row: SheetRow, form: Form, replies: Mapping[str, Reply], moves: Sequence[DisputeMove]) -> _Sheet:
    said = [move for move in moves if move.evaluation_id == row.evaluation_id]
    line = ScoredLine(row.call_id, row.started_at, row.score, row.score, None, row.failed)
    if said:
        scored = ScoredCall(
            row.evaluation_id, row.call_id, row.agent, row.reviewer, row.submitted_at, tuple(replies.values())
        )
        replies = standing_answers(scored, said)
        result = score(form, replies)
        final = None if result.score is None else float(result.score)
        line = replace(line, score=final, failed=result.has_failed)
    shown = shown_questions(form, replies)
    return _Sheet(
        row,
        replace(line, band=None if line.score is None else band_of(form, Decimal(str(line.score)))),
        {code: reply for code, reply in replies.items() if code in shown},
    )


def _questions(
    form: Form,
    shown: Sequence[_Sheet],
    rows: Sequence[SheetRow],
    counts: Sequence[FrameCount],
    inside: Callable[[date], bool | None],
) -> tuple[QuestionLine, ...]:
    """Those with an answer that earns points. ``rows``: all judged calls; one on another form has no answer."""
    by_id = {sheet.row.evaluation_id: sheet for sheet in shown}
    samples: dict[str, Sequence[StratumSample]] = {}
    bad_answers: dict[str, list[Reply]] = {}
    for question in form.questions:
        if not question.is_judged or question.bonus:
            continue
        judged, bad = [], []
        for row in rows:
            sheet = by_id.get(row.evaluation_id)
            reply = sheet.replies.get(question.code) if sheet else None
            part = credit(question, reply) if reply else None
            judged.append(Judged(row.draw_id, row.stratum, row.day, None if part is None else 100 * float(part)))
            if reply is not None and is_bad(question, reply):
                bad.append(reply)
        groups = samples_by_day(counts, judged, inside).get(True, ())
        if any(group.values for group in groups):
            samples[question.code], bad_answers[question.code] = groups, bad
    found = []
    for place in worst_questions(samples):
        asked = form.question(place.who)
        assert asked is not None
        causes = Counter(reply.cause for reply in bad_answers[place.who] if reply.cause)
        answered = sum(len(group.values) for group in samples[place.who])
        found.append(QuestionLine(asked, place, answered, len(bad_answers[place.who]), tuple(causes.most_common())))
    return tuple(found)
