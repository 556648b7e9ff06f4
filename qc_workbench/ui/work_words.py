"""The work in words, the same on the page and in the terminal."""

from __future__ import annotations

from collections.abc import Mapping

from qc_workbench.domain.progress import StepProgress
from qc_workbench.store.job_board import EVERY_STEP
from qc_workbench.ui.i18n import Translator, catalogue
from qc_workbench.ui.labels import named

#: Characters of a coordinator's name that tell it from the others at a glance.
_SHORT = 10


def step_name(t: Translator, step: str) -> str:
    return t("work.every_step") if step == EVERY_STEP else named(t, "step", step)


def reason_text(t: Translator, code: str | None, params: Mapping[str, str]) -> str:
    """Why a unit failed: the short name of the failure, else the full text of the error, else its code."""
    if not code:
        return t("failure.unknown")
    if t.knows(f"failure.{code}"):
        return t(f"failure.{code}")
    if t.knows(f"error.{code}"):
        entry = catalogue()[f"error.{code}"][t.language]
        try:
            return entry.format(**params) if isinstance(entry, str) else t(f"error.{code}", **params)
        except (KeyError, ValueError):
            pass  # written by another version of the program, which gave other values
    return named(t, "failure", code)


def duration_text(t: Translator, seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return t("work.under_a_minute")
    if minutes < 60:
        return t("work.minutes", minutes=t.number(minutes))
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return t("work.hours", hours=t.number(hours), minutes=t.number(minutes))
    return t("work.days", days=t.number(hours // 24), hours=t.number(hours % 24))


def rate_text(t: Translator, item: StepProgress) -> str:
    """Units a minute and, where there is sound, how much faster than listening; "" when nothing was finished lately."""
    rate, times = item.pace.units_per_min, item.pace.times_sound
    if rate is None:
        return ""
    units = t("work.rate", rate=t.number(rate, 0 if rate >= 10 else 1))
    if times is None:
        return units
    return t("work.rate_of_sound", rate=units, times=t.number(times, 0 if times >= 10 else 1))


def time_left_text(t: Translator, item: StepProgress) -> str:
    """ "" when nothing is open."""
    if not item.open:
        return ""
    if item.is_paused:
        return t("work.paused_short")
    left_s = item.time_left_s
    return t("work.left_unknown") if left_s is None else t("work.left", time=duration_text(t, left_s))


def who_text(worker: str | None) -> str:
    """Who does a unit: a coordinator's or a worker's name, short."""
    return (worker or "—")[:_SHORT]
