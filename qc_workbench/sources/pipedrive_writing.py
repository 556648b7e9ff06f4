"""Writing into Pipedrive: activities, notes, deals with their persons, fields of deals.

Pipedrive has no id of ours to tell a repetition by, so the marker stands in the note of an activity, in the text of a
note, in the title of a deal. What was written is looked for in lists (of the deal's activities and notes, of deals
changed lately), not by its search, whose index may lag behind. A call becomes a done activity, not a call log: call
logs are listed by user only, so one could not be found again.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any, Final

from qc_workbench.config_crm_write import CrmWriting
from qc_workbench.domain.crm_write import WriteKind
from qc_workbench.errors import SourceAnswerBroken
from qc_workbench.sources.connector import CrmOrder, Written
from qc_workbench.sources.crm_rows import digits as digits_of
from qc_workbench.sources.crm_rows import id_number, rfc3339
from qc_workbench.sources.pipedrive_pages import PipedrivePages, Row
from qc_workbench.sources.wire import Wire

#: So much earlier than a write was begun its deal and person are looked for: their clock may be behind ours.
_SLACK: Final = timedelta(hours=1)


class PipedriveSink:
    """``site``: where people open the company in a browser, such as https://COMPANY.pipedrive.com."""

    def __init__(self, wire: Wire, settings: CrmWriting, site: str) -> None:
        self._wire, self._settings, self._site = wire, settings, site.rstrip("/")
        self._pages = PipedrivePages(wire)

    def close(self) -> None:
        self._wire.close()

    def find(self, order: CrmOrder) -> Written | None:
        marker, deal = order.write.marker, order.deal_key
        match order.write.kind:
            case WriteKind.NEW_DEAL:
                changed = {"updated_since": rfc3339(order.since - _SLACK)} if order.since else {}
                for row in self._listed("/api/v2/deals", changed):
                    if marker in str(row.get("title")):
                        return self._deal_written(row)
                return None
            case WriteKind.TRACKING_FIELDS:
                return None  # written again it changes nothing: only empty fields are filled
            case WriteKind.CALL_NOTE:
                return self._found(
                    chain.from_iterable(self._pages.note_pages({"deal_id": deal or ""})), "content", order
                )
            case _:
                return self._found(self._listed("/api/v2/activities", {"deal_id": deal or ""}), "note", order)

    def write(self, order: CrmOrder) -> Written:
        match order.write.kind:
            case WriteKind.NEW_DEAL:
                return self._new_deal(order)
            case WriteKind.TRACKING_FIELDS:
                return self._fill(order)
            case WriteKind.CALL_NOTE:
                made = self._post("/v1/notes", {"content": _marked(order), "deal_id": id_number(order.deal_key)})
            case WriteKind.CALLBACK_TASK:
                made = self._post(
                    "/api/v2/activities", {**self._about(order), **_due(order.write.fields), "done": False}
                )
            case WriteKind.CALL_ACTIVITY:
                made = self._post(
                    "/api/v2/activities", {**self._about(order), **_was(order.write.fields), "done": True}
                )
        return Written(str(made["id"]), f"{self._site}/deal/{order.deal_key}")

    def _about(self, order: CrmOrder) -> dict[str, Any]:
        return {
            "subject": order.write.fields["subject"], "type": "call", "deal_id": id_number(order.deal_key),
            "note": _marked(order), **_owner(order),
        }  # fmt: skip

    def _new_deal(self, order: CrmOrder) -> Written:
        fields = order.write.fields
        person = self._person(order)
        asked = {
            "title": f"{fields['title']} {order.write.marker}", "person_id": person, **_owner(order),
            **_custom(order.write.custom),
        }  # fmt: skip
        for name, value in (
            ("pipeline_id", self._settings.new_deal.pipeline),
            ("stage_id", self._settings.new_deal.stage),
        ):
            if value:
                asked[name] = id_number(value)
        return self._deal_written(self._post("/api/v2/deals", asked))

    def _person(self, order: CrmOrder) -> int:
        """The person with this number: one that is there, also one that a try which was cut off has made; else a new
        one."""
        phone = order.write.client_phone or ""
        digits = digits_of(phone)
        asked = {"term": digits[-9:], "fields": "phone", "exact_match": "false", "limit": "100"}
        found = self._wire.ask("GET", "/api/v2/persons/search", self._pages.data, params=asked)
        items = found.get("items", []) if isinstance(found, Mapping) else []
        rows: list[Row] = [item["item"] for item in items]
        if order.since is not None:
            rows += self._listed("/api/v2/persons", {"updated_since": rfc3339(order.since - _SLACK)})
        there = sorted(int(row["id"]) for row in rows if _has_phone(row, digits))
        if there:
            return there[0]
        body = {
            "name": order.write.fields["name"],
            "phones": [{"value": phone, "primary": True, "label": "work"}],
            **_owner(order),
        }
        return int(self._post("/api/v2/persons", body)["id"])

    def _fill(self, order: CrmOrder) -> Written:
        """Only fields that are empty there now: what somebody wrote meanwhile stays."""
        path = f"/api/v2/deals/{order.deal_key}"
        row = self._wire.ask("GET", path, self._pages.data)
        there = row.get("custom_fields") or {}
        empty = {name: value for name, value in order.write.custom.items() if there.get(name) in (None, "")}
        if empty:
            self._wire.ask("PATCH", path, self._pages.data, body=_custom(empty), tries=1)
        return self._deal_written(row)

    def _listed(self, path: str, params: Mapping[str, str]) -> Iterator[Row]:
        return chain.from_iterable(self._pages.pages(path, params))

    def _deal_written(self, row: Row) -> Written:
        return Written(str(row["id"]), f"{self._site}/deal/{row['id']}")

    def _found(self, rows: Iterator[Row], field: str, order: CrmOrder) -> Written | None:
        for row in rows:
            if order.write.marker in str(row.get(field) or ""):
                return Written(str(row["id"]), f"{self._site}/deal/{order.deal_key}")
        return None

    def _post(self, path: str, body: Mapping[str, Any]) -> Row:
        made: Row = self._wire.ask("POST", path, self._pages.data, body=body, tries=1)
        if not isinstance(made, Mapping) or not made.get("id"):
            raise SourceAnswerBroken("source_answer_error", source=self._wire.source, detail="id")
        return made


