"""Keys that this process has read, so that no error repeats one: some servers throw back at us whatever they were told,
and what they said goes into the message."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from qc_workbench.errors import QcwError

#: A shorter text is no key, and would be blotted out of innocent words.
_SHORTEST: Final = 6
_BLOT: Final = "***"
_seen: set[str] = set()


def note_secret(secret: str) -> None:
    """A key as it was read; of an address that is a key, the parts of its path too."""
    parts = [secret, *urlsplit(secret).path.split("/")] if "://" in secret else [secret]
    _seen.update(part for part in parts if len(part) >= _SHORTEST)


def blotted(text: str) -> str:
    """The text without the keys, nor the beginning of one at a place where the text was cut."""
    for secret in sorted(_seen, key=len, reverse=True):
        text = text.replace(secret, _BLOT)
        end = text.removesuffix("…")
        for length in range(min(len(secret) - 1, len(end)), _SHORTEST - 1, -1):
            if end.endswith(secret[:length]):
                text = end[:-length] + _BLOT
                break
    return text


def blot(error: QcwError) -> None:
    """Take the keys out of an error's parameters, for good."""
    error.params = {key: blotted(value) if isinstance(value, str) else value for key, value in error.params.items()}
