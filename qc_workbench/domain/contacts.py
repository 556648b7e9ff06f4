"""Numbers and addresses of clients, hidden from those who need not know them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Final


def masked_phone(phone: str | None) -> str:
    """A phone for those who need not call it: +7916·····81."""
    if not phone:
        return "—"
    return f"{phone[:-7]}·····{phone[-2:]}" if len(phone) > 8 else "·····"


def without_contacts(text: str, name: str | None = None) -> str:
    """Free text for those who need not know the client: without numbers, addresses and the words of the name."""
    hidden = _CONTACT.sub("·····", text)
    for word in re.findall(r"\w{3,}", name or ""):
        if word[0].isupper():
            hidden = re.sub(rf"\b{re.escape(word)}\b", "·····", hidden, flags=re.IGNORECASE)
    return hidden


#: Ten digits or more with what people put between them (a date has eight), the seven of a town as 234-56-78; an
#: address of e-mail; a name in a messenger.
_CONTACT: Final = re.compile(r"\+?\d(?:[\s().-]{0,2}\d){9,}|\b\d{3}-\d{2}-\d{2}\b|\S+@\S+\.\w+|(?<!\w)@\w{3,}")


def without_others(text: str, names: Iterable[str], own_phones: Collection[str] = ()) -> str:
    """Free text for the person it is about: without the numbers and addresses of others, and without their names,
    whatever case they stand in."""

    def hidden(found: re.Match[str]) -> str:
        digits = re.sub(r"\D", "", found[0])
        mine = len(digits) >= _LAST and any(phone.endswith(digits[-_LAST:]) for phone in own_phones)
        return found[0] if mine else "·····"

    text = _CONTACT.sub(hidden, text)
    for word in sorted({word for name in names for word in re.findall(r"\w{3,}", name) if word[0].isupper()}):
        stem = word[:-1] if len(word) > _LAST_OF_STEM else word
        text = re.sub(rf"\b{re.escape(stem)}\w{{0,3}}\b", "·····", text)
    return text


#: Digits by which a phone is known, however it is written.
_LAST: Final = 10
#: A name longer than this changes its last letters with its case.
_LAST_OF_STEM: Final = 3
