"""The ledger of the sample company in the middle of a run: written straight into its rows, no worker needed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from qc_workbench.domain.job import LEASE, JobState
from qc_workbench.store.database import insert_all
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company

WAITING, LATELY, EARLIER = 30, 20, 40
#: Seconds of sound of an invented recording.
COST_S = 90.0
RUNNING_CALL, FAILED_CALL, POISONED_CALL = company.PROMISE, company.UNSURE, company.REFUSED


def content_of(workspace: Workspace, call_id: str) -> str:
    with workspace.store.reading() as reader:
        return str(reader.value("select content_hash from recordings where call_id = ?", call_id))


def job_row(step: str, subject: str, state: JobState, now: datetime, **more: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "step": step, "subject": subject, "fingerprint": "f", "state": state.value, "batch": subject, "place": 0,
        "priority": 0, "attempts": 1, "losses": 0, "not_before": None, "error_code": None, "error_params": "{}",
        "worker": None, "token": None, "lease_until": None, "cost_s": COST_S, "created_at": now,
        "started_at": None, "finished_at": None, "duration_s": None,
    }  # fmt: skip
    return row | more


def busy(workspace: Workspace, now: datetime) -> Workspace:
    """transcribe: 30 wait, one runs, 20 were done in the last five minutes and 40 in the hours before; one failed, one
    was set aside. measure: all done. detect: recorded."""
    began = now - timedelta(minutes=5)
    enqueued = now - timedelta(minutes=6)
    rows = [
        job_row("transcribe", f"waiting-{n}", JobState.WAITING, enqueued, place=n, attempts=0) for n in range(WAITING)
    ]
    rows += [
        job_row(
            "transcribe", f"lately-{n}", JobState.DONE, enqueued, started_at=began, worker="w1", duration_s=10.0,
            finished_at=began + timedelta(seconds=14 * (n + 1)),
        )
        for n in range(LATELY)
    ]  # fmt: skip
    for n in range(EARLIER):
        at = now - timedelta(hours=1, minutes=6 * n)
        rows.append(job_row("transcribe", f"earlier-{n}", JobState.DONE, at, started_at=at, finished_at=at))
        rows.append(job_row("measure", f"earlier-{n}", JobState.DONE, at, started_at=at, finished_at=at))
        rows.append(job_row("detect", f"earlier-{n}", JobState.DONE, at, started_at=at, finished_at=at, cost_s=0.0))
    rows.append(
        job_row(
            "transcribe", content_of(workspace, RUNNING_CALL), JobState.RUNNING, enqueued, started_at=began,
            worker="run-0123456789ab", token="t-running", lease_until=now + LEASE,
        )
    )  # fmt: skip
    rows.append(
        job_row(
            "transcribe", content_of(workspace, FAILED_CALL), JobState.FAILED, enqueued, started_at=began,
            finished_at=began + timedelta(seconds=1), error_code="media_undecodable",
            error_params='{"file":"b.wav","detail":"no audio frames"}',
        )
    )  # fmt: skip
    rows.append(
        job_row(
            "transcribe", content_of(workspace, POISONED_CALL), JobState.POISONED, enqueued, started_at=began,
            finished_at=began + timedelta(seconds=2), error_code="worker_lost", attempts=3, losses=3,
        )
    )  # fmt: skip
    workspace.store.write(*insert_all("jobs", rows))
    return workspace
