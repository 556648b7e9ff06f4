"""Very many scores of the agents of the sample company, written at once: how pages stand when years have passed."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from qc_workbench.domain.call import Call, Direction, Outcome
from qc_workbench.domain.dispute import DisputeMove, Move
from qc_workbench.domain.evaluation import Reply
from qc_workbench.store import calls as call_rows
from qc_workbench.store import disputes
from qc_workbench.workspace import Workspace
from tests.ui.scored_company import POOR, publish

#: One score in this many is disputed; of the disputed ones every second was ruled on.
DISPUTED_EVERY = 10


def many_scores(workspace: Workspace, now: datetime, count: int) -> None:
    """``count`` submitted scores over the last 80 days, each with all its answers, of Борис and Алла by turns."""
    version = publish(workspace, now - timedelta(days=90))
    calls, evaluations, answers, moves = [], [], [], []
    for number in range(count):
        name, agent = f"many-{number:06d}", ("m1", "m2")[number % 2]
        at = now - timedelta(days=80) * (number + 1) / count
        calls.append(
            Call(f"call-{name}", at, Direction.INBOUND, agent, None, 60, Outcome.ANSWERED, recording_name=None)
        )
        evaluations.append(
            {
                "evaluation_id": name, "call_id": f"call-{name}", "form_code": version.form.code,
                "version": version.version, "reviewer": "account-q1", "state": "submitted",
                "begun_at": at, "spent_s": 300.0, "second_opinion": None, "submitted_at": at,
                "score": Decimal(30), "band": "low", "failed": False, "purpose": "score",
            }
        )  # fmt: skip
        answers += [
            {
                "evaluation_id": name, "place": place, "question": code, "is_cleared": False,
                "given": f'["{values[0]}"]', "cause": None, "comment": "", "undoes": None,
                "saved_by": "account-q1", "saved_at": at,
            }
            for place, (code, values) in enumerate(POOR.items(), 1)
        ]  # fmt: skip
        if number % DISPUTED_EVERY == 0:
            key = (name, f"call-{name}", "needs")
            reply = Reply("needs", ("4",))
            moves.append(DisputeMove(*key, 1, Move.DISPUTE, reply, "слышно", f"account-{agent}", at))
            if number % (2 * DISPUTED_EVERY) == 0:
                moves.append(DisputeMove(*key, 2, Move.RULE, reply, "да", "account-h1", at))
    store = workspace.store
    store.insert_many("calls", [call_rows.call_row(call, now) for call in calls])
    store.insert_many("evaluations", evaluations)
    store.insert_many("evaluation_answers", answers)
    store.insert_many("dispute_moves", [disputes.move_row(move) for move in moves])
