"""Writing into Bitrix24: to-dos, calls, comments of the timeline, deals with their contacts, fields of deals.

Deals and calls carry the marker as their id in another system (ORIGIN_ID); of a to-do and of a comment it stands in
the text. A call is an activity of the deal, not a call of the telephony (``telephony.externalCall.register``): that
would be counted in the portal's telephone statistics, choose what it belongs to by the number and carry no marker.

Not in the contracts, and taken from the shape of ``crm.contact.list``: ``crm.contact.add``; that STATUS 2 is a done
activity.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from qc_workbench.config_crm_write import CrmWriting
from qc_workbench.domain.crm_write import WriteKind
from qc_workbench.errors import SourceRefused
from qc_workbench.sources.bitrix24_portal import Portal
from qc_workbench.sources.connector import CrmOrder, Written
from qc_workbench.sources.crm_rows import id_number
from qc_workbench.sources.wire import Wire

Row = Mapping[str, Any]
#: Owner types and activity types (contracts): deal, contact, company; a call.
_DEAL: Final = 2
_PERSONS: Final[Mapping[str, int]] = {"contact": 3, "company": 4}
_CALL: Final = 2
_INCOMING, _OUTGOING = 1, 2
_DONE: Final = 2
#: Whose ids ORIGIN_ID holds.
_ORIGINATOR: Final = "qcw"


class Bitrix24Sink:
    def __init__(self, wire: Wire, settings: CrmWriting, site: str) -> None:
        self._portal, self._wire, self._settings, self._site = Portal(wire), wire, settings, site

    def close(self) -> None:
        self._wire.close()

    def find(self, order: CrmOrder) -> Written | None:
        marker, deal = order.write.marker, order.deal_key
        of_deal = {"OWNER_TYPE_ID": _DEAL, "OWNER_ID": deal}
        match order.write.kind:
            case WriteKind.NEW_DEAL:
                found = self._of_origin("crm.deal.list", marker, {})
                return Written(found, self._link(found)) if found else None
            case WriteKind.TRACKING_FIELDS:
                return None  # written again it changes nothing: only empty fields are filled
            case WriteKind.CALL_ACTIVITY:
                found = self._of_origin("crm.activity.list", marker, of_deal)
            case WriteKind.CALLBACK_TASK:
                select = {"select": ["ID", "DESCRIPTION"]}
                pages = self._portal.by_id("crm.activity.list", of_deal, select)
                found = _with(marker, pages, "DESCRIPTION")
            case WriteKind.CALL_NOTE:
                asked = {"filter": {"ENTITY_TYPE": "deal", "ENTITY_ID": deal}, "order": {"ID": "ASC"}}
                found = _with(marker, self._portal.pages("crm.timeline.comment.list", asked), "COMMENT")
        return Written(found, self._link(deal)) if found else None

    def write(self, order: CrmOrder) -> Written:
        fields, deal = order.write.fields, order.deal_key
        text = f"{fields.get('text', '')}\n{order.write.marker}"
        match order.write.kind:
            case WriteKind.NEW_DEAL:
                return self._new_deal(order)
            case WriteKind.TRACKING_FIELDS:
                return self._fill(order)
            case WriteKind.CALLBACK_TASK:
                todo = {
                    "ownerTypeId": _DEAL, "ownerId": id_number(deal), "title": fields["subject"], "description": text,
                    "deadline": fields.get("due_at") or fields["due_until"],
                    **({"responsibleId": id_number(order.user_key)} if order.user_key else {}),
                }  # fmt: skip
                key = self._portal.ask("crm.activity.todo.add", todo, self._made, tries=1)
            case WriteKind.CALL_ACTIVITY:
                key = self._portal.ask("crm.activity.add", {"fields": self._call(order, text)}, self._made, tries=1)
            case WriteKind.CALL_NOTE:
                comment = {"ENTITY_ID": id_number(deal), "ENTITY_TYPE": "deal", "COMMENT": text}
                key = self._portal.ask("crm.timeline.comment.add", {"fields": comment}, self._made, tries=1)
        return Written(key, self._link(deal))

    def _call(self, order: CrmOrder, text: str) -> dict[str, Any]:
        fields = order.write.fields
        began = datetime.fromisoformat(fields["started_at"])
        ended = began + timedelta(seconds=int(fields.get("talk_s", "0")))
        if order.user_key is None:
            raise SourceRefused("crm_write_needs_user", crm=self._wire.source)
        kind, _, key = (order.person_key or "").partition(":")
        person = {"ENTITY_TYPE_ID": _PERSONS[kind], "ENTITY_ID": key} if kind in _PERSONS else {}
        return {
            "OWNER_TYPE_ID": _DEAL, "OWNER_ID": id_number(order.deal_key), "TYPE_ID": _CALL,
            "COMMUNICATIONS": [{"TYPE": "PHONE", "VALUE": order.write.client_phone or "", **person}],
            "SUBJECT": fields["subject"], "DESCRIPTION": text, "START_TIME": began.isoformat(),
            "END_TIME": ended.isoformat(), "RESPONSIBLE_ID": id_number(order.user_key),
            "DIRECTION": _OUTGOING if fields.get("direction") == "outgoing" else _INCOMING,
            "STATUS": _DONE, "COMPLETED": "Y", "ORIGINATOR_ID": _ORIGINATOR, "ORIGIN_ID": order.write.marker,
        }  # fmt: skip

    def _new_deal(self, order: CrmOrder) -> Written:
        """The contact first. One that a try which was cut off has made is found again by its number."""
        deal = {
            "TITLE": order.write.fields["title"], "CONTACT_IDS": [self._contact(order)],
            "ORIGINATOR_ID": _ORIGINATOR, "ORIGIN_ID": order.write.marker, **_assigned(order), **order.write.custom,
        }  # fmt: skip
        wanted = self._settings.new_deal
        if wanted.pipeline:
            deal["CATEGORY_ID"] = id_number(wanted.pipeline)
        if wanted.stage:
            deal["STAGE_ID"] = wanted.stage
        key = self._portal.ask("crm.deal.add", {"fields": deal}, self._made, tries=1)
        return Written(key, self._link(key))

    def _contact(self, order: CrmOrder) -> int:
        phone = order.write.client_phone or ""
        asked = {"type": "PHONE", "values": [phone], "entity_type": "CONTACT"}
        there = self._portal.ask("crm.duplicate.findbycomm", asked, _contacts)
        if there:
            return min(there)
        known = self._of_origin("crm.contact.list", order.write.marker, {})  # its index of numbers may lag behind
        if known:
            return id_number(known)
        fields = {
            "NAME": order.write.fields["name"], "PHONE": [{"VALUE": phone, "VALUE_TYPE": "WORK"}],
            "ORIGINATOR_ID": _ORIGINATOR, "ORIGIN_ID": order.write.marker, **_assigned(order),
        }  # fmt: skip
        return id_number(self._portal.ask("crm.contact.add", {"fields": fields}, self._made, tries=1))

    def _fill(self, order: CrmOrder) -> Written:
        """Only fields that are empty there now: what somebody wrote meanwhile stays."""
        key, custom = id_number(order.deal_key), order.write.custom
        asked = {"filter": {"ID": key}, "select": ["ID", *custom]}
        rows, _ = self._portal.page("crm.deal.list", asked)
        if not rows or str(rows[0].get("ID")) != str(key):
            raise SourceRefused("crm_write_gone", crm=self._wire.source, status="—")
        empty = {name: value for name, value in custom.items() if rows[0].get(name) in (None, "", False)}
        if empty:
            self._portal.ask("crm.deal.update", {"id": key, "fields": empty}, lambda _: None, tries=1)
        return Written(str(key), self._link(str(key)))

    def _of_origin(self, method: str, marker: str, filters: Mapping[str, Any]) -> str | None:
        """What carries this marker as its id in another system. Checked, as a filter may do nothing."""
        asked = {
            "filter": {**filters, "ORIGINATOR_ID": _ORIGINATOR, "ORIGIN_ID": marker},
            "select": ["ID", "ORIGIN_ID"],
        }
        for page in self._portal.pages(method, asked):
            for row in page:
                if row.get("ORIGIN_ID") == marker:
                    return str(row["ID"])
        return None

    def _made(self, result: Any) -> str:
        """The id: ``{"id": 999}`` of a to-do, else the number itself."""
        found = result.get("id") if isinstance(result, dict) else result
        if isinstance(found, bool) or not str(found or "").isdigit():
            raise self._portal.broken("id")
        return str(found)

    def _link(self, deal: str | None) -> str:
        return f"{self._site}/crm/deal/details/{deal}/"


def _with(marker: str, pages: Any, field: str) -> str | None:
    return next((str(row["ID"]) for page in pages for row in page if marker in str(row.get(field) or "")), None)


def _contacts(result: Any) -> list[int]:
    found = result.get("CONTACT") if isinstance(result, dict) else None  # [] where nothing is found
    return [int(item) for item in found or ()]


def _assigned(order: CrmOrder) -> dict[str, int]:
    return {"ASSIGNED_BY_ID": id_number(order.user_key)} if order.user_key else {}
