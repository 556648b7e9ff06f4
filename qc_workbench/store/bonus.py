"""Approved statements of the discipline bonus: rows to domain values and back. Nothing here changes or removes one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from qc_workbench.domain.bonus import Approval
from qc_workbench.store.database import Reader, Row
from qc_workbench.store.scoping import Agents, among


def approval_row(approval: Approval) -> Mapping[str, Any]:
    return {
        "approval_id": approval.approval_id,
        "agent": approval.agent_id,
        "month": approval.month,
        "revision": approval.revision,
        "frozen": approval.frozen,
        "sha256": approval.sha256,
        "approved_by": approval.by,
        "approved_at": approval.at,
        "is_undo": approval.is_undo,
        "supersedes": approval.supersedes,
    }


def approval_of(row: Row) -> Approval:
    return Approval(
        row["approval_id"], row["agent"], row["month"], row["revision"], row["frozen"], row["sha256"],
        row["approved_by"], row["approved_at"], row["is_undo"], row["supersedes"],
    )  # fmt: skip


def approvals(reader: Reader, month: date | None, agents: Agents) -> dict[tuple[str, date], list[Approval]]:
    """By agent and month, the oldest first; of one month, or of all."""
    mine, parameters = among(agents, "agent")
    rows = reader.rows(
        f"select * from bonus_approvals where (? is null or month = ?) and {mine} order by approved_at, approval_id",  # noqa: S608 - a literal of scoping
        month,
        month,
        *parameters,
    )
    found: dict[tuple[str, date], list[Approval]] = {}
    for row in rows:
        approval = approval_of(row)
        found.setdefault((approval.agent_id, approval.month), []).append(approval)
    return found
