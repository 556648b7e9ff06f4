"""What is older than the company keeps it: shown, then removed and written down.

The database lets go first and the file goes second, by a list kept in the database: whoever is killed in between
is finished by the next run, and nobody ever meets a row whose file is half gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from pipelines.backup import one_at_a_time
from pipelines.forgotten_text import without_quotes
from pipelines.progress import Progress
from pipelines.put_aside import KEPT_S, throw_away
from qc_workbench.domain.call import RecordingState
from qc_workbench.errors import WorkspaceError
from qc_workbench.review.retention import Held, Kind, Removal, cases, plan_removal, removable_before
from qc_workbench.review.rulings import standing
from qc_workbench.store import fingerprints, outbox, safekeeping, verdicts, word_index
from qc_workbench.store.calls import audit_entry
from qc_workbench.store.database import Reader, Row, Statement
from qc_workbench.store.evaluations import without_words_of
from qc_workbench.workspace import Workspace

STEP: Final = "retention"
#: Calls let go in one transaction.
GROUP: Final = 200
#: Months that the entries about erasures stay at least: the proof of an erasure is kept for three years
#: (Roskomnadzor's order No. 179 of 28.10.2022).
PROOF_MONTHS: Final = 36
#: The action of the audit log that an erasure leaves.
ERASED: Final = "person_erased"


@dataclass(frozen=True, slots=True)
class KindReport:
    """What goes of one kind. ``oldest`` and ``newest`` are the moments of what goes; ``size_bytes``: of files."""

    kind: Kind
    months: int
    count: int
    size_bytes: int
    oldest: datetime | None
    newest: datetime | None
    held: tuple[Held, ...]


@dataclass(frozen=True, slots=True)
class RetentionReport:
    """``files_removed`` and ``freed_bytes`` are what was removed from the disk now; none in a dry run."""

    dry_run: bool
    kinds: tuple[KindReport, ...]
    files_removed: int
    freed_bytes: int


@dataclass(frozen=True, slots=True)
class _Kept:
    call_id: str
    started_at: datetime
    size_bytes: int
    path: str | None
    content_hash: str | None


def apply_retention(
    workspace: Workspace, as_of: datetime, progress: Progress, *, dry_run: bool = False, actor: str = "qcw"
) -> RetentionReport:
    """Remove what has been kept for its months at ``as_of``; with ``dry_run`` only say what that is.

    Raises :class:`ArchiveError` ``backup_busy`` while a backup or an erasure is at work.
    """
    if dry_run:
        return RetentionReport(True, _Plan(workspace, as_of).reports(), 0, 0)
    with one_at_a_time(workspace):
        plan = _Plan(workspace, as_of)
        reports = plan.reports()
        progress.start(STEP, sum(len(removal.gone) for removal in plan.removals.values()))
        for call_ids in _groups(plan.removals[Kind.RECORDING].gone):
            workspace.store.write(*_expire_recordings(call_ids, plan, as_of))
            progress.advance(len(call_ids))
        files, freed = remove_files(workspace)
        throw_away(workspace, older_than_s=KEPT_S)
        for call_ids in _groups(plan.removals[Kind.TRANSCRIPT].gone):
            workspace.store.write(*_expire_transcripts(workspace, call_ids, as_of))
            progress.advance(len(call_ids))
        if plan.removals[Kind.TRANSCRIPT].gone:
            workspace.store.write(word_index.forget_words())
        statements = [] if plan.audit_before is None else [_forget_audit(plan.audit_before, as_of, workspace)]
        if plan.mail_before is not None:
            statements.append(outbox.forgotten_before(plan.mail_before))
        counts = {report.kind.value: report.count for report in reports if report.count}
        if counts:
            statements.append(audit_entry(as_of, actor, "retention_done", "workspace", **counts, freed_bytes=freed))
        if statements:
            workspace.store.write(*statements)
        progress.finish()
    return RetentionReport(False, reports, files, freed)


class _Plan:
    """What may go, read at one moment."""

    def __init__(self, workspace: Workspace, as_of: datetime) -> None:
        settings, self.zone = workspace.settings.retention, workspace.settings.company.zone
        self.months = {
            Kind.RECORDING: settings.recordings_months,
            Kind.TRANSCRIPT: settings.transcripts_months,
            Kind.AUDIT: settings.audit_months,
            Kind.MAIL: settings.mail_months,
        }
        with workspace.store.reading(heavy=True) as reader:
            rulings = standing(verdicts.findings(reader))
            rows = reader.rows("select * from flags order by call_id, flag_id")
            open_cases = cases(((verdicts.flag_of(row), row["retired_at"] is None) for row in rows), rulings)
            before = {
                kind: removable_before(as_of, months, self.zone) if months else None
                for kind, months in self.months.items()
            }
            self.kept = {
                Kind.RECORDING: _recordings(reader, before[Kind.RECORDING]),
                Kind.TRANSCRIPT: _transcripts(reader, before[Kind.TRANSCRIPT]),
            }
            self.removals: dict[Kind, Removal] = {
                kind: plan_removal(
                    ((item.call_id, item.started_at) for item in found.values()),
                    open_cases, self.months[kind], as_of, self.zone,
                )
                for kind, found in self.kept.items()
            }  # fmt: skip
            self.audit_before, self.mail_before = before[Kind.AUDIT], before[Kind.MAIL]
            self._mail: Row = {"n": 0, "oldest": None, "newest": None}
            if self.mail_before is not None:
                self._mail = outbox.to_forget(reader, self.mail_before)
            self._audit: Row = {"n": 0, "oldest": None, "newest": None}
            if self.audit_before is not None:
                self._audit = reader.rows(
                    "select count(*) as n, min(happened_at) as oldest, max(happened_at) as newest from audit "
                    "where happened_at < ? and (action <> ? or happened_at < ?)",
                    self.audit_before, ERASED, _proof_before(as_of, workspace),
                )[0]  # fmt: skip

    def reports(self) -> tuple[KindReport, ...]:
        found = []
        for kind, removal in self.removals.items():
            gone = [self.kept[kind][call_id] for call_id in removal.gone]
            times = [item.started_at for item in gone]
            files = {item.path: item.size_bytes for item in gone if item.path}
            found.append(
                KindReport(
                    kind, self.months[kind], len(gone), sum(files.values()),
                    min(times, default=None), max(times, default=None), removal.held,
                )
            )  # fmt: skip
        for kind, row in ((Kind.AUDIT, self._audit), (Kind.MAIL, self._mail)):
            found.append(KindReport(kind, self.months[kind], row["n"], 0, row["oldest"], row["newest"], ()))
        return tuple(found)


def _recordings(reader: Reader, before: datetime | None) -> dict[str, _Kept]:
    """Of calls before a moment: only what is old enough is looked at. None: nothing is ever old enough."""
    if before is None:
        return {}
    rows = reader.rows(
        "select r.call_id, c.started_at, coalesce(r.size_bytes, 0) as size_bytes, r.path, r.content_hash "
        "from recordings r join calls c using (call_id) where r.path is not null and c.started_at < ? "
        "order by c.started_at, r.call_id",
        before,
    )
    return {row["call_id"]: _Kept(**row) for row in rows}


def _transcripts(reader: Reader, before: datetime | None) -> dict[str, _Kept]:
    if before is None:
        return {}
    rows = reader.rows(
        "select t.call_id, c.started_at, 0 as size_bytes, null as path, t.content_hash "
        "from transcripts t join calls c using (call_id) where c.started_at < ? order by c.started_at, t.call_id",
        before,
    )
    return {row["call_id"]: _Kept(**row) for row in rows}


def _expire_recordings(call_ids: list[str], plan: _Plan, as_of: datetime) -> list[Statement]:
    day = as_of.astimezone(plan.zone).date().isoformat()
    gone = [plan.kept[Kind.RECORDING][call_id] for call_id in call_ids]
    paths = sorted({item.path for item in gone if item.path})
    playable = [f"cache/playable/{item.content_hash}.wav" for item in gone if item.content_hash]
    return [
        Statement(
            "update recordings set state = ?, path = null, detail = ? where call_id in (select unnest(?))",
            (RecordingState.EXPIRED.value, day, call_ids),
        ),
        Statement("delete from hidden_seconds where call_id in (select unnest(?))", (call_ids,)),
        _expired(call_ids, "recording", as_of),
        safekeeping.let_go([*paths, *playable], as_of),
        Statement(  # what was cut out of them for the library
            "insert or ignore into removals select 'cache/clips/' || clip_id || '.wav', ? from clips "
            "where call_id in (select unnest(?))",
            (as_of, call_ids),
        ),
        *fingerprints.forget_alone(sorted({item.content_hash for item in gone if item.content_hash})),
        # Not looked for again either; another call of the same file keeps its line.
        Statement(
            "delete from recording_files where path in (select unnest(?)) "
            "and path not in (select path from recordings where path is not null)",
            (paths,),
        ),
    ]


def _expire_transcripts(workspace: Workspace, call_ids: list[str], as_of: datetime) -> list[Statement]:
    with workspace.store.reading() as reader:
        rows = {
            table: reader.rows(f"select * from {table} where call_id in (select unnest(?))", call_ids)  # noqa: S608 - names of this line
            for table in ("flags", "detected")
        }
    return [
        *without_quotes(call_ids, rows),
        Statement("delete from turns where call_id in (select unnest(?))", (call_ids,)),
        Statement("delete from transcripts where call_id in (select unnest(?))", (call_ids,)),
        *word_index.forget_calls(call_ids),
        without_words_of(call_ids),
        _expired(call_ids, "transcript", as_of),
    ]


def _expired(call_ids: list[str], kind: str, as_of: datetime) -> Statement:
    return Statement("insert or ignore into expired select unnest(?), ?, ?", (call_ids, kind, as_of))


def _proof_before(as_of: datetime, workspace: Workspace) -> datetime:
    return removable_before(as_of, PROOF_MONTHS, workspace.settings.company.zone)


def _forget_audit(before: datetime, as_of: datetime, workspace: Workspace) -> Statement:
    return Statement(
        "delete from audit where happened_at < ? and (action <> ? or happened_at < ?)",
        (before, ERASED, _proof_before(as_of, workspace)),
    )


def remove_files(workspace: Workspace) -> tuple[int, int]:
    """Remove the files that rows let go of, also those a killed run left; returns how many and their bytes.

    Raises :class:`WorkspaceError` ``removal_failed`` when a file can't be removed; it stays on the list.
    """
    with workspace.store.reading() as reader:
        paths = safekeeping.pending_removals(reader)
    count = size = 0
    for relative in paths:
        path = workspace.media_path(relative)
        try:
            size += path.stat().st_size
            path.unlink()
            count += 1
        except FileNotFoundError:
            pass
        except OSError as error:
            raise WorkspaceError("removal_failed", file=relative, detail=error.strerror or str(error)) from error
        if relative.startswith("cache/"):
            for made in path.parent.glob(f"{path.stem}.*{path.suffix}"):  # the same with its secrets covered
                made.unlink(missing_ok=True)
        _drop_empty(path.parent, workspace.home)
    workspace.store.write(
        safekeeping.removed(paths),
        Statement("delete from removals where path in (select path from recordings where path is not null)"),
    )
    return count, size


def _drop_empty(folder: Path, home: Path) -> None:
    if folder.parent == home / "media":
        try:
            folder.rmdir()
        except OSError:
            return  # others are in it


def _groups(call_ids: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(call_ids), GROUP):
        yield list(call_ids[start : start + GROUP])
