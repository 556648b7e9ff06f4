"""What is to be written into the CRM, for the page: the plan, what was approved, what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from pipelines import crm_write
from qc_workbench.domain.access import Action
from qc_workbench.domain.call import Call, Recording
from qc_workbench.domain.contacts import masked_phone, without_contacts
from qc_workbench.domain.crm import Deal
from qc_workbench.domain.crm_write import KeptWrite, WriteKind, WriteMode, WriteState, WriteVerdict
from qc_workbench.store import crm_writes as rows
from qc_workbench.store.browsing import calls_by_id, deals_by_id, recordings_by_call
from qc_workbench.ui.crm_write_words import shown_fields
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.people import Directory, directory
from qc_workbench.workspace import Workspace

#: Cards of one page.
PAGE: Final = 10
#: Writes that are approved or declined with one button at most.
AT_ONCE: Final = 1000
#: Fields that may repeat what was said in a call.
_WORDS: Final = frozenset({"text"})


class Shelf(StrEnum):
    """A part of the plan, in the order of a write's life."""

    WAITING = "waiting"
    APPROVED = "approved"
    WRITTEN = "written"
    REFUSED = "refused"
    LEFT_OUT = "left_out"


STATES: Final[Mapping[Shelf, tuple[WriteState, ...]]] = {
    Shelf.WAITING: (WriteState.PLANNED,),
    Shelf.APPROVED: (WriteState.APPROVED,),
    Shelf.WRITTEN: (WriteState.WRITTEN,),
    Shelf.REFUSED: (WriteState.REFUSED,),
    Shelf.LEFT_OUT: (WriteState.DECLINED, WriteState.NOT_NEEDED),
}


@dataclass(frozen=True, slots=True)
class CrmWriteRoom:
    """``crm``: what is written into, "" where nothing is."""

    crm: str
    modes: Mapping[WriteKind, WriteMode]
    counts: Mapping[tuple[WriteKind, WriteState], int]
    undo_min: int

    def count(self, shelf: Shelf, kind: WriteKind | None = None) -> int:
        return sum(
            n for (of, state), n in self.counts.items() if state in STATES[shelf] and (kind is None or of is kind)
        )


@dataclass(frozen=True, slots=True)
class ShownWrite:
    """A write as this person may see it. ``diff``: (field, what is written), words of the call only for those who may
    hear it; ``hides_words``: some are left out. ``mode``: of its kind; only what
    needs approval can be approved (agents of others are seen nowhere)."""

    kept: KeptWrite
    diff: tuple[tuple[str, str], ...]
    call: Call | None
    recording: Recording | None
    deal: Deal | None
    hides_words: bool
    mode: WriteMode

    @property
    def may_approve(self) -> bool:
        return self.mode is WriteMode.APPROVED


@dataclass(frozen=True, slots=True)
class WritePage:
    shown: tuple[ShownWrite, ...]
    people: Directory


def _mine(viewer: Viewer) -> frozenset[str] | None:
    """Agents whose writes are seen and decided on. Whoever keeps the program running does so for all of them, without
    the words of their calls."""
    return None if viewer.may(Action.RUN_WORK) else viewer.agents(Action.WRITE_TO_CRM)


def _require(viewer: Viewer, agent_id: str) -> None:
    """Raises ``not_allowed``."""
    if not viewer.may(Action.RUN_WORK):
        viewer.require(Action.WRITE_TO_CRM, agent_id)


def crm_write_room(workspace: Workspace, viewer: Viewer) -> CrmWriteRoom:
    settings = workspace.settings.crm_write
    modes = {kind: settings.mode_of(kind) for kind in WriteKind}
    with workspace.store.reading() as reader:
        counts = rows.counts(reader, settings.into or None, _mine(viewer))
    return CrmWriteRoom(settings.into, modes, counts, settings.undo_min)


def write_page(workspace: Workspace, viewer: Viewer, shelf: Shelf, kind: WriteKind | None, page: int) -> WritePage:
    """Page ``page`` (from 1) of a shelf."""
    mine = _mine(viewer)
    with workspace.store.reading() as reader:
        kept = rows.page_of(reader, STATES[shelf], kind, mine, PAGE, (page - 1) * PAGE)
        calls = calls_by_id(reader, {item.write.call_id for item in kept})
        recordings = recordings_by_call(reader, calls)
        deals = deals_by_id(reader, {item.write.deal_id for item in kept if item.write.deal_id})
        people = directory(reader, {call.client_phone for call in calls.values()}, viewer)
    modes = workspace.settings.crm_write
    shown = tuple(_shown(item, viewer, calls, recordings, deals, modes.mode_of(item.write.kind)) for item in kept)
    return WritePage(shown, people)


def _shown(
    kept: KeptWrite,
    viewer: Viewer,
    calls: Mapping[str, Call],
    recordings: Mapping[str, Recording],
    deals: Mapping[str, Deal],
    mode: WriteMode,
) -> ShownWrite:
    write = kept.write
    hears = viewer.may(Action.SEE_CALL, write.manager_id)
    deal = deals.get(write.deal_id or "")
    name = deal.client_name if deal else None
    knows = viewer.may(Action.SEE_CLIENT, write.manager_id)
    diff = tuple(
        (field, value if knows else without_contacts(value, name))
        for field, value in shown_fields(write.fields)
        if hears or field not in _WORDS
    )
    if write.kind is WriteKind.NEW_DEAL and write.client_phone:
        diff = (*diff, ("phone", write.client_phone if knows else masked_phone(write.client_phone)))
    return ShownWrite(
        kept,
        diff,
        calls.get(write.call_id),
        recordings.get(write.call_id) if hears else None,
        deal,
        not hears,
        mode,
    )


def decide(workspace: Workspace, viewer: Viewer, write_ids: Sequence[str], verdict: WriteVerdict, now: datetime) -> int:
    """Returns for how many writes the decision holds. Raises ``not_allowed``."""
    with workspace.store.reading() as reader:
        found = [item for write_id in write_ids if (item := rows.kept_write(reader, write_id)) is not None]
    for item in found:
        _require(viewer, item.write.manager_id)
    return crm_write.decide(workspace, found, verdict, viewer.name, now)


def waiting_ids(workspace: Workspace, viewer: Viewer, kind: WriteKind | None) -> list[str]:
    """What one button approves or declines: everything of a kind (None: of all) that waits and may be approved."""
    settings = workspace.settings.crm_write
    with workspace.store.reading() as reader:
        found = rows.page_of(reader, STATES[Shelf.WAITING], kind, _mine(viewer), AT_ONCE, 0)
    return [item.write_id for item in found if settings.mode_of(item.write.kind) is WriteMode.APPROVED]


def plan_again(workspace: Workspace, viewer: Viewer, now: datetime) -> crm_write.PlanReport:
    """Raises ``not_allowed`` and as :func:`pipelines.crm_write.crm_settings`."""
    if not viewer.reach(Action.WRITE_TO_CRM):
        viewer.require(Action.RUN_WORK)
    return crm_write.plan_writes(workspace, now)
