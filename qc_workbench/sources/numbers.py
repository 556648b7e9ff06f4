"""Who stands at an end of a call: a client's number, an extension of ours, a SIP name, or nobody that is told."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from qc_workbench.sources.phones import e164, is_hidden
from qc_workbench.sources.problems import BadValueError

#: Internal numbers are rarely longer, numbers of the public network never shorter.
LONGEST_EXTENSION: Final = 5

_CALLER_ID = re.compile(r'^\s*"?(?P<name>[^"<]*)"?\s*<(?P<number>[^>]*)>\s*$')


class PartyKind(StrEnum):
    PHONE = "phone"
    EXTENSION = "extension"
    NAME = "name"  # a SIP name
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Party:
    """``value``: E.164 of a phone, digits of an extension, the SIP name as written; ``raw``: what the system wrote."""

    kind: PartyKind
    value: str
    raw: str

    @property
    def phone(self) -> str | None:
        return self.value if self.kind is PartyKind.PHONE else None


@lru_cache(maxsize=200_000)
def party(text: str, region: str, longest_extension: int = LONGEST_EXTENSION) -> Party:
    """Extensions and SIP names are caught first: to a phone library «101» or «acme_manager1» is just a bad number."""
    raw = text
    found = _CALLER_ID.match(text)
    if found:
        text = found["number"] or found["name"]
    text = text.strip().removeprefix("tel:")
    if text.lower().startswith(("sip:", "sips:")):
        text = text.partition(":")[2].partition("@")[0]
    text = text.strip("'\" ")
    if is_hidden(text):
        return Party(PartyKind.HIDDEN, "", raw)
    if text.isascii() and text.isdigit() and len(text) <= longest_extension:
        return Party(PartyKind.EXTENSION, text, raw)
    if any(char.isalpha() for char in text):
        return Party(PartyKind.NAME, text, raw)
    try:
        return Party(PartyKind.PHONE, e164(text, region), raw)
    except BadValueError:
        return Party(PartyKind.NAME, text, raw)
