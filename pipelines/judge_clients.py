"""What became of promises and refusals, and what is out of order in the CRM, as of a moment: client by client.

All of it depends on the CRM, later calls and the clock, so every client is judged anew on every run; only
differences are written. Clients are read in parts, so that memory follows a part and not the company.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from pipelines.check_order import check_order
from pipelines.client_histories import Client, clients_of
from pipelines.detected_rows import Heard, differences, flag_changes, heard_of, standing_flags
from qc_workbench.detection.lost_deals import JudgedDeal, Talk, judge_lost_deals, judge_refusals
from qc_workbench.detection.reconciliation import reconcile_call
from qc_workbench.domain.call import Call, Outcome
from qc_workbench.domain.commitment import ClientSaid, Commitment, CommitmentOutcome, Refusal
from qc_workbench.domain.crm import DealStatus
from qc_workbench.domain.flag import Conversation, Flag, FlagKind
from qc_workbench.store import client_parts, safekeeping, verdicts
from qc_workbench.store.database import Statement
from qc_workbench.store.lost_deals import lost_deal_row
from qc_workbench.workspace import Workspace

#: Calls whose clients are judged together: some 200 MB of calls and CRM records.
CALLS_A_PART: Final = 25_000


@dataclass(frozen=True, slots=True)
class Judged:
    """What stands after the run, in counts; ``changed`` statements were written, ``retired`` flags no longer stand."""

    outcomes: Counter[CommitmentOutcome]
    explicit_refusals: int
    violations: int
    changed: int
    retired: int


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known beside any part: calls not to be judged anew, when the first call of all began."""

    frozen: frozenset[str]
    calls_from: datetime | None


def judge_clients(workspace: Workspace, as_of: datetime) -> Judged:
    """Bring outcomes, refusals, their flags and violations up to date. Killed, it goes on from what differs."""
    run = _Judging(workspace, as_of)
    run.run()
    return Judged(run.outcomes, run.explicit_refusals, run.violations, run.changed, run.retired)


