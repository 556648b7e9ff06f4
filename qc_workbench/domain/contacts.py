"""Numbers and addresses of clients, hidden from those who need not know them."""

from __future__ import annotations

import re
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
