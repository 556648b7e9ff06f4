"""Texts and files that people or other programs write: settings, forms, questions of the search, secrets, backups."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pyrage

from pipelines.archive_format import ArchiveWriter, Manifest, Sounds, read_archive
from qc_workbench.config import load_settings, parse_settings
from qc_workbench.domain.search import CallFilters
from qc_workbench.domain.transcript import Party, Turn
from qc_workbench.errors import ArchiveError
from qc_workbench.searching.language import parse
from qc_workbench.searching.matching import fits, said_words
from qc_workbench.searching.snippets import snippets
from qc_workbench.sources.form_files import form_problems, form_text, read_draft, read_form, starter_forms
from qc_workbench.sources.secrets_file import FILE_NAME, KEY_VARIABLE, SecretsFile
from qc_workbench.store.searching import find_calls
from tests.fuzzing.kept import ForgettingWorkspace, is_fast
from tests.fuzzing.rule import SECRET, Outcome, taken

KYIV: Final = ZoneInfo("Europe/Kyiv")


# --- qcw.toml --------------------------------------------------------------------------------------------------------


def read_settings(data: bytes) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "qcw.toml"
        path.write_bytes(data)
        settings = load_settings(path)
    assert parse_settings(data.decode("utf-8-sig"), "qcw.toml") == settings
    repr(settings)
    return taken(settings=1, sources=len(settings.sources))


def settings_seeds() -> tuple[bytes, ...]:
    from tests.webhook_cases import source

    every = "\n".join(source(kind, kind) for kind in ("binotel", "twilio", "pipedrive", "bitrix24"))
    return (
        b'[company]\nname = "A"\ntimezone = "Europe/Kyiv"\nphone_region = "UA"\nworkdays = [1, 2, 3]\n',
        every.encode(),
        b'[retention]\nrecordings_months = 6\ntranscripts_months = 12\n[mail]\nhost = "smtp.example.test"\n',
    )


# --- forms -----------------------------------------------------------------------------------------------------------


def read_form_text(data: bytes) -> Outcome:
    """A form as YAML: what is good is written and read back as it was."""
    text = data.decode("utf-8", "replace")
    wrong = form_problems(text, "form.yaml")
    read_draft(text, "form.yaml")
    form = read_form(text, "form.yaml")
    assert read_form(form_text(form), "form.yaml") == form
    return taken(questions=sum(len(section.questions) for section in form.sections), flaws=len(wrong))


def form_seeds() -> tuple[bytes, ...]:
    return tuple(form_text(form).encode() for form in starter_forms().values())


# --- the language of search ------------------------------------------------------------------------------------------

_TALK: Final = (
    Turn(Party.AGENT, 0, 0.0, 4.0, "Добрый день, завод окон, чем могу помочь?", 0.9),
    Turn(Party.CUSTOMER, 1, 4.5, 9.0, "Здравствуйте, дорого у вас, я подумаю и перезвоню.", 0.9),
)


def workspace() -> ForgettingWorkspace:
    return _workspace(is_fast())


@cache
def _workspace(fast: bool) -> ForgettingWorkspace:
    return ForgettingWorkspace()


def read_question(data: bytes) -> Outcome:
    """A question: on the words of a call by the definition, and in the database."""
    query = parse(data.decode("utf-8", "replace"))
    is_found = fits(query, said_words(_TALK))
    shown = snippets(query, _TALK, 3)
    with workspace().store.reading() as reader:
        found = find_calls(reader, query, CallFilters(), KYIV, limit=5)
    assert found.total == 0, "no call is kept"
    return taken(found=int(is_found), snippets=len(shown))


def question_seeds() -> tuple[bytes, ...]:
    said = (
        'дорого', 'клиент: "я подумаю" ИЛИ перезвон*', "цена ~5 скидка -менеджер:(бонус OR акция)",
        'начало:30 «добрый день» конец: 60 (дорого | дешевле) "окон завод"~3',
    )  # fmt: skip
    return tuple(text.encode() for text in said)


# --- secrets.age -----------------------------------------------------------------------------------------------------

_IDENTITY: Final = pyrage.x25519.Identity.generate()


def read_secrets(data: bytes) -> Outcome:
    """An encrypted file as it may lie there; a file that begins with ``{`` or ``[`` is what was encrypted."""
    inside = data[:1] in (b"{", b"[", b'"')
    content = pyrage.encrypt(data, [_IDENTITY.to_public()]) if inside else data
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / FILE_NAME).write_bytes(content)
        secrets = SecretsFile(home, {KEY_VARIABLE: str(_IDENTITY)})
        names = secrets.names()
        for name in names:
            secrets.get(name)
        secrets.put("new", "value")
        assert secrets.get("new") == "value"
    return taken(secrets=len(names))


def secrets_seeds() -> tuple[bytes, ...]:
    inside = json.dumps({"binotel.key": SECRET, "b": "2"}).encode()
    return inside, pyrage.encrypt(inside, [_IDENTITY.to_public()]), b"age-encryption.org/v1\n-> X25519 x\n"


# --- backups ---------------------------------------------------------------------------------------------------------


def read_backup(data: bytes) -> Outcome:
    """An archive, every member written to a folder that must stay what it is."""
    with tempfile.TemporaryDirectory() as name:
        outer = Path(name)
        into = outer / "into"
        into.mkdir()
        try:
            manifest = read_archive(io.BytesIO(data), Path("backup.tar"), lambda member: into / member, lambda _: None)
        except OSError as error:
            raise ArchiveError("backup_damaged", file="backup.tar", where=type(error).__name__) from error
        finally:
            assert [path.name for path in outer.iterdir()] == ["into"], "nothing is written elsewhere"
            shutil.rmtree(into)
    return taken(members=len(manifest.members), tables=len(manifest.tables))


def backup_seeds() -> tuple[bytes, ...]:
    written = io.BytesIO()
    at = datetime(2026, 9, 1, tzinfo=UTC)
    writer = ArchiveWriter(written, at)
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (("qcw.duckdb.zst", b"d"), ("qcw.toml", b""), ("media/ab/abc.mp3", b"sound")):
            path = Path(folder) / "file"
            path.write_bytes(content)
            writer.add(name, path)
    manifest = Manifest(at, "1", 42, {"calls": 2}, Sounds.INSIDE, tuple(writer.members))
    writer.finish(manifest)
    return (written.getvalue(),)


def archive_of(*members: tuple[str, bytes], kind: bytes = tarfile.REGTYPE, link: str = "") -> bytes:
    """A tar of these members, for inputs that no program would write."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in members:
            header = tarfile.TarInfo(name)
            header.type, header.linkname = kind, link
            header.size = len(content) if kind == tarfile.REGTYPE else 0
            tar.addfile(header, io.BytesIO(content))
    return written.getvalue()
