"""Writing into amoCRM and Kommo: tasks, notes of calls and of words, leads with their contacts, fields of leads.

The marker stands in the text of a task and of a note, in ``uniq`` of a call and in the name of a lead. A call is a note
``call_in`` or ``call_out`` of the lead itself: ``POST /calls`` would choose an entity by the number. Lists are looked
through row by row, so an account that has filters switched off only takes longer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from qc_workbench.config_crm_write import CrmWriting
from qc_workbench.domain.crm_write import WriteKind
from qc_workbench.errors import SourceAnswerBroken, SourceRefused
from qc_workbench.sources.amocrm import CAPABILITIES
from qc_workbench.sources.connector import CrmOrder, Written
from qc_workbench.sources.crm_rows import digits, id_number
from qc_workbench.sources.wire import Wire

Row = Mapping[str, Any]
#: Task type "call" (contracts).
_CALL_TASK: Final = 1
#: ``call_status`` of a talk, and of one that nobody answered (contracts: 4 talk, 6 no answer).
_TALKED, _NO_ANSWER = 4, 6
_SLACK: Final = timedelta(hours=1)


class AmocrmSink:
    """``token``: fetched with the first question, as it may have to be renewed. ``site``: the account's address."""

    def __init__(self, wire: Wire, token: Callable[[], str], settings: CrmWriting, site: str) -> None:
        self._wire, self._settings, self._site = wire, settings, site.rstrip("/")
        self._token: Callable[[], str] | None = token

    def close(self) -> None:
        self._wire.close()

    def find(self, order: CrmOrder) -> Written | None:
        marker, deal = order.write.marker, order.deal_key
        match order.write.kind:
            case WriteKind.NEW_DEAL:
                since = {"filter[created_at][from]": _seconds(order.since - _SLACK)} if order.since else {}
                return self._found("leads", since, lambda row: marker in str(row.get("name")), order)
            case WriteKind.TRACKING_FIELDS:
                return None  # written again it changes nothing: only empty fields are filled
            case WriteKind.CALLBACK_TASK:
                about = {"filter[entity_type]": "leads", "filter[entity_id][0]": deal or ""}
                return self._found("tasks", about, lambda row: marker in str(row.get("text")), order)
            case WriteKind.CALL_ACTIVITY:
                return self._found(f"leads/{deal}/notes", {}, lambda row: _param(row, "uniq") == marker, order)
            case WriteKind.CALL_NOTE:
                return self._found(f"leads/{deal}/notes", {}, lambda row: marker in _param(row, "text"), order)

    def write(self, order: CrmOrder) -> Written:
        fields, deal = order.write.fields, order.deal_key
        text = f"{fields.get('text', '')}\n{order.write.marker}"
        match order.write.kind:
            case WriteKind.NEW_DEAL:
                return self._new_deal(order)
            case WriteKind.TRACKING_FIELDS:
                return self._fill(order)
            case WriteKind.CALLBACK_TASK:
                task = {
                    "task_type_id": _CALL_TASK, "text": f"{fields['subject']}\n{text}", "entity_type": "leads",
                    "complete_till": int(_due(fields).timestamp()), "entity_id": id_number(deal),
                    "request_id": order.write.marker, **_owner(order),
                }  # fmt: skip
                made = self._post("tasks", [task], "tasks")
            case WriteKind.CALL_ACTIVITY:
                made = self._post(f"leads/{id_number(deal)}/notes", [_call(order)], "notes")
            case WriteKind.CALL_NOTE:
                note = {"note_type": "common", "params": {"text": text}}
                made = self._post(f"leads/{id_number(deal)}/notes", [note], "notes")
        return Written(str(made["id"]), self._link(deal))

    def _new_deal(self, order: CrmOrder) -> Written:
        """The lead and its contact in one question, so that no half of it can be left."""
        lead: dict[str, Any] = {
            "name": f"{order.write.fields['title']} {order.write.marker}",
            "request_id": order.write.marker,
            "_embedded": {"contacts": [self._contact(order)]},
            **_owner(order),
            **_custom(order.write.custom),
        }
        wanted = self._settings.new_deal
        for name, value in (("pipeline_id", wanted.pipeline), ("status_id", wanted.stage)):
            if value:
                lead[name] = id_number(value)
        made = self._ask("POST", "leads/complex", self._rows(None), body=[lead])
        return Written(str(made[0]["id"]), self._link(str(made[0]["id"])))

    def _contact(self, order: CrmOrder) -> dict[str, Any]:
        """The contact with this number, where there is one; else what makes a new one."""
        phone = order.write.client_phone or ""
        wanted = digits(phone)[-9:]
        for row in self._listed("contacts", {"query": wanted}):
            if any(digits(str(told))[-9:] == wanted for told in _phones(row)):
                return {"id": row["id"]}
        told = {"field_code": "PHONE", "values": [{"value": phone, "enum_code": "WORK"}]}
        return {"name": order.write.fields["name"], "custom_fields_values": [told], **_owner(order)}

    def _fill(self, order: CrmOrder) -> Written:
        """Only fields that are empty there now: what somebody wrote meanwhile stays."""
        path = f"leads/{id_number(order.deal_key)}"
        row = self._ask("GET", path, self._row)
        filled = {str(item.get("field_id")) for item in row.get("custom_fields_values") or () if item.get("values")}
        empty = {name: value for name, value in order.write.custom.items() if name not in filled}
        if empty:
            self._ask("PATCH", path, self._row, body=_custom(empty))
        return Written(str(row["id"]), self._link(order.deal_key))

    def _link(self, deal: str | None) -> str:
        return f"{self._site}/leads/detail/{deal}"

    def _found(
        self, path: str, params: Mapping[str, str], is_it: Callable[[Row], bool], order: CrmOrder
    ) -> Written | None:
        for row in self._listed(path, params):
            if is_it(row):
                deal = str(row["id"]) if order.write.kind is WriteKind.NEW_DEAL else order.deal_key
                return Written(str(row["id"]), self._link(deal))
        return None

    def _listed(self, path: str, params: Mapping[str, str]) -> Iterator[Row]:
        """Pages by number; an empty list is told by 204."""
        name, page, seen = path.rpartition("/")[2], 1, set[str]()
        while True:
            asked = {**params, "page": str(page), "limit": str(CAPABILITIES.rows_a_page), "order[id]": "asc"}
            found, more = self._ask("GET", path, self._page(name), params=asked)
            fresh = {str(row.get("id")) for row in found} - seen
            if more and not fresh:
                raise self._broken("page")
            yield from found
            if not more:
                return
            seen |= fresh
            page += 1

    def _post(self, path: str, body: list[Any], name: str) -> Row:
        made: Row = self._ask("POST", path, self._rows(name), body=body)[0]
        return made

    def _ask(self, method: str, path: str, read: Callable[[Any], Any], **more: Any) -> Any:
        if self._token is not None:
            self._wire.carry({"Authorization": f"Bearer {self._token()}"})
            self._token = None
        return self._wire.ask(method, f"/api/v4/{path}", read, **more, tries=None if method == "GET" else 1)

    def _page(self, name: str) -> Callable[[Any], tuple[list[Row], bool]]:
        def read(answer: Any) -> tuple[list[Row], bool]:
            if answer is None:
                return [], False
            rows = self._rows(name)(answer)
            links = answer.get("_links")
            return rows, bool(isinstance(links, dict) and links.get("next"))

        return read

    def _rows(self, name: str | None) -> Callable[[Any], list[Row]]:
        """Rows of a list, by its name inside; None: the list is the answer itself."""

        def read(answer: Any) -> list[Row]:
            embedded = answer.get("_embedded") if isinstance(answer, dict) else None
            found = answer if name is None else embedded.get(name) if isinstance(embedded, dict) else None
            if not isinstance(found, list) or not found or not all(isinstance(row, dict) for row in found):
                raise self._broken(name or "list")
            return found

        return read

    def _row(self, answer: Any) -> Row:
        if answer is None:  # 204: there is none
            raise SourceRefused("crm_write_gone", crm=self._wire.source, status=204)
        if not isinstance(answer, dict) or not answer.get("id"):
            raise self._broken("id")
        return answer

    def _broken(self, detail: str) -> SourceAnswerBroken:
        return SourceAnswerBroken("source_answer_error", source=self._wire.source, detail=detail)


