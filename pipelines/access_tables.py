"""What an access report takes of each table, for a client and for an employee, and why it leaves the others out.

A source names the columns that are shown; a column that names somebody else is not among them. Rows are found by sets
of ids (:mod:`pipelines.access_subject`). Tests hold that each table that may hold somebody is shown or left out with a
reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

#: Column -> name of the set of ids it is looked up in; several are alternatives.
By = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Source:
    """``chapter``: ``access_report.chapter.<code>``; ``columns`` in their order; ``texts``: of
    them, what people wrote or said (others' names and numbers are hidden in it)."""

    chapter: str
    columns: tuple[str, ...]
    client: By = field(default_factory=dict)
    employee: By = field(default_factory=dict)
    texts: frozenset[str] = frozenset()


def _source(
    chapter: str, columns: str, client: By | None = None, employee: By | None = None, texts: str = ""
) -> Source:
    return Source(chapter, tuple(columns.split()), client or {}, employee or {}, frozenset(texts.split()))


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CALL: Final = {"call_id": "calls"}
SHOWN: Final[Mapping[str, Source]] = {
    # Who it is.
    "managers": _source(
        "person", "manager_id name role extension group_id hired_at left_at", employee={"manager_id": "agent"}
    ),
    "people": _source(
        "person",
        "person_id login name agent_id calls_a_day weekdays admitted_at left_at",
        employee={"person_id": "person"},
    ),
    "person_roles": _source("person", "role", employee={"person_id": "person"}),
    "team_agents": _source("person", "team_id", employee={"agent_id": "agent"}),
    "team_heads": _source("person", "team_id", employee={"person_id": "person"}),
    "absences": _source("person", "day_from day_to", employee={"person_id": "person"}),
    "sessions": _source("person", "begun_at seen_at ended_at", employee={"person_id": "person"}),
    "calendar_links": _source("person", "made_at language", employee={"person_id": "person"}),
    "crm_users": _source("person", "source name email", employee={"name": "name"}),
    "crm_persons": _source("person", "source name phones", client={"phones": "phones"}),
    "deals": _source(
        "crm",
        "deal_id client_phones client_name stage status stage_since lost_reason amount currency created_at closed_at",
        {"deal_id": "own_deals"},
        {"manager_id": "agent"},
        "lost_reason client_name",
    ),
    "stage_changes": _source(
        "crm", "deal_id changed_at from_stage to_stage", {"deal_id": "own_deals"}, {"changed_by": "agent"}
    ),
    "activities": _source(
        "crm",
        "activity_id type created_at deal_id client_phone subject due_at done_at result",
        {"activity_id": "activities"},
        {"manager_id": "agent"},
        "subject result",
    ),
    "activity_changes": _source(
        "crm", "activity_id changed_at field", {"activity_id": "activities"}, {"changed_by": "agent"}
    ),
    "notes": _source(
        "crm", "note_id created_at text deal_id client_phone", {"note_id": "notes"}, {"author_id": "agent"}, "text"
    ),
    "sales": _source(
        "crm",
        "sale_id sold_at amount client_phone client_name",
        {"sale_id": "sales"},
        {"manager_id": "agent"},
        "client_name",
    ),
    "recalls": _source(
        "crm", "deal_id result comment buy_from called_at", {"deal_id": "own_deals"}, {"called_by": "name"}, "comment"
    ),
    "refusal_decisions": _source(
        "crm",
        "deal_id verdict buy_from comment decided_at",
        {"deal_id": "own_deals"},
        {"worked_by": "agent"},
        "comment",
    ),
    # Calls.
    "calls": _source(
        "calls",
        "call_id started_at direction client_phone talk_s wait_s outcome source medium campaign language",
        _CALL,
        {"manager_id": "agent"},
    ),
    "call_legs": _source(
        "calls", "call_id place started_at wait_s talk_s ending is_transfer", _CALL, {"manager_id": "agent"}
    ),
    "recordings": _source("calls", "call_id state duration_s size_bytes container channels", _CALL, _CALL),
    "conversations": _source(
        "calls",
        "call_id answered_by message_left conversation_s agent_speech_s customer_speech_s verified_effective",
        _CALL,
        _CALL,
    ),
    "consent_lines": _source("calls", "call_id verdict reason start_s end_s", _CALL, _CALL),
    "expired": _source("calls", "call_id kind expired_at", _CALL, _CALL),
    "sample": _source("calls", "call_id plan period queue drawn_at status reason", _CALL, _CALL, "reason"),
    "transcripts": _source("words", "call_id language engine model created_at", _CALL, _CALL),
    "turns": _source("words", "call_id position party start_s end_s text", _CALL, _CALL, "text"),
    "hidden_seconds": _source("words", "call_id kind start_s end_s", _CALL, _CALL),
    "clips": _source("words", "call_id from_s to_s kind title kept_at retired_at", _CALL, _CALL, "title"),
    "commitments": _source(
        "promises",
        "call_id promised_by action quote start_s due_from due_to date_phrase outcome",
        _CALL,
        _CALL,
        "quote date_phrase",
    ),
    "refusals": _source(
        "promises", "call_id client_said deal_status false_refusal quote start_s", _CALL, _CALL, "quote"
    ),
    # Suspicions, what was ruled on them, what the employee answered.
    "flags": _source(
        "suspicions",
        "flag_id call_id kind verdict score evidence reasons detector version created_at retired_at",
        {},
        _CALL,
        "evidence",
    ),
    "findings": _source("suspicions", "flag_id ruling ruled_at reason", {}, {"flag_id": "flags"}, "reason"),
    "agent_answers": _source("suspicions", "call_id kind answer given_at", {}, _CALL, "answer"),
    "violations": _source(
        "suspicions",
        "violation_id kind happened_at call_id deal_id detail cleared_at",
        {},
        {"manager_id": "agent"},
        "detail",
    ),
    "violation_findings": _source(
        "suspicions",
        "violation_id kind happened_at call_id deal_id ruling ruled_at reason batch",
        {},
        {"manager_id": "agent"},
        "reason",
    ),
    "fault_answers": _source("suspicions", "batch answer given_at", {}, {"manager_id": "agent"}, "answer"),
    "case_words": _source("suspicions", "metric subject call_id is_bad said_at", {}, {"agent": "agent"}),
    "evening_items": _source("suspicions", "day kind since days deal_id call_id", {}, {"manager_id": "agent"}),
    # Scores, disputes, coaching.
    "evaluations": _source(
        "scores", "evaluation_id call_id form_code version state submitted_at score band failed purpose", {}, _CALL
    ),
    "evaluation_answers": _source(
        "scores",
        "evaluation_id question given cause comment saved_at at_s",
        {},
        {"evaluation_id": "evaluations"},
        "comment given",
    ),
    "dispute_moves": _source(
        "scores", "evaluation_id question step call_id move reply reason made_at", {}, _CALL, "reason reply"
    ),
    "comments": _source("scores", "call_id from_s to_s comment made_at question", {}, {"agent": "agent"}, "comment"),
    "answer_checks": _source("scores", "call_id question machine human checked_at", {}, _CALL),
    "coaching_tasks": _source("scores", "task_id task question due given_at", {}, {"agent": "agent"}, "task"),
    "coaching_steps": _source("scores", "task_id step state note made_at", {}, {"task_id": "tasks"}, "note"),
    "heard": _source("scores", "call_id heard_s spent_s updated_at", {}, {"person_id": "person"}),
    # The bonus and the investigation.
    "bonus_approvals": _source(
        "bonus", "month revision frozen sha256 approved_at is_undo", {}, {"agent": "agent"}, "frozen"
    ),
    "fault_moves": _source("bonus", "fault_id step move reason made_at", {}, {"fault_id": "faults"}, "reason"),
    "letters": _source("letters", "letter_id month subject body prepared_at", {}, {"agent": "agent"}, "body"),
    "letter_steps": _source("letters", "letter_id step kind made_at body", {}, {"letter_id": "letters"}, "body"),
    "measures": _source("letters", "measure_id month proposed because proposed_at", {}, {"agent": "agent"}, "because"),
    "measure_decisions": _source(
        "letters", "measure_id decision kind reason decided_at", {}, {"measure_id": "measures"}, "reason"
    ),
    "evening_counts": _source("letters", "day kind found", {}, {"manager_id": "agent"}),
    # What was sent out about them, what the log says.
    "outbox": _source("sent", "about subject queued_at sent_at", {}, {"recipient": "mail"}, "subject"),
    "crm_writes": _source(
        "sent",
        "crm kind call_id deal_id fields state planned_at",
        {"call_id": "calls", "deal_id": "own_deals"},
        {"manager_id": "agent"},
        "fields",
    ),
    "calendar_events": _source(
        "sent", "call_id due_from due_to is_cancelled changed_at", _CALL, {"person_id": "person"}
    ),
    "audit": _source("log", "happened_at action object", {"object": "ids"}, {"actor": "name", "object": "ids"}),
    "saved_searches": _source("log", "name question filters saved_at", {}, {"saved_by": "name"}, "name question"),
}

#: Why a table is not in the report: ``access_report.left_out.<code>``.
LEFT_OUT: Final[Mapping[str, frozenset[str]]] = {
    # Figures of the sound, indexes, work lists: made of what is shown, and say nothing more of the person.
    "derived": _names(
        "acoustics sound_prints sound_matches detected search_calls search_postings search_fresh search_words "
        "detector_mistakes detector_evaluations deal_findings jobs recording_queue recording_files "
        "violation_gaps search_watches search_said"
    ),
    # Copies of what systems told, from which the rows shown were made.
    "copies": _names("source_calls crm_records webhooks import_batch_rows imports file_mappings import_batches"),
    # Lists of everybody's calls, frozen to be drawn again, or texts about many people: single lines can't be parted.
    "of_many": _names(
        "draws frame_counts calibration_draws calibration_sessions calibration_steps second_looks "
        "signed_months month_withdrawals examinations hypotheses hypothesis_withdrawals evening_controls "
        "form_versions form_draft_steps teams settings_seen"
    ),
    # What keeps the program safe: to show it would open a door, or prove nothing to the person.
    "safety": _names("applied_writes log_ins calendar_reads suppressed erased erasures backups removals"),
    # Who pressed a button of the program's own work: the log has these lines under the person's name.
    "in_log": _names(
        "job_pauses schedule_asked schedule_moves source_moves crm_write_decisions crm_write_plans "
        "schedule_runs source_runs"
    ),
}

#: Tables that judge an employee's work, or are about it: they are in the employee's report and in no client's. What an
#: erasure does in them is to part them from the client's call, or to clean numbers that somebody wrote there.
ABOUT_EMPLOYEES: Final = _names(
    "coaching_tasks coaching_steps heard fault_answers outbox letters letter_steps measure_decisions "
    "flags findings agent_answers violations violation_findings case_words evening_items evaluations "
    "evaluation_answers dispute_moves comments answer_checks fault_moves"
)
