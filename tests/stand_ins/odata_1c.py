"""1C's standard OData as public integrations know it: pages by $top and $skip or by a link, Basic auth, errors."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tests.stand_ins.serving import Answer, Behaviour, Question, as_json

USER, PASSWORD = "обмен", "stand-in-password"
PERSONS, SALES, USERS = "Catalog_Контрагенты", "Document_РеализацияТоваровУслуг", "Catalog_Пользователи"
DOCUMENTED = Path(__file__).parent / "documented"
_SINCE = re.compile(r"Date ge datetime'([^']+)'")


@dataclass
class OneCStandIn(Behaviour):
    """``tables`` by name, their rows by Ref_Key. ``most``: rows of a page, whatever is asked. ``links``: pages are
    linked instead of counted; ``address``: its own, for the links; ``ignores_skip``: gives the first page for ever."""

    tables: dict[str, dict[str, dict[str, Any]]] = field(default_factory=lambda: {PERSONS: {}, SALES: {}, USERS: {}})
    most: int = 1000
    links: bool = False
    address: str = ""
    ignores_skip: bool = False

    def add(self, table: str, **row: Any) -> dict[str, Any]:
        full = {"DataVersion": "AAAA", "DeletionMark": False, **row}
        self.tables[table][full["Ref_Key"]] = full
        return full

    def answer(self, question: Question) -> Answer:
        secret = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if question.headers.get("Authorization", question.headers.get("authorization")) != f"Basic {secret}":
            return Answer(b"", "text/plain", 401)
        name = unquote(question.path).removeprefix("/base/odata/standard.odata/")
        one = re.fullmatch(r"(.+)\(guid'([^']+)'\)", name)
        if one:
            row = self.tables.get(one[1], {}).get(one[2])
            return as_json(row) if row else _error(404, "9")
        if name not in self.tables or question.params.get("$format") != "json":
            return _error(404, "8")
        rows = sorted(self.tables[name].values(), key=lambda row: row["Ref_Key"])
        condition = question.params.get("$filter", "")
        if condition == "DeletionMark eq false":
            rows = [row for row in rows if not row["DeletionMark"]]
        elif since := _SINCE.fullmatch(condition):
            rows = [row for row in rows if row["Date"] >= since[1]]
        elif condition:
            return _error(400, "14")
        skip = 0 if self.ignores_skip else int(question.params.get("$skip", "0"))
        top = min(self.most, int(question.params.get("$top", "1000")))
        answer: dict[str, Any] = {
            "odata.metadata": f"{self.address}/$metadata#{name}",
            "value": rows[skip : skip + top],
        }
        if self.links and skip + top < len(rows):
            answer["odata.nextLink"] = (
                f"{self.address}/base/odata/standard.odata/{name}?$format=json&$top={top}&$skip={skip + top}"
                + (f"&$filter={condition}" if condition else "")
            )
        return as_json(answer)

    def error_in_success(self) -> Answer:
        return as_json({"odata.error": {"code": "6", "message": {"lang": "ru", "value": "Недостаточно прав"}}})


def _error(status: int, code: str) -> Answer:
    return as_json({"odata.error": {"code": code, "message": {"lang": "ru", "value": "Ошибка"}}}, status)


def documented(name: str) -> dict[str, Any]:
    """The row of a fixture of the contract."""
    text = (DOCUMENTED / f"onec__odata_{name}.json").read_text(encoding="utf-8")
    row: dict[str, Any] = json.loads(text)["payload"]["value"][0]
    return row


def person(number: int, *phones: str, **changes: Any) -> dict[str, Any]:
    row = documented("counterparty")
    contact = row["КонтактнаяИнформация"][0]
    mail = {**contact, "Тип": "АдресЭлектроннойПочты", "Представление": "a@example.com", "НомерТелефона": ""}
    contacts = [{**contact, "Представление": phone, "НомерТелефона": ""} for phone in phones]
    return {**row, "Ref_Key": f"p-{number:05d}", "Description": f"Клиент {number}",
            "КонтактнаяИнформация": [mail, *contacts], **changes}  # fmt: skip


def sale(number: int, client: int, at: str, **changes: Any) -> dict[str, Any]:
    return {**documented("sale"), "Ref_Key": f"s-{number:05d}", "Number": f"0000-{number:06d}", "Date": at,
            "Контрагент_Key": f"p-{client:05d}", "Ответственный_Key": "u-1", **changes}  # fmt: skip
