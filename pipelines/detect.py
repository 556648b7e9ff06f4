"""Detection: padded calls, promises and what became of them, refusals, breaches of order in the CRM.

What was heard in a call (the examination, the promises spoken, what the client said about buying) depends on
the sound, the words and the rules alone; it is kept in ``detected`` under a fingerprint and found again only
when that changes. What became of it depends on the CRM, later calls and the moment, and is worked out on
every run (:mod:`pipelines.judge_clients`). Only differences are written; a flag that no longer stands is retired,
never deleted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from pipelines.detected_rows import Heard, consent_changes, flag_changes, heard_row, standing_flags
from pipelines.judge_clients import Judged, judge_clients
from pipelines.match_greetings import match_greetings
from pipelines.progress import Progress
from pipelines.redact_transcripts import redact_transcripts
from qc_workbench.detection import commitments, consent, effective, refusals
from qc_workbench.detection.answering import with_machine_parties
from qc_workbench.detection.known_greetings import known_greetings
from qc_workbench.domain.call import Call
from qc_workbench.domain.commitment import BROKEN_OUTCOMES, ClientSaid
from qc_workbench.domain.consent import ConsentLine
from qc_workbench.domain.flag import AnsweredBy, Conversation, Flag, FlagKind
from qc_workbench.domain.sound_print import KnownGreeting
from qc_workbench.domain.transcript import Party, Transcript
from qc_workbench.errors import UsageError
from qc_workbench.store import fingerprints, listening, safekeeping, verdicts
from qc_workbench.store.browsing import calls_by_id, recordings_by_call
from qc_workbench.store.database import Statement, insert, rows_of
from qc_workbench.store.ledger import record_all_done
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


def detect(workspace: Workspace, as_of: datetime, progress: Progress, call_ids: Sequence[str] = ()) -> DetectReport:
    """Examine what is new or changed, then work out what became of every promise and refusal as of a moment.

    ``call_ids`` narrows the examination; what follows from the CRM is always brought up to date. Raises
    :class:`UsageError` ``call_unknown``.
    """
    redact_transcripts(workspace)
    match_greetings(workspace, progress)
    step = _Detection(workspace, as_of)
    examined, already, silent = step.examine(progress, call_ids)
    judged = judge_clients(workspace, as_of)
    step.changed += judged.changed
    step.retired += judged.retired
    return _report(workspace, step, judged, examined, already, silent)


@dataclass
class _Detection:
    """One run; counts what it changes."""

    workspace: Workspace
    as_of: datetime
    changed: int = 0
    retired: int = 0
    #: machines' recordings that other calls know too, by call
    known: Mapping[str, tuple[KnownGreeting, ...]] = field(default_factory=dict)

    # --- hearing -----------------------------------------------------------------------------------------------------

    def examine(self, progress: Progress, call_ids: Sequence[str]) -> tuple[int, int, int]:
        wanted = set(call_ids)
        jobs: list[tuple[str, str]] = []
        already = silent = 0
        gone: list[str] = []
        with self.workspace.store.reading() as reader:
            frozen = safekeeping.frozen_calls(reader)
            found = {
                row["call_id"]
                for row in reader.rows(
                    "select call_id from calls where call_id in (select unnest(?::varchar[]))", [*wanted]
                )
            }
            unknown = wanted - found
            if unknown:
                raise UsageError("call_unknown", call_id=min(unknown), count=len(unknown))
            rules = self.rules()
            self.known = known_greetings(fingerprints.sightings(reader))
            for row in (row for batch in reader.batches(_HEARD_BEFORE) for row in rows_of(batch)):
                call_id = row["call_id"]
                if wanted and call_id not in wanted:
                    continue
                if call_id in frozen:  # its words were removed on purpose: what was found in them stands
                    already += 1
                    continue
                print_ = _fingerprint(row, rules, self.known.get(call_id, ()))
                if print_ is None:
                    silent += 1
                    if row["known"] is not None:
                        gone.append(call_id)
                elif row["known"] == print_:
                    already += 1
                else:
                    jobs.append((call_id, print_))
        if gone:
            self._forget(gone)
        progress.start(STEP, len(jobs))
        try:
            for start in range(0, len(jobs), GROUP):
                group = jobs[start : start + GROUP]
                self._examine_group(group)
                progress.advance(len(group), group[-1][0])
        finally:
            progress.finish()
        return len(jobs), already, silent

    def rules(self) -> tuple[str, ...]:
        """What the finding of every call depends on: detectors, lexicons and settings."""
        settings = self.workspace.settings
        return (
            effective.DETECTOR, effective.VERSION,
            commitments.fingerprint(), refusals.fingerprint(),
            consent.fingerprint(), settings.consent.model_dump_json(),
            settings.effective.model_dump_json(), settings.company.model_dump_json(exclude={"name", "language"}),
        )  # fmt: skip

    def _examine_group(self, group: Sequence[tuple[str, str]]) -> None:
        began = datetime.now(UTC)
        ids = [call_id for call_id, _ in group]
        with self.workspace.store.reading() as reader:
            calls = calls_by_id(reader, ids)
            recordings = recordings_by_call(reader, ids)
            inputs = [
                (
                    calls[call_id],
                    recordings[call_id],
                    print_,
                    listening.acoustics(reader, recordings[call_id].content_hash or ""),
                    listening.transcript(reader, call_id),
                )
                for call_id, print_ in group
                if call_id in calls and call_id in recordings
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
                    call,
                    recording,
                    acoustics,
                    transcript,
                    self.workspace.settings.effective,
                    known=self.known.get(call.call_id, ()),
                )
                conversations.append(examination.conversation)
                if examination.flag is not None:
                    flags.append(examination.flag)
                if transcript is not None:
                    transcript = with_machine_parties(transcript, examination.answering)
            answered = examination.conversation.answered_by if examination is not None else AnsweredBy.UNKNOWN
            detected.append(self._heard(call, print_, transcript, answered))
        self._write_heard(detected, conversations, flags, began)

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
            consent=self._consent(call, transcript),
        )

    def _consent(self, call: Call, transcript: Transcript) -> ConsentLine | None:
        """Whether the client was told of the recording; None where the company asks for no such line."""
        wanted = self.workspace.settings.consent
        if call.direction.value not in wanted.directions:
            return None
        return consent.consent_line(call, transcript, wanted.within_s)

    def _write_heard(
        self, heard: list[Heard], conversations: list[Conversation], flags: list[Flag], began: datetime
    ) -> None:
        ids = [item.call_id for item in heard]
        with self.workspace.store.reading() as reader:
            standing = standing_flags(reader, FlagKind.FAKE_EFFECTIVE, ids)
            old = {
                row["call_id"]: verdicts.conversation_of(row)
                for row in reader.rows(
                    "select * from conversations where call_id in (select unnest(?::varchar[]))", ids
                )
            }
        statements = [insert("detected", heard_row(item), replace=True) for item in heard]
        beside = consent_changes(heard)
        now_measured = {item.call_id: item for item in conversations}
        for call_id in ids:
            new = now_measured.get(call_id)
            if new is None and call_id in old:
                statements.append(Statement("delete from conversations where call_id = ?", (call_id,)))
            elif new is not None and old.get(call_id) != new:
                statements.append(insert("conversations", verdicts.conversation_row(new), replace=True))
        units = {item.call_id: item.fingerprint for item in heard}
        self._write(
            [*statements, *self._flag_changes(standing, flags)],
            [*beside, *record_all_done(STEP, units, began, datetime.now(UTC))],
        )

    def _forget(self, call_ids: Sequence[str]) -> None:
        """What was heard in calls whose sound is no longer there."""
        with self.workspace.store.reading() as reader:
            standing = standing_flags(reader, FlagKind.FAKE_EFFECTIVE, call_ids)
        statements = [
            Statement(f"delete from {table} where call_id = ?", (call_id,))  # noqa: S608  table names of this file
            for table in ("detected", "conversations", "consent_lines")
            for call_id in call_ids
        ]
        self._write([*statements, *self._flag_changes(standing, [])])

    # --- writing -----------------------------------------------------------------------------------------------------

    def _flag_changes(self, standing: Mapping[str, Mapping[str, Any]], flags: Sequence[Flag]) -> list[Statement]:
        statements, retired = flag_changes(standing, flags, datetime.now(UTC))
        self.retired += retired
        return statements

    def _write(self, statements: Sequence[Statement], beside: Sequence[Statement] = ()) -> None:
        """Write changes, and what is noted with them but is no change of findings."""
        if statements or beside:
            self.workspace.store.write(*statements, *beside)
            self.changed += len(statements)


def settle_hearing(workspace: Workspace) -> None:
    """Take what is kept as heard for heard by today's rules, without hearing anything: for measuring, not for use."""
    step = _Detection(workspace, datetime.now(UTC))
    rules = step.rules()
    with workspace.store.reading() as reader:
        greetings = known_greetings(fingerprints.sightings(reader))
        for batch in reader.batches(_HEARD_BEFORE):
            prints = [
                (row["call_id"], _fingerprint(row, rules, greetings.get(row["call_id"], ())))
                for row in rows_of(batch)
                if row["known"] is not None
            ]
            known = [(call_id, print_) for call_id, print_ in prints if print_ is not None]
            sql = """
                update detected set fingerprint = new.print from (
                    select unnest(?::varchar[]) as call_id, unnest(?::varchar[]) as print
                ) new where detected.call_id = new.call_id"""
            workspace.store.write(Statement(sql, ([call_id for call_id, _ in known], [print_ for _, print_ in known])))


