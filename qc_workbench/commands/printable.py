"""Texts from outside on their way to a terminal: names, files, answers of servers."""

from __future__ import annotations

import re
from typing import Final

#: What a terminal obeys instead of showing (a title set, a screen wiped, a command typed back), and marks that turn the
#: direction of a line, so that it reads as another one.
_OBEYED: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    return _OBEYED.sub("\ufffd", text)
