"""JSON as strangers send it: whatever is no JSON, or goes too deep, is one error; half a character becomes �.

Half a character (a lone surrogate, as a program leaves it that cuts a text within an emoji) is no text: no database,
file or terminal takes it, and the rest of the row must not be lost for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

#: How JSON writes half a character, or a whole one in two halves.
_HALF: Final = "\\ud"


def parsed(content: bytes | str, parse_constant: Callable[[str], Any] | None = None) -> Any:
    """The value; ``parse_constant`` as of :func:`json.loads`. Raises ``ValueError`` for anything else."""
    text = content if isinstance(content, str) else content.decode(json.detect_encoding(content))
    try:
        found = json.loads(text.removeprefix("\ufeff"), parse_constant=parse_constant)
        if _HALF in text or "\\uD" in text:
            return json.loads(_whole(json.dumps(found, ensure_ascii=False)))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return found


def _whole(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