@dataclass
class _Judging:
    """One run; counts what it finds and changes."""

    workspace: Workspace
    as_of: datetime
    outcomes: Counter[CommitmentOutcome] = field(default_factory=Counter)
    explicit_refusals: int = 0
    violations: int = 0
    changed: int = 0
    retired: int = 0

    def run(self) -> None:
        with self.workspace.store.reading() as reader:
            parts = client_parts.parts(reader, CALLS_A_PART)
            known = _Known(
                frozen=safekeeping.frozen_calls(reader),
                calls_from=reader.value("select min(started_at) from calls"),
            )
        for part in parts:
            self._judge_part(part, known)
        self._drop_orphans()
        order = check_order(self.workspace, self.as_of)  # after the lost deals, which a rule asks for
        self.violations = order.standing
        self.changed += order.changed

    def _judge_part(self, part: client_parts.Part, known: _Known) -> None:
        with self.workspace.store.reading() as reader:
            rows = client_parts.part_rows(reader, part)
            standing = standing_flags(reader, FlagKind.FALSE_REFUSAL, [call.call_id for call in rows.calls])
        standing = {flag_id: row for flag_id, row in standing.items() if row["call_id"] not in known.frozen}
        heard = {row["call_id"]: heard_of(row) for row in rows.detected}
        unreal = frozenset(name for name, item in rows.conversations.items() if item.verified_effective is False)
        outcomes: list[Commitment] = []
        said: list[Refusal] = []
        flags: list[Flag] = []
        lost: list[JudgedDeal] = []
        for client in clients_of(rows.calls, rows.deals, rows.activities, rows.activity_changes, rows.notes, unreal):
            outcomes += self._outcomes(client, heard)
            talks = [_talk(call, heard, rows.conversations) for call in client.calls]
            history = client.history
            judged = judge_lost_deals(
                talks, history.deals, self.as_of,
                notes=history.notes, activities=history.activities, calls_known_from=known.calls_from,
            )  # fmt: skip
            lost += judged
            for refusal, flag in judge_refusals(talks, history.deals, judged, self.as_of):
                said.append(refusal)
                if flag is not None and flag.call_id not in known.frozen:
                    flags.append(flag)
        lost += _never_called(rows, {deal.lost.deal_id for deal in lost}, known.calls_from, self.as_of)
        self.outcomes.update(item.outcome for item in outcomes)
        self.explicit_refusals += sum(item.client_said is ClientSaid.EXPLICIT for item in said)
        self._write(
            [
                *differences(
                    "commitments", "commitment_id", rows.commitments,
                    [verdicts.commitment_row(item, self.as_of) for item in outcomes], ignored=("as_of",),
                ),
                *differences("refusals", "call_id", rows.refusals, [verdicts.refusal_row(item) for item in said]),
                *differences(
                    "deal_findings", "deal_id", rows.deal_findings, [lost_deal_row(item.lost) for item in lost]
                ),
                *self._flag_changes(standing, flags),
            ]
        )  # fmt: skip

    def _drop_orphans(self) -> None:
        """What was judged of calls that are no longer there, but for those of erased persons."""
        gone = (
            "call_id not in (select call_id from calls) and call_id not in (select id from erased where kind = 'call')"
        )
        now = datetime.now(UTC)
        with self.workspace.store.reading() as reader:
            judged = sum(
                int(reader.value(f"select count(*) from {table} where {gone}"))  # noqa: S608 - names of this file
                for table in ("commitments", "refusals")
            )
            flags = f"from flags where kind = 'false_refusal' and retired_at is null and {gone}"
            flagged = int(reader.value(f"select count(*) {flags}"))
        if judged:
            self._write(
                [
                    Statement(f"delete from {table} where {gone}")  # noqa: S608 - names of this file
                    for table in ("commitments", "refusals")
                ]
            )
        if flagged:
            self.retired += flagged
            sql = "update flags set retired_at = ? where kind = 'false_refusal' and retired_at is null and "
            self._write([Statement(sql + gone, (now,))])

    def _outcomes(self, client: Client, heard: Mapping[str, Heard]) -> Iterator[Commitment]:
        company = self.workspace.settings.company
        found = [item for call in client.calls if (item := heard.get(call.call_id)) is not None]
        history = replace(
            client.history,
            agreed={item.call_id: item.spoken for item in found if item.spoken},
            refused={item.call_id for item in found if item.said and item.said.said is ClientSaid.EXPLICIT},
        )
        for call in client.calls:
            item = heard.get(call.call_id)
            if item is not None and item.spoken and call.started_at <= self.as_of:
                yield from reconcile_call(item.spoken, call, history, self.as_of, company)

    def _flag_changes(self, standing: Mapping[str, Mapping[str, object]], flags: Sequence[Flag]) -> list[Statement]:
        statements, retired = flag_changes(standing, flags, datetime.now(UTC))
        self.retired += retired
        return statements

    def _write(self, statements: Sequence[Statement]) -> None:
        if statements:
            self.workspace.store.write(*statements)
            self.changed += len(statements)


def _never_called(
    rows: client_parts.PartRows, judged: Collection[str], calls_from: datetime | None, as_of: datetime
) -> Iterator[JudgedDeal]:
    """Lost deals of clients without any call: they are no clients of :func:`clients_of`."""
    with_calls = {call.client_phone for call in rows.calls if call.client_phone}
    for deal in rows.deals:
        if deal.status is not DealStatus.LOST or deal.deal_id in judged or with_calls.intersection(deal.client_phones):
            continue
        mine = (
            [note for note in rows.notes if note.deal_id == deal.deal_id],
            [item for item in rows.activities if item.deal_id == deal.deal_id],
        )
        yield from judge_lost_deals((), (deal,), as_of, notes=mine[0], activities=mine[1], calls_known_from=calls_from)


def _talk(call: Call, heard: Mapping[str, Heard], conversations: Mapping[str, Conversation]) -> Talk:
    item = heard.get(call.call_id)
    conversation = conversations.get(call.call_id)
    if item is None or item.said is None:
        unheard = call.outcome is Outcome.ANSWERED and (
            conversation is None or conversation.verified_effective is not False
        )
        return Talk(call, None, unheard)
    live = item.has_client and (conversation is None or conversation.verified_effective is not False)
    return Talk(call, item.said, live)
