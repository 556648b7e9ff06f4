"""The team's table to take away: a workbook for people, CSV for programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from pipelines.build_report import render
from qc_workbench.domain.access import Action
from qc_workbench.reporting.document import Cell, Document, Section, Table, number, text, whole
from qc_workbench.reporting.exports import safe_cell
from qc_workbench.store.calls import audit_entry
from qc_workbench.ui.components.rows import plan_name
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.team_words import change_text, period_name, place_text
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.team import GOAL, AgentRow, TeamChoice, TeamView, team_view
from qc_workbench.workspace import Workspace


def may_take(viewer: Viewer, view: TeamView) -> bool:
    """Whether this person may take what the page shows away with them."""
    allowed = viewer.agents(Action.EXPORT_CALLS)
    return allowed is None or (bool(view.rows) and all(row.agent_id in allowed for row in view.rows))


class TeamFormat(StrEnum):
    XLSX = "xlsx"
    CSV = "csv"


#: Names of the columns of the CSV file; they stay as they are, and more may follow at the end. Points from 0 to 100.
FIELDS: Final = (
    "period", "from", "to", "form", "place_from", "place_to", "manager_id", "name", "score", "low", "high", "scored",
    "calls", "needed", "change", "change_low", "change_high", "auto_fails", "talks_real", "talks_examined",
    "promises_kept", "promises", "violations",
)  # fmt: skip


def team_file(
    workspace: Workspace, viewer: Viewer, now: datetime, choice: TeamChoice, t: Translator, form: TeamFormat
) -> Callable[[], bytes]:
    """Makes the file, and notes who took it, when it is asked for and not when the page is drawn."""

    def make() -> bytes:
        view = team_view(workspace, viewer, now, choice, None)
        assert view is not None
        for row in view.rows:
            viewer.require(Action.EXPORT_CALLS, row.agent_id)
        workspace.store.write(
            audit_entry(
                now,
                viewer.name,
                "scores_exported",
                f"{choice.first} {choice.span}",
                agents=len(view.rows),
                form=choice.scored.form_code if choice.scored else "",
                file=form.value,
            )
        )
        if form is TeamFormat.CSV:
            return team_csv(view)
        return render(team_document(view, now, t), ".xlsx", t, workspace)

    return make


def team_csv(view: TeamView) -> bytes:
    """As the other exports are: UTF-8 with a byte-order mark, commas, a point in numbers, nothing a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(FIELDS)
    writer.writerows(["" if value is None else value for value in _values(view.choice, row)] for row in view.rows)
    return out.getvalue().encode("utf-8-sig")


def _values(choice: TeamChoice, row: AgentRow) -> tuple[str | int | float | None, ...]:
    assert choice.scored is not None
    estimate, extra, place, change = row.estimate, row.extra, row.place, row.change
    last = choice.end - timedelta(days=1)
    return (
        choice.span.value, choice.first.isoformat(), last.isoformat(), safe_cell(choice.scored.form_code),
        place.first if place else None, place.last if place else None, safe_cell(row.agent_id), safe_cell(row.name),
        _points(estimate.value), _points(estimate.low), _points(estimate.high), estimate.judged, estimate.population,
        row.needed, _points(change.value if change else None), _points(change.low if change else None),
        _points(change.high if change else None), row.failed, extra.verified.n, extra.verified.of, extra.promises.n,
        extra.promises.of, extra.violations,
    )  # fmt: skip


def _points(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def team_document(view: TeamView, now: datetime, t: Translator) -> Document:
    choice = view.choice
    assert choice.scored is not None
    assert choice.form is not None
    columns = (
        t("team.column.place"), t("column.agent"), t("team.column.score"), t("team.low"), t("team.high"),
        t("team.scored"), t("team.calls_in_frame"), t("team.column.needed", goal=t.number(GOAL)),
        t("team.column.change"), t("team.column.failed"), t("team.column.verified"), t("team.column.promises"),
        t("team.column.violations"),
    )  # fmt: skip
    table = Table(t("team.sheet"), columns, tuple(_cells(row, t) for row in view.rows))
    period = period_name(choice.first, choice.span, t, now.astimezone(t.zone).date())
    made = t("team.made", moment=t.moment(now, "d MMMM y, HH:mm"), plan=plan_name(choice.scored.plan, t))
    title = f"{t('room.team')}: {choice.form.title.of(t.language)}"
    return Document(t.language, title, period, made, (Section(t("team.table_title"), (table,)),))


def _cells(row: AgentRow, t: Translator) -> tuple[Cell, ...]:
    estimate, extra = row.estimate, row.extra
    return (
        text(place_text(row.place, t)),
        text(row.name),
        number(t, estimate.value),
        number(t, estimate.low),
        number(t, estimate.high),
        whole(t, estimate.judged),
        whole(t, estimate.population),
        whole(t, row.needed),
        text(change_text(row.change, t, 1)),
        whole(t, row.failed),
        number(t, 100 * extra.verified.n / extra.verified.of if extra.verified.of else None),
        number(t, 100 * extra.promises.n / extra.promises.of if extra.promises.of else None),
        whole(t, extra.violations),
    )
