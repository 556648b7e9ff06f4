"""A system that is asked with a key may repeat it in its complaint: what is told of that repeats no question."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

import httpx

from qc_workbench.errors import SourceError
from qc_workbench.sources.problems import shown

#: No key is shorter; shorter words of a question are no secrets.
_SHORTEST: Final = 12
_PIECE: Final = re.compile(rf'[^\s:;,&=/?"\\]{{{_SHORTEST},}}')


def without_echoes(error: SourceError, request: httpx.Request | None) -> SourceError:
    """The same error; its words are short, and pieces of the question in them are "…"."""
    told = {name: value for name, value in error.params.items() if isinstance(value, str) and name != "source"}
    if told:
        pieces = _pieces(request) if request is not None else frozenset()
        for name, value in told.items():
            for piece in pieces:
                value = value.replace(piece, "…")
            error.params[name] = shown(value)
        error.args = (f"{error.code}({', '.join(f'{name}={value!r}' for name, value in error.params.items())})",)
    return error


def _pieces(request: httpx.Request) -> frozenset[str]:
    said = [*request.headers.values(), str(request.url), request.content.decode("utf-8", "replace")]
    for value in request.headers.get_list("authorization"):
        kind, _, word = value.partition(" ")
        if kind.lower() == "basic":
            try:
                said.append(base64.b64decode(word).decode("utf-8", "replace"))
            except (binascii.Error, ValueError):
                continue
    return frozenset(piece for text in said for piece in _PIECE.findall(text))
