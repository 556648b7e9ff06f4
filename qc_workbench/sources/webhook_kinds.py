"""The systems whose webhooks are taken, each with what it offers: a signature, an answer that it waits for, hints.

A secret place in the address is asked of all of them; a signature is asked besides where the vendor has one.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from qc_workbench.domain.webhooks import Receipt
from qc_workbench.sources import webhook_hints, webhook_signs
from qc_workbench.sources.webhook_bodies import Arrived

#: Names of settings to the secrets that stand where they say.
Keys = Mapping[str, str]

#: Receipts are kept so long, and tell repeats apart so long. Later the same is asked for again, which changes nothing.
OLDEST: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class WebhookKind:
    """``keys``: settings that name the places of the secrets of its signature; where one of them is empty, the
    signature is not asked for. ``repeats_differ_in``: paths of fields that count tries. ``reopens``: bodies of two
    changes may be equal. ``answer``: JSON that the vendor waits for."""

    hints: webhook_hints.Reader
    keys: tuple[str, ...] = ()
    is_signed: Callable[[Arrived, Keys], bool] = lambda _, __: True
    repeats_differ_in: tuple[tuple[str, ...], ...] = ()
    reopens: bool = False
    answer: Mapping[str, Any] | None = None
    #: A field of the address that must be sent back as it is when the address is put in.
    echo: str = ""
    takes_any_type: bool = False
    #: The method is chosen in the cabinet; without a body the fields stand in the address.
    takes_any_method: bool = False


_ZADARMA: Final = WebhookKind(
    webhook_hints.zadarma, ("secret",), lambda came, keys: webhook_signs.zadarma(came, keys["secret"]), echo="zd_echo"
)


def _bitrix24(hints: webhook_hints.Reader) -> WebhookKind:
    return WebhookKind(
        hints, ("webhook_token",), lambda came, keys: webhook_signs.bitrix24(came, keys["webhook_token"]),
        repeats_differ_in=(("auth",),),
    )  # fmt: skip


KINDS: Final[Mapping[str, WebhookKind]] = {
    "ringostat": WebhookKind(webhook_hints.ringostat, takes_any_type=True, takes_any_method=True),
    "binotel": WebhookKind(
        webhook_hints.binotel, repeats_differ_in=(("attemptsCounter",),), answer={"status": "success"}
    ),
    "mango": WebhookKind(
        webhook_hints.mango, ("key", "secret"),
        lambda came, keys: webhook_signs.mango(came, keys["key"], keys["secret"])
    ),
    "uis": WebhookKind(webhook_hints.uis, takes_any_type=True),
    "novofon2": WebhookKind(webhook_hints.uis, takes_any_type=True),
    "zadarma": _ZADARMA,
    "novofon": _ZADARMA,
    "twilio": WebhookKind(
        webhook_hints.twilio, ("token",), lambda came, keys: webhook_signs.twilio(came, keys["token"])
    ),
    "pipedrive": WebhookKind(
        webhook_hints.pipedrive, ("webhook_password",),
        lambda came, keys: webhook_signs.basic(came, keys["webhook_user"], keys["webhook_password"]),
        repeats_differ_in=(("meta", "attempt"),),
    ),
    "amocrm": WebhookKind(webhook_hints.amocrm, reopens=True),
    "bitrix24": _bitrix24(webhook_hints.bitrix24),
    "bitrix24_calls": _bitrix24(webhook_hints.bitrix24_calls),
}  # fmt: skip


def digest_of(kind: WebhookKind, source: str, arrived: Arrived, secret: bytes) -> str:
    """The same for the same message, whichever try it is; says nothing to whoever has not the workspace's secret."""
    fields = dict(arrived.fields)
    for path in kind.repeats_differ_in:
        fields = _without(fields, path)
    told = json.dumps([source, arrived.tail, fields], sort_keys=True, ensure_ascii=False, default=str)
    return hmac.new(secret, f"webhook\n{told}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:40]


def _without(fields: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    name, *rest = path
    kept = {key: value for key, value in fields.items() if key != name or rest}
    if rest and isinstance(kept.get(name), Mapping):
        kept[name] = _without(kept[name], tuple(rest))
    return kept


def receipts(kind: WebhookKind, source: str, arrived: Arrived, zone: Any, secret: bytes, at: datetime) -> list[Receipt]:
    """What is to be kept of a webhook; nothing where it is no news.

    Raises :class:`~qc_workbench.sources.webhook_bodies.UnreadableBodyError`.
    """
    digest = digest_of(kind, source, arrived, secret)
    return [
        Receipt(f"{digest}-{place}", source, hint, at, kind.reopens)
        for place, hint in enumerate(kind.hints(arrived, zone))
    ]
