"""amoCRM and Kommo: rows of ``/api/v4`` as values of a CRM. Pure.

Times are unix seconds. Status 142 is won and 143 lost in every pipeline, so a stage is named by its pipeline and status
together. A task does not say when it was done, nor a lead when its status changed: events do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from qc_workbench.domain.crm import ActivityType, DealStatus
from qc_workbench.sources.crm_rows import money, written
from qc_workbench.sources.crm_values import (
    DONE_AT,
    DUE_AT,
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

WON: Final = 142
LOST: Final = 143
#: Events that are asked for, and the field whose move each one tells.
STATUS_CHANGED, DEADLINE_CHANGED, COMPLETED = "lead_status_changed", "task_deadline_changed", "task_completed"
EVENTS: Final = (STATUS_CHANGED, DEADLINE_CHANGED, COMPLETED)
#: What people write by hand; calls, messages and notices of programs are notes too, but nobody's words.
WORDS: Final = "common"
_TYPES: Final[Mapping[int, ActivityType]] = {1: ActivityType.CALL, 2: ActivityType.MEETING}
#: Types that an account made itself are known by their names only.
_TYPE_NAMES: Final[Sequence[tuple[re.Pattern[str], ActivityType]]] = (
    (re.compile(r"\bкп\b|предложени|proposal|quote|offer", re.IGNORECASE), ActivityType.PROPOSAL),
    (re.compile(r"звон|созвон|\bcall", re.IGNORECASE), ActivityType.CALL),
    (re.compile(r"встреч|замер|meeting|visit", re.IGNORECASE), ActivityType.MEETING),
)
#: A number of this size is a moment rather than an id of a type or a pipeline: September 2001.
_EARLIEST: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class AmocrmAccount:
    """What the account says of itself: the currency of its budgets, names of its types of tasks."""

    currency: str | None = None
    task_types: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> AmocrmAccount:
        types = _inside(row, "task_types")
        return cls(written(row.get("currency")), {int(item["id"]): str(item.get("name") or "") for item in types})


def stage_key(pipeline_id: object, status_id: object) -> str:
    return f"{pipeline_id}:{status_id}"


def stages(row: Mapping[str, Any]) -> Iterator[CrmStage]:
    """Of one pipeline, in its order."""
    statuses = sorted(_inside(row, "statuses"), key=lambda item: (int(item.get("sort") or 0), str(item["id"])))
    for place, item in enumerate(statuses):
        name, pipeline = str(item.get("name") or ""), str(row.get("name") or "")
        yield CrmStage(stage_key(row["id"], item["id"]), name, str(row["id"]), pipeline, place)


def user(row: Mapping[str, Any]) -> CrmUser:
    rights = row.get("rights") if isinstance(row.get("rights"), dict) else {}
    active = bool(rights.get("is_active", True)) if isinstance(rights, dict) else True
    return CrmUser(str(row["id"]), written(row.get("name")) or str(row["id"]), written(row.get("email")), active=active)


def person_key(entity_type: str, entity_id: object) -> str:
    """Contacts and companies have ids of their own that may meet."""
    return f"{entity_type}:{entity_id}"


def person(entity_type: str, row: Mapping[str, Any]) -> CrmPerson:
    """A contact or a company; both have telephone numbers."""
    numbers = [
        str(item.get("value"))
        for values in row.get("custom_fields_values") or ()
        if str(values.get("field_code") or "").upper() == "PHONE"
        for item in values.get("values") or ()
        if item.get("value")
    ]
    updated_at = moment(row["updated_at"]) if row.get("updated_at") else None
    return CrmPerson(person_key(entity_type, row["id"]), written(row.get("name")), tuple(numbers), updated_at)


def deal(row: Mapping[str, Any], account: AmocrmAccount) -> CrmDeal:
    """A lead. Its budget is a whole number; 0 is what stands there when nobody wrote anything, and stays 0.

    Raises :class:`~qc_workbench.sources.problems.BadValueError`.
    """
    status_id = int(row["status_id"])
    status = {WON: DealStatus.WON, LOST: DealStatus.LOST}.get(status_id, DealStatus.OPEN)
    reasons = _inside(row, "loss_reason") if status is DealStatus.LOST else []
    contacts = sorted(_inside(row, "contacts"), key=lambda item: (not item.get("is_main"), int(item["id"])))
    persons = [person_key("contacts", item["id"]) for item in contacts]
    persons += [person_key("companies", item["id"]) for item in _inside(row, "companies")]
    marks = _tracking(row)
    return CrmDeal(
        key=str(row["id"]),
        owner_key=_key(row.get("responsible_user_id")) or "",
        stage_key=stage_key(row["pipeline_id"], status_id),
        status=status,
        updated_at=moment(row.get("updated_at") or row["created_at"]),
        title=written(row.get("name")),
        person_keys=tuple(persons),
        lost_reason=next((written(item.get("name")) for item in reasons), None),
        amount=money(row, "price"),
        currency=account.currency,
        created_at=moment(row["created_at"]),
        closed_at=moment(row["closed_at"]) if row.get("closed_at") and status is not DealStatus.OPEN else None,
        source=marks.get("utm_source"),
        attributes=marks,
    )


def activity(row: Mapping[str, Any], account: AmocrmAccount) -> CrmActivity:
    """A task. When it was done is told by its event, see :func:`moves`.

    Raises :class:`~qc_workbench.sources.problems.BadValueError`.
    """
    type_id = int(row["task_type_id"])
    name = account.task_types.get(type_id, "")
    of, entity_id = str(row.get("entity_type") or ""), row.get("entity_id")
    result = row.get("result")
    return CrmActivity(
        key=str(row["id"]),
        owner_key=_key(row.get("responsible_user_id")) or "",
        type=_TYPES.get(type_id)
        or next((kind for words, kind in _TYPE_NAMES if words.search(name)), ActivityType.TASK),
        type_raw=name or str(type_id),
        created_at=moment(row["created_at"]),
        updated_at=moment(row.get("updated_at") or row["created_at"]),
        subject=written(row.get("text")),
        due_at=moment(row["complete_till"]) if row.get("complete_till") else None,
        creator_key=_key(row.get("created_by")),
        deal_key=str(entity_id) if of == "leads" and entity_id else None,
        person_key=person_key(of, entity_id) if of in ("contacts", "companies") and entity_id else None,
        done=str(row.get("is_completed") or "").lower() in ("true", "1"),
        result=written(result.get("text")) if isinstance(result, dict) else None,  # [] when there is none
    )


def note(entity_type: str, row: Mapping[str, Any]) -> CrmNote | None:
    """Words left at a lead, a contact or a company; None for notes that are no words of a person.

    Raises :class:`~qc_workbench.sources.problems.BadValueError`.
    """
    params = row.get("params")
    words = written(params.get("text")) if isinstance(params, dict) else None
    if row.get("note_type") != WORDS or words is None:
        return None
    pinned = row.get("is_pinned")
    return CrmNote(
        key=f"{entity_type}:{row['id']}",
        text=words,
        created_at=moment(row["created_at"]),
        updated_at=moment(row.get("updated_at") or row["created_at"]),
        author_key=_key(row.get("created_by")),
        deal_key=str(row["entity_id"]) if entity_type == "leads" else None,
        person_key=None if entity_type == "leads" else person_key(entity_type, row["entity_id"]),
        pinned=pinned if isinstance(pinned, bool) else None,
    )


def move(row: Mapping[str, Any]) -> CrmMove | None:
    """An event as a move of a lead's stage, a task's due date or its end; None for other events.

    The values of ``task_deadline_changed`` are documented nowhere: any moment in them is taken, whatever its key.
    Raises :class:`~qc_workbench.sources.problems.BadValueError` where the event does not say what it is about.
    """
    kind, at, by = row.get("type"), moment(row["created_at"]), _key(row.get("created_by"))
    if kind == STATUS_CHANGED:
        new = _stage(row.get("value_after"))
        if new is None:
            raise BadValueError("crm_entry", name="value_after")
        return CrmMove(CrmEntity.DEAL, str(row["entity_id"]), STAGE, at, _stage(row.get("value_before")), new, by)
    if kind == DEADLINE_CHANGED:
        dates = [_moment_inside(row.get(name)) for name in ("value_before", "value_after")]
        if dates[1] is None:
            raise BadValueError("crm_entry", name="value_after")
        old, late = (moment_text(date) for date in dates)
        return CrmMove(CrmEntity.ACTIVITY, _task(row), DUE_AT, at, old, late, by)
    if kind == COMPLETED:
        return CrmMove(CrmEntity.ACTIVITY, _task(row), DONE_AT, at, None, moment_text(at), by)
    return None


def moment(value: Any) -> datetime:
    """Unix seconds. Raises :class:`~qc_workbench.sources.problems.BadValueError` ``crm_entry``."""
    try:
        return believable(datetime.fromtimestamp(int(value), UTC), "time")
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise BadValueError("crm_entry", name="time") from error


def _stage(value: Any) -> str | None:
    """``[{"lead_status": {"id", "pipeline_id"}}]`` as a key of a stage."""
    for item in value if isinstance(value, list) else ():
        told = item.get("lead_status") if isinstance(item, dict) else None
        if isinstance(told, dict) and told.get("id") is not None:
            return stage_key(told.get("pipeline_id"), told["id"])
    return None


def _moment_inside(value: Any) -> datetime | None:
    """The first number that can be a moment."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return next((found for item in value if (found := _moment_inside(item)) is not None), None)
    if isinstance(value, int | str) and str(value).isdigit() and int(value) >= _EARLIEST:
        return moment(value)
    return None


def _task(row: Mapping[str, Any]) -> str:
    """Whose event it is: of the task, or of what the task is tied to, where the task stands inside."""
    if str(row.get("entity_type") or "").rstrip("s") == "task":
        return str(row["entity_id"])
    for side in (row.get("value_after"), row.get("value_before")):
        for item in side if isinstance(side, list) else ():
            for value in item.values() if isinstance(item, dict) else ():
                if isinstance(value, dict):
                    found = value.get("task_id") or (value.get("task") or {}).get("id")
                    if found:
                        return str(found)
    raise BadValueError("crm_entry", name="entity_type")


def _tracking(row: Mapping[str, Any]) -> dict[str, str]:
    """Fields of the lead in which amoCRM keeps marks of advertising, by their codes."""
    found: dict[str, str] = {}
    for values in row.get("custom_fields_values") or ():
        code = str(values.get("field_code") or "").lower()
        told = next((written(item.get("value")) for item in values.get("values") or ()), None)
        if code.startswith("utm_") and told:
            found[code] = told
    return found


def _inside(row: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    embedded = row.get("_embedded")
    found = embedded.get(name) if isinstance(embedded, dict) else None
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _key(value: Any) -> str | None:
    """An id; 0 is a program, nobody."""
    return str(value) if value else None
