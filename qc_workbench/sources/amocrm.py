"""amoCRM and Kommo: ``/api/v4``, pages of 250 (events of 100), an empty list told by status 204.

Lists are read in the order of ids, bounded below by the time of the last change and not above: what is changed while
the pages turn stays or comes in, so it may be seen twice, never missed. Where an account has filters switched off (the
vendor calls them experimental) everything is read each time, which takes longer and gives the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from qc_workbench.errors import SourceAnswerBroken, SourceRefused
from qc_workbench.sources import amocrm_rows as rows
from qc_workbench.sources.amocrm_rows import AmocrmAccount
from qc_workbench.sources.connector import CrmCapabilities
from qc_workbench.sources.crm_rows import Value, understood
from qc_workbench.sources.crm_values import CrmBatch, CrmEntity, CrmMove, CrmRef
from qc_workbench.sources.problems import Problem
from qc_workbench.sources.wire import Wire

CAPABILITIES: Final = CrmCapabilities(
    requests_per_s=7,  # documented; beyond it 429, and a ban of the address for those who go on
    burst=7,
    rows_a_page=250,
    due_moves_have_history=True,
    stages_have_history=True,
)
EVENTS_A_PAGE: Final = 100
#: Persons asked for by their ids at once: longer addresses may be cut on the way.
IDS_AT_ONCE: Final = 50
#: Whose notes are read, and who has telephone numbers.
_WITH_NOTES: Final = ("leads", "contacts", "companies")
_PERSONS: Final = ("contacts", "companies")
_NOT_FOUND: Final = 404
_OF_NOTES: Final[Mapping[str, str]] = {"with": "is_pinned", "filter[note_type][0]": rows.WORDS}


class Amocrm:
    """A :class:`~qc_workbench.sources.connector.CrmSource`. ``token``: fetched with the first question, as it may have
    to be renewed."""

    capabilities = CAPABILITIES

    def __init__(self, wire: Wire, token: Callable[[], str]) -> None:
        self._wire = wire
        self._token: Callable[[], str] | None = token
        self._known: set[str] = set()  # persons given since the sync began
        self._not_there: set[str] = set()  # lists that answered 404
        self._whole_lists: set[str] = set()  # lists that were read from end to end, as filters by id do nothing

    @property
    def skew_s(self) -> float:
        return self._wire.skew_s

    def close(self) -> None:
        self._wire.close()

    def changes(self, since: datetime | None) -> Iterator[CrmBatch]:
        """Everything changed since a moment; None: all there is. The last batch alone says how far it is complete."""
        self._known.clear()
        self._whole_lists.clear()
        self._not_there.clear()
        account = self._account_told()
        began = self._wire.vendor_now()
        users = [rows.user(row) for page in self._there("users", "users", must=True) for row in page]
        pipelines = [row for page in self._pages("leads/pipelines", "pipelines", must=True) for row in page]
        yield CrmBatch(users=users, stages=[stage for row in pipelines for stage in rows.stages(row)])
        changed = {} if since is None else {"filter[updated_at][from]": str(int(since.timestamp()))}
        ordered = {**changed, "order[id]": "asc"}
        for kind in _PERSONS:
            for page in self._there(kind, kind, ordered):
                yield self._with_persons(kind, page)
        for page in self._pages("leads", "leads", {**ordered, "with": "contacts,loss_reason"}):
            yield from self._deals(page, account)
        for page in self._pages("tasks", "tasks", ordered):
            yield from self._tasks(page, account)
        for kind in _WITH_NOTES:
            read = self._pages if kind == "leads" else self._there
            for page in read(f"{kind}/notes", "notes", {**ordered, **_OF_NOTES}):
                yield from self._notes(kind, page)
        yield from self._moves(since)
        yield CrmBatch(complete_until=began, problems=self._absent())

    def refetch(self, entity: CrmEntity, key: str) -> CrmBatch:
        """One entity as it is now, with its moves and, of a lead or a client, the notes that stand there; ``gone`` also
        where the token's user may not see it."""
        self._known.clear()
        if entity is CrmEntity.PERSON and ":" not in key:
            key = rows.person_key("contacts", key)  # as the vendor's messages name it
        path, with_what = _path(entity, key)
        try:
            row = self._get(f"/api/v4/{path}", self._row, params=with_what)
        except SourceRefused as error:
            if error.params.get("status") != _NOT_FOUND:
                raise
            row = None
        if row is None or row.get("is_deleted"):
            return CrmBatch(gone=(CrmRef(entity, key),))
        kind = path.partition("/")[0]
        if entity is CrmEntity.PERSON:
            found = [self._with_persons(kind, [row])]
        elif entity is CrmEntity.NOTE:
            found = list(self._notes(kind, [row]))
        else:
            account = self._account_told()
            of_deals = entity is CrmEntity.DEAL
            found = list(self._deals([row], account) if of_deals else self._tasks([row], account))
            about = {"filter[entity]": "lead" if of_deals else "task", "filter[entity_id][0]": key}
            found += [_only(batch, entity, key) for batch in self._moves(None, about)]
        if entity in (CrmEntity.DEAL, CrmEntity.PERSON):
            for page in self._there(f"{path}/notes", "notes", {**_OF_NOTES, "order[id]": "asc"}):
                found += self._notes(kind, page)
        return CrmBatch(
            persons=[item for part in found for item in part.persons],
            deals=[item for part in found for item in part.deals],
            activities=[item for part in found for item in part.activities],
            notes=[item for part in found for item in part.notes],
            moves=[item for part in found for item in part.moves],
            problems=[item for part in found for item in part.problems],
        )

    def stage_history(self, deal_key: str) -> Sequence[CrmMove]:  # noqa: ARG002 - moves come among the changes
        return ()

    def still_there(self, entity: CrmEntity, keys: Sequence[str]) -> frozenset[str] | None:
        """None where the account's filters do nothing."""
        found: set[str] = set()
        kinds: dict[str, list[str]] = {}
        for key in keys:
            kinds.setdefault(_path(entity, key)[0].rpartition("/")[0], []).append(key)
        for path, own in kinds.items():
            for start in range(0, len(own), IDS_AT_ONCE):
                asked = {key.rpartition(":")[2]: key for key in own[start : start + IDS_AT_ONCE]}
                params = {f"filter[id][{place}]": key for place, key in enumerate(asked)}
                for page in self._pages(path, path.rpartition("/")[2], {**params, "order[id]": "asc"}):
                    told = {str(row.get("id")) for row in page if not row.get("is_deleted")}
                    if told - asked.keys():
                        return None
                    found |= {asked[key] for key in told}
        return frozenset(found)

    def _with_persons(self, kind: str, page: Sequence[Mapping[str, Any]]) -> CrmBatch:
        persons, problems = self._understood(kind, page, lambda row: rows.person(kind, row))
        self._known |= {person.key for person in persons}
        return CrmBatch(persons=persons, problems=problems)

    def _deals(self, page: Sequence[Mapping[str, Any]], account: AmocrmAccount) -> Iterator[CrmBatch]:
        gone = [CrmRef(CrmEntity.DEAL, str(row.get("id"))) for row in page if row.get("is_deleted")]
        there = [row for row in page if not row.get("is_deleted")]
        deals, problems = self._understood("leads", there, lambda row: rows.deal(row, account))
        yield from self._missing(key for deal in deals for key in deal.person_keys)
        yield CrmBatch(deals=deals, gone=gone, problems=problems)

    def _tasks(self, page: Sequence[Mapping[str, Any]], account: AmocrmAccount) -> Iterator[CrmBatch]:
        activities, problems = self._understood("tasks", page, lambda row: rows.activity(row, account))
        yield from self._missing(found.person_key for found in activities)
        yield CrmBatch(activities=activities, problems=problems)

    def _notes(self, kind: str, page: Sequence[Mapping[str, Any]]) -> Iterator[CrmBatch]:
        notes, problems = self._understood("notes", page, lambda row: rows.note(kind, row))
        found = [note for note in notes if note is not None]
        yield from self._missing(note.person_key for note in found)
        yield CrmBatch(notes=found, problems=problems)

    def _moves(self, since: datetime | None, about: Mapping[str, str] | None = None) -> Iterator[CrmBatch]:
        """The vendor's own history. Events never change, and new ones come to an end of the list."""
        params = {f"filter[type][{place}]": kind for place, kind in enumerate(rows.EVENTS)}
        params |= about or {}
        if since is not None:
            params["filter[created_at][from]"] = str(int(since.timestamp()))
        for page in self._pages("events", "events", params, limit=EVENTS_A_PAGE):
            moves, problems = self._understood("events", page, rows.move)
            yield CrmBatch(moves=[move for move in moves if move is not None], problems=problems)

    def _missing(self, keys: Iterable[str | None]) -> Iterator[CrmBatch]:
        """Persons that deals, tasks and notes speak of and that were not changed themselves."""
        wanted = {key for key in keys if key is not None} - self._known
        for kind in _PERSONS:
            ids = sorted(key.partition(":")[2] for key in wanted if key.startswith(f"{kind}:"))
            for start in range(0, len(ids), IDS_AT_ONCE):
                yield from self._asked(kind, ids[start : start + IDS_AT_ONCE])

    def _asked(self, kind: str, ids: Sequence[str]) -> Iterator[CrmBatch]:
        if kind in self._whole_lists:
            return  # whoever is not known by now is gone
        params = {f"filter[id][{place}]": key for place, key in enumerate(ids)}
        for page in self._there(kind, kind, {**params, "order[id]": "asc"}):
            if any(str(row.get("id")) not in ids for row in page):
                self._whole_lists.add(kind)  # the filter does nothing: this is the whole list
            yield self._with_persons(kind, page)
        self._known |= {rows.person_key(kind, key) for key in ids}  # a deleted one is not asked for again

    def _account_told(self) -> AmocrmAccount:
        """What the account says of itself; nothing where it does not answer for itself (404)."""
        try:
            return self._get("/api/v4/account", self._account, params={"with": "task_types"})
        except SourceRefused as error:
            if error.params.get("status") != _NOT_FOUND:
                raise
            return AmocrmAccount()

    def _there(
        self, path: str, name: str, params: Mapping[str, str] | None = None, *, must: bool = False
    ) -> Iterator[list[dict[str, Any]]]:
        """Pages of a list that deals and tasks can be read without; none where there is no such list (404)."""
        try:
            yield from self._pages(path, name, params, must=must)
        except SourceRefused as error:
            if error.params.get("status") != _NOT_FOUND:
                raise
            self._not_there.add(path)

    def _absent(self) -> list[Problem]:
        """Lists whose absence leaves something out that everybody has: names of agents, telephone numbers."""
        told = [name for name in ("users", "contacts") if name in self._not_there]
        return [
            Problem(self._wire.source, place, None, name, "crm_refused", {"what": name, "id": "", "name": "404"})
            for place, name in enumerate(told, start=1)
        ]

    def _pages(
        self,
        path: str,
        name: str,
        params: Mapping[str, str] | None = None,
        *,
        limit: int = CAPABILITIES.rows_a_page,
        must: bool = False,
    ) -> Iterator[list[dict[str, Any]]]:
        """``must``: a list that can't be empty, so that 204 is a broken answer there rather than nothing."""
        page, seen = 1, set[str]()
        while True:
            asked = {**(params or {}), "page": str(page), "limit": str(limit)}
            found, more = self._get(f"/api/v4/{path}", self._list(name, must=must and page == 1), params=asked)
            fresh = {str(row.get("id")) for row in found} - seen
            if more and not fresh:  # a page that goes on for ever
                raise SourceAnswerBroken("source_answer_pages", source=self._wire.source)
            if fresh or page == 1:
                yield found
            if more is False or not fresh:
                return
            seen |= fresh
            page += 1

    def _list(self, name: str, *, must: bool) -> Callable[[Any], tuple[list[dict[str, Any]], bool | None]]:
        """Rows and whether there are more; None where the answer has no links to tell it by."""

        def read(answer: Any) -> tuple[list[dict[str, Any]], bool | None]:
            if answer is None and not must:  # 204
                return [], False
            embedded = answer.get("_embedded") if isinstance(answer, dict) else None
            found = embedded.get(name) if isinstance(embedded, dict) else None
            if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
                raise self._broken(name)
            links = answer.get("_links")
            return found, bool(links.get("next")) if isinstance(links, dict) else None

        return read

    def _account(self, answer: Any) -> AmocrmAccount:
        if not isinstance(answer, dict) or not answer.get("id"):
            raise self._broken("account")
        return AmocrmAccount.of(answer)

    def _get(self, path: str, read: Callable[[Any], Value], *, params: Mapping[str, str]) -> Value:
        if self._token is not None:
            self._wire.carry({"Authorization": f"Bearer {self._token()}"})
            self._token = None
        return self._wire.ask("GET", path, read, params=params)

    def _row(self, answer: Any) -> dict[str, Any] | None:
        if answer is None:  # 204
            return None
        if not isinstance(answer, dict) or not answer.get("id"):
            raise self._broken("id")
        return answer

    def _understood(
        self, what: str, page: Iterable[Mapping[str, Any]], read: Callable[[Mapping[str, Any]], Value]
    ) -> tuple[list[Value], list[Problem]]:
        return understood(self._wire.source, what, "id", page, read)

    def _broken(self, detail: str) -> SourceAnswerBroken:
        return SourceAnswerBroken("source_answer_error", source=self._wire.source, detail=detail)


def _path(entity: CrmEntity, key: str) -> tuple[str, Mapping[str, str]]:
    """Where one entity is, and what is asked for with it."""
    kind, _, own = key.rpartition(":")
    match entity:
        case CrmEntity.DEAL:
            return f"leads/{own}", {"with": "contacts,loss_reason"}
        case CrmEntity.ACTIVITY:
            return f"tasks/{own}", {}
        case CrmEntity.NOTE:
            return f"{kind}/notes/{own}", {"with": "is_pinned"}
    return f"{kind}/{own}", {}


def _only(batch: CrmBatch, entity: CrmEntity, key: str) -> CrmBatch:
    """The moves of one entity, where a filter let others through."""
    return CrmBatch(moves=[move for move in batch.moves if (move.entity, move.key) == (entity, key)])
