"""Bitrix24: rows of its CRM as values of a CRM. Pure.

Ids and numbers are texts, times carry their zone. A stage is one word for all pipelines (``C1:NEW``). Its history tells
when a deal came to a stage, not from where nor by whom: from where is the row before. Tasks have a history of every
field; other activities have none, so that moves of their dates are differences between readings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from qc_workbench.domain.crm import ActivityType, DealStatus
from qc_workbench.sources.crm_rows import money, written
from qc_workbench.sources.crm_values import (
    DONE_AT,
    DUE_AT,
    OWNER,
    STAGE,
    CrmActivity,
    CrmDeal,
    CrmEntity,
    CrmMove,
    CrmNote,
    CrmPerson,
    CrmStage,
    CrmUser,
    moment_text,
)
from qc_workbench.sources.problems import BadValueError
from qc_workbench.sources.values import believable

DEAL_OWNER: Final = "2"
_PERSON_OWNERS: Final[Mapping[str, str]] = {"3": "contact", "4": "company"}
#: Steps of an agent. Chats, forms and other channels are activities of the CRM too, but nobody planned them.
_TYPES: Final[Mapping[str, ActivityType]] = {
    "1": ActivityType.MEETING,
    "2": ActivityType.CALL,
    "3": ActivityType.TASK,
    "4": ActivityType.TASK,  # a letter
}
_TASK_TYPE: Final = "3"
_PROVIDERS: Final[Mapping[str, ActivityType]] = {
    "CRM_TODO": ActivityType.TASK,
    "CRM_TASKS_TASK": ActivityType.TASK,
    "CRM_CALL": ActivityType.CALL,
    "VOXIMPLANT_CALL": ActivityType.CALL,
    "CRM_MEETING": ActivityType.MEETING,
}
_PROPOSAL: Final = re.compile(r"\bкп\b|предложени|proposal|quote|offer", re.IGNORECASE)
#: What stands for "no date".
_NEVER_YEAR: Final = 9999
#: Statuses of a task: done, and done but to be looked at by who set it.
_DONE_STATUSES: Final = frozenset({"4", "5"})
_CREATION: Final = "1"
_MARKS: Final = ("UTM_SOURCE", "UTM_MEDIUM", "UTM_CAMPAIGN", "UTM_CONTENT", "UTM_TERM")
_BB_CODE: Final = re.compile(
    r"\[/?(?:b|i|u|s|p|list|\*|url|user|quote|code|color|size|font|img|left|right|center)[^\]]*\]", re.IGNORECASE
)
_MARK_UP: Final = re.compile(r"<[^>]+>")


@dataclass(frozen=True, slots=True)
class Dictionaries:
    """Words of the portal: sources by their codes, meanings (S won, F lost) and names of stages."""

    sources: Mapping[str, str] = field(default_factory=dict)
    semantics: Mapping[str, str] = field(default_factory=dict)
    stage_names: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, statuses: Iterable[Mapping[str, Any]]) -> Dictionaries:
        rows = [row for row in statuses if row.get("STATUS_ID") is not None]
        stages = [row for row in rows if _is_stage(row)]
        return cls(
            {str(row["STATUS_ID"]): str(row.get("NAME") or "") for row in rows if row.get("ENTITY_ID") == "SOURCE"},
            {str(row["STATUS_ID"]): str(row.get("SEMANTICS") or "P") for row in stages},
            {str(row["STATUS_ID"]): str(row.get("NAME") or "") for row in stages},
        )


def stages(statuses: Iterable[Mapping[str, Any]], categories: Iterable[Mapping[str, Any]]) -> list[CrmStage]:
    """Stages of deals, in the order of each pipeline."""
    names = {str(row.get("id")): str(row.get("name") or "") for row in categories}
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in statuses:
        if _is_stage(row):
            found.setdefault(str(row["ENTITY_ID"]).removeprefix("DEAL_STAGE").removeprefix("_") or "0", []).append(row)
    return [
        CrmStage(str(row["STATUS_ID"]), str(row.get("NAME") or ""), category, names.get(category, category), place)
        for category, rows in sorted(found.items())
        for place, row in enumerate(sorted(rows, key=lambda item: (int(item.get("SORT") or 0), str(item["STATUS_ID"]))))
    ]


def user(row: Mapping[str, Any]) -> CrmUser:
    name = " ".join(part for part in (written(row.get("NAME")), written(row.get("LAST_NAME"))) if part)
    active = row.get("ACTIVE") not in (False, "N", "false")
    return CrmUser(
        str(row["ID"]), name or str(row["ID"]), written(row.get("EMAIL")), written(row.get("TIME_ZONE")), active
    )


def person_key(kind: str, entity_id: object) -> str:
    """``kind``: contact or company; their ids may meet."""
    return f"{kind}:{entity_id}"


def person(kind: str, row: Mapping[str, Any]) -> CrmPerson:
    phones = [str(item["VALUE"]) for item in row.get("PHONE") or () if isinstance(item, dict) and item.get("VALUE")]
    names = (row.get("NAME"), row.get("LAST_NAME")) if kind == "contact" else (row.get("TITLE"),)
    name = " ".join(part for part in map(written, names) if part)
    return CrmPerson(person_key(kind, row["ID"]), name or None, tuple(phones), moment(row.get("DATE_MODIFY")))


def deal(row: Mapping[str, Any], words: Dictionaries) -> CrmDeal:
    """A deal. Bitrix24 has no reasons of a loss: losing stages are named after them, so the stage's name is the reason.

    Raises :class:`~qc_workbench.sources.problems.BadValueError`.
    """
    stage = str(row["STAGE_ID"])
    meaning = str(row.get("STAGE_SEMANTIC_ID") or words.semantics.get(stage) or "P")
    status = {"S": DealStatus.WON, "F": DealStatus.LOST}.get(meaning, DealStatus.OPEN)
    moved_at = moment(row.get("MOVED_TIME"))
    persons = [
        person_key(kind, row[name])
        for kind, name in (("contact", "CONTACT_ID"), ("company", "COMPANY_ID"))
        if _key(row.get(name))
    ]
    marks = {name.lower(): told for name in _MARKS if (told := written(row.get(name)))}
    source = written(row.get("SOURCE_ID"))
    return CrmDeal(
        key=str(row["ID"]),
        owner_key=_key(row.get("ASSIGNED_BY_ID")) or "",
        stage_key=stage,
        status=status,
        updated_at=moment(row.get("DATE_MODIFY")) or moved_at or _required(row, "DATE_CREATE"),
        title=written(row.get("TITLE")),
        stage_since=moved_at,
        person_keys=tuple(persons),
        lost_reason=words.stage_names.get(stage) if status is DealStatus.LOST else None,
        amount=money(row, "OPPORTUNITY"),
        currency=written(row.get("CURRENCY_ID")),
        created_at=_required(row, "DATE_CREATE"),
        # CLOSEDATE is the day that was planned until somebody closes the deal by hand
        closed_at=None if status is DealStatus.OPEN else moved_at or moment(row.get("CLOSEDATE")),
        source=marks.get("utm_source") or (words.sources.get(source, source) if source else None),
        attributes=marks,
    )


def stage_moves(history: Iterable[Mapping[str, Any]]) -> Iterator[CrmMove]:
    """Rows of ``crm.stagehistory.list`` in any order, all of each deal, as moves. The first row is the creation."""
    deals: dict[str, dict[int, Mapping[str, Any]]] = {}
    for row in history:
        deals.setdefault(str(row["OWNER_ID"]), {})[int(row["ID"])] = row
    for key, rows in deals.items():
        before: str | None = None
        for _, row in sorted(rows.items()):
            stage = str(row["STAGE_ID"])
            is_first = before is None and str(row.get("TYPE_ID")) == _CREATION
            if not is_first and stage != before:
                yield CrmMove(CrmEntity.DEAL, key, STAGE, _required(row, "CREATED_TIME"), before, stage)
            before = stage


def activity(row: Mapping[str, Any]) -> CrmActivity | None:
    """A call, a meeting, a task or a letter; None for what comes by itself.

    Raises :class:`~qc_workbench.sources.problems.BadValueError`.
    """
    type_id, provider = str(row.get("TYPE_ID") or ""), str(row.get("PROVIDER_ID") or "")
    kind = _TYPES.get(type_id) or _PROVIDERS.get(provider)
    if kind is None:
        return None
    subject = written(row.get("SUBJECT"))
    if kind is ActivityType.TASK and subject and _PROPOSAL.search(subject):
        kind = ActivityType.PROPOSAL
    owner_type, owner_id = str(row.get("OWNER_TYPE_ID") or ""), _key(row.get("OWNER_ID"))
    done = row.get("COMPLETED") == "Y"
    person = _PERSON_OWNERS.get(owner_type)
    return CrmActivity(
        key=str(row["ID"]),
        owner_key=_key(row.get("RESPONSIBLE_ID")) or "",
        type=kind,
        type_raw=":".join(part for part in (type_id, provider) if part),
        created_at=_required(row, "CREATED"),
        updated_at=moment(row.get("LAST_UPDATED")) or _required(row, "CREATED"),
        subject=subject,
        due_at=moment(row.get("DEADLINE")),
        creator_key=_key(row.get("AUTHOR_ID")),
        deal_key=owner_id if owner_type == DEAL_OWNER else None,
        person_key=person_key(person, owner_id) if person and owner_id else None,
        phone=_phone(row.get("COMMUNICATIONS")),
        done=done,
        # a call ended when its activity did; of others nothing is told
        done_at=moment(row.get("END_TIME")) if done and provider == "VOXIMPLANT_CALL" else None,
    )


def task_of(row: Mapping[str, Any]) -> str | None:
    """The task behind an activity, whose history can be asked for."""
    if str(row.get("TYPE_ID")) != _TASK_TYPE and row.get("PROVIDER_ID") != "CRM_TASKS_TASK":
        return None
    return _key(row.get("ASSOCIATED_ENTITY_ID"))


def task_moves(activity_key: str, history: Sequence[Mapping[str, Any]], zone: ZoneInfo) -> Iterator[CrmMove]:
    """Rows of ``tasks.task.history.list`` as moves of the activity that stands for the task.

    ``zone``: of times that are written without one, as the portal's pages show them.
    """
    for row in history:
        value = row.get("value")
        value = value if isinstance(value, dict) else {}
        at = history_moment(row.get("createdDate"), zone)
        if at is None:
            raise BadValueError("crm_entry", name="createdDate")
        who = row.get("user")
        by = _key(who.get("id")) if isinstance(who, dict) else None
        old, new = value.get("from"), value.get("to")
        name = row.get("field")
        if name == "DEADLINE":
            dates = [moment_text(history_moment(side, zone)) for side in (old, new)]
            if dates[0] != dates[1]:
                yield CrmMove(CrmEntity.ACTIVITY, activity_key, DUE_AT, at, dates[0], dates[1], by)
        elif name == "RESPONSIBLE_ID" and _key(old) != _key(new):
            yield CrmMove(CrmEntity.ACTIVITY, activity_key, OWNER, at, _key(old), _key(new), by)
        elif name == "STATUS":
            was, now = (str(side) in _DONE_STATUSES for side in (old, new))
            if was != now:
                yield CrmMove(CrmEntity.ACTIVITY, activity_key, DONE_AT, at, None, moment_text(at) if now else None, by)


def note(row: Mapping[str, Any]) -> CrmNote | None:
    """A comment of a deal's timeline, without its mark-up. Neither pins nor later changes are told."""
    words = _MARK_UP.sub("", _BB_CODE.sub("", str(row.get("COMMENT") or ""))).strip()
    if not words:
        return None
    created_at = _required(row, "CREATED")
    return CrmNote(
        key=str(row["ID"]),
        text=words,
        created_at=created_at,
        updated_at=created_at,
        author_key=_key(row.get("AUTHOR_ID")),
        deal_key=str(row["ENTITY_ID"]),
    )


