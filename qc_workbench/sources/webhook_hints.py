"""What each system's webhooks are hints of. Pure: a body to hints, none for what is no news (a call that still rings).

What stands in a body is believed only as far as "ask again about this": ids and moments, no phones, names or texts.
Facts: contracts/connectors.md and its fixtures; what is inferred is said in docs/webhooks.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from qc_workbench.domain.webhooks import About, Hint
from qc_workbench.sources.bitrix24 import TASK
from qc_workbench.sources.call_values import local_moment
from qc_workbench.sources.problems import BadValueError
from qc_workbench.sources.webhook_bodies import Arrived, UnreadableBodyError, branch, json_body, text_of

Fields = Mapping[str, Any]
Reader = Callable[[Arrived, ZoneInfo], list[Hint]]

#: An id that a vendor may have made; anything else is no id, and the time of the call has to do.
_ID: Final = re.compile(r"[\w.:@+/=-]{1,160}")
#: Entities of one amoCRM body that are looked at.
_ENTITIES_AT_MOST: Final = 200


def ringostat(arrived: Arrived, zone: ZoneInfo) -> list[Hint]:
    """Names and nesting are chosen in the cabinet: the root first, then ``additional_call_data``, then old names."""
    places = (arrived.fields, branch(arrived.fields, "additional_call_data"), branch(arrived.fields, "params"))

    def first(*names: str) -> str:
        return next((found for place in places for name in names if (found := text_of(place, name))), "")

    began = _local(first("calldate", "call_date", "start_time"), zone)
    return [_call("call", first("uniqueid", "cdr_id", "call_id"), began=began)]


def binotel(arrived: Arrived, _: ZoneInfo) -> list[Hint]:
    if text_of(arrived.fields, "requestType") != "apiCallCompleted":
        return []
    details = branch(arrived.fields, "callDetails")
    began = _unix(text_of(details, "startTime"))
    return [_call("apiCallCompleted", text_of(details, "generalCallID"), began=began)]


def mango(arrived: Arrived, _: ZoneInfo) -> list[Hint]:
    """``summary`` is final; ``recording`` comes when the sound is there. What a call does on its way is no news."""
    told = json_body(text_of(arrived.fields, "json"))
    if "entry_result" in told:
        began, ended = _unix(text_of(told, "create_time")), _unix(text_of(told, "end_time"))
        return [_call("summary", text_of(told, "entry_id"), began=began, happened=ended)]
    if text_of(told, "recording_state") == "Completed":
        return [_call("recording", text_of(told, "entry_id"), happened=_unix(text_of(told, "timestamp")))]
    return []


def uis(arrived: Arrived, zone: ZoneInfo) -> list[Hint]:
    """The body is a template of the user's: any of the names that the vendor has for these two."""
    ident = text_of(arrived.fields, "call_session_id") or text_of(arrived.fields, "id")
    event = text_of(arrived.fields, "notification_name")
    began = _local(text_of(arrived.fields, "start_time"), zone)
    happened = _local(text_of(arrived.fields, "notification_time"), zone)
    return [_call("record" if "запис" in event.casefold() else "call_ended", ident, began=began, happened=happened)]


def zadarma(arrived: Arrived, zone: ZoneInfo) -> list[Hint]:
    event = text_of(arrived.fields, "event")
    if event not in ("NOTIFY_END", "NOTIFY_OUT_END", "NOTIFY_RECORD"):
        return []
    began = _local(text_of(arrived.fields, "call_start"), zone)
    return [_call(event, text_of(arrived.fields, "pbx_call_id"), began=began)]


def twilio(arrived: Arrived, _: ZoneInfo) -> list[Hint]:
    """Of a recording, ``CallSid`` is the parent leg; of a call it may be a child, whose parent is named."""
    fields = arrived.fields
    ident = text_of(fields, "ParentCallSid") or text_of(fields, "CallSid")
    if text_of(fields, "RecordingSid"):
        began = _mail_date(text_of(fields, "RecordingStartTime"))
        return [_call("recording", ident, happened=began)]
    if text_of(fields, "CallStatus") not in ("completed", "busy", "failed", "no-answer", "canceled"):
        return []
    return [_call("call_ended", ident, happened=_mail_date(text_of(fields, "Timestamp")))]


_PIPEDRIVE: Final = {
    "deal": About.DEAL, "activity": About.ACTIVITY, "note": About.NOTE, "person": About.PERSON,
}  # fmt: skip


def pipedrive(arrived: Arrived, _: ZoneInfo) -> list[Hint]:
    """Moves of due dates stand nowhere else: ``previous`` holds the fields that changed, with their old values."""
    meta = branch(arrived.fields, "meta")
    about = _PIPEDRIVE.get(text_of(meta, "entity"))
    if about is None:
        return []
    happened = _iso(text_of(meta, "timestamp"))
    told = _due_move(arrived.fields, meta) if about is About.ACTIVITY else {}
    return _entity(about, text_of(meta, "action"), text_of(meta, "entity_id"), happened, told)


