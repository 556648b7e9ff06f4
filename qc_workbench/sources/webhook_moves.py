"""What only a webhook tells: Pipedrive's moves of due dates, in the order and number in which they were made."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from qc_workbench.domain.crm import ChangeOrigin
from qc_workbench.domain.webhooks import About, Hint
from qc_workbench.sources.crm_values import DUE_AT, CrmEntity, CrmMove, moment_text
from qc_workbench.sources.pipedrive_meaning import PipedriveMeaning
from qc_workbench.sources.problems import BadValueError


def moves_of(hint: Hint, zone: ZoneInfo) -> tuple[CrmMove, ...]:
    """The move that a hint tells of; none for others. ``zone``: where a day without a time begins."""
    told = hint.told
    if hint.about is not About.ACTIVITY or hint.object_id is None or hint.happened_at is None or not told:
        return ()
    try:
        old, new = (_due(told, which, zone) for which in ("old", "new"))
    except BadValueError:
        return ()
    if old == new:
        return ()
    by = told.get("by") or None
    return (
        CrmMove(
            CrmEntity.ACTIVITY, hint.object_id, DUE_AT, hint.happened_at, old, new, by, ChangeOrigin.WEBHOOK
        ),
    )  # fmt: skip


def _due(told: Mapping[str, str], which: str, zone: ZoneInfo) -> str | None:
    clock = {"value": told.get(f"{which}_time") or None, "timezone_id": told.get(f"{which}_zone")}
    row = {"due_date": told.get(f"{which}_date") or None, "due_time": clock if clock["value"] else None}
    return moment_text(PipedriveMeaning(zone).due(row)[0])
