"""What rows of Pipedrive mean. Pure; raises BadValueError for what can't be understood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from qc_workbench.domain.crm import ActivityType, ChangeOrigin, DealStatus
from qc_workbench.sources.call_values import text
from qc_workbench.sources.crm_rows import money
from qc_workbench.sources.crm_values import (
    STAGE,
    CrmActivity,
    CrmDeal,
    CrmEntity,
    CrmMove,
    CrmNote,
    CrmPerson,
    CrmStage,
    CrmUser,
)
from qc_workbench.sources.html_text import text_of_html
from qc_workbench.sources.problems import BadValueError
from qc_workbench.sources.values import believable

#: ``key_string`` of the vendor's own activity types; those that a company makes are told by their words.
_TYPES: Final[Mapping[str, ActivityType]] = {
    "call": ActivityType.CALL,
    "meeting": ActivityType.MEETING,
    "lunch": ActivityType.MEETING,
    "task": ActivityType.TASK,
    "deadline": ActivityType.TASK,
    "email": ActivityType.TASK,
}
_WORDS: Final[tuple[tuple[str, ActivityType], ...]] = (
    ("call", ActivityType.CALL), ("звон", ActivityType.CALL), ("zvon", ActivityType.CALL),
    ("meet", ActivityType.MEETING), ("встреч", ActivityType.MEETING), ("замер", ActivityType.MEETING),
    ("proposal", ActivityType.PROPOSAL), ("quote", ActivityType.PROPOSAL), ("предлож", ActivityType.PROPOSAL),
    ("кп", ActivityType.PROPOSAL),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PipedriveMeaning:
    """``zone``: where the day of an activity without a time begins."""

    zone: ZoneInfo

    def user(self, row: Mapping[str, Any]) -> CrmUser:
        zone = text(row, "timezone_name")
        return CrmUser(
            key=_key(row, "id"),
            name=text(row, "name") or _key(row, "id"),
            email=text(row, "email"),
            zone=zone if zone in available_timezones() else None,
            active=bool(row.get("active_flag", True)) and not row.get("is_deleted"),
        )

    def stage(self, row: Mapping[str, Any], pipelines: Mapping[str, Mapping[str, Any]]) -> CrmStage:
        pipeline = pipelines.get(str(row.get("pipeline_id")), {})
        key = _key(row, "pipeline_id")
        return CrmStage(
            _key(row, "id"), text(row, "name") or _key(row, "id"), key, text(pipeline, "name") or key,
            int(row.get("order_nr") or 0),
        )  # fmt: skip

    def person(self, row: Mapping[str, Any]) -> CrmPerson:
        phones = [item for item in row.get("phones") or () if isinstance(item, Mapping)]
        phones.sort(key=lambda item: not item.get("primary"))  # the main one first, the rest in their order
        told = tuple(found for item in phones if (found := text(item, "value")))
        return CrmPerson(_key(row, "id"), text(row, "name"), told, moment(row, "update_time"))

    def deal(self, row: Mapping[str, Any]) -> CrmDeal:
        status = row.get("status")
        if status not in ("open", "won", "lost"):
            raise BadValueError("vendor_word", name="status")
        created = moment(row, "add_time")
        closed = moment(row, "close_time") or moment(row, f"{status}_time" if status != "open" else "close_time")
        attributes = {"channel": text(row, "channel_id"), "origin": text(row, "origin"),
                      "archived": "true" if row.get("is_archived") else None}  # fmt: skip
        return CrmDeal(
            key=_key(row, "id"),
            owner_key=_key(row, "owner_id") if row.get("owner_id") else "",
            stage_key=_key(row, "stage_id"),
            status=DealStatus(status),
            updated_at=_needed(row, "update_time", created),
            title=text(row, "title"),
            stage_since=moment(row, "stage_change_time") or created,
            person_keys=(_key(row, "person_id"),) if row.get("person_id") else (),
            lost_reason=text(row, "lost_reason"),
            amount=money(row, "value"),
            currency=text(row, "currency"),
            created_at=created,
            closed_at=closed if status != "open" else None,
            attributes={name: value for name, value in attributes.items() if value},
        )

    def activity(self, row: Mapping[str, Any]) -> CrmActivity:
        created = _needed(row, "add_time", None)
        due_at, has_time = self.due(row)
        done = str(row.get("done") or "").lower() in ("true", "1")
        kind = text(row, "type") or "task"
        note = text(row, "note")
        return CrmActivity(
            key=_key(row, "id"),
            owner_key=_key(row, "owner_id") if row.get("owner_id") else "",
            type=activity_type(kind),
            type_raw=kind,
            created_at=created,
            updated_at=_needed(row, "update_time", created),
            subject=text(row, "subject"),
            due_at=due_at,
            due_has_time=has_time,
            creator_key=_key(row, "creator_user_id") if row.get("creator_user_id") else None,
            deal_key=_key(row, "deal_id") if row.get("deal_id") else None,
            person_key=self._person_of(row),
            done=done,
            done_at=moment(row, "marked_as_done_time") if done else None,
            result=text_of_html(note) or None if note else None,
        )

    def due(self, row: Mapping[str, Any]) -> tuple[datetime | None, bool]:
        """The due moment and whether it has a time. The time is UTC; without one the day is the company's.

        A webhook writes ``{value, timezone_id}`` for the time; a zone told there is taken for the zone of it.
        """
        day_text, time_told = text(row, "due_date"), row.get("due_time")
        if day_text is None:
            return None, False
        zone: ZoneInfo | Any = UTC
        if isinstance(time_told, Mapping):
            told_zone = time_told.get("timezone_id")
            zone = ZoneInfo(told_zone) if told_zone in available_timezones() else UTC
            time_told = time_told.get("value")
        try:
            day = date.fromisoformat(day_text)
            if not time_told:
                return believable(datetime.combine(day, time(), self.zone), "due_date").astimezone(UTC), False
            clock = time.fromisoformat(str(time_told))
        except ValueError as error:
            raise BadValueError("vendor_time", name="due_time" if time_told else "due_date") from error
        return believable(datetime.combine(day, clock.replace(tzinfo=None), zone), "due_date").astimezone(UTC), True

    def note(self, row: Mapping[str, Any]) -> CrmNote | None:
        """None for a note of something else than a deal or a person."""
        if not row.get("deal_id") and not row.get("person_id"):
            return None
        created = _needed(row, "add_time", None)
        return CrmNote(
            key=_key(row, "id"),
            text=text_of_html(str(row.get("content") or "")),
            created_at=created,
            updated_at=_needed(row, "update_time", created),
            author_key=_key(row, "user_id") if row.get("user_id") else None,
            deal_key=_key(row, "deal_id") if row.get("deal_id") else None,
            person_key=_key(row, "person_id") if row.get("person_id") else None,
            pinned=bool(row.get("pinned_to_deal_flag") or row.get("pinned_to_person_flag")),
        )

    def stage_move(self, deal_key: str, row: Mapping[str, Any]) -> CrmMove:
        """A row of the change log whose ``field_key`` is ``stage_id``."""
        return CrmMove(
            CrmEntity.DEAL, deal_key, STAGE, _needed(row, "time", None), text(row, "old_value"), text(row, "new_value"),
            _key(row, "actor_user_id") if row.get("actor_user_id") else None, ChangeOrigin.VENDOR,
        )  # fmt: skip

    def _person_of(self, row: Mapping[str, Any]) -> str | None:
        if row.get("person_id"):
            return _key(row, "person_id")
        there = [item for item in row.get("participants") or () if isinstance(item, Mapping) and item.get("primary")]
        return _key(there[0], "person_id") if there and there[0].get("person_id") else None


def activity_type(word: str) -> ActivityType:
    """Of an activity type's ``key_string``; what nothing fits is a task."""
    low = word.casefold()
    return _TYPES.get(low) or next((found for part, found in _WORDS if part in low), ActivityType.TASK)


def moment(row: Mapping[str, Any], name: str) -> datetime | None:
    """``2026-03-02T08:15:04Z`` (v2) or ``2026-03-02 08:15:04`` (v1): UTC both."""
    told = text(row, name)
    if told is None:
        return None
    try:
        found = datetime.fromisoformat(told)
    except ValueError as error:
        raise BadValueError("vendor_time", name=name) from error
    return believable(found.replace(tzinfo=UTC) if found.tzinfo is None else found, name).astimezone(UTC)


def _needed(row: Mapping[str, Any], name: str, instead: datetime | None) -> datetime:
    found = moment(row, name) or instead
    if found is None:
        raise BadValueError("vendor_time", name=name)
    return found


def _key(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if value is None or isinstance(value, bool | float | Mapping) or not str(value).strip():
        raise BadValueError("vendor_id", name=name)
    return str(value)
