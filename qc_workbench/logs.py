"""The log: one JSON object a line, of fields that are named here, and nothing else.

A line says when, how grave, what (``event``, a code that docs/operations.md explains), which process, and
the fields of :class:`Fields`. What somebody said, a name, a phone or a quote has no field to stand in. Three guards
hold when a caller errs: a text that is no plain token of Latin letters and digits is withheld, a run of digits that
may be a phone is masked, and of an exception only its type or code and the places in the program are written,
never its text (a database says the value it disliked, a decoder the file's name).

Lines of libraries are told by who wrote them and where; their words are kept for :data:`TRUSTED` alone, without
the values filled into them.

Every process of a workspace appends to the same file of the day, ``logs/qcw-2026-11-22.jsonl`` (UTC): a line
is one write at the end of the file, so that lines don't mix and nobody has to rename a file that others hold open.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import logging
import os
import re
import traceback
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, TextIO, TypedDict, Unpack, get_type_hints

from qc_workbench.errors import QcwError

if TYPE_CHECKING:
    from qc_workbench.config import Logs


class Fields(TypedDict, total=False):
    """All that a line may say beside its event. Names carry units; texts are codes, ids and paths of the program."""

    call_id: str  # one that holds a phone is written as the start of its digest, see :func:`identifier`
    content_hash: str
    step: str
    state: str
    command: str
    error: str  # code of a QcwError, or the type of another exception
    exit_code: int
    duration_s: float
    wait_s: float
    age_s: float
    count: int
    total: int
    failed: int
    attempt: int
    size_bytes: int
    free_bytes: int
    worker: str
    executor: str
    model: str
    method: str
    path: str  # of a request: the pattern of the route, never the address that was asked for
    status: int
    host: str
    port: int
    home: Path
    version: str
    schema: int


#: Libraries whose words (not the values in them) are worth keeping: why a server could not start.
TRUSTED: Final = frozenset({"uvicorn.error"})
#: Longest text of a field, in characters; a home folder may be that long, nothing else is.
TEXT_MOST: Final = 240
#: Places of an exception that are written, the innermost ones.
PLACES_MOST: Final = 12
#: A file of this size is followed by the next part of the day, so that one can still be opened in an editor.
PART_MOST_BYTES: Final = 64 * 2**20

_KINDS: Final = get_type_hints(Fields)
_OURS: Final = logging.getLogger("qc_workbench")
_OURS.addHandler(logging.NullHandler())  # a library must not print when nobody asked for a log
_EVENT: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_TOKEN: Final = re.compile(r"[A-Za-z0-9_.,:/@+*{}<>()\[\]~#=-]+")
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
#: Seven digits or more, with what people put between the digits of a phone. E.164 has at most 15.
_PHONE: Final = re.compile(r"\+?\d(?:[\s().-]{0,2}\d){6,}")
_FILE: Final = re.compile(r"qcw-(\d{4}-\d{2}-\d{2})(?:\.(\d+))?\.jsonl")


def event(
    code: str, level: int = logging.INFO, *, exception: BaseException | None = None, **fields: Unpack[Fields]
) -> None:
    """Write one line. ``code`` is a literal such as ``http.request``; ``exception`` adds its type and places."""
    if _OURS.isEnabledFor(level):
        told = None if exception is None else (type(exception), exception, exception.__traceback__)
        _OURS.log(level, "%s", code, exc_info=told, extra={"qcw_event": code, "qcw_fields": fields})


def start(home: Path, settings: Logs, role: str, *, stderr: TextIO | None = None) -> None:
    """Log into ``home/logs`` from now on, and to ``stderr`` too where one is given. Again: the last call counts.

    ``role`` says what this process is: serve, command, owner, worker. A person at a terminal gets warnings and
    worse there; a service manager or a container gets every line. A folder that can't be written stops nobody.
    """
    stop()
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    formatter = JsonLines(role)
    handlers: list[logging.Handler] = [DailyFile(home / "logs", settings.keep_days, settings.keep_mib * 2**20)]
    if stderr is not None:
        handlers.append(_Stream(stderr))
        if stderr.isatty():
            handlers[-1].setLevel(max(level, logging.WARNING))
    for handler in handlers:
        handler.setFormatter(formatter)
        handler.set_name("qcw")
        logging.root.addHandler(handler)
    _OURS.setLevel(level)
    # Libraries at DEBUG write megabytes a minute (numba), and none of it is ours to read.
    logging.root.setLevel(max(level, logging.INFO))
    logging.getLogger("httpx").setLevel(logging.WARNING)  # a line a request, whose address may be a key itself


def stop() -> None:
    """End logging in this process and close its file."""
    for handler in [handler for handler in logging.root.handlers if handler.get_name() == "qcw"]:
        logging.root.removeHandler(handler)
        handler.close()


def masked(text: str) -> str:
    """The text with every run of digits that may be a phone replaced. Hashes and dates stay."""
    if _HASH.fullmatch(text) or _DAY.fullmatch(text):
        return text
    return _PHONE.sub("[digits]", text)


def identifier(text: str) -> str:
    """An id that may be written: itself, or where it holds a phone or words, the start of its SHA-256.

    Telephone systems name calls by numbers and moments. ``printf %s ID | sha256sum`` finds the line of a known call.
    """
    if _TOKEN.fullmatch(text) and masked(text) == text and len(text) <= TEXT_MOST:
        return text
    return f"~{hashlib.sha256(text.encode()).hexdigest()[:12]}"


class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def __init__(self, role: str) -> None:
        super().__init__()
        self._role = role

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
        }
        code = getattr(record, "qcw_event", None)
        if isinstance(code, str):
            line["event"] = code if _EVENT.fullmatch(code) else "event.unnamed"
            line |= self._process()
            line |= _allowed(getattr(record, "qcw_fields", {}))
        else:
            line["event"] = "library.message"
            line |= self._process()
            line |= {"logger": _token(record.name), "where": f"{_token(record.module)}:{record.lineno}"}
            if record.name in TRUSTED:
                line["message"] = masked(str(record.msg).strip())[:TEXT_MOST]
        if record.exc_info and record.exc_info[1] is not None:
            line |= _told(record.exc_info[1], record.exc_info[2]) | {
                name: line[name] for name in ("error",) if name in line
            }
        return json.dumps(line, ensure_ascii=False)

    def _process(self) -> Mapping[str, object]:
        return {"process": self._role, "pid": os.getpid()}


def _allowed(fields: Mapping[str, object]) -> dict[str, object]:
    """The named fields of the right kind. What may not be written is named, so that its writer can be found."""
    kept: dict[str, object] = {}
    refused: list[str] = []
    for name, value in fields.items():
        kind = _KINDS.get(name)
        if value is None:
            continue
        if kind is None:
            refused.append(_token(name))
        elif name == "call_id":
            kept[name] = identifier(str(value))
        elif kind is str:
            kept[name] = _token(str(value))
        elif kind is Path:
            kept[name] = masked(str(value))[:TEXT_MOST]
        elif isinstance(value, int | float) and not isinstance(value, bool):
            kept[name] = round(value, 4) if isinstance(value, float) else value
        else:
            refused.append(name)
    return kept | ({"refused_fields": refused} if refused else {})


def _token(text: str) -> str:
    return masked(text) if len(text) <= TEXT_MOST and _TOKEN.fullmatch(text) else "[withheld]"


def _told(exception: BaseException, trace: TracebackType | None) -> dict[str, object]:
    """What may be said of an exception: what kind, by which cause, where in the program."""
    told: dict[str, object] = {"error": _kind(exception)}
    if exception.__cause__ is not None:
        told["cause"] = _kind(exception.__cause__)
    number = exception.errno if isinstance(exception, OSError) else None
    if number is not None:
        told["errno"] = errno.errorcode.get(number, str(number))
    frames = traceback.extract_tb(trace)[-PLACES_MOST:]
    told["places"] = [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]
    return told


def _kind(exception: BaseException) -> str:
    return _token(exception.code) if isinstance(exception, QcwError) else type(exception).__qualname__


def _short(filename: str) -> str:
    """A file of the program from its package on: the rest is where the machine keeps programs."""
    parts = Path(filename).parts
    for anchor in ("site-packages", "qc_workbench", "pipelines"):
        if anchor in parts:
            at = len(parts) - 1 - parts[::-1].index(anchor)
            return "/".join(parts[at + (anchor == "site-packages") :])
    return parts[-1] if parts else ""


class _Quiet(logging.Handler):
    """A handler that loses a line rather than stop its caller, or print what could not be written."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name of logging's own method
        pass


