"""Writes into a CRM for the pictures: some wait, one is approved, some are written, one was refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from qc_workbench.config import Company
from qc_workbench.config_crm_write import CrmWriting
from qc_workbench.domain.commitment import CommitmentOutcome
from qc_workbench.domain.crm_write import WriteKind, WriteVerdict
from qc_workbench.reporting.crm_write_words import crm_write
from qc_workbench.review.crm_writing import Known, wishes
from qc_workbench.store import calls, crm, crm_writes, verdicts
from qc_workbench.ui.i18n import Translator
from qc_workbench.workspace import Workspace

SETTINGS = """
[crm_write]
into = "pipedrive"
link = "https://qc.example.test"
callback_task = {mode = "approved"}
call_activity = {mode = "automatic"}
new_deal = {mode = "approved"}
tracking_fields = {mode = "approved", fields = {source = "a1b2"}}
call_note = {mode = "dry", least_talk_s = 20}
"""
#: Of each kind, so many at most: a page of a small department.
_MOST = 4


def planned_writes(workspace: Workspace, by: str, now: datetime) -> None:
    """Plans by the rules themselves; what the CRM answered is made up."""
    settings = CrmWriting.model_validate({**workspace.settings.crm_write.model_dump(), "newest_days": 90})
    with workspace.store.reading() as reader:
        promises = [
            replace(item, outcome=CommitmentOutcome.MISSING, activity_id=None, reasons=("no_task", "no_call"))
            for item in verdicts.commitments(reader)
        ]
        known = Known(
            calls=calls.calls(reader),
            promises=promises,
            refusals=verdicts.refusals(reader),
            deals=crm.deals(reader),
            tracking={item.call_id: {"source": "google"} for item in calls.calls(reader)[::3]},
            summed_up={item.spoken.call_id for item in promises},
        )
    company: Company = workspace.settings.company
    t = Translator(company.language, company.zone)
    writes = []
    for kind in WriteKind:
        of_kind = [wish for wish in wishes(known, settings, company, now) if wish.kind is kind][-_MOST:]
        writes += [crm_write(wish, settings.into, settings.link, company.zone, t) for wish in of_kind]
    workspace.store.write(*crm_writes.planned(writes, now - timedelta(hours=2)))
    with workspace.store.reading() as reader:
        kept = {item.write_id: item for item in crm_writes.kept_writes(reader, settings.into, now - timedelta(days=90))}
    tasks, deals, noted = ([item for item in kept.values() if item.write.kind is kind] for kind in
                           (WriteKind.CALLBACK_TASK, WriteKind.NEW_DEAL, WriteKind.CALL_ACTIVITY))  # fmt: skip
    for number, item in enumerate(noted):
        link = f"https://example.pipedrive.com/deal/{number + 1}"
        workspace.store.write(crm_writes.written(item.write_id, str(number + 1), link, now - timedelta(minutes=40)))
    for item in [*tasks[2:3], *deals[:1]]:
        workspace.store.apply(crm_writes.decided(item, WriteVerdict.APPROVED, by, now - timedelta(minutes=3)))
    for item in deals[1:2]:
        params = {"crm": settings.into, "status": "400"}
        workspace.store.write(crm_writes.refused(item.write_id, "crm_write_not_accepted", params, now))
