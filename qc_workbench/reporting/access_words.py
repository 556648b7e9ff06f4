"""What the program's codes are called in an access report: states, kinds and verdicts as words of the catalogue."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from qc_workbench.reporting.document import Words, clock, named

#: (table, column) -> groups of the catalogue in which its codes are looked up, one after another. "" is any table.
CODES: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("managers", "role"): ("today.role",),
    ("person_roles", "role"): ("access_role",),
    ("people", "weekdays"): ("weekday",),
    ("", "language"): ("access_code.language",),
    ("deals", "status"): ("deal_status",),
    ("activities", "type"): ("activity",),
    ("activity_changes", "field"): ("access_code.field",),
    ("recalls", "result"): ("recall_result", "access_code"),
    ("refusal_decisions", "verdict"): ("deal_verdict", "access_code"),
    ("calls", "direction"): ("direction",),
    ("calls", "outcome"): ("call_outcome",),
    ("call_legs", "ending"): ("access_code.ending",),
    ("recordings", "state"): ("recording_state",),
    ("conversations", "answered_by"): ("answered_by",),
    ("consent_lines", "verdict"): ("consent_verdict",),
    ("consent_lines", "reason"): ("consent_reason",),
    ("expired", "kind"): ("retention.kind",),
    ("sample", "plan"): ("plan",),
    ("sample", "period"): ("period",),
    ("sample", "queue"): ("queue",),
    ("sample", "status"): ("access_code.status",),
    ("turns", "party"): ("party",),
    ("hidden_seconds", "kind"): ("access_code.secret",),
    ("clips", "kind"): ("clip",),
    ("commitments", "promised_by"): ("promiser",),
    ("commitments", "action"): ("action",),
    ("commitments", "outcome"): ("outcome",),
    ("refusals", "client_said"): ("client_said",),
    ("refusals", "deal_status"): ("deal_status",),
    ("flags", "kind"): ("flag",),
    ("flags", "verdict"): ("access_code.verdict",),
    ("flags", "reasons"): ("reason",),
    ("flags", "detector"): ("detector",),
    ("findings", "ruling"): ("ruling",),
    ("agent_answers", "kind"): ("flag",),
    ("violations", "kind"): ("violation", "fault"),
    ("violation_findings", "kind"): ("violation", "fault"),
    ("violation_findings", "ruling"): ("ruling",),
    ("case_words", "metric"): ("metric",),
    ("evening_items", "kind"): ("unkept",),
    ("evening_counts", "kind"): ("unkept",),
    ("evaluations", "state"): ("access_code.state",),
    ("evaluations", "purpose"): ("access_code.purpose",),
    ("evaluation_answers", "given"): ("answer_said",),
    ("dispute_moves", "move"): ("dispute_move",),
    ("answer_checks", "question"): ("question",),
    ("answer_checks", "machine"): ("auto_answer",),
    ("answer_checks", "human"): ("auto_answer",),
    ("coaching_steps", "state"): ("coaching_state",),
    ("fault_moves", "move"): ("access_code.objection",),
    ("letter_steps", "kind"): ("letter_step",),
    ("measures", "proposed"): ("measure",),
    ("measures", "because"): ("measure_reason",),
    ("measure_decisions", "decision"): ("measure_decision",),
    ("measure_decisions", "kind"): ("measure",),
    ("crm_writes", "kind"): ("crm_write_kind",),
    ("crm_writes", "state"): ("crm_write_state",),
    ("audit", "action"): ("audit",),
}
#: Columns of JSON that are told as lines of words.
_LISTS: Final = frozenset({"weekdays", "reasons", "given", "phones", "client_phones"})


def value_text(table: str, column: str, value: str, words: Words) -> str:
    """A value as people read it. What is no code stays as it is: names of stages, of people's own plans and forms."""
    if column == "evidence":
        return _evidence(value, words)
    groups = CODES.get((table, column)) or CODES.get(("", column)) or ()
    if column not in _LISTS:
        return _word(groups, value, words)
    items = _loaded(value)
    if not isinstance(items, list):
        return _word(groups, value, words)
    return "; ".join(_word(groups, str(item), words) for item in items)


def _word(groups: tuple[str, ...], code: str, words: Words) -> str:
    return next((words(f"{group}.{code}") for group in groups if words.knows(f"{group}.{code}")), code)


def _loaded(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return None


def _evidence(value: str, words: Words) -> str:
    """«Гудок 0:01–0:07 «слова»; …»: each stretch the machine points at."""
    items = _loaded(value)
    if not isinstance(items, list) or not all(isinstance(item, dict) and "kind" in item for item in items):
        return value
    told = []
    for item in items:
        text = named(words, f"evidence.{item['kind']}")
        if "start_s" in item and "end_s" in item:
            text += f" {clock(item['start_s'])}–{clock(item['end_s'])}"
        told.append(text + (f" «{item['quote']}»" if item.get("quote") else ""))
    return "; ".join(told)
