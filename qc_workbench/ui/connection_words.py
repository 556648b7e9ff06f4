"""Connected systems in words, the same on the page and in the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from pipelines.try_source import WINDOW, Trial
from qc_workbench.domain.connection import FetchTrouble, SyncRun
from qc_workbench.domain.telephony import FetchState
from qc_workbench.sources.connector import Capabilities, CrmCapabilities
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import named
from qc_workbench.ui.views.connections import Connection
from qc_workbench.ui.work_words import duration_text, reason_text

#: Shorter delays are said as "up to date": a reading takes that long by itself.
NO_LAG = timedelta(minutes=2)
#: What products are called in every language, by their code in the settings.
PRODUCTS: Mapping[str, str] = {
    "ringostat": "Ringostat", "binotel": "Binotel", "mango": "Mango Office", "uis": "UIS / CoMagic",
    "novofon": "Novofon", "novofon2": "Novofon 2", "zadarma": "Zadarma", "twilio": "Twilio", "pipedrive": "Pipedrive",
    "amocrm": "amoCRM / Kommo", "mysql": "MySQL / MariaDB", "postgresql": "PostgreSQL",
}  # fmt: skip


def kind_name(t: Translator, kind: str) -> str:
    return PRODUCTS.get(kind) or named(t, "source_kind", kind)


def choice_name(t: Translator, field: str, choice: str) -> str:
    """One of the values that a field of the settings may have."""
    return PRODUCTS.get(choice) or (named(t, f"source_choice.{field}", choice) if choice else "—")


def field_name(t: Translator, field: str) -> str:
    return named(t, "source_field", field)


def ago_text(t: Translator, moment: datetime, now: datetime) -> str:
    """«12 min ago (14:02)»."""
    passed = duration_text(t, max(0.0, (now - moment).total_seconds()))
    return t("connections.ago", passed=passed, moment=t.moment(moment))


def took_text(t: Translator, seconds: float) -> str:
    """A reading is mostly a matter of seconds."""
    if seconds < 60:
        return t("connections.took_seconds", seconds=t.number(seconds, 0 if seconds >= 10 else 1))
    return duration_text(t, seconds)


def lag_text(t: Translator, item: Connection) -> str:
    if item.lag is None:
        return "—"
    if item.lag <= NO_LAG:
        return t("connections.no_lag")
    return duration_text(t, item.lag.total_seconds())


def error_words(t: Translator, run: SyncRun) -> str:
    """What went wrong in a reading, and what to do next."""
    return reason_text(t, run.error_code, run.error_params)


def trial_text(t: Translator, trial: Trial) -> str:
    """What came of a trial; for a refusal with every key that the system was shown, and where each is."""
    if trial.error is not None:
        told = t.error(trial.error)
        keys = ", ".join(f"{field_name(t, key)} — {place}" for key, place in trial.places.items())
        return f"{told} {t('connections.keys_shown', keys=keys)}" if keys else told
    parts = [t("connections.trial_good", seconds=t.number(trial.took_s, 1))]
    if trial.rows is not None:
        parts.append(t("connections.trial_rows", n=trial.rows, hours=int(WINDOW.total_seconds() // 3600)))
    if abs(trial.skew_s) > 60:
        parts.append(t("connections.skew", seconds=t.number(round(trial.skew_s))))
    return " ".join(parts)


def recordings_text(t: Translator, item: Connection) -> str | None:
    """«Loaded 120 · wait 3 · none 5 · failed 2»; None where recordings are not read."""
    counts = item.facts.recordings
    if not item.takes_recordings and not counts:
        return None
    said = [
        t(f"connections.recordings.{state.value}", n=counts.get(state, 0))
        for state in (FetchState.READY, FetchState.PENDING, FetchState.ABSENT, FetchState.FAILED)
        if counts.get(state) or state in (FetchState.READY, FetchState.PENDING)
    ]
    return " · ".join(said)


def trouble_text(t: Translator, item: FetchTrouble) -> str:
    """Why recordings wait or failed, with the host that it is about."""
    code = item.code
    told = t(f"fetch.{code}") if t.knows(f"fetch.{code}") else named(t, "fetch", code)
    return told.replace("{host}", item.detail or "—")


def capability_lines(t: Translator, kind: str, told: Capabilities | CrmCapabilities | None) -> list[str]:
    """What a system gives and bears, a sentence each."""
    if isinstance(told, Capabilities):
        return _of_telephony(t, told)
    if told is not None:
        return _of_crm(t, told)
    return [t("connections.can.folder")] if kind == "csv" else []


def lacking_lines(t: Translator, kind: str) -> list[str]:
    """What the vendor cannot give, a sentence each."""
    code = f"source_lacks.{kind}"
    return t(code).split("\n") if t.knows(code) else []


def _of_telephony(t: Translator, told: Capabilities) -> list[str]:
    lines = [t("connections.can.legs" if told.has_legs else "connections.cannot.legs")]
    if told.longest_window is not None:
        lines.append(t("connections.can.window", n=max(1, round(told.longest_window / timedelta(hours=1)))))
    if told.rows_at_most is not None:
        lines.append(t("connections.can.rows", n=told.rows_at_most))
    lines.append(_pace(t, told.requests_per_s))
    if told.links_live_s is not None:
        lines.append(t("connections.can.links", time=duration_text(t, told.links_live_s)))
    if told.has_final_event:
        lines.append(t("connections.can.final"))
    return [line for line in lines if line]


def _of_crm(t: Translator, told: CrmCapabilities) -> list[str]:
    return [
        t("connections.can.due_moves" if told.due_moves_have_history else "connections.cannot.due_moves"),
        t("connections.can.stages" if told.stages_have_history else "connections.cannot.stages"),
        t("connections.can.page", n=told.rows_a_page),
        _pace(t, told.requests_per_s),
    ]


def _pace(t: Translator, per_s: float) -> str:
    if per_s <= 0:
        return t("connections.can.any_pace")
    if per_s < 1:
        return t("connections.can.pace_slow", seconds=t.number(1 / per_s, 0 if (1 / per_s).is_integer() else 1))
    return t("connections.can.pace", rate=t.number(per_s, 0 if float(per_s).is_integer() else 1))
