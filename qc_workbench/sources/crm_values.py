"""What any CRM says, in its own ids: deals, moves, activities, notes, persons, users, stages.

Ids here are the vendor's (``key``), always as text; :mod:`~qc_workbench.sources.crm_meaning` makes the workbench's own
values of them. Moments are aware. These values are kept as they were told, so that a person who gets a phone later, a
stage that is renamed or another mapping of agents changes what is made of them, not what was told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from qc_workbench.domain.crm import ActivityType, ChangeOrigin, DealStatus
from qc_workbench.sources.problems import Problem


class CrmEntity(StrEnum):
    DEAL = "deal"
    ACTIVITY = "activity"
    NOTE = "note"
    PERSON = "person"


#: Fields whose changes are kept; their values in :class:`CrmMove` are texts, moments in ISO 8601 with UTC.
STAGE, DUE_AT, DONE_AT, OWNER = "stage", "due_at", "done_at", "owner"
MOVED_FIELDS: Mapping[CrmEntity, tuple[str, ...]] = {
    CrmEntity.DEAL: (STAGE,),
    CrmEntity.ACTIVITY: (DUE_AT, DONE_AT, OWNER),
}


@dataclass(frozen=True, slots=True)
class CrmUser:
    """An employee. ``zone``: IANA name, where the CRM tells it."""

    key: str
    name: str
    email: str | None = None
    zone: str | None = None
    active: bool = True


@dataclass(frozen=True, slots=True)
class CrmStage:
    """A stage of a pipeline; ``place``: its order there."""

    key: str
    name: str
    pipeline_key: str
    pipeline: str
    place: int = 0


@dataclass(frozen=True, slots=True)
class CrmPerson:
    """A client. ``phones``: as written; what is no phone is left out later. ``erased``: was to be forgotten, and stays
    without a name and those phones."""

    key: str
    name: str | None
    phones: tuple[str, ...] = ()
    updated_at: datetime | None = None
    erased: bool = False


@dataclass(frozen=True, slots=True)
class CrmDeal:
    """``phones``: those that stand in the deal itself, beside its persons'. ``stage_key`` as in :class:`CrmStage`."""

    key: str
    owner_key: str
    stage_key: str
    status: DealStatus
    updated_at: datetime
    title: str | None = None
    stage_since: datetime | None = None
    person_keys: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    lost_reason: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    created_at: datetime | None = None
    closed_at: datetime | None = None
    source: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CrmActivity:
    """``type_raw``: the vendor's word. A date without a time (``due_has_time`` False) is the midnight that begins it in
    the source's zone: it lasts until the end of that day."""

    key: str
    owner_key: str
    type: ActivityType
    type_raw: str
    created_at: datetime
    updated_at: datetime
    subject: str | None = None
    due_at: datetime | None = None
    due_has_time: bool = True
    creator_key: str | None = None
    deal_key: str | None = None
    person_key: str | None = None
    phone: str | None = None
    done: bool = False
    done_at: datetime | None = None
    result: str | None = None


@dataclass(frozen=True, slots=True)
class CrmNote:
    """``text``: plain, without mark-up. ``pinned`` None: the CRM does not tell."""

    key: str
    text: str
    created_at: datetime
    updated_at: datetime
    author_key: str | None = None
    deal_key: str | None = None
    person_key: str | None = None
    pinned: bool | None = None


@dataclass(frozen=True, slots=True)
class CrmMove:
    """A change of one field of one entity. Stages and owners are keys; a date is :func:`moment_text`."""

    entity: CrmEntity
    key: str
    field: str
    at: datetime
    old: str | None
    new: str | None
    by_key: str | None = None
    origin: ChangeOrigin = ChangeOrigin.VENDOR


@dataclass(frozen=True, slots=True)
class CrmRef:
    entity: CrmEntity
    key: str


@dataclass(frozen=True, slots=True)
class CrmBatch:
    """What one answer said, in any order and with repetitions. ``gone``: deleted in the CRM.

    ``complete_until``: everything changed before it has been given by now; None while more is to come. ``problems``:
    rows that could not be understood.
    """

    users: Sequence[CrmUser] = ()
    stages: Sequence[CrmStage] = ()
    persons: Sequence[CrmPerson] = ()
    deals: Sequence[CrmDeal] = ()
    activities: Sequence[CrmActivity] = ()
    notes: Sequence[CrmNote] = ()
    moves: Sequence[CrmMove] = ()
    gone: Sequence[CrmRef] = ()
    complete_until: datetime | None = None
    problems: Sequence[Problem] = ()


Told = CrmDeal | CrmActivity | CrmNote
_TYPES: Mapping[CrmEntity, type[Any]] = {
    CrmEntity.DEAL: CrmDeal,
    CrmEntity.ACTIVITY: CrmActivity,
    CrmEntity.NOTE: CrmNote,
}
_ENTITIES: Mapping[type[Any], CrmEntity] = {kind: entity for entity, kind in _TYPES.items()}
_NAMES: Mapping[type[Any], tuple[str, ...]] = {kind: tuple(item.name for item in fields(kind)) for kind in _ENTITIES}
_MOMENTS = frozenset({"created_at", "updated_at", "stage_since", "closed_at", "due_at", "done_at"})
_ENUMS: Mapping[str, type[StrEnum]] = {"status": DealStatus, "type": ActivityType}
_TUPLES = frozenset({"person_keys", "phones"})


def entity_of(told: Told) -> CrmEntity:
    return _ENTITIES[type(told)]


def moment_text(moment: datetime | None) -> str | None:
    """A moment as moves have it: ISO 8601 in UTC."""
    return moment.astimezone(UTC).isoformat() if moment else None


def told_json(told: Told) -> dict[str, Any]:
    """For keeping; empty fields are left out."""
    found: dict[str, Any] = {}
    for name in _NAMES[type(told)]:
        value = getattr(told, name)
        if value is None or value == () or value == {}:
            continue
        if isinstance(value, datetime):
            value = moment_text(value)
        found[name] = str(value) if isinstance(value, Decimal) else dict(value) if name == "attributes" else value
    return found


def told_from_json(entity: CrmEntity, data: Mapping[str, Any]) -> Told:
    """What :func:`told_json` kept."""
    kind = _TYPES[entity]
    known = _NAMES[kind]
    values: dict[str, Any] = {}
    for name, value in data.items():
        if name not in known:
            continue
        if name in _MOMENTS:
            value = datetime.fromisoformat(value)
        elif name in _ENUMS:
            value = _ENUMS[name](value)
        elif name in _TUPLES:
            value = tuple(value)
        elif name == "amount":
            value = Decimal(value)
        values[name] = value
    made: Told = kind(**values)
    return made