#: What decides whether a call has been heard as it is now, oldest call first.
_HEARD_BEFORE: Final = """
    select c.call_id, c.started_at, c.talk_s, c.direction, r.content_hash, r.agent_channel,
           a.fingerprint as sound, t.content_hash as words_of, t.fingerprint as words, d.fingerprint as known
    from calls c left join recordings r using (call_id) left join acoustics a on a.content_hash = r.content_hash
    left join transcripts t using (call_id) left join detected d using (call_id)
    order by c.started_at, c.call_id
    """


def _fingerprint(row: Mapping[str, Any], rules: tuple[str, ...], greetings: tuple[KnownGreeting, ...]) -> str | None:
    """Everything that what is heard in a call depends on; None where there is nothing to hear."""
    if row["content_hash"] is None:
        return None
    spoken = row["words"] if row["words_of"] == row["content_hash"] else None
    if row["sound"] is None and spoken is None:
        return None
    parts = (
        row["content_hash"], row["agent_channel"], row["sound"], spoken, row["started_at"].isoformat(), row["talk_s"],
        row["direction"], *rules, *greetings,
    )  # fmt: skip
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:24]


def _report(
    workspace: Workspace, step: _Detection, judged: Judged, examined: int, already: int, silent: int
) -> DetectReport:
    with workspace.store.reading() as reader:
        counted = {
            f"{row['kind']}/{row['verdict']}": int(row["n"])
            for row in reader.rows(
                "select kind, verdict, count(*) as n from flags where retired_at is null group by all order by all"
            )
        }
    return DetectReport(
        examined=examined,
        already=already,
        silent=silent,
        padded=counted.get("fake_effective/flag", 0),
        padded_unsure=counted.get("fake_effective/unsure", 0),
        promises=judged.outcomes.total(),
        broken_promises=sum(judged.outcomes[outcome] for outcome in BROKEN_OUTCOMES),
        explicit_refusals=judged.explicit_refusals,
        false_refusals=counted.get("false_refusal/flag", 0),
        violations=judged.violations,
        retired=step.retired,
        changed=step.changed,
        flags=counted,
        commitments={outcome.value: count for outcome, count in sorted(judged.outcomes.items())},
    )
