"""What an erasure does with each table. Every table of the schema is here, so that a new one can't be forgotten: a test
compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: What happens to each table: "anonymised" rows stay under ids of chance, "cleaned" ones lose the lines or words about
#: the person, "nothing" holds no person (numbers written somewhere are blotted out there too).
TREATMENT: Final[Mapping[str, str]] = {
    "calls": "anonymised", "recordings": "anonymised", "conversations": "anonymised", "consent_lines": "anonymised",
    "flags": "anonymised",
    "findings": "anonymised", "commitments": "anonymised", "refusals": "anonymised", "violations": "anonymised",
    "violation_gaps": "anonymised",
    "sample": "anonymised", "draws": "anonymised", "deals": "anonymised", "stage_changes": "anonymised",
    "sales": "anonymised", "expired": "anonymised", "agent_answers": "anonymised",
    "evaluations": "anonymised", "evaluation_answers": "anonymised",
    "dispute_moves": "anonymised", "comments": "anonymised", "coaching_tasks": "anonymised",
    "calibration_draws": "anonymised", "calibration_sessions": "anonymised", "calibration_steps": "anonymised",
    "coaching_steps": "anonymised", "heard": "anonymised",
    "transcripts": "deleted", "turns": "deleted", "hidden_seconds": "deleted",
    "detected": "deleted", "acoustics": "deleted", "jobs": "deleted",
    "sound_prints": "deleted", "sound_matches": "deleted",
    "search_calls": "deleted", "search_postings": "deleted", "search_fresh": "deleted", "search_words": "cleaned",
    "saved_searches": "nothing", "search_watches": "nothing",
    "detector_mistakes": "deleted", "answer_checks": "deleted", "clips": "deleted",
    "second_looks": "deleted", "source_calls": "deleted", "call_legs": "deleted", "recording_queue": "deleted",
    "webhooks": "deleted", "webhook_counts": "nothing",
    "activities": "deleted", "activity_changes": "deleted", "notes": "deleted", "recording_files": "deleted",
    "deal_findings": "deleted", "recalls": "deleted", "refusal_decisions": "deleted", "evening_items": "deleted",
    "imports": "cleaned", "audit": "cleaned", "applied_writes": "cleaned", "form_versions": "cleaned",
    "form_draft_steps": "cleaned",
    "violation_findings": "anonymised", "fault_moves": "anonymised", "fault_answers": "cleaned",
    "bonus_approvals": "nothing",
    "managers": "nothing", "migrations": "nothing", "job_pauses": "nothing", "backups": "nothing",
    "removals": "nothing", "erasures": "nothing", "erased": "nothing", "suppressed": "nothing",
    "detector_evaluations": "nothing", "people": "nothing", "person_roles": "nothing", "teams": "nothing",
    "team_agents": "nothing", "team_heads": "nothing", "absences": "nothing", "sessions": "nothing",
    "log_ins": "nothing", "frame_counts": "nothing", "settings_seen": "nothing", "outbox": "deleted",
    "signed_months": "cleaned", "month_withdrawals": "nothing", "evening_controls": "nothing",
    "evening_counts": "nothing", "case_words": "anonymised", "examinations": "anonymised",
    "hypotheses": "nothing", "hypothesis_withdrawals": "cleaned", "letters": "cleaned", "letter_steps": "cleaned",
    "measures": "nothing", "measure_decisions": "cleaned", "schedule_runs": "nothing", "schedule_seen": "nothing",
    "calendar_links": "nothing", "calendar_reads": "nothing", "calendar_events": "deleted", "uploads": "nothing",
    "schedule_moves": "nothing", "schedule_asked": "nothing", "source_state": "nothing", "source_runs": "nothing",
    "crm_writes": "deleted", "crm_write_decisions": "deleted", "crm_write_plans": "nothing",
    "crm_records": "deleted", "crm_persons": "cleaned", "crm_users": "nothing", "crm_stages": "nothing",
    "source_moves": "nothing", "source_rejects": "nothing",
    "file_mappings": "nothing", "import_batches": "nothing", "import_batch_rows": "deleted",
}  # fmt: skip
