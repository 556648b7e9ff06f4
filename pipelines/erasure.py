"""A person is erased: what is only about them goes, what the statistics need stays without them.

Rows that counts and estimates stand on (a call's day, hour, length and outcome; a draw's probabilities; rulings;
amounts) keep ids of chance and lose everything that leads to the person. All of it is one transaction; then files go,
and the database file is written anew, so that no deleted bytes remain. Whoever is killed in between is finished by
the next run. Keyed hashes of phones and ids keep imports from bringing the person back.
"""

from __future__ import annotations

import csv
import re
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pipelines.backup import one_at_a_time
from pipelines.erased_rows import erasure_statements
from pipelines.person_traces import Traces, find_traces, mentions
from pipelines.put_aside import throw_away
from pipelines.retention import remove_files
from qc_workbench import __version__
from qc_workbench.domain.contacts import masked_phone
from qc_workbench.domain.erasure import Certificate, Ground, RemainingBackup, Removed
from qc_workbench.errors import UsageError, WorkspaceError
from qc_workbench.sources.phones import e164
from qc_workbench.sources.problems import BadValueError
from qc_workbench.sources.suppression import keyed_hash
from qc_workbench.store import safekeeping
from qc_workbench.store.database import Reader, Statement, to_json
from qc_workbench.ui.recordings import workspace_secret
from qc_workbench.workspace import Workspace

#: Copies that migrations leave in the workspace: they hold what was there before.
_COPIES: Final = "backups/*.duckdb"


@dataclass(frozen=True, slots=True)
class ErasureReport:
    """``certificate`` is None when nothing was found. ``other_phones``: of deals the person shares, masked."""

    dry_run: bool
    removed: tuple[Removed, ...]
    certificate: Certificate | None
    other_phones: tuple[str, ...]


def erase(
    workspace: Workspace,
    phones: Sequence[str],
    *,
    by: str,
    reason: str = "",
    dry_run: bool = False,
    now: datetime | None = None,
) -> ErasureReport:
    """Erase the person with these phones, written in any way. With ``dry_run`` only count.

    Raises :class:`UsageError` ``phone_invalid`` and :class:`ArchiveError` ``backup_busy``.
    """
    region = workspace.settings.company.phone_region
    wanted = []
    for phone in phones:
        try:
            wanted.append(e164(phone, region))
        except BadValueError as error:
            raise UsageError("phone_invalid", region=region) from error
    if dry_run:
        with workspace.store.reading(heavy=True) as reader:
            traces = find_traces(reader, wanted)
            return ErasureReport(True, _counts(reader, traces), None, tuple(map(masked_phone, traces.other_phones)))
    with one_at_a_time(workspace):
        throw_away(workspace)  # uploads: nobody has looked whom they name
        finish(workspace)
        return _erase(workspace, wanted, by, reason, now or datetime.now(UTC))


def phones_of_certificates(workspace: Workspace, certificates: Sequence[Mapping[str, Any]]) -> list[str]:
    """The phones in the database that these certificates are about: after a restore they are erased again."""
    hashes = {found for item in certificates for found in item["subject"]["keyed_hashes"]}
    secret = workspace_secret(workspace.home)
    with workspace.store.reading(heavy=True) as reader:
        phones = {
            row["phone"]
            for row in reader.rows(
                """
                select client_phone as phone from calls union select client_phone from activities
                union select client_phone from notes union select client_phone from sales
                union select unnest(from_json(client_phones, '["VARCHAR"]')) from deals
                """
            )
        }
    return sorted(phone for phone in phones if phone and keyed_hash(secret, "phone", phone) in hashes)


def finish(workspace: Workspace) -> None:
    """Complete erasures that were interrupted between the database and the files."""
    with workspace.store.reading() as reader:
        pending = reader.value("select count(*) from erasures where finished_at is null")
    if pending:
        _finish(workspace)


def _finish(workspace: Workspace) -> None:
    remove_files(workspace)
    workspace.store.compact()
    workspace.store.write(
        Statement("update erasures set finished_at = ? where finished_at is null", (datetime.now(UTC),))
    )


