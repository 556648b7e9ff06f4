"""The access report: everything kept about one person, for that person, and nothing about anybody else.

A zip with a page to read, the same as JSON, and the recordings where they are wanted. What of each table is in it:
:mod:`pipelines.access_tables`. Names, numbers and words of other people are hidden; of a conversation an employee gets
the own words, a client the whole of it, because it was said to them.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from pipelines.access_subject import AccessSubject, client_subject, employee_subject
from pipelines.access_tables import ABOUT_EMPLOYEES, LEFT_OUT, SHOWN, Source
from pipelines.build_report import render
from pipelines.whole_file import whole_file
from qc_workbench import __version__
from qc_workbench.domain.contacts import masked_phone, without_others
from qc_workbench.domain.personal_data import SubjectKind
from qc_workbench.errors import UsageError
from qc_workbench.reporting.access_document import AccessChapter, AccessReport, access_document
from qc_workbench.reporting.plain import plain
from qc_workbench.review.personal_data import kept_data
from qc_workbench.sources.phones import e164
from qc_workbench.sources.problems import BadValueError
from qc_workbench.store.calls import audit_entry
from qc_workbench.store.database import Reader
from qc_workbench.store.listening import hidden_in
from qc_workbench.ui.i18n import Translator
from qc_workbench.work.covered_sound import kept_covered
from qc_workbench.work.decoding import write_pcm
from qc_workbench.workspace import Workspace

#: Said in place of what the other side of an employee's call said.
_WORDS_OF_CLIENT: Final = "·····"
#: Columns that name a client: an employee's report hides them.
_CLIENT_COLUMNS: Final = frozenset({"client_phone", "client_phones", "client_name"})


@dataclass(frozen=True, slots=True)
class MadeReport:
    """``rows``: how many there are in each table; ``recordings``: files in the zip."""

    content: bytes
    rows: Mapping[str, int]
    recordings: int


def access_report(
    workspace: Workspace,
    by: str,
    at: datetime,
    t: Translator,
    *,
    phones: Sequence[str] = (),
    agent: str | None = None,
    with_recordings: bool = False,
) -> MadeReport:
    """The report about a client (``phones``) or an employee (``agent``), noted in the audit log.

    Raises :class:`UsageError` ``access_whom``, ``access_nobody``, ``phone_invalid``.
    """
    if bool(phones) == bool(agent):
        raise UsageError("access_whom")
    with workspace.store.reading(heavy=True) as reader:
        if agent:
            subject = employee_subject(reader, agent)
        else:
            own = _phones(phones, workspace.settings.company.phone_region)
            subject = client_subject(reader, own, ", ".join(map(masked_phone, own)))
        tables = {name: _rows(reader, name, source, subject) for name, source in SHOWN.items()}
        files = _recordings(workspace, reader, subject) if with_recordings else []
    report = AccessReport(
        kind=subject.kind,
        label=subject.label,
        company=workspace.settings.company.name,
        contact=workspace.settings.privacy.contact,
        made_at=at,
        program=f"QC Workbench {__version__}",
        chapters=_chapters(tables),
        kept=kept_data(workspace.settings, subject.kind, t),
        left_out=_left_out(subject.kind),
        recordings=len(files),
    )
    content = _zip(report, tables, files, t, workspace)
    rows = {name: len(found) for name, found in tables.items() if found}
    about = agent if agent else "client"
    entry = audit_entry(
        at, by, "access_report_made", about, kind=subject.kind.value, rows=sum(rows.values()), recordings=len(files)
    )
    workspace.store.write(entry)
    return MadeReport(content, rows, len(files))


def write_access_report(made: MadeReport, out: Path) -> Path:
    """A file appears only when it is complete."""
    with whole_file(out) as stream:
        stream.write(made.content)
    return out


def _phones(written: Sequence[str], region: str) -> list[str]:
    try:
        return [e164(phone, region) for phone in written]
    except BadValueError as error:
        raise UsageError("phone_invalid", region=region) from error


def _rows(reader: Reader, table: str, source: Source, subject: AccessSubject) -> list[dict[str, Any]]:
    by = source.client if subject.kind is SubjectKind.CLIENT else source.employee
    if not by:
        return []
    columns = ", ".join(f'"{column}"' for column in source.columns)
    holds = {"phones": 'list_has_any(from_json("phones", \'["VARCHAR"]\'), ?)'}
    found = reader.rows(
        f'select {columns} from "{table}" where '  # noqa: S608 - names of access_tables
        + " or ".join(holds.get(column, f'list_contains(?::varchar[], "{column}"::varchar)') for column in by),
        *(list(subject.sets.get(name, ())) for name in by.values()),
    )
    shown = [_without_others(dict(row), source, subject) for row in found]
    return sorted(shown, key=lambda row: [str(value) for value in row.values()])


def _without_others(row: dict[str, Any], source: Source, subject: AccessSubject) -> dict[str, Any]:
    """A row without what is about somebody else."""
    if subject.kind is SubjectKind.EMPLOYEE:
        for column in _CLIENT_COLUMNS & row.keys():
            value = row[column]
            row[column] = masked_phone(value) if column == "client_phone" else None if value is None else "·····"
        if row.get("party", "agent") != "agent":
            row["text"] = _WORDS_OF_CLIENT
    for column in source.texts & row.keys():
        if isinstance(row[column], str):
            row[column] = without_others(row[column], subject.others, subject.phones)
    return row


def _chapters(tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> tuple[AccessChapter, ...]:
    names = dict.fromkeys(source.chapter for source in SHOWN.values())
    return tuple(
        AccessChapter(
            chapter,
            {
                name: (SHOWN[name].columns, tuple(tuple(row.values()) for row in rows))
                for name, rows in tables.items()
                if SHOWN[name].chapter == chapter and rows
            },
        )
        for chapter in names
    )


def _left_out(kind: SubjectKind) -> Mapping[str, tuple[str, ...]]:
    found = {reason: tuple(sorted(names)) for reason, names in LEFT_OUT.items()}
    if kind is SubjectKind.CLIENT:
        found["of_employees"] = tuple(sorted(ABOUT_EMPLOYEES))
    return found


def _recordings(workspace: Workspace, reader: Reader, subject: AccessSubject) -> list[tuple[str, Path]]:
    """Names in the zip and files. Of an employee only those of own calls: the client is heard in them too. Secrets that
    were said are covered as where they are played."""
    rows = reader.rows(
        "select call_id, path, content_hash from recordings "
        "where path is not null and list_contains(?::varchar[], call_id) "
        "order by 1",
        list(subject.sets["calls"]),
    )
    paths = [_covered(workspace, reader, workspace.media_path(row["path"]), row["content_hash"] or "") for row in rows]
    return [(f"recordings/{number:05d}{path.suffix}", path) for number, path in enumerate(paths) if path.is_file()]


def _covered(workspace: Workspace, reader: Reader, path: Path, content_hash: str) -> Path:
    kinds = workspace.settings.privacy.redact
    hidden = [item for item in hidden_in(reader, content_hash) if item.kind in kinds]
    if not hidden or not path.is_file():
        return path
    folder = workspace.home / "cache" / "playable"
    return kept_covered(folder, content_hash, hidden, lambda part: write_pcm(path, part))


def _zip(
    report: AccessReport,
    tables: Mapping[str, Sequence[Mapping[str, Any]]],
    files: Sequence[tuple[str, Path]],
    t: Translator,
    workspace: Workspace,
) -> bytes:
    document = access_document(report, t)
    data = {
        "subject": report.kind.value, "label": report.label, "made_at": report.made_at, "company": report.company,
        "program": report.program, "retention": report.kept, "left_out": report.left_out,
        "tables": {name: rows for name, rows in tables.items() if rows},
    }  # fmt: skip
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("report.html", render(document, ".html", t, workspace))
        archive.writestr("report.json", json.dumps(plain(data), ensure_ascii=False, indent=1, default=str))
        for name, path in files:
            archive.write(path, name)
    return out.getvalue()
