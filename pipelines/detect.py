"""Detection: padded calls, promises and what became of them, refusals, breaches of order in the CRM.

What was heard in a call (the examination, the promises spoken, what the client said about buying) depends on
the sound, the words and the rules alone; it is kept in ``detected`` under a fingerprint and found again only
when that changes. What became of it depends on the CRM, later calls and the moment, and is worked out on
every run. Only differences are written; a flag that no longer stands is retired, never deleted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from pipelines.client_histories import Client, clients_of
from pipelines.detected_rows import Heard, heard_of, heard_row
from pipelines.progress import Progress
from qc_workbench.detection import commitments, effective, refusals
from qc_workbench.detection.answering import with_machine_parties
from qc_workbench.detection.discipline import check_discipline
from qc_workbench.detection.reconciliation import reconcile_call
from qc_workbench.domain.call import Call, Outcome, Recording
from qc_workbench.domain.commitment import ClientSaid, Commitment, CommitmentOutcome, Refusal
from qc_workbench.domain.flag import AnsweredBy, Conversation, Flag, FlagKind, Ruling
from qc_workbench.domain.transcript import Party, Transcript
from qc_workbench.domain.violation import Violation
from qc_workbench.errors import UsageError
from qc_workbench.store import calls as call_store
from qc_workbench.store import crm, listening, safekeeping, verdicts
from qc_workbench.store.database import Reader, Statement, insert, insert_all
from qc_workbench.workspace import Workspace

STEP: Final = "detect"
#: Calls examined and written together.
GROUP: Final = 100


@dataclass(frozen=True, slots=True)
class DetectReport:
    """What stands after the run, in counts. ``examined`` were heard now, ``already`` before, ``silent`` have
    neither measured sound nor words. ``changed`` rows were written; ``retired`` flags no longer stand."""

    examined: int
    already: int
    silent: int
    padded: int
    padded_unsure: int
    promises: int
    broken_promises: int
    explicit_refusals: int
    false_refusals: int
    violations: int
    retired: int
    changed: int
    flags: Mapping[str, int] = field(default_factory=dict)  # "kind/verdict" -> how many stand
    commitments: Mapping[str, int] = field(default_factory=dict)  # outcome -> how many


#: Outcomes that mean the promise was not kept as agreed.
BROKEN: Final = frozenset(
    {
        CommitmentOutcome.MISSING,
        CommitmentOutcome.OVERDUE,
        CommitmentOutcome.DRAGGED,
        CommitmentOutcome.SCHEDULED_LATE,
    }
)


def detect(workspace: Workspace, as_of: datetime, progress: Progress, call_ids: Sequence[str] = ()) -> DetectReport:
    """Examine what is new or changed, then work out what became of every promise and refusal as of a moment.

    ``call_ids`` narrows the examination; what follows from the CRM is always brought up to date. Raises
    :class:`UsageError` ``call_unknown``.
    """
    step = _Detection(workspace, as_of)
    examined, already, silent = step.examine(progress, call_ids)
    return step.judge(examined, already, silent)


@dataclass
class _Detection:
    """One run; counts what it changes."""

    workspace: Workspace
    as_of: datetime
    changed: int = 0
    retired: int = 0

    # --- hearing -----------------------------------------------------------------------------------------------------

    def examine(self, progress: Progress, call_ids: Sequence[str]) -> tuple[int, int, int]:
        with self.workspace.store.reading() as reader:
            calls = call_store.calls(reader)
            recordings = call_store.recordings(reader)
            sounds = listening.acoustics_fingerprints(reader)
            words = listening.transcript_fingerprints(reader)
            known = {
                row["call_id"]: row["fingerprint"] for row in reader.rows("select call_id, fingerprint from detected")
            }
            frozen = safekeeping.frozen_calls(reader)
        wanted = set(call_ids)
        unknown = wanted - {call.call_id for call in calls}
        if unknown:
            raise UsageError("call_unknown", call_id=min(unknown), count=len(unknown))
        jobs: list[tuple[Call, Recording, str]] = []
        already = silent = 0
        gone: list[str] = []
        for call in calls:
            if wanted and call.call_id not in wanted:
                continue
            if call.call_id in frozen:  # its words were removed on purpose: what was found in them stands
                already += 1
                continue
            recording = recordings.get(call.call_id)
            print_ = self._fingerprint(call, recording, sounds, words)
            if recording is None or print_ is None:
                silent += 1
                if call.call_id in known:
                    gone.append(call.call_id)
            elif known.get(call.call_id) == print_:
                already += 1
            else:
                jobs.append((call, recording, print_))
        if gone:
            self._forget(gone)
        progress.start(STEP, len(jobs))
        try:
            for start in range(0, len(jobs), GROUP):
                group = jobs[start : start + GROUP]
                self._examine_group(group)
                progress.advance(len(group), group[-1][0].call_id)
        finally:
            progress.finish()
        return len(jobs), already, silent

    def _fingerprint(
        self, call: Call, recording: Recording | None, sounds: Mapping[str, str], words: Mapping[str, tuple[str, str]]
    ) -> str | None:
        """Everything that what is heard in a call depends on; None where there is nothing to hear."""
        if recording is None or recording.content_hash is None:
            return None
        sound = sounds.get(recording.content_hash)
        transcript = words.get(call.call_id)
        spoken = transcript[1] if transcript and transcript[0] == recording.content_hash else None
        if sound is None and spoken is None:
            return None
        settings = self.workspace.settings
        parts = (
            recording.content_hash, recording.agent_channel, sound, spoken, call.started_at.isoformat(), call.talk_s,
            call.direction.value, effective.DETECTOR, effective.VERSION,
            commitments.fingerprint(), refusals.fingerprint(),
            settings.effective.model_dump_json(), settings.company.model_dump_json(exclude={"name", "language"}),
        )  # fmt: skip
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:24]

    def _examine_group(self, group: Sequence[tuple[Call, Recording, str]]) -> None:
        with self.workspace.store.reading() as reader:
            inputs = [
                (
                    call,
                    recording,
                    print_,
                    listening.acoustics(reader, recording.content_hash or ""),
                    listening.transcript(reader, call.call_id),
                )
                for call, recording, print_ in group
            ]
        detected: list[Heard] = []
        conversations: list[Conversation] = []
        flags: list[Flag] = []
        for call, recording, print_, acoustics, transcript in inputs:
            if transcript is not None and transcript.content_hash != recording.content_hash:
                transcript = None
            examination = None
            if acoustics is not None:
                examination = effective.examine(
                    call, recording, acoustics, transcript, self.workspace.settings.effective
                )
                conversations.append(examination.conversation)
                if examination.flag is not None:
                    flags.append(examination.flag)
                if transcript is not None:
                    transcript = with_machine_parties(transcript, examination.answering)
            answered = examination.conversation.answered_by if examination is not None else AnsweredBy.UNKNOWN
            detected.append(self._heard(call, print_, transcript, answered))
        self._write_heard(detected, conversations, flags)

    def _heard(self, call: Call, print_: str, transcript: Transcript | None, answered: AnsweredBy) -> Heard:
        if transcript is None:
            return Heard(call.call_id, print_, (), None)
        if answered not in (AnsweredBy.HUMAN, AnsweredBy.UNKNOWN):
            return Heard(call.call_id, print_, (), refusals.Said(ClientSaid.NONE))
        spoken = commitments.find_commitments(call, transcript, self.workspace.settings.company)
        return Heard(
            call.call_id,
            print_,
            spoken,
            refusals.with_postponing(refusals.client_said(transcript), spoken, call, self.workspace.settings.company),
            has_client=any(turn.party in (Party.CUSTOMER, Party.UNKNOWN) for turn in transcript.turns),
        )

    def _write_heard(self, heard: list[Heard], conversations: list[Conversation], flags: list[Flag]) -> None:
        ids = [item.call_id for item in heard]
        with self.workspace.store.reading() as reader:
            standing = _standing_flags(reader, FlagKind.FAKE_EFFECTIVE, ids)
            old = verdicts.conversations(reader)
        statements = [insert("detected", heard_row(item), replace=True) for item in heard]
        now_measured = {item.call_id: item for item in conversations}
        for call_id in ids:
            new = now_measured.get(call_id)
            if new is None and call_id in old:
                statements.append(Statement("delete from conversations where call_id = ?", (call_id,)))
            elif new is not None and old.get(call_id) != new:
                statements.append(insert("conversations", verdicts.conversation_row(new), replace=True))
        statements += self._flag_changes(standing, flags)
        self._write(statements)

    def _forget(self, call_ids: Sequence[str]) -> None:
        """What was heard in calls whose sound is no longer there."""
        with self.workspace.store.reading() as reader:
            standing = _standing_flags(reader, FlagKind.FAKE_EFFECTIVE, call_ids)
        statements = [
            Statement(f"delete from {table} where call_id = ?", (call_id,))  # noqa: S608  table names of this file
            for table in ("detected", "conversations")
            for call_id in call_ids
        ]
        self._write([*statements, *self._flag_changes(standing, [])])

    # --- judging -----------------------------------------------------------------------------------------------------

    def judge(self, examined: int, already: int, silent: int) -> DetectReport:
        with self.workspace.store.reading() as reader:
            calls = call_store.calls(reader)
            heard = {row["call_id"]: heard_of(row) for row in reader.rows("select * from detected order by call_id")}
            conversations = verdicts.conversations(reader)
            deals = crm.deals(reader)
            activities = crm.activities(reader)
            changes = crm.activity_changes(reader)
            notes = crm.notes(reader)
            stages = crm.stage_changes(reader)
            old_commitments = reader.rows("select * from commitments")
            old_refusals = reader.rows("select * from refusals")
            old_violations = reader.rows("select * from violations")
            standing = _standing_flags(reader, FlagKind.FALSE_REFUSAL)
            reviewed = _reviewed_deals(reader)
            frozen = safekeeping.frozen_calls(reader)
            erased = {kind: safekeeping.erased_ids(reader, kind) for kind in ("call", "deal", "violation")}
        # What is kept of erased persons has lost what it would be judged by: it stays as it was judged.
        calls = [call for call in calls if call.call_id not in erased["call"]]
        deals = [deal for deal in deals if deal.deal_id not in erased["deal"]]
        stages = [change for change in stages if change.deal_id not in erased["deal"]]
        old_commitments = [row for row in old_commitments if row["call_id"] not in erased["call"]]
        old_refusals = [row for row in old_refusals if row["call_id"] not in erased["call"]]
        old_violations = [row for row in old_violations if row["violation_id"] not in erased["violation"]]
        standing = {flag_id: row for flag_id, row in standing.items() if row["call_id"] not in frozen}
        unreal = frozenset(call_id for call_id, item in conversations.items() if item.verified_effective is False)
        outcomes: list[Commitment] = []
        said: list[Refusal] = []
        flags: list[Flag] = []
        for client in clients_of(calls, deals, activities, changes, notes, unreal):
            outcomes += self._outcomes(client, heard)
            for refusal, flag in refusals.judge_refusals(
                [_talk(call, heard, conversations) for call in client.calls], client.history.deals, self.as_of
            ):
                said.append(refusal)
                if flag is not None and flag.call_id not in frozen:
                    flags.append(flag)
        violations = check_discipline(
            deals, activities, changes, notes, stages, calls, conversations.values(), self.workspace.settings,
            self.as_of, reviewed_deal_ids=reviewed,
        )  # fmt: skip
        statements = [
            *_differences(
                "commitments", "commitment_id", old_commitments,
                [verdicts.commitment_row(item, self.as_of) for item in outcomes], ignored=("as_of",),
            ),
            *_differences("refusals", "call_id", old_refusals, [verdicts.refusal_row(item) for item in said]),
            *_differences(
                "violations", "violation_id", old_violations, [verdicts.violation_row(item) for item in violations]
            ),
            *self._flag_changes(standing, flags),
        ]  # fmt: skip
        self._write(statements)
        return self._report(examined, already, silent, outcomes, said, violations)

    def _outcomes(self, client: Client, heard: Mapping[str, Heard]) -> Iterator[Commitment]:
        company = self.workspace.settings.company
        for call in client.calls:
            item = heard.get(call.call_id)
            if item is not None and item.spoken and call.started_at <= self.as_of:
                yield from reconcile_call(item.spoken, call, client.history, self.as_of, company)

    def _report(
        self,
        examined: int,
        already: int,
        silent: int,
        outcomes: Sequence[Commitment],
        said: Sequence[Refusal],
        violations: Sequence[Violation],
    ) -> DetectReport:
        with self.workspace.store.reading() as reader:
            flags = verdicts.flags(reader)
        counted = _count(f"{flag.kind.value}/{flag.verdict.value}" for flag in flags)
        return DetectReport(
            examined=examined,
            already=already,
            silent=silent,
            padded=counted.get("fake_effective/flag", 0),
            padded_unsure=counted.get("fake_effective/unsure", 0),
            promises=len(outcomes),
            broken_promises=sum(item.outcome in BROKEN for item in outcomes),
            explicit_refusals=sum(item.client_said is ClientSaid.EXPLICIT for item in said),
            false_refusals=counted.get("false_refusal/flag", 0),
            violations=len(violations),
            retired=self.retired,
            changed=self.changed,
            flags=counted,
            commitments=_count(item.outcome.value for item in outcomes),
        )

    # --- writing -----------------------------------------------------------------------------------------------------

    def _flag_changes(self, standing: Mapping[str, Mapping[str, Any]], flags: Sequence[Flag]) -> list[Statement]:
        """Insert what is new, raise again what had been retired, retire what no longer stands."""
        now = datetime.now(UTC)
        wanted = {flag.flag_id: flag for flag in flags}
        statements = []
        for flag_id, row in standing.items():
            if row["retired_at"] is None and flag_id not in wanted:
                statements.append(Statement("update flags set retired_at = ? where flag_id = ?", (now, flag_id)))
                self.retired += 1
            elif row["retired_at"] is not None and flag_id in wanted:
                statements.append(Statement("update flags set retired_at = null where flag_id = ?", (flag_id,)))
        new = [verdicts.flag_row(flag, now) for flag_id, flag in wanted.items() if flag_id not in standing]
        return [*statements, *insert_all("flags", new)]

    def _write(self, statements: Sequence[Statement]) -> None:
        if statements:
            self.workspace.store.write(*statements)
            self.changed += len(statements)


def _standing_flags(
    reader: Reader, kind: FlagKind, call_ids: Collection[str] | None = None
) -> dict[str, dict[str, Any]]:
    """Flags of a kind ever raised (on some calls): flag_id -> row with ``retired_at``."""
    rows = reader.rows("select flag_id, call_id, retired_at from flags where kind = ?", kind.value)
    wanted = None if call_ids is None else set(call_ids)
    return {row["flag_id"]: row for row in rows if wanted is None or row["call_id"] in wanted}


def _reviewed_deals(reader: Reader) -> frozenset[str]:
    """Lost deals on whose false-refusal flag a person has ruled."""
    rulings = {finding.flag_id: finding.ruling for finding in verdicts.findings(reader)}
    decided = {flag_id for flag_id, ruling in rulings.items() if ruling in (Ruling.CONFIRMED, Ruling.REJECTED)}
    rows = reader.rows(
        "select f.flag_id, r.deal_id from flags f join refusals r using (call_id) where f.kind = ?",
        FlagKind.FALSE_REFUSAL.value,
    )
    return frozenset(row["deal_id"] for row in rows if row["flag_id"] in decided and row["deal_id"])


def _talk(call: Call, heard: Mapping[str, Heard], conversations: Mapping[str, Conversation]) -> refusals.Talk:
    item = heard.get(call.call_id)
    conversation = conversations.get(call.call_id)
    if item is None or item.said is None:
        unheard = call.outcome is Outcome.ANSWERED and (
            conversation is None or conversation.verified_effective is not False
        )
        return refusals.Talk(call, None, unheard)
    live = item.has_client and (conversation is None or conversation.verified_effective is not False)
    return refusals.Talk(call, item.said, live)


def _differences(
    table: str,
    key: str,
    old: Sequence[Mapping[str, Any]],
    new: Sequence[Mapping[str, Any]],
    ignored: Collection[str] = (),
) -> list[Statement]:
    """Statements that turn the old rows of a table into the new ones, touching only what differs."""
    before = {row[key]: row for row in old}
    after = {row[key]: row for row in new}

    def same(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
        return all(a.get(name) == value for name, value in b.items() if name not in ignored)

    gone = [
        Statement(f"delete from {table} where {key} = ?", (name,))  # noqa: S608  names of this file
        for name in before
        if name not in after
    ]
    changed = [row for name, row in after.items() if name not in before or not same(before[name], row)]
    return [*gone, *insert_all(table, changed, replace=True)]


def _count(names: Iterator[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items()))
