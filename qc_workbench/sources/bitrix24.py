"""Bitrix24 as a CRM, through an incoming webhook: deals, their stage histories, activities, tasks' histories, comments.

Lists are read from id to id, bounded below by the time of the last change: what comes or goes while the pages turn
moves no row out of sight. Persons are asked for where a deal or an activity names them; after the first time also those
that were changed. Histories and comments go by batches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from qc_workbench.sources import bitrix24_rows as rows
from qc_workbench.sources.bitrix24_portal import ROWS_A_PAGE, Command, Part, Portal, Row, chunks
from qc_workbench.sources.bitrix24_rows import Dictionaries
from qc_workbench.sources.connector import CrmCapabilities
from qc_workbench.sources.crm_rows import Value, understood
from qc_workbench.sources.crm_values import CrmBatch, CrmEntity, CrmMove, CrmNote, CrmRef
from qc_workbench.sources.problems import Problem, shown
from qc_workbench.sources.wire import Wire

CAPABILITIES: Final = CrmCapabilities(
    requests_per_s=2,  # documented: two a second, then QUERY_LIMIT_EXCEEDED
    burst=2,
    rows_a_page=ROWS_A_PAGE,
    due_moves_have_history=True,  # of tasks; of other activities only differences are seen
    stages_have_history=True,
)
_DEAL_FIELDS: Final = (
    "ID", "TITLE", "CATEGORY_ID", "STAGE_ID", "STAGE_SEMANTIC_ID", "MOVED_TIME", "OPPORTUNITY", "CURRENCY_ID",
    "ASSIGNED_BY_ID", "CONTACT_ID", "COMPANY_ID", "DATE_CREATE", "DATE_MODIFY", "CLOSED", "CLOSEDATE", "SOURCE_ID",
    "LAST_ACTIVITY_TIME", "UTM_SOURCE", "UTM_MEDIUM", "UTM_CAMPAIGN", "UTM_CONTENT", "UTM_TERM",
)  # fmt: skip
_ACTIVITY_FIELDS: Final = (
    "ID", "OWNER_ID", "OWNER_TYPE_ID", "TYPE_ID", "PROVIDER_ID", "ASSOCIATED_ENTITY_ID", "SUBJECT", "CREATED",
    "LAST_UPDATED", "START_TIME", "END_TIME", "DEADLINE", "COMPLETED", "RESPONSIBLE_ID", "AUTHOR_ID", "DIRECTION",
    "COMMUNICATIONS",
)  # fmt: skip
_PERSON_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "contact": ("ID", "NAME", "LAST_NAME", "DATE_MODIFY", "PHONE"),
    "company": ("ID", "TITLE", "DATE_MODIFY", "PHONE"),
}
#: How messages about tasks name an activity, and the kind of activities that stand for tasks.
TASK: Final = "task:"
TASKS: Final = "CRM_TASKS_TASK"
_LISTS: Final[Mapping[CrmEntity, str]] = {CrmEntity.DEAL: "crm.deal.list", CrmEntity.ACTIVITY: "crm.activity.list"}


class Bitrix24:
    """A :class:`~qc_workbench.sources.connector.CrmSource`. ``zone``: of times that histories write without one."""

    capabilities = CAPABILITIES

    def __init__(self, wire: Wire, zone: ZoneInfo) -> None:
        self._portal = Portal(wire)
        self._wire = wire
        self._zone = zone
        self._words: Dictionaries | None = None
        self._known: set[str] = set()  # persons given since the sync began
        self._refusals: set[tuple[str, str]] = set()  # told once a sync

    @property
    def skew_s(self) -> float:
        return self._wire.skew_s

    def close(self) -> None:
        self._wire.close()

    def changes(self, since: datetime | None) -> Iterator[CrmBatch]:
        """Everything changed since a moment; None: all there is. The last batch alone says how far it is complete."""
        self._known.clear()
        self._refusals.clear()
        statuses = self._portal.ask("crm.status.list", {"order": {"ID": "ASC"}}, self._portal.rows)
        began = self._wire.vendor_now()
        self._words = words = Dictionaries.of(statuses)
        categories, _ = self._portal.page("crm.category.list", {"entityTypeId": 2}, "categories")
        yield CrmBatch(stages=rows.stages(statuses, categories))
        for page in self._portal.pages("user.get", {"sort": "ID", "order": "ASC"}):
            users, problems = self._understood("user", page, rows.user)
            yield CrmBatch(users=users, problems=problems)
        if since is not None:
            for kind in _PERSON_FIELDS:
                yield from self._persons(kind, {">=DATE_MODIFY": since.isoformat()})
        seen: set[str] = set()
        for page in self._portal.by_id("crm.deal.list", _since("DATE_MODIFY", since), {"select": list(_DEAL_FIELDS)}):
            seen |= {str(row["ID"]) for row in page}
            yield from self._deals(page, words)
        if since is not None:
            yield from self._commented(since, seen)
        params = {"select": list(_ACTIVITY_FIELDS)}
        for page in self._portal.by_id("crm.activity.list", _since("LAST_UPDATED", since), params):
            yield from self._activities(page)
        yield CrmBatch(complete_until=began)

    def refetch(self, entity: CrmEntity, key: str) -> CrmBatch:
        """One entity as it is now; ``gone`` also where the webhook's user may not see it: the portal does not tell.

        An activity may be named by the task behind it, ``task:7``: messages about tasks know no other.
        """
        if entity is CrmEntity.PERSON:
            key = key if ":" in key else rows.person_key("contact", key)  # as the vendor's messages name it
            kind, _, own = key.partition(":")
            found = list(self._persons(kind, {"ID": own}))
        elif entity is CrmEntity.NOTE:
            found = self._comment(key)
        else:
            fields = _DEAL_FIELDS if entity is CrmEntity.DEAL else _ACTIVITY_FIELDS
            of_task = key.removeprefix(TASK) if key.startswith(TASK) else None
            which = {"ID": key} if of_task is None else {"ASSOCIATED_ENTITY_ID": of_task, "PROVIDER_ID": TASKS}
            page, _ = self._portal.page(_LISTS[entity], {"filter": which, "select": list(fields)})
            if of_task is not None and not page:
                return CrmBatch()  # a task that has nothing to do with the CRM
            self._known.clear()
            of_deals = entity is CrmEntity.DEAL
            found = (
                list(self._deals(page, self._dictionaries()) if of_deals else self._activities(page)) if page else []
            )
        joined = CrmBatch(
            persons=[item for part in found for item in part.persons],
            deals=[item for part in found for item in part.deals],
            activities=[item for part in found for item in part.activities],
            notes=[item for part in found for item in part.notes],
            moves=[item for part in found for item in part.moves],
            problems=[item for part in found for item in part.problems],
        )
        nothing = not (joined.persons or joined.deals or joined.activities or joined.notes or joined.problems)
        return CrmBatch(gone=(CrmRef(entity, key),)) if nothing else joined

    def stage_history(self, deal_key: str) -> Sequence[CrmMove]:  # noqa: ARG002 - moves come among the changes
        return ()

    def still_there(self, entity: CrmEntity, keys: Sequence[str]) -> frozenset[str] | None:
        """Comments can't be asked for by their ids, so None for notes."""
        if entity is CrmEntity.NOTE:
            return None
        found: set[str] = set()
        kinds = tuple(_PERSON_FIELDS) if entity is CrmEntity.PERSON else ("",)
        for kind in kinds:
            method = f"crm.{kind}.list" if kind else _LISTS[entity]
            own = [key.removeprefix(f"{kind}:") for key in keys if not kind or key.startswith(f"{kind}:")]
            for part in chunks(own):
                pages = self._portal.by_id(method, {"@ID": list(part)}, {"select": ["ID"]})
                told = {str(row.get("ID")) for page in pages for row in page}
                if told - set(part):
                    return None  # the filter did nothing, so neither does the answer say anything
                found |= {rows.person_key(kind, key) if kind else key for key in told}
        return frozenset(found)

    def _dictionaries(self) -> Dictionaries:
        if self._words is None:
            self._words = Dictionaries.of(self._portal.ask("crm.status.list", {}, self._portal.rows))
        return self._words

    def _persons(self, kind: str, filters: Mapping[str, Any]) -> Iterator[CrmBatch]:
        params = {"select": list(_PERSON_FIELDS[kind])}
        for page in self._portal.by_id(f"crm.{kind}.list", filters, params):
            persons, problems = self._understood(kind, page, lambda row: rows.person(kind, row))
            self._known |= {person.key for person in persons}
            yield CrmBatch(persons=persons, problems=problems)

    def _missing(self, keys: Iterable[str | None]) -> Iterator[CrmBatch]:
        wanted = {key for key in keys if key is not None} - self._known
        for kind in _PERSON_FIELDS:
            ids = sorted(
                (key.partition(":")[2] for key in wanted if key.startswith(f"{kind}:")), key=lambda key: int(key)
            )
            for part in chunks(ids):
                yield from self._persons(kind, {"@ID": list(part)})
        self._known |= wanted  # a deleted one is not asked for again

    def _deals(self, page: Sequence[Row], words: Dictionaries) -> Iterator[CrmBatch]:
        deals, problems = self._understood("deal", page, lambda row: rows.deal(row, words))
        if not deals:
            yield CrmBatch(problems=problems)
            return
        yield from self._missing(key for deal in deals for key in deal.person_keys)
        owners = [deal.key for deal in deals]
        history: list[Row] = []
        for found in self._portal.by_id("crm.stagehistory.list", {"@OWNER_ID": owners}, {"entityTypeId": 2}, "items"):
            history += found
        moves, unread = self._understood(
            "stage", _by_owner(history), lambda group: list(rows.stage_moves(group["rows"]))
        )
        told = [move for group in moves for move in group]
        yield CrmBatch(deals=deals, moves=told, problems=[*problems, *unread])
        yield self._comments(owners)

    def _commented(self, since: datetime, seen: set[str]) -> Iterator[CrmBatch]:
        """Comments of deals that had something done in them without being changed themselves."""
        fields = {"select": ["ID", "LAST_ACTIVITY_TIME"]}
        for page in self._portal.by_id("crm.deal.list", _since("LAST_ACTIVITY_TIME", since), fields):
            moments = [rows.moment(row.get("LAST_ACTIVITY_TIME")) for row in page]
            if any(moment is None or moment < since for moment in moments):
                return  # the filter did nothing: these are all deals there are
            owners = [str(row["ID"]) for row in page if str(row["ID"]) not in seen]
            if owners:
                yield self._comments(owners)

    def _comments(self, deal_keys: Sequence[str]) -> CrmBatch:
        commands = {
            key: Command(
                "crm.timeline.comment.list",
                {"filter": {"ENTITY_ID": key, "ENTITY_TYPE": "deal"}, "order": {"ID": "ASC"}},
            )
            for key in deal_keys
        }
        notes: list[CrmNote] = []
        problems: list[Problem] = []
        for key, part in self._portal.batch(commands).items():
            page = self._rows_of(part, "comment", key, None, problems)
            found, unread = self._understood("comment", page, rows.note)
            notes += [note for note in found if note is not None]
            problems += unread
        return CrmBatch(notes=notes, problems=problems)

    def _comment(self, key: str) -> list[CrmBatch]:
        """A comment names its deal; the list of that deal says the rest."""
        part = self._portal.batch({key: Command("crm.timeline.comment.get", {"id": key})})[key]
        row = part.result if isinstance(part.result, dict) else {}
        if part.refused is not None or str(row.get("ENTITY_TYPE")) != "deal":
            return []
        told = self._comments([str(row["ENTITY_ID"])])
        return [CrmBatch(notes=[note for note in told.notes if note.key == key])]

    def _activities(self, page: Sequence[Row]) -> Iterator[CrmBatch]:
        found, problems = self._understood("activity", page, rows.activity)
        activities = [item for item in found if item is not None]
        yield from self._missing(item.person_key for item in activities)
        known = {item.key for item in activities}
        tasks = {str(row["ID"]): task for row in page if str(row.get("ID")) in known and (task := rows.task_of(row))}
        commands = {key: Command("tasks.task.history.list", {"taskId": task}) for key, task in tasks.items()}
        moves: list[CrmMove] = []
        for key, part in self._portal.batch(commands).items() if commands else ():
            history = self._rows_of(part, "task", key, "list", problems)
            told, unread = self._understood(
                "task", [{"ID": key, "rows": history}],
                lambda group: list(rows.task_moves(group["ID"], group["rows"], self._zone)),
            )  # fmt: skip
            moves += [move for group in told for move in group]
            problems += unread
        yield CrmBatch(activities=activities, moves=moves, problems=problems)

    def _rows_of(self, part: Part, what: str, key: str, name: str | None, problems: list[Problem]) -> list[Row]:
        """Rows of an answer inside a batch; a refusal is told once a sync, not once a deal."""
        if part.refused is None:
            return self._portal.rows(part.result, name)
        if (what, part.refused) not in self._refusals:
            self._refusals.add((what, part.refused))
            told = {"what": what, "id": shown(key), "name": shown(part.refused)}
            problems.append(Problem(self._wire.source, len(self._refusals), None, shown(key), "crm_refused", told))
        return []

    def _understood(
        self, what: str, page: Iterable[Mapping[str, Any]], read: Callable[[Mapping[str, Any]], Value]
    ) -> tuple[list[Value], list[Problem]]:
        return understood(self._wire.source, what, "ID", page, read)


def _since(name: str, since: datetime | None) -> dict[str, str]:
    return {} if since is None else {f">={name}": since.isoformat()}


def _by_owner(history: Iterable[Row]) -> list[Row]:
    found: dict[str, list[Row]] = {}
    for row in history:
        found.setdefault(str(row.get("OWNER_ID")), []).append(row)
    return [{"ID": key, "rows": group} for key, group in found.items()]