def _marked(order: CrmOrder) -> str:
    """Notes are HTML there."""
    said = html.escape(order.write.fields.get("text", ""), quote=False).replace("\n", "<br>")
    return f"{said}<br>{order.write.marker}"


def _owner(order: CrmOrder) -> dict[str, int]:
    return {"owner_id": id_number(order.user_key)} if order.user_key else {}


def _custom(fields: Mapping[str, str]) -> dict[str, Any]:
    return {"custom_fields": dict(fields)} if fields else {}


def _due(fields: Mapping[str, str]) -> dict[str, str]:
    """Days and hours are UTC there; a day without an hour is that day for everybody."""
    if "due_at" not in fields:
        return {"due_date": fields["due_day"]}
    return _at(datetime.fromisoformat(fields["due_at"]))


def _was(fields: Mapping[str, str]) -> dict[str, str]:
    length = timedelta(seconds=int(fields.get("talk_s", "0")))
    return {**_at(datetime.fromisoformat(fields["started_at"])), "duration": _clock(length)}


def _at(moment: datetime) -> dict[str, str]:
    utc = moment.astimezone(UTC)
    return {"due_date": utc.date().isoformat(), "due_time": utc.strftime("%H:%M:%S")}


def _clock(length: timedelta) -> str:
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"


def _has_phone(row: Row, digits: str) -> bool:
    """By the last nine digits, which every way of writing a number has (contracts, pitfall 9)."""
    told = [item.get("value", "") if isinstance(item, Mapping) else item for item in row.get("phones") or ()]
    return any(digits_of(str(phone))[-9:] == digits[-9:] for phone in told)
