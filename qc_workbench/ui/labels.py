"""Names of codes, and texts from outside made safe to show."""

from __future__ import annotations

import re

from qc_workbench.errors import QcwError
from qc_workbench.ui.i18n import Translator


def named(t: Translator, family: str, code: str) -> str:
    """The name of a code such as ``evidence.beep``.

    A detector of a newer version may have written a code this program does not know: it is shown as
    it is, which is better than a page that does not open. Tests hold the known ones complete.
    """
    full = f"{family}.{code}"
    return t(full) if t.knows(full) else code.replace("_", " ")


def plain(text: str) -> str:
    """Text from outside (names, quotes, reasons) for a place that takes Markdown.

    Without it a client named ``![](https://…)`` would make every page that names them load a picture
    from that address.
    """
    escaped = "".join(f"\\{char}" if char in _MARKDOWN else char for char in text)
    return _LINKS.sub("\\1\u2060\\2", escaped)


_MARKDOWN = frozenset("\\*_`[]<>$#~:!|&")
#: What the page makes a link of although each of its signs is escaped; a word joiner, which nobody sees, stops it.
_LINKS = re.compile(r"(?i)(\bwww|:)(\.|//)")


def error_text(error: QcwError, t: Translator) -> str:
    """What happened, where and what next; values from outside are not Markdown."""
    return t(f"error.{error.code}", **{name: _safe(value) for name, value in error.params.items()})


def _safe(value: object) -> object:
    return plain(value) if isinstance(value, str) else value
