"""Every error this program raises on purpose.

    QcwError                    has a code, parameters and an exit code
      UsageError                the command line or a request was wrong        (exit 2)
      SettingsError             qcw.toml was wrong                             (exit 2)
      NotConfigured             a feature that needs settings it has not got   (exit 2)
      WorkspaceError            the workspace cannot be opened or is damaged   (exit 3)
        StoreBusy               another program holds the database file
        StoreTooNew             the file was written by a newer program
        StoreFull               the disk took no more; nothing of the write was kept
      WriteRefused              what a write required was no longer so; nothing was written  (exit 1)
      StoreReadRefused          a read lasted or grew beyond the store's limits (exit 1)
      ModelError                the speech model is missing or damaged         (exit 2)
      ImportFailed              a whole file (not a row) could not be read     (exit 1)
      SourceError               a telephone system or CRM did not give what was asked (exit 1)
        SourceUnreachable       no answer, or an answer of a server in trouble; asking again may help
        SourceThrottled         too many questions; ``wait_s`` says how long to wait, where the system tells
        SourceRefused           the key is wrong or may not read this; asking again does not help
        SourceAnswerBroken      an answer that is no answer: a page of HTML, JSON that breaks off, an error with 200
      UploadFailed              a report could not be handed over to a place outside (exit 1)
      MediaError                a recording could not be decoded               (exit 1)
      ClusterError              the machines that share the work can't be used (exit 2)
      RecordingUnreachable      a recording could not be fetched now; it may be later (exit 1)
      ArchiveError              a backup could not be made, read or restored   (exit 1)

The text a person reads comes from the interface's catalogue (``error.<code>``)
with ``params`` filled in, so that every message says what happened, where, what
was expected and the next step, in Russian and in English.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Phrase:
    """A parameter of an error that is itself a text of the catalogue, so that no part of a message is untranslated."""

    code: str
    params: Mapping[str, object] = field(default_factory=dict)


class QcwError(Exception):
    """Base class. ``code`` names the message in the catalogue, ``params`` fill it in."""

    exit_code = 1

    def __init__(self, code: str, **params: object) -> None:
        self.code = code
        self.params = params
        super().__init__(code)

    def __str__(self) -> str:
        detail = ", ".join(f"{key}={value!r}" for key, value in self.params.items())  # from what a key was taken out of
        return f"{self.code}({detail})"


class UsageError(QcwError):
    exit_code = 2


class SettingsError(QcwError):
    exit_code = 2


class NotConfigured(QcwError):
    exit_code = 2


class WorkspaceError(QcwError):
    exit_code = 3


class StoreBusy(WorkspaceError):
    pass


class StoreTooNew(WorkspaceError):
    pass


class StoreFull(WorkspaceError):
    pass


class WriteRefused(QcwError):
    exit_code = 1


class StoreReadRefused(QcwError):
    exit_code = 1


class ModelError(QcwError):
    exit_code = 2


class ImportFailed(QcwError):
    exit_code = 1


class SourceError(QcwError):
    exit_code = 1


class UploadFailed(QcwError):
    exit_code = 1


class SourceUnreachable(SourceError):
    pass


class SourceThrottled(SourceError):
    def __init__(self, code: str, *, wait_s: float | None = None, **params: object) -> None:
        self.wait_s = wait_s
        super().__init__(code, **params)


class SourceRefused(SourceError):
    pass


class SourceAnswerBroken(SourceError):
    pass


class MediaError(QcwError):
    exit_code = 1


class ArchiveError(QcwError):
    exit_code = 1


class ClusterError(QcwError):
    exit_code = 2


class RecordingUnreachable(QcwError):
    exit_code = 1