def _due_move(fields: Fields, meta: Fields) -> dict[str, str]:
    data, previous = branch(fields, "data"), branch(fields, "previous")
    if text_of(meta, "action") != "change" or not {"due_date", "due_time"} & previous.keys():
        return {}
    told = {"by": _number(text_of(meta, "user_id")) or ""}
    for which, row in (("old", {**data, **previous}), ("new", data)):
        # ``{"value": "15:00:00", "timezone_id": null}`` in webhooks, ``"15:00:00"`` elsewhere; "" is all day.
        time = text_of(row, "due_time", "value") or text_of(row, "due_time")
        told[f"{which}_date"], told[f"{which}_time"] = text_of(row, "due_date"), time
        told[f"{which}_zone"] = text_of(row, "due_time", "timezone_id")
    if not all(re.fullmatch(_DUE, value) for value in told.values()):
        raise UnreadableBodyError("due")
    return told


#: A date, a time, a zone, an id or nothing.
_DUE: Final = r"|\d{4}-\d\d-\d\d|\d\d:\d\d(:\d\d)?|[A-Z][A-Za-z_+/0-9-]{1,40}|\d{1,20}"


_AMOCRM: Final = {"leads": About.DEAL, "task": About.ACTIVITY, "contacts": About.PERSON}


def amocrm(arrived: Arrived, _: ZoneInfo) -> list[Hint]:
    """Several entities in one body. A note is told of with the lead that it stands at, so the lead is asked again;
    the note itself comes with the next poll."""
    found: list[Hint] = []
    for name, about in _AMOCRM.items():
        for action, items in branch(arrived.fields, name).items():
            for item in branch({"items": items}, "items").values():
                if not isinstance(item, Mapping):
                    continue
                key = text_of(item, "note", "element_id") if action == "note" else text_of(item, "id")
                kind = ""
                if about is About.PERSON:
                    kind = "companies:" if text_of(item, "type") == "company" else "contacts:"
                changed = _unix(text_of(item, "updated_at") or text_of(item, "last_modified"))
                found += _entity(about, action, key, changed, kind=kind)
                if len(found) > _ENTITIES_AT_MOST:
                    raise UnreadableBodyError("entities")
    return found


#: Tasks are told under ids of their own, which are no ids of the activities that stand for them.
_BITRIX24: Final = (
    ("ONCRMDEAL", About.DEAL, ""), ("ONCRMACTIVITY", About.ACTIVITY, ""), ("ONCRMTIMELINECOMMENT", About.NOTE, ""),
    ("ONCRMCONTACT", About.PERSON, "contact:"), ("ONCRMCOMPANY", About.PERSON, "company:"),
    ("ONTASK", About.ACTIVITY, TASK),
)  # fmt: skip


def bitrix24(arrived: Arrived, _: ZoneInfo) -> list[Hint]:
    event = text_of(arrived.fields, "event").upper()
    for begins, about, kind in _BITRIX24:
        if event.startswith(begins) and event[len(begins) :] in ("ADD", "UPDATE", "DELETE"):
            places = ("FIELDS", "FIELDS_AFTER", "FIELDS_BEFORE")
            key = next((found for place in places if (found := text_of(arrived.fields, "data", place, "ID"))), "")
            return _entity(about, event.lower(), key, _unix(text_of(arrived.fields, "ts")), kind=kind)
    return []


def bitrix24_calls(arrived: Arrived, _: ZoneInfo) -> list[Hint]:
    event = text_of(arrived.fields, "event").upper()
    if event != "ONVOXIMPLANTCALLEND":
        return []
    data, happened = branch(arrived.fields, "data"), _unix(text_of(arrived.fields, "ts"))
    began = _iso(text_of(data, "CALL_START_DATE"))
    return [_call(event, text_of(data, "CALL_ID"), began=began, happened=happened)]


def _entity(
    about: About,
    event: str,
    key: str,
    happened: datetime | None,
    told: Mapping[str, str] | None = None,
    *,
    kind: str = "",
) -> list[Hint]:
    """A hint of a CRM. Its id becomes part of an address, so it is digits and nothing else."""
    ident = _number(key)
    return [Hint(about, _word(event), f"{kind}{ident}", None, happened, told or {})] if ident else []


def _number(text: str) -> str | None:
    return text if re.fullmatch(r"[0-9]{1,20}", text) else None


def _call(event: str, ident: str, *, began: datetime | None = None, happened: datetime | None = None) -> Hint:
    return Hint(About.CALL, event.lower(), _id(ident), began, happened)


def _id(text: str) -> str | None:
    return text if _ID.fullmatch(text) else None


def _word(text: str) -> str:
    return text[:60] if re.fullmatch(r"[\w.-]+", text) else "other"


def _local(text: str, zone: ZoneInfo) -> datetime | None:
    try:
        return local_moment(text, zone) if text else None
    except (BadValueError, OverflowError):
        return None


def _iso(text: str) -> datetime | None:
    return _local(text, ZoneInfo("UTC"))


def _unix(text: str) -> datetime | None:
    try:
        seconds = float(text)
        return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None
    except (ValueError, OverflowError, OSError):
        return None


def _mail_date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text) if text else None
    except (ValueError, TypeError, OverflowError):
        return None
    return found if found is None or found.tzinfo else found.replace(tzinfo=UTC)
