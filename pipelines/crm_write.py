"""Writing into the CRM: plan what is to be written, send what was approved or may be sent by itself.

Nothing is written twice. The row says "being sent" before the request goes out and "written" after the answer; who is
killed in between, or gets no answer that can be trusted, leaves a row of which nobody knows. Such a write is looked for
in the CRM by its marker before anything else, and is sent again only where it is not there. A write that the CRM
refuses is told and holds up no other.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from pipelines.alive import alone
from qc_workbench.config_sources import Source
from qc_workbench.domain.crm_write import CrmWrite, KeptWrite, WriteKind, WriteMode, WriteState, WriteVerdict
from qc_workbench.errors import NotConfigured, SourceError, SourceRefused, SourceThrottled, UsageError, WriteRefused
from qc_workbench.logs import event
from qc_workbench.reporting.crm_write_words import crm_write
from qc_workbench.reporting.document import Words
from qc_workbench.review.crm_writing import wishes
from qc_workbench.sources.connector import CrmOrder, CrmSink, Written
from qc_workbench.sources.suppression import Suppressed
from qc_workbench.store import crm_writes as store
from qc_workbench.store.calls import audit_entry
from qc_workbench.store.crm_write_facts import known_for_writing
from qc_workbench.store.database import Write
from qc_workbench.store.safekeeping import suppressed_hashes
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.recordings import workspace_secret
from qc_workbench.workspace import Workspace

#: Writes of one go; the rest in the next.
MOST_AT_ONCE: Final = 200
#: So long after it was begun a write is looked for: the CRM may still be busy with it. Our own wait for an answer is
#: 60 s (``wire.TIMEOUT``), so what is not there after twice that did not arrive.
LOOKED_FOR_AFTER: Final = timedelta(minutes=2)
#: Pause before the second try; each further one is twice as long. The last try is a day after the first.
FIRST_PAUSE: Final = timedelta(minutes=5)
TRIES: Final = 8
#: After so many answers in a row that never came the CRM is in trouble, and the rest waits.
IN_TROUBLE: Final = 3

#: Looked for by the marker also before the first try: a store that was restored from a backup has forgotten what it
#: wrote since. A deal is known again by its number after the next sync, and filling fields twice changes nothing.
_LOOKED_FOR_FIRST: Final = frozenset({WriteKind.CALLBACK_TASK, WriteKind.CALL_ACTIVITY, WriteKind.CALL_NOTE})
#: What a refusal means, by its status.
_REFUSALS: Final[Mapping[object, str]] = {403: "crm_write_not_allowed", 404: "crm_write_gone", 410: "crm_write_gone"}

OpenSink = Callable[[], CrmSink]
OrderOf = Callable[[KeptWrite], CrmOrder]


@dataclass(frozen=True, slots=True)
class PlanReport:
    """``new``, ``changed``, ``needless``: what planning made of the writes; ``waiting``: those not sent yet."""

    new: int = 0
    changed: int = 0
    needless: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class SendReport:
    """``found``: of those of which nobody knew, how many the CRM had. ``unsettled``: of how many nobody knows yet.

    ``code``: why nothing more could be sent; ``is_quiet``: it was not the time for it; ``is_busy``: somebody else is
    sending.
    """

    written: int = 0
    found: int = 0
    refused: int = 0
    put_off: int = 0
    unsettled: int = 0
    code: str = ""
    is_quiet: bool = False
    is_busy: bool = False


def crm_settings(workspace: Workspace, name: str = "") -> Source:
    """The CRM that is written into. Raises :class:`NotConfigured` ``crm_write_off`` where the settings name none,
    ``crm_write_unknown_crm`` where it is no source; :class:`UsageError` ``crm_write_other_crm`` where ``name`` is
    another one."""
    into = workspace.settings.crm_write.into
    if not into:
        raise NotConfigured("crm_write_off", file=str(workspace.settings_file))
    if name and name != into:
        raise UsageError("crm_write_other_crm", name=name, into=into, file=str(workspace.settings_file))
    found = next((item for item in workspace.settings.sources if item.name == into), None)
    if found is None:
        raise NotConfigured("crm_write_unknown_crm", name=into, file=str(workspace.settings_file))
    return found


# --- planning --------------------------------------------------------------------------------------------------------


def plan_writes(workspace: Workspace, now: datetime, words: Words | None = None) -> PlanReport:
    """Bring the plan up to date. What was approved stays as it was approved, or is taken out where its reason went.

    Planning again without anything new changes nothing. Raises as :func:`crm_settings`.
    """
    crm = crm_settings(workspace).name
    settings, company = workspace.settings.crm_write, workspace.settings.company
    words = words or Translator(company.language, company.zone)
    since = now - timedelta(days=settings.newest_days)
    with workspace.store.reading() as reader:
        known = known_for_writing(reader, crm, since, now)
        hashes = suppressed_hashes(reader)
    suppressed = Suppressed(workspace_secret(workspace.home) if hashes else b"", hashes)
    phones = {call.client_phone for call in known.calls} - {None}
    erased = frozenset(phone for phone in phones if phone and suppressed.has("phone", phone))
    wished = [
        crm_write(wish, crm, settings.link, company.zone, words)
        for wish in wishes(replace(known, erased=erased), settings, company, now)
    ]
    return _brought_up_to_date(workspace, {item.write_id: item for item in wished}, known.kept, now)


def _brought_up_to_date(
    workspace: Workspace, wished: dict[str, CrmWrite], kept: Sequence[KeptWrite], now: datetime
) -> PlanReport:
    before = {item.write_id: item for item in kept}
    new = [write for write_id, write in wished.items() if write_id not in before]
    waiting = [item for item in kept if item.state in (WriteState.PLANNED, WriteState.APPROVED) and not item.begun_at]
    needless = [item.write_id for item in waiting if item.write_id not in wished]
    changed = [
        write
        for write_id, write in wished.items()
        if (item := before.get(write_id)) is not None
        and (
            item.state is WriteState.NOT_NEEDED
            or (item.state is WriteState.PLANNED and item.write.digest != write.digest and not item.begun_at)
        )
    ]
    statements = [*store.planned(new, now), *(store.replanned(write, now) for write in changed)]
    if needless:
        statements.append(store.no_longer_needed(needless, now))
    workspace.store.write(*statements, store.plan_made(workspace.settings.crm_write.into, now))
    stays = len(waiting) - len(needless)
    woken = sum(before[write.write_id].state is WriteState.NOT_NEEDED for write in changed)
    return PlanReport(len(new), len(changed), len(needless), stays + len(new) + woken)


# --- deciding --------------------------------------------------------------------------------------------------------

_AUDITED: Final = {
    WriteVerdict.APPROVED: "crm_write_approved", WriteVerdict.DECLINED: "crm_write_declined",
    WriteVerdict.WITHDRAWN: "crm_write_withdrawn", WriteVerdict.AGAIN: "crm_write_again",
}  # fmt: skip


def decide(workspace: Workspace, items: Sequence[KeptWrite], verdict: WriteVerdict, by: str, at: datetime) -> int:
    """A named person's decision on writes as they saw them; returns how many it holds for. Left out are those that
    changed meanwhile or are being sent."""
    taken = 0
    for item in items:
        write = store.decided(item, verdict, by, at)
        noted = audit_entry(at, by, _AUDITED[verdict], item.write.marker, kind=item.write.kind.value)
        try:
            workspace.store.apply(Write((*write.statements, noted), require=write.require))
        except WriteRefused:
            continue
        taken += 1
    return taken


# --- sending ---------------------------------------------------------------------------------------------------------


def send_writes(workspace: Workspace, now: datetime, open_sink: OpenSink, order_of: OrderOf) -> SendReport:
    """Settle what was cut off, plan anew, send what may be sent. Raises as :func:`crm_settings`."""
    crm = crm_settings(workspace).name
    with alone(workspace.home / ".locks", "crm-write") as is_alone:
        if not is_alone:
            return SendReport(is_busy=True)
        sink = open_sink()
        try:
            return _Sending(workspace, crm, now, sink, order_of).run()
        finally:
            sink.close()


class _Sending:
    def __init__(self, workspace: Workspace, crm: str, now: datetime, sink: CrmSink, order_of: OrderOf) -> None:
        self._workspace, self._crm, self._now, self._sink, self._order_of = workspace, crm, now, sink, order_of
        self._written = self._found = self._refused = self._put_off = self._unsettled = 0

    def run(self) -> SendReport:
        settings, company = self._workspace.settings.crm_write, self._workspace.settings.company
        try:
            self._settle()
            plan_writes(self._workspace, self._now)
            if settings.is_quiet(self._now.astimezone(company.zone).time()):
                return self._report(is_quiet=True)
            self._send_all()
        except SourceError as error:
            event("crm_write.stopped", logging.WARNING, error=error.code)
            return self._report(error.code)
        return self._report()

    def _report(self, code: str = "", *, is_quiet: bool = False) -> SendReport:
        amounts = (self._written, self._found, self._refused, self._put_off, self._unsettled)
        return SendReport(*amounts, code, is_quiet)

    def _settle(self) -> None:
        """Look for what was begun and of which nobody knows whether it arrived."""
        with self._workspace.store.reading() as reader:
            begun = store.cut_off(reader, self._crm)
        for item in begun:
            assert item.begun_at is not None
            if item.begun_at + LOOKED_FOR_AFTER > self._now:
                self._unsettled += 1
                continue
            there = self._sink.find(self._order_of(item))
            if there is not None:
                self._note_written(item, there)
                self._found += 1
            elif item.attempts >= TRIES:
                self._refuse(item, "crm_write_gave_up", {"tries": str(item.attempts)})
            else:
                self._workspace.store.write(store.not_there(item.write_id))

    def _send_all(self) -> None:
        settings = self._workspace.settings.crm_write
        of_mode = {mode: [kind for kind in WriteKind if settings.mode_of(kind) is mode] for mode in WriteMode}
        with self._workspace.store.reading() as reader:
            items = store.to_send(
                reader,
                self._crm,
                of_mode[WriteMode.AUTOMATIC],
                of_mode[WriteMode.APPROVED],
                self._now,
                self._now - timedelta(minutes=settings.undo_min),
                MOST_AT_ONCE,
            )
        lost_in_a_row = 0
        for item in items:
            lost_in_a_row = 0 if self._send(item) else lost_in_a_row + 1
            if lost_in_a_row == IN_TROUBLE:
                break

    def _send(self, item: KeptWrite) -> bool:
        """False: no answer came."""
        order = self._order_of(item)
        is_asked = False
        try:
            there = self._sink.find(order) if item.write.kind in _LOOKED_FOR_FIRST else None
            if there is not None:
                self._note_written(item, there)
                self._found += 1
                return True
            self._workspace.store.apply(store.begun(item, self._now))
            is_asked = True
            there = self._sink.write(order)
        except WriteRefused:  # taken back, or erased, since it was read
            return True
        except SourceRefused as error:
            self._note_refused(item, error)
        except SourceThrottled as error:
            wait = timedelta(seconds=error.wait_s or 0)
            self._note_put_off(item, error, max(wait, FIRST_PAUSE), is_unknown=False)
            raise
        except SourceError as error:
            self._note_put_off(item, error, FIRST_PAUSE * 2**item.attempts, is_unknown=is_asked)
            return False
        else:
            self._note_written(item, there)
            self._written += 1
        return True

    def _note_written(self, item: KeptWrite, there: Written) -> None:
        by = item.decided_by or "qcw"
        detail = {"kind": item.write.kind.value, "crm": self._crm}
        self._workspace.store.write(
            store.written(item.write_id, there.key, there.link or None, self._now),
            audit_entry(self._now, by, "crm_written", item.write.marker, **detail),
        )
        event("crm_write.written", state=item.write.kind.value)

    def _note_refused(self, item: KeptWrite, error: SourceRefused) -> None:
        """A refusal of the key stops everything and is nobody's fault but the key's; any other is this write's own."""
        status = error.params.get("status")
        if status == 401:
            self._note_put_off(item, error, FIRST_PAUSE, is_unknown=False)
            raise error
        code = error.code if error.code.startswith("crm_write") else _REFUSALS.get(status, "crm_write_not_accepted")
        self._refuse(item, code, {"crm": self._crm, "status": str(status or "—")})

    def _refuse(self, item: KeptWrite, code: str, params: Mapping[str, str]) -> None:
        self._workspace.store.write(store.refused(item.write_id, code, params, self._now))
        self._refused += 1
        event("crm_write.refused", logging.WARNING, state=item.write.kind.value, error=code)

    def _note_put_off(self, item: KeptWrite, error: SourceError, pause: timedelta, *, is_unknown: bool) -> None:
        if not is_unknown and item.attempts + 1 >= TRIES:
            self._refuse(item, "crm_write_gave_up", {"tries": str(item.attempts + 1)})
            return
        params = {name: str(value) for name, value in error.params.items()}
        self._workspace.store.write(
            store.put_off(item.write_id, error.code, params, self._now + pause, is_unknown=is_unknown)
        )
        self._put_off += 1
        event("crm_write.put_off", state=item.write.kind.value, error=error.code, attempt=item.attempts + 1)