def moment(value: Any) -> datetime | None:
    """A time with its zone; None where none is written, and for the end of time, which stands for no date.

    Raises :class:`~qc_workbench.sources.problems.BadValueError` ``crm_entry``.
    """
    if not value or not isinstance(value, str):
        return None  # an empty object stands for no time too
    try:
        found = datetime.fromisoformat(value)
    except ValueError as error:
        raise BadValueError("crm_entry", name="time") from error
    if found.tzinfo is None:
        raise BadValueError("crm_entry", name="time")
    return None if found.year >= _NEVER_YEAR else believable(found, "time").astimezone(UTC)


def history_moment(value: Any, zone: ZoneInfo) -> datetime | None:
    """A time of a task's history: unix seconds, ISO 8601, ``dd.mm.yyyy hh:mm:ss`` or ``mm/dd/yyyy hh:mm:ss``, as the
    language of the webhook's user has it."""
    text = str(value or "").strip()
    if not text or text == "0":
        return None
    try:
        if text.isdigit():
            return believable(datetime.fromtimestamp(int(text), UTC), "time")
        for form in ("%d.%m.%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p"):
            try:
                return datetime.strptime(text, form).replace(tzinfo=zone).astimezone(UTC)
            except ValueError:
                continue
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError) as error:
        raise BadValueError("crm_entry", name="time") from error
    return believable(found.replace(tzinfo=zone) if found.tzinfo is None else found, "time").astimezone(UTC)


def _required(row: Mapping[str, Any], name: str) -> datetime:
    found = moment(row.get(name))
    if found is None:
        raise BadValueError("crm_entry", name=name)
    return found


def _is_stage(row: Mapping[str, Any]) -> bool:
    return re.fullmatch(r"DEAL_STAGE(_\d+)?", str(row.get("ENTITY_ID") or "")) is not None


def _phone(communications: Any) -> str | None:
    for item in communications if isinstance(communications, list) else ():
        if isinstance(item, dict) and item.get("TYPE") == "PHONE" and item.get("VALUE"):
            return str(item["VALUE"])
    return None


def _key(value: Any) -> str | None:
    """An id; 0 is nobody."""
    return str(value) if value not in (None, "", 0, "0") else None
