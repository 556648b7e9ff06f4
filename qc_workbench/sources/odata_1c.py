"""1C:Enterprise by its standard OData: counterparties are persons with phones, documents of sales are deals won.

Facts: ``$format=json``, ``$top``, ``$skip``, ``$filter``, Basic auth and the platform's own names (``Ref_Key``,
``Description``, ``DeletionMark``, ``Number``, ``Date``, ``Posted``) were seen in public integrations; every other name
depends on the configuration and is a setting. Inferred: ``$orderby``, ``odata.nextLink``, ``odata.error``, the form of
moments in ``$filter``. 1C tells no changes: clients are read whole, sales of the last ``recheck_days`` again each time.
``Date`` has no zone: it is the server's, the source's ``timezone``.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit
from zoneinfo import ZoneInfo

from qc_workbench.config_sources import OneCSource
from qc_workbench.domain.crm import DealStatus
from qc_workbench.errors import SourceAnswerBroken, SourceRefused
from qc_workbench.sources.connector import CrmCapabilities
from qc_workbench.sources.crm_rows import money
from qc_workbench.sources.crm_values import CrmBatch, CrmDeal, CrmEntity, CrmMove, CrmPerson, CrmRef, CrmStage, CrmUser
from qc_workbench.sources.problems import STUMBLES, BadValueError, Problem
from qc_workbench.sources.reachable import out_to
from qc_workbench.sources.registry import Surroundings
from qc_workbench.sources.values import believable
from qc_workbench.sources.wire import Wire

#: Pace: assumed; the server is the company's own and does other work too.
CAPABILITIES: Final = CrmCapabilities(
    requests_per_s=4.0,
    burst=4,
    rows_a_page=1000,
    due_moves_have_history=False,
    stages_have_history=False,
    tells_deletions=frozenset({CrmEntity.DEAL}),
)
#: The one stage of documents that are posted.
SOLD: Final = "sold"
_ROOT: Final = "/odata/standard.odata/"
_NOBODY: Final = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class OneCMeaning:
    """Pure half: rows of 1C to what they say. Raises :class:`BadValueError` for what can't be understood."""

    settings: OneCSource
    zone: ZoneInfo

    def user(self, row: Mapping[str, Any]) -> CrmUser:
        key = _key(row)
        return CrmUser(key, _text(row, "Description") or key, active=row.get("DeletionMark") is not True)

    def person(self, row: Mapping[str, Any]) -> CrmPerson:
        names = self.settings
        contacts = row.get(names.contacts) if names.contacts else [row]
        phones = []
        for contact in contacts if isinstance(contacts, list) else []:
            if not isinstance(contact, Mapping):
                continue
            if names.contacts and names.contact_kind and contact.get(names.contact_kind) != names.contact_phone:
                continue
            number = next((text for name in names.phone_fields if (text := _text(contact, name))), None)
            if number:
                phones.append(number)
        return CrmPerson(_key(row), _text(row, "Description"), tuple(dict.fromkeys(phones)))

    def is_sold(self, row: Mapping[str, Any]) -> bool:
        return row.get("Posted") is True and row.get("DeletionMark") is not True

    def sale(self, row: Mapping[str, Any], read_at: datetime) -> CrmDeal:
        """``read_at`` stands for the last change, which 1C does not tell: its own date may be put back."""
        names, at = self.settings, self._moment(row, "Date")
        client, owner = _text(row, names.sale_client), _text(row, names.sale_owner)
        return CrmDeal(
            key=_key(row),
            owner_key=owner if owner and owner != _NOBODY else "",
            stage_key=SOLD,
            status=DealStatus.WON,
            updated_at=read_at,
            title=_text(row, "Number"),
            stage_since=at,
            person_keys=(client,) if client and client != _NOBODY else (),
            amount=money(row, names.sale_amount),
            currency=names.currency or None,
            created_at=at,
            closed_at=at,
            source="1C",
        )

    def _moment(self, row: Mapping[str, Any], name: str) -> datetime:
        try:
            found = datetime.fromisoformat(str(row[name]))
        except (KeyError, ValueError):
            raise BadValueError("vendor_time", name=name) from None
        return believable(found if found.tzinfo else found.replace(tzinfo=self.zone), name).astimezone(UTC)


def _key(row: Mapping[str, Any]) -> str:
    key = row.get("Ref_Key")
    if not isinstance(key, str) or not key:
        raise BadValueError("vendor_word", name="Ref_Key")
    return key


def _text(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name) if name else None
    return str(value).strip() or None if isinstance(value, str | int | float) else None


def open_odata_1c(settings: OneCSource, password: str, around: Surroundings) -> OneC:
    basic = base64.b64encode(f"{settings.user}:{password}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}", "Accept": "application/json"}
    wire = Wire(
        settings.name, settings.address, CAPABILITIES, headers=headers,
        clock=around.clock, meter=around.meter, tries=around.tries,
        transport=out_to(settings, settings.address),
    )  # fmt: skip
    return OneC(wire, OneCMeaning(settings, around.zone))


