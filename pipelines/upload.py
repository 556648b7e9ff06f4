"""Hand reports over to a place outside: the daily page, and a month once it is signed.

Idempotent: what a report says is handed over to a place under a name once. What it says later, it is handed over again
and replaces the file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from pipelines.build_report import render
from pipelines.build_today import read_today
from pipelines.send_day import is_sent_on
from pipelines.sign_month import revisions, signed_document
from pipelines.upload_places import Delivery, open_place
from qc_workbench.domain.upload import Uploaded
from qc_workbench.errors import NotConfigured
from qc_workbench.reporting.document import Document
from qc_workbench.reporting.document_json import document_json
from qc_workbench.reporting.today_document import today_document
from qc_workbench.store import uploads
from qc_workbench.store.calls import audit_entry
from qc_workbench.store.database import to_json
from qc_workbench.ui.i18n import Language, Translator
from qc_workbench.workspace import Workspace

#: How long after it a signature is still handed over by itself.
SIGNED_WITHIN: Final = timedelta(days=62)


@dataclass(frozen=True, slots=True)
class UploadReport:
    """``uploaded``: files handed over now; ``already``: those that are there and say the same."""

    place: str
    uploaded: tuple[str, ...]
    already: int


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    about: str
    report: str
    period: str
    language: Language
    form: str
    document: Callable[[], Document]


def upload_day(workspace: Workspace, day: date, by: str, now: datetime) -> UploadReport:
    """The page of one day, as it is now."""
    return _upload(workspace, list(_of_day(workspace, day, now)), by, now)


def upload_month(workspace: Workspace, month: date, by: str, now: datetime) -> UploadReport:
    """The last revision of a month that stands; nothing where there is none."""
    return _upload(workspace, list(_of_month(workspace, month)), by, now)


def upload_due(workspace: Workspace, by: str, now: datetime) -> UploadReport:
    """What the settings hand over by themselves and was not handed over yet."""
    return _upload(workspace, _missing(workspace, now), by, now)


def is_due(workspace: Workspace, now: datetime) -> bool:
    return bool(workspace.settings.upload.to) and bool(_missing(workspace, now))


def _missing(workspace: Workspace, now: datetime) -> list[_File]:
    """Files of which nothing was handed over under their names: the page of today once it is sent, signed months."""
    settings = workspace.settings.upload
    place = open_place(settings, workspace.home)
    files: list[_File] = []
    try:
        local = now.astimezone(workspace.settings.company.zone)
        is_sent = local.time() >= workspace.settings.day.sent_at and is_sent_on(workspace, local.date())
        if "day" in settings.reports and is_sent:
            files += _of_day(workspace, local.date(), now)
        if "month" in settings.reports:
            for back in range(3):
                month = _months_back(local.date(), back)
                files += _of_month(workspace, month, since=now - SIGNED_WITHIN)
        with workspace.store.reading() as reader:
            there = {name for name, _ in uploads.uploaded(reader, place.place, [item.name for item in files])}
    finally:
        place.close()
    return [item for item in files if item.name not in there]


def _months_back(day: date, months: int) -> date:
    count = day.year * 12 + day.month - 1 - months
    return date(count // 12, count % 12 + 1, 1)


def _of_day(workspace: Workspace, day: date, now: datetime) -> Iterator[_File]:
    for language, form in _kinds(workspace):

        def document(language: Language = language) -> Document:
            return today_document(read_today(workspace, day, now), _words(workspace, language))

        yield _File(
            f"{day}.{language}.{form}", f"day:{day}", "day", day.isoformat(), language, form, document
        )  # fmt: skip


def _of_month(workspace: Workspace, month: date, since: datetime | None = None) -> Iterator[_File]:
    first = month.replace(day=1)
    signed = next((item for item in reversed(revisions(workspace, first)) if item.stands), None)
    if signed is None or (since is not None and signed.signed_at < since):
        return
    for language, form in _kinds(workspace):

        def document(language: Language = language) -> Document:
            return signed_document(workspace, first, signed.revision, language)

        name = f"{first:%Y-%m}-r{signed.revision}.{language}.{form}"
        about = f"month:{first:%Y-%m}:r{signed.revision}"
        yield _File(name, about, "month", f"{first:%Y-%m}", language, form, document)


def _kinds(workspace: Workspace) -> list[tuple[Language, str]]:
    settings = workspace.settings.upload
    languages = settings.languages or (workspace.settings.company.language,)
    return [(language, form) for language in languages for form in settings.formats]


def _words(workspace: Workspace, language: Language) -> Translator:
    return Translator(language, workspace.settings.company.zone)


def _upload(workspace: Workspace, files: list[_File], by: str, now: datetime) -> UploadReport:
    settings = workspace.settings.upload
    if not settings.to:
        raise NotConfigured("upload_nowhere")
    place = open_place(settings, workspace.home)
    try:
        with workspace.store.reading() as reader:
            there = uploads.uploaded(reader, place.place, [item.name for item in files])
        done = [item.name for item in files if _hand_over(workspace, place, item, there, by, now)]
    finally:
        place.close()
    return UploadReport(place.place, tuple(done), len(files) - len(done))


def _hand_over(
    workspace: Workspace, place: Delivery, item: _File, there: set[tuple[str, str]], by: str, now: datetime
) -> bool:
    document = item.document()
    digest = hashlib.sha256(f"{item.form}\n{to_json(document_json(document))}".encode()).hexdigest()
    if (item.name, digest) in there:
        return False
    content = render(document, f".{item.form}", _words(workspace, item.language), workspace)
    remote_id = place.deliver(item.name, content)
    row = Uploaded(place.place, item.name, digest, len(content), item.about, now, remote_id)
    line = audit_entry(
        now, by, "report_exported", item.period, report=item.report, format=item.form, file=item.name, to=place.place
    )
    workspace.store.write(uploads.uploaded_row(row), line)
    return True
