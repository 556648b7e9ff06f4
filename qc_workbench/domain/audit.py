"""What the audit log records: the action of every line, by what it is about.

An action is a code of the catalogue (``audit.<action>``), a group is ``audit_group.<group>``. docs/access.md shows this
list; tests compare it with both languages and with what the program writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

RECORDED: Final[Mapping[str, tuple[str, ...]]] = {
    "entry": ("logged_in", "logged_out", "log_in_failed", "password_set"),
    "people": (
        "account_made",
        "account_changed",
        "password_link_made",
        "login_opened",
        "team_changed",
        "absence_noted",
        "absence_forgotten",
    ),
    "listening": (
        "recording_played",
        "clip_heard",
        "call_listened",
        "calls_shared_out",
        "call_replaced",
        "call_replacement_undone",
    ),
    "export": (
        "report_exported",
        "scores_exported",
        "form_exported",
        "recording_exported",
        "data_exported",
        "certificate_exported",
        "backup_made",
    ),
    "decision": (
        "flag_confirmed",
        "flag_rejected",
        "flag_asked",
        "flag_withdrawn",
        "flag_answered",
        "answer_checked",
        "recall_refused",
        "recall_never_refused",
        "recall_buys_later",
        "recall_other_agent",
        "recall_bought_elsewhere",
        "recall_no_contact",
        "recall_withdrawn",
    ),
    "score": (
        "evaluation_submitted",
        "score_acknowledged",
        "score_disputed",
        "dispute_withdrawn",
        "dispute_ruled",
        "dispute_appealed",
        "dispute_ruled_again",
        "call_commented",
        "comment_withdrawn",
    ),
    "coaching": (
        "coaching_assigned",
        "coaching_given",
        "coaching_seen",
        "coaching_done",
        "coaching_closed",
        "coaching_cancelled",
        "coaching_taken_back",
        "clip_kept",
        "clip_retired",
        "clip_restored",
    ),
    "calibration": (
        "calibration_drawn",
        "calibration_called",
        "calibration_opened",
        "calibration_agreed",
        "calibration_closed",
        "calibration_reopened",
    ),
    "settings": (
        "settings_changed",
        "form_draft_begun",
        "form_imported",
        "form_draft_dropped",
        "form_published",
        "form_retired",
        "form_restored",
        "search_saved",
        "search_removed",
        "search_restored",
    ),
    "work": (
        "work_paused",
        "work_resumed",
        "work_cancelled",
        "work_retried",
        "work_undone",
        "retention_done",
        "person_erased",
    ),
}
#: Every action, in the order of the groups.
ACTIONS: Final = tuple(action for actions in RECORDED.values() for action in actions)


def group_of(action: str) -> str | None:
    """What an action is about; None for one that this program does not know."""
    return next((group for group, actions in RECORDED.items() if action in actions), None)
