"""The schedule in words, the same on the page and in the terminal."""

from __future__ import annotations

from pipelines.run_scheduled import JobNow
from qc_workbench.domain.schedule import Outcome, Run, When
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.work_words import duration_text, reason_text


def when_text(t: Translator, when: When | None) -> str:
    if when is None:
        return t("schedule.when.off")
    if when.every_min is not None:
        code = "schedule.when.every_minute" if when.every_min == 1 else "schedule.when.every"
        return t(code, n=when.every_min)
    at = f"{when.at:%H:%M}"
    if when.month_day is not None:
        if when.month_day == 31:
            return t("schedule.when.last_day", at=at)
        return t("schedule.when.month_day", day=when.month_day, at=at)
    if when.working:
        return t("schedule.when.working", at=at)
    if len(when.weekdays) == 7:
        return t("schedule.when.daily", at=at)
    return t("schedule.when.weekdays", days=", ".join(t(f"weekday.{day - 1}") for day in sorted(when.weekdays)), at=at)


def next_text(t: Translator, item: JobNow) -> str:
    if item.is_running:
        return t("schedule.runs")
    if item.asked:
        return t("schedule.begins")
    if item.standing.paused_by is not None:
        return t("schedule.is_paused")
    return t.moment(item.next_at) if item.next_at else "—"


def outcome_text(t: Translator, run: Run | None) -> str:
    """How a run went, with its reason where it did not; "—" for none."""
    if run is None:
        return t("schedule.never")
    moment = t.moment(run.started_at)
    if run.took is None:
        return t("schedule.since", moment=moment)
    took = duration_text(t, run.took.total_seconds())
    if run.outcome is Outcome.DONE:
        return t("schedule.done_at", moment=moment, took=took)
    return t("schedule.failed_at", moment=moment, why=reason_text(t, run.error_code, run.error_params))
