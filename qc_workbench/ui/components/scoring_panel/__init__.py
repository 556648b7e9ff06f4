"""The form that a call is scored on, beside the player: a Streamlit v2 component that talks to ``/scoring`` by itself.

An answer draws nothing of the page anew. Opening the next call after a submission is the one thing it asks of the page.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import streamlit as st

from qc_workbench.review.timer import IDLE_AFTER
from qc_workbench.ui.components.auto_answers import measured
from qc_workbench.ui.components.replacing import REASONS, replace_and_go_on
from qc_workbench.ui.navigation import go
from qc_workbench.ui.scoring_payload import form_payload, progress_payload, suggestions_payload
from qc_workbench.ui.state import Room, triggered
from qc_workbench.ui.views.call import CallView
from qc_workbench.ui.views.queue import may_replace, next_call
from qc_workbench.ui.views.scoring import (
    Phase,
    ScoringView,
    example_recordings,
    scoring_view,
)
from qc_workbench.ui.views.suggested import suggestion_sign

_HERE = Path(__file__).parent
#: In this order: each uses what stands before it.
_SCRIPTS = ("answers.js", "outbox.js", "timer.js", "draw.js", "panel.js", "leaving.js", "keys.js")

#: One for all calls: the next call takes the place of the one before at once, in the same panel.
_KEY: Final = "scoring"

_panel = st.components.v2.component(
    "qcw_scoring",
    css=(_HERE / "scoring.css").read_text(encoding="utf-8"),
    js="\n".join((_HERE / name).read_text(encoding="utf-8") for name in _SCRIPTS),
)

_LABELS: Final = (
    "title", "form", "score", "score_so_far", "bonus", "state_saved", "state_saving", "state_offline", "state_login",
    "log_in", "asked", "theirs", "failed", "failed_by", "without_failure", "zeroed", "section_critical",
    "critical_section", "critical_form", "optional", "help", "not_applicable", "none_of_these", "number_here",
    "text_here", "number_wrong", "machine", "machine_yes", "machine_no", "machine_not_applicable", "accept", "accepted",
    "overruled", "cause", "comment", "add_comment", "comment_waits", "bind", "unbind", "submit", "undo", "time",
    "time_paused", "keys", "opinion", "opinion_why", "opinion_asked", "opinion_change", "opinion_drop", "unanswered",
    "all_answered", "causes_left", "not_yet", "submit_waits", "submitted", "next_call", "no_clip", "refused",
    "opening", "nothing_left", "to_queue", "replace", "why_replaced", "keep", "keys_title", "also",
)  # fmt: skip


def scoring_panel(room: Room, view: CallView) -> bool:
    """Draw the form of this call for whoever may score it, or the score for whoever may see it.

    Returns whether the call is scored here, so that nothing else need mark it as listened to.
    """
    deals = view.client.deals
    found = scoring_view(room.workspace, room.viewer, view.call.call_id, deals[0].stage if deals else None)
    if found.phase is Phase.NONE:
        if found.lacks_form:
            st.info(room.t("scoring.no_form"), icon=":material/assignment_late:")
        return False
    result = _panel(
        key=_KEY,
        data=panel_data(room, view, found),
        on_next_change=_open_next,
        on_queue_change=lambda: None,
        on_replace_change=lambda: None,
    )
    if result.queue:
        go("queue", room.t)
    if result.replace:
        replace_and_go_on(room, view.call.call_id, str(result.replace))
    return found.phase in (Phase.OPEN, Phase.DRAFT, Phase.ASKED)


def _open_next() -> None:
    """Before the page is drawn: the call that is done is not drawn once more on the way to the next one."""
    following = triggered(_KEY, "next")
    if following:
        st.query_params.from_dict({"id": following})


def panel_data(room: Room, view: CallView, found: ScoringView) -> dict[str, Any]:
    """What the browser gets, as JSON."""
    t, call_id = room.t, view.call.call_id
    machine = view.machine_answers if found.phase in (Phase.OPEN, Phase.DRAFT, Phase.ASKED) else ()
    is_mine = found.phase in (Phase.OPEN, Phase.DRAFT) and may_replace(room.workspace, room.viewer, view.call)
    reasons = REASONS if is_mine else ()
    reading = room.reading(view.call)
    progress = found.progress
    forms = [progress.form] if progress else [item.form for item in found.forms]

    def suggested(place: int) -> Any:
        return suggestions_payload(
            forms[place],
            machine,
            lambda item: suggestion_sign(room.workspace.home, call_id, item),
            lambda item: measured(item, t),
            reading.quote,
        )

    return {
        "call": call_id,
        "person": room.viewer.person_id,
        "lang": t.language,
        "phase": found.phase.value,
        "by": found.by,
        "also": found.also,
        "reason": found.reason,
        "forms": [
            {"form": form_payload(item.form, item.version, t), "suggestions": suggested(place)}
            for place, item in enumerate(found.forms)
        ],
        "form": form_payload(progress.form, progress.evaluation.version, t) if progress else None,
        "progress": progress_payload(progress) if progress else None,
        "suggestions": suggested(0) if progress else None,
        "clips": {
            example: room.address(recording)
            for example, recording in example_recordings(room.workspace, room.viewer, forms, call_id).items()
        },
        "queue": next_call(room.workspace, room.viewer, room.now) if found.phase is Phase.MINE else None,
        "reasons": [{"code": code, "text": t(f"replacement.{code}")} for code in reasons],
        "idle_s": IDLE_AFTER.total_seconds(),
        "labels": {name: t(f"scoring.{name}") for name in _LABELS},
    }
