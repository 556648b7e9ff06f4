"""Whole tables as :class:`Facts` and back: how reports were fed before the store counted for them."""

from __future__ import annotations

from datetime import datetime

from qc_workbench.reporting.facts import Facts
from qc_workbench.store import calls as call_store
from qc_workbench.store import crm, samples, standings, verdicts
from qc_workbench.store.database import Statement, insert_all
from qc_workbench.workspace import Workspace

TABLES = (
    "calls", "managers", "conversations", "flags", "findings", "commitments", "refusals", "deals", "activities",
    "draws", "sample", "violations",
)  # fmt: skip


def read_facts(workspace: Workspace, as_of: datetime) -> Facts:
    """Everything that a report may ask for."""
    settings = workspace.settings
    with workspace.store.reading() as reader:
        return Facts(
            as_of=as_of,
            company=settings.company,
            effective=settings.effective,
            calls=tuple(call_store.calls(reader)),
            managers=call_store.managers(reader),
            conversations=verdicts.conversations(reader),
            flags=tuple(verdicts.flags(reader)),
            findings=tuple(verdicts.findings(reader)),
            commitments=tuple(verdicts.commitments(reader)),
            refusals=tuple(verdicts.refusals(reader)),
            deals=tuple(crm.deals(reader)),
            activities=tuple(crm.activities(reader)),
            activity_changes=tuple(crm.activity_changes(reader)),
            stage_changes=tuple(crm.stage_changes(reader)),
            draws=tuple(samples.draws(reader)),
            sample=tuple(samples.sampled(reader)),
            violations=tuple(verdicts.violations(reader)),
            downgraded=standings.downgraded(reader, settings.detectors),
        )


def write_facts(workspace: Workspace, facts: Facts) -> None:
    """Make these the only rows of their tables."""
    at = facts.as_of
    workspace.store.write(
        *(Statement(f"delete from {table}") for table in TABLES),
        *insert_all("calls", [call_store.call_row(item, at) for item in facts.calls]),
        *insert_all("managers", [call_store.manager_row(item) for item in facts.managers.values()]),
        *insert_all("conversations", [verdicts.conversation_row(item) for item in facts.conversations.values()]),
        *insert_all("flags", [verdicts.flag_row(item, at) for item in facts.flags]),
        *insert_all("findings", [verdicts.finding_row(item) for item in facts.findings]),
        *insert_all("commitments", [verdicts.commitment_row(item, at) for item in facts.commitments]),
        *insert_all("refusals", [verdicts.refusal_row(item) for item in facts.refusals]),
        *insert_all("deals", [crm.deal_row(item) for item in facts.deals]),
        *insert_all("activities", [crm.activity_row(item) for item in facts.activities]),
        *insert_all("draws", [samples.draw_row(item) for item in facts.draws]),
        *insert_all("sample", [samples.sampled_row(item) for item in facts.sample]),
        *insert_all("violations", [verdicts.violation_row(item) for item in facts.violations]),
    )
