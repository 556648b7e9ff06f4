"""Bodies of webhooks as anybody may send them, with the headers that signatures stand in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from qc_workbench.sources.webhook_bodies import FORM, Arrived, UnreadableBodyError, read_body
from qc_workbench.sources.webhook_kinds import KINDS, receipts
from qc_workbench.store.database import to_json
from qc_workbench.store.webhooks import kept
from tests.fuzzing.kept import ForgettingWorkspace, is_fast
from tests.fuzzing.rule import SECRET, Outcome, taken

NOW: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
KYIV: Final = ZoneInfo("Europe/Kyiv")
DOCUMENTED: Final = Path(__file__).parent.parent / "stand_ins" / "documented"


def workspace() -> ForgettingWorkspace:
    return _workspace(is_fast())


@cache
def _workspace(fast: bool) -> ForgettingWorkspace:
    return ForgettingWorkspace()


_KEYS: Final = dict.fromkeys(("key", "secret", "token", "webhook_user", "webhook_password", "webhook_token"), SECRET)
_TYPES: Final = (FORM, "application/json")


def read_webhook(kind: str, data: bytes) -> Outcome:
    """A body, behind lines of headers and an empty one where it begins with ``%``; kept in the database."""
    headers: dict[str, str] = {}
    if data.startswith(b"%"):
        head, _, data = data[1:].partition(b"\n\n")
        for line in head.decode("latin-1").splitlines():
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
    found: dict[str, int] = {}
    is_signed = False
    for media_type in _TYPES:
        try:
            fields, pairs = read_body(data, media_type)
            arrived = Arrived("POST", "https://qc.example/webhooks/s/x", "call", headers, fields, pairs)
            is_signed |= KINDS[kind].is_signed(arrived, _KEYS)
            told = receipts(KINDS[kind], "s", arrived, KYIV, b"secret", NOW)
            again = receipts(KINDS[kind], "s", arrived, KYIV, b"secret", NOW)
        except UnreadableBodyError:
            continue
        assert told == again
        with workspace().store.forgetting():
            workspace().store.write(*kept(told))
            workspace().store.write(*kept(told))
        for item in told:
            to_json(repr(item)).encode()
        name = "form" if media_type == FORM else "json"
        found[name] = len(told)
    return taken(signed=int(is_signed), **found)


_HOOKS: Final[Mapping[str, tuple[str, ...]]] = {
    "ringostat": ("ringostat__webhook_after_call",),
    "binotel": ("binotel__webhook_apiCallCompleted", "binotel__webhook_apiCallCompleted_form"),
    "mango": ("mango__events_summary", "mango__events_recording"),
    "uis": ("uis__http_notification_call_ended",),
    "zadarma": ("zadarma__notify_end", "zadarma__notify_record"),
    "twilio": ("twilio__recording_callback",),
    "pipedrive": ("pipedrive__webhook_v2_activity_change", "pipedrive__webhook_v2_deal_change_stage"),
    "amocrm": ("amocrm__webhook_form",),
    "bitrix24": ("bitrix24__event_oncrmactivityupdate",),
    "bitrix24_calls": ("bitrix24__event_onvoximplantcallend",),
}


def webhook_seeds(kind: str) -> tuple[bytes, ...]:
    found = []
    for name in _HOOKS[kind]:
        told: Any = json.loads((DOCUMENTED / f"{name}.json").read_text(encoding="utf-8"))["payload"]
        if kind == "mango":
            told = urlencode({"vpbx_api_key": SECRET, "sign": "0", "json": json.dumps(told)})
        found.append(told.encode() if isinstance(told, str) else json.dumps(told, ensure_ascii=False).encode())
        if not isinstance(told, str):
            found.append(b"%signature: x\nx-twilio-signature: y\nauthorization: Basic eDp5\n\n" + found[-1])
    return tuple(found)