class _Stream(_Quiet, logging.StreamHandler[TextIO]):
    pass


class DailyFile(_Quiet):
    """Appends to ``folder/qcw-DAY[.PART].jsonl``; a new day removes what is too old or too much.

    Safe for many processes: each line is one ``write`` to a file opened for appending, readable by its owner only.
    """

    def __init__(self, folder: Path, keep_days: int, keep_bytes: int) -> None:
        super().__init__()
        self._folder, self._keep_days, self._keep_bytes = folder, keep_days, keep_bytes
        self._day: date | None = None
        self._part = 0
        self._file: int | None = None

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = (self.format(record) + "\n").encode("utf-8", "replace")
            os.write(self._opened(datetime.fromtimestamp(record.created, UTC).date()), line)
        except Exception:
            self.handleError(record)

    def close(self) -> None:
        self._release()
        super().close()

    def _opened(self, day: date) -> int:
        if self._file is not None and day == self._day and os.fstat(self._file).st_size < PART_MOST_BYTES:
            return self._file
        if day != self._day:
            self._part = 0
        self._release()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        prune(self._folder, day, self._keep_days, self._keep_bytes)
        while (path := self._path(day)).exists() and path.stat().st_size >= PART_MOST_BYTES:
            self._part += 1
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0), 0o600)
        self._day = day
        return self._file

    def _path(self, day: date) -> Path:
        return self._folder / (f"qcw-{day}.{self._part}.jsonl" if self._part else f"qcw-{day}.jsonl")

    def _release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def prune(folder: Path, today: date, keep_days: int, keep_bytes: int) -> None:
    """Remove logs of days before the last ``keep_days``, then the oldest until ``keep_bytes`` are not exceeded.

    Only files that this module names are looked at; today's first part always stays.
    """
    found = []
    for path in folder.iterdir():
        match = _FILE.fullmatch(path.name)
        if match:
            with contextlib.suppress(ValueError, OSError):  # no date, or another process was first
                found.append((date.fromisoformat(match[1]), int(match[2] or 0), path.stat().st_size, path))
    kept_bytes = 0
    for day, _, size, path in sorted(found, reverse=True):
        kept_bytes += size
        if day <= today - timedelta(days=keep_days) or (kept_bytes > keep_bytes and day != today):
            with contextlib.suppress(OSError):
                path.unlink()