def _erase(workspace: Workspace, phones: list[str], by: str, reason: str, now: datetime) -> ErasureReport:
    with workspace.store.reading(heavy=True) as reader:
        traces = find_traces(reader, phones)
        removed = _counts(reader, traces)
        if not traces.found:
            return ErasureReport(False, removed, None, ())
        backups = _remaining(workspace, reader)
        erasure_id = secrets.token_hex(8)
        secret = workspace_secret(workspace.home)
        company = workspace.settings.company
        certificate = Certificate(
            certificate_id=erasure_id,
            erased_at=now,
            by=by,
            reason=reason,
            operator=company.name,
            system=f"QC Workbench {__version__} ({workspace.home.name})",
            phones=tuple(map(masked_phone, traces.phones)),
            keyed_hashes=tuple(keyed_hash(secret, "phone", phone) for phone in traces.phones),
            removed=removed,
            kept=_grounds(removed, traces, backups),
            backups=backups,
        ).sealed()
        found_in = mentions(reader, traces.numbers)
        statements = erasure_statements(reader, traces, found_in, erasure_id, now, company.zone, secret)
    audit = {"counts": {item.kind: item.count for item in removed}, "sha256": certificate.sha256}
    workspace.store.write(
        *statements,
        Statement(
            "insert into erasures values (?, ?, ?, ?, null)", (erasure_id, now, by, to_json(certificate.as_json()))
        ),
        Statement(
            "insert into audit values (?, ?, 'person_erased', ?, ?)", (now, by, erasure_id, to_json(audit))
        ),
        key=f"erasure:{erasure_id}",
    )  # fmt: skip
    for name in ("rejects.csv", "warnings.csv"):
        _clean_table(workspace.home / name, traces)
    _finish(workspace)
    return ErasureReport(False, removed, certificate, tuple(map(masked_phone, traces.other_phones)))


def _counts(reader: Reader, traces: Traces) -> tuple[Removed, ...]:
    """What goes and what is made anonymous, by kind (``erasure.kind.<code>``)."""
    calls = list(traces.calls)

    def of_calls(table: str) -> int:
        return int(reader.value(f"select count(*) from {table} where call_id in (select unnest(?))", calls) or 0)  # noqa: S608 - names of this function

    def rows_of(table: str, key: str, ids: Collection[str]) -> int:
        return int(reader.value(f"select count(*) from {table} where {key} in (select unnest(?))", list(ids)) or 0)  # noqa: S608 - names of this function

    quotes = sum(of_calls(table) for table in ("flags", "commitments", "refusals", "detected"))
    deals = [*traces.deals, *traces.shared_deals]
    found = (
        Removed("recordings", len(traces.own_hashes)),
        Removed("transcripts", of_calls("transcripts")),
        Removed("turns", of_calls("turns")),
        Removed("quotes", quotes),
        Removed("sound_features", rows_of("acoustics", "content_hash", traces.own_hashes)),
        Removed("activities", len(traces.activities)),
        Removed("activity_changes", rows_of("activity_changes", "activity_id", traces.activities)),
        Removed("notes", len(traces.notes)),
        Removed("calls", len(calls), anonymised=True),
        Removed("deals", len(deals), anonymised=True),
        Removed("sales", len(traces.sales), anonymised=True),
        Removed("flags", of_calls("flags"), anonymised=True),
        Removed("violations", of_calls("violations"), anonymised=True),
        Removed("sample", of_calls("sample"), anonymised=True),
    )
    return tuple(item for item in found if item.count)


def _grounds(removed: Sequence[Removed], traces: Traces, backups: Sequence[RemainingBackup]) -> tuple[Ground, ...]:
    found = [Ground.SUPPRESSION, Ground.PROOF]
    if any(item.anonymised for item in removed):
        found.append(Ground.STATISTICS)
    if traces.shared_hashes:
        found.append(Ground.SHARED_SOUND)
    if traces.shared_deals:
        found.append(Ground.SHARED_DEAL)
    if backups:
        found.append(Ground.BACKUPS)
    return tuple(found)


def _remaining(workspace: Workspace, reader: Reader) -> tuple[RemainingBackup, ...]:
    """Backups from before: those written down, where they were put, and the copies that migrations made."""
    made = [
        RemainingBackup(item.made_at, Path(item.place).name, item.encrypted, Path(item.place).is_file())
        for item in safekeeping.known_backups(reader)
    ]
    copies = [
        RemainingBackup(datetime.fromtimestamp(path.stat().st_mtime, UTC), path.name, False, True)
        for path in sorted(workspace.home.glob(_COPIES))
    ]
    return tuple(sorted((*made, *copies), key=lambda item: (item.made_at, item.name)))


def _clean_table(path: Path, traces: Traces) -> None:
    """A table of rejected rows without the lines that name the person."""
    if not path.is_file():
        return
    words = {*traces.calls, *traces.deals, *traces.recording_names, *traces.client_names}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = list(csv.reader(file))
        kept = [line for line in lines if not _names_person(line, traces.numbers, words)]
        if len(kept) == len(lines):
            return
        fresh = path.with_name(f".{path.name}.new")
        with fresh.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows(kept)
        fresh.replace(path)
    except OSError as error:
        raise WorkspaceError("removal_failed", file=path.name, detail=error.strerror or str(error)) from error


def _names_person(cells: Sequence[str], numbers: Collection[str], words: Collection[str]) -> bool:
    return any(cell in words or any(number in re.sub(r"\D", "", cell) for number in numbers) for cell in cells)


def with_phones(certificate: Certificate, phones: Sequence[str], region: str) -> Certificate:
    """The certificate with the phones in clear, where whoever asks for it wants them; sealed anew."""
    return replace(certificate, phones=tuple(e164(phone, region) for phone in phones)).sealed()
