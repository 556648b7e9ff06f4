"""What vendors sign their webhooks with. Every comparison takes the same time whatever is wrong.

Twilio: HMAC-SHA1 of the address and the sorted fields, its document. Mango: SHA-256 of key, JSON and salt, its document
of 2017. Zadarma and Novofon 1: HMAC-SHA1 of a few fields; whether its hex or its bytes are put into base64 could not be
checked live, so both are taken. Bitrix24: a token in the body. Pipedrive: HTTP basic.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

from qc_workbench.sources.webhook_bodies import Arrived, text_of

#: Fields that Zadarma signs, by event. Source: its own classes (user-api-v1), as the contract has them.
_ZADARMA: Final[Mapping[str, tuple[str, ...]]] = {
    "NOTIFY_START": ("caller_id", "called_did", "call_start"),
    "NOTIFY_INTERNAL": ("caller_id", "called_did", "call_start"),
    "NOTIFY_END": ("caller_id", "called_did", "call_start"),
    "NOTIFY_OUT_START": ("internal", "destination", "call_start"),
    "NOTIFY_OUT_END": ("internal", "destination", "call_start"),
    "NOTIFY_RECORD": ("pbx_call_id", "call_id_with_rec"),
}


def same(given: str, expected: str) -> bool:
    return bool(expected) and hmac.compare_digest(given.encode(), expected.encode())


def twilio(arrived: Arrived, token: str) -> bool:
    told = arrived.url + "".join(f"{name}{value}" for name, value in sorted(set(arrived.pairs)))
    sign = base64.b64encode(hmac.new(token.encode(), told.encode(), hashlib.sha1).digest()).decode()
    return same(arrived.headers.get("x-twilio-signature", ""), sign)


def mango(arrived: Arrived, key: str, salt: str) -> bool:
    told = _as_sent(arrived, "json")
    sign = hashlib.sha256((key + told + salt).encode()).hexdigest()
    is_key = same(text_of(arrived.fields, "vpbx_api_key"), key)
    return same(text_of(arrived.fields, "sign"), sign) and is_key


def zadarma(arrived: Arrived, secret: str) -> bool:
    """An event whose signature is not described is none of ours, and not taken."""
    names = _ZADARMA.get(text_of(arrived.fields, "event"))
    if names is None:
        return False
    told = "".join(_as_sent(arrived, name) for name in names)
    made = hmac.new(secret.encode(), told.encode(), hashlib.sha1)
    given = arrived.headers.get("signature", "")
    as_bytes = same(given, base64.b64encode(made.digest()).decode())
    as_hex = same(given, base64.b64encode(made.hexdigest().encode()).decode())
    return as_bytes or as_hex


def bitrix24(arrived: Arrived, token: str) -> bool:
    return same(text_of(arrived.fields, "auth", "application_token"), token)


def basic(arrived: Arrived, user: str, password: str) -> bool:
    expected = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    return same(arrived.headers.get("authorization", ""), expected)


def _as_sent(arrived: Arrived, name: str) -> str:
    """A field to the last blank: it was signed so."""
    found = arrived.fields.get(name)
    return found if isinstance(found, str) else ""