class OneC:
    def __init__(self, wire: Wire, meaning: OneCMeaning) -> None:
        self._wire, self._meaning = wire, meaning
        self._settings = meaning.settings
        self._problems: list[Problem] = []

    @property
    def capabilities(self) -> CrmCapabilities:
        return CAPABILITIES

    @property
    def skew_s(self) -> float:
        return self._wire.skew_s

    def close(self) -> None:
        self._wire.close()

    def changes(self, since: datetime | None) -> Iterator[CrmBatch]:
        names, meaning = self._settings, self._meaning
        began = self._wire.clock.now()
        reached = began + timedelta(seconds=min(0.0, self._wire.skew_s))
        yield CrmBatch(stages=[CrmStage(SOLD, "Продажа в 1С", "1c", "1С")])
        if names.users:
            for rows in self._pages(names.users, ""):
                yield self._batch(users=self._understood(rows, meaning.user))
        for rows in self._pages(names.persons, "DeletionMark eq false"):
            yield self._batch(persons=self._understood(rows, meaning.person))
        if names.sales:
            for rows in self._pages(names.sales, self._since(since)):
                yield self._sale_batch(rows, reached)
        yield self._batch(complete_until=reached)

    def _since(self, since: datetime | None) -> str:
        """Everything at first; then what may have been corrected since: accountants change last month's documents."""
        if since is None:
            return ""
        day = (since - timedelta(days=self._settings.recheck_days)).astimezone(self._meaning.zone)
        return f"Date ge datetime'{day:%Y-%m-%d}T00:00:00'"

    def refetch(self, entity: CrmEntity, key: str) -> CrmBatch:
        names = self._settings
        table = {CrmEntity.PERSON: names.persons, CrmEntity.DEAL: names.sales}.get(entity, "")
        if not table:
            return CrmBatch()
        try:
            row = self._wire.ask("GET", f"{_ROOT}{table}(guid'{key}')", self._row, params={"$format": "json"})
        except SourceRefused as error:
            if error.params.get("status") == 404:
                return CrmBatch(gone=[CrmRef(entity, key)])
            raise
        if entity is CrmEntity.PERSON:
            return self._batch(persons=self._understood([row], self._meaning.person))
        return self._sale_batch([row], self._wire.clock.now())

    def stage_history(self, deal_key: str) -> Sequence[CrmMove]:  # noqa: ARG002 - a sale has one stage
        return ()

    def still_there(self, entity: CrmEntity, keys: Sequence[str]) -> frozenset[str] | None:  # noqa: ARG002
        return None

    def _sale_batch(self, rows: Sequence[Mapping[str, Any]], read_at: datetime) -> CrmBatch:
        """A document that is no longer posted, or marked for deletion, is a sale no more."""
        sold = [row for row in rows if self._meaning.is_sold(row)]
        gone = [CrmRef(CrmEntity.DEAL, str(row["Ref_Key"])) for row in rows
                if not self._meaning.is_sold(row) and row.get("Ref_Key")]  # fmt: skip
        return self._batch(deals=self._understood(sold, lambda row: self._meaning.sale(row, read_at)), gone=gone)

    def _pages(self, table: str, condition: str) -> Iterator[list[Mapping[str, Any]]]:
        """Pages by ``$skip`` up to an empty one: a server may give fewer rows than asked. Where it gives a link to the
        next page, that is followed. A page of nothing new would never end: a broken answer, but for a server that
        gives its one short page again whatever is skipped."""
        asked = {"$format": "json", "$orderby": "Ref_Key", "$top": str(self._settings.page)}
        if condition:
            asked["$filter"] = condition
        path, params, skip = f"{_ROOT}{table}", {**asked, "$skip": "0"}, 0
        seen: set[str] = set()
        while True:
            rows, link = self._wire.ask("GET", path, self._page, params=params)
            fresh = [row for row in rows if str(row.get("Ref_Key")) not in seen]
            if rows and not fresh:
                if not link and skip == len(rows) < self._settings.page:
                    return
                raise SourceAnswerBroken("source_answer_pages", source=self._wire.source)
            seen.update(str(row.get("Ref_Key")) for row in fresh)
            if fresh:
                yield fresh
            skip += len(rows)
            if link:
                path, params = self._followed(link)
            elif not rows:
                return
            else:
                path, params = f"{_ROOT}{table}", {**asked, "$skip": str(skip)}

    def _followed(self, link: str) -> tuple[str, dict[str, str]]:
        """The next page by its link. It must be of the same server: the password goes with the question."""
        parts, own = urlsplit(link), urlsplit(self._settings.address)
        if parts.netloc and (parts.scheme, parts.netloc) != (own.scheme, own.netloc):
            raise SourceAnswerBroken("source_answer_pages", source=self._wire.source)
        name = unquote(parts.path).rpartition("/")[2]
        return f"{_ROOT}{name}", dict(parse_qsl(parts.query))

    def _page(self, answer: Any) -> tuple[list[Mapping[str, Any]], str | None]:
        value = self._checked(answer).get("value")
        if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
            raise SourceAnswerBroken("source_answer_error", source=self._wire.source, detail="value")
        link = answer.get("odata.nextLink")
        return value, link if isinstance(link, str) and link else None

    def _row(self, answer: Any) -> Mapping[str, Any]:
        return self._checked(answer)

    def _checked(self, answer: Any) -> Mapping[str, Any]:
        if not isinstance(answer, Mapping) or "odata.error" in answer:
            raise SourceAnswerBroken("source_answer_error", source=self._wire.source, detail="odata.error")
        return answer

    def _understood(self, rows: Sequence[Mapping[str, Any]], read: Any) -> list[Any]:
        found = []
        for row in rows:
            try:
                found.append(read(row))
            except STUMBLES as error:
                bad = error if isinstance(error, BadValueError) else BadValueError("vendor_row")
                place, key = len(self._problems) + 1, row.get("Ref_Key", "")
                self._problems.append(Problem.of(bad, self._wire.source, place, row, key))
        return found

    def _batch(self, **parts: Any) -> CrmBatch:
        problems, self._problems = self._problems, []
        return CrmBatch(**parts, problems=problems)
