"""What a signature fixes: every figure of a month, their canonical text and hash, and what differs later."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields
from decimal import Decimal
from typing import Final

from qc_workbench.domain.signed_month import Difference, FigureKey, Figures
from qc_workbench.reporting.month import Month
from qc_workbench.reporting.month_agents import AgentResult

Value = Decimal | float | int | None

#: Of clients told of the recording: what months signed before it was counted don't have.
_CONSENT: Final = "consent"


def figures_of(month: Month) -> Figures:
    """Every figure the report says. None of them names a client."""
    found: Figures = {}

    def put(group: str, subject: str | None, name: str, value: Value | str) -> None:
        found[FigureKey(group, subject or "", name)] = _text(value)

    for item in month.sales.indicators:
        put("indicator", item.currency, item.code, item.now.value)
    now = month.dynamics.now
    for name in ("inbound", "outbound", "answered", "examined", "verified", "deals_created"):
        put("calls", "", name, getattr(now, name))
    for currency, amount in now.amount_lost.items():
        put("calls", currency, "amount_lost", amount)
    for line in month.sales.stages:
        for name in ("entered", "moved", "won", "lost", "waiting", "won_ever"):
            put("stage", line.now.stage, name, getattr(line.now, name))
    for source in month.sales.sources:
        for name in ("created", "won", "lost"):
            put("source", source.source, name, getattr(source, name))
        put("source", source.source, "inbound", source.lost_calls.of)
        put("source", source.source, "lost_calls", source.lost_calls.count)
        for currency, amount in source.revenue.items():
            put("source", source.source, f"revenue {currency}".strip(), amount)
    for how, count in month.sales.callers.items():
        put("callers", "", how.value, count)
    analysis = month.analysis
    confirmed = sum(item.ruling is not None and item.ruling.value == "confirmed" for item in analysis.padded)
    padded = (("padded", len(analysis.padded)), ("padded_confirmed", confirmed), ("rejected", analysis.rejected),
              ("unsure", analysis.unsure))  # fmt: skip
    for name, count in padded:
        put("found", "", name, count)
    for outcome, count in analysis.promises.items():
        put("promises", "", outcome.value, count)
    for client_said, count in analysis.refusals.items():
        put("refusals", "", client_said.value, count)
    put("found", "", "false_refusals", len(analysis.false_refusals))
    for form in month.forms:
        put("form", form.code, "score", form.estimate.value)
        put("form", form.code, "judged", form.estimate.judged)
        put("form", form.code, "failed", form.failed)
    for told in month.consent:
        for name in ("told", "not_told", "unsure"):
            put(_CONSENT, told.key, name, getattr(told, name))
    _agents(month.agents, found)
    for fault in month.faults:
        for name in ("suspected", "confirmed", "disputed"):
            put("fault", fault.agent, name, getattr(fault, name))
        put("fault", fault.agent, f"deducted {fault.currency}", fault.deducted)
    _investigation(month, found)
    return dict(sorted(found.items()))


def _agents(agents: tuple[AgentResult, ...], found: Figures) -> None:
    for agent in agents:
        for item in fields(agent):
            value = getattr(agent, item.name)
            if isinstance(value, int):
                found[FigureKey("agent", agent.manager_id, item.name)] = _text(value)
        found[FigureKey("agent", agent.manager_id, "violations")] = _text(sum(agent.violations.values()))
        for currency, amount in agent.amount_won.items():
            found[FigureKey("agent", agent.manager_id, f"amount_won {currency}".strip())] = _text(amount)


def _investigation(month: Month, found: Figures) -> None:
    known = month.investigation.found
    if known is None:
        return
    for state in known.hypotheses:
        verdict = state.verdict.kind.value if state.verdict else None
        found[FigureKey("hypothesis", state.hypothesis.hypothesis_id, "verdict")] = verdict
    for letter in known.letters:
        found[FigureKey("letter", letter.agent, letter.letter_id)] = letter.sha256
    for measure in known.measures:
        stands = measure.stands.value if measure.stands else None
        found[FigureKey("measure", measure.agent, measure.proposed.value)] = stands


def _text(value: Value | str) -> str | None:
    """Shares without the noise of floating point, so that the same data give the same bytes."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float):
        return f"{value:.9f}"
    return str(value)


def canonical(figures: Figures) -> str:
    """One text for the same figures: sorted rows, no spaces, UTF-8 as it is."""
    rows = [[key.group, key.subject, key.name, value] for key, value in sorted(figures.items())]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def figures_from(text: str) -> Figures:
    """What :func:`canonical` wrote."""
    return {FigureKey(group, subject, name): value for group, subject, name, value in json.loads(text)}


def sha256_of(figures: Figures) -> str:
    return hashlib.sha256(canonical(figures).encode()).hexdigest()


def differences(was: Figures, now: Figures) -> tuple[Difference, ...]:
    """Every figure that differs, in order. Where one of the two did not ask whether clients were told of the recording
    (an earlier program, the check was off), that is no difference."""
    nothing = object()
    asked = all(any(key.group == _CONSENT for key in figures) for figures in (was, now))
    return tuple(
        Difference(key, was.get(key), now.get(key))
        for key in sorted(was.keys() | now.keys())
        if was.get(key, nothing) != now.get(key, nothing) and (asked or key.group != _CONSENT)
    )