def _call(order: CrmOrder) -> dict[str, Any]:
    fields = order.write.fields
    talk_s = int(fields.get("talk_s", "0"))
    is_out = fields.get("direction") == "outgoing"
    return {
        "note_type": "call_out" if is_out else "call_in",
        "created_at": int(datetime.fromisoformat(fields["started_at"]).timestamp()),
        "params": {
            "uniq": order.write.marker, "duration": talk_s, "source": "qc-workbench", "link": fields.get("link", ""),
            "phone": order.write.client_phone or "", "call_result": fields["subject"],
            "call_status": _TALKED if talk_s else _NO_ANSWER,
        },
        **_owner(order),
    }  # fmt: skip


def _due(fields: Mapping[str, str]) -> datetime:
    """A task has a moment there, so one without an hour lasts until the end of its day."""
    return datetime.fromisoformat(fields.get("due_at") or fields["due_until"])


def _custom(fields: Mapping[str, str]) -> dict[str, Any]:
    told = [{"field_id": id_number(name), "values": [{"value": value}]} for name, value in fields.items()]
    return {"custom_fields_values": told} if told else {}


def _owner(order: CrmOrder) -> dict[str, int]:
    return {"responsible_user_id": id_number(order.user_key)} if order.user_key else {}


def _param(row: Row, name: str) -> str:
    params = row.get("params")
    return str(params.get(name) or "") if isinstance(params, dict) else ""


def _phones(row: Row) -> Iterator[Any]:
    for item in row.get("custom_fields_values") or ():
        if item.get("field_code") == "PHONE":
            yield from (told.get("value") for told in item.get("values") or ())


def _seconds(moment: datetime) -> str:
    return str(int(moment.timestamp()))
