"""What a CRM told, as the workbench's own values. Pure; told values give the same in whatever order they come.

Ids become ``source:key``, so that deals of two systems never meet.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from qc_workbench.domain.call import Manager
from qc_workbench.domain.crm import Activity, ActivityChange, ChangeOrigin, Deal, Note, StageChange
from qc_workbench.domain.telephony import AgentLine
from qc_workbench.sources import crm_values as told_values
from qc_workbench.sources.crm_values import (
    MOVED_FIELDS,
    CrmActivity,
    CrmDeal,
    CrmMove,
    CrmNote,
    CrmPerson,
    CrmStage,
    CrmUser,
    Told,
    entity_of,
    moment_text,
)
from qc_workbench.sources.phones import e164
from qc_workbench.sources.problems import BadValueError

#: The better witness of two that tell one move.
_WITNESSES: Final = (ChangeOrigin.VENDOR, ChangeOrigin.WEBHOOK, ChangeOrigin.DIFF)
#: A message and the history may date one move a second apart.
_SAME_MOVE: Final = timedelta(seconds=1)
#: Names of fields in ``activity_changes``.
_COLUMNS: Final[Mapping[str, str]] = {
    told_values.DUE_AT: "due_at",
    told_values.DONE_AT: "done_at",
    told_values.OWNER: "manager_id",
}


def crm_id(source: str, key: str) -> str:
    """An id of the workbench for a vendor's key."""
    return f"{source}:{key}"


def vendor_key(source: str, own_id: str) -> str | None:
    """The vendor's key behind an id; None when it is not of this source."""
    found = own_id.removeprefix(f"{source}:")
    return found if found != own_id else None


@dataclass
class CrmBook:
    """Who of ours stands behind a user of a CRM: first ``[[sources.agents]]`` (id, e-mail or name, within their days),
    then ``email`` among the attributes of managers.csv; somebody unknown becomes ``source:key`` and a newcomer."""

    source: str
    lines: Sequence[AgentLine]
    managers: Collection[Manager]
    users: dict[str, CrmUser] = field(default_factory=dict)
    newcomers: dict[str, Manager] = field(default_factory=dict)
    _by_email: dict[str, list[Manager]] = field(init=False, repr=False)
    _known: dict[str, Manager] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._known = {manager.manager_id: manager for manager in self.managers}
        self._by_email = {}
        for manager in self.managers:
            email = next((value for name, value in manager.attributes.items() if name.casefold() == "email"), None)
            if email:
                self._by_email.setdefault(email.strip().casefold(), []).append(manager)

    def who(self, key: str | None, at: datetime) -> str:
        """manager_id; "" for nobody."""
        if not key:
            return ""
        user = self.users.get(key)
        names = [name.casefold() for name in (key, user and user.email, user and user.name) if name]
        for name in names:
            for line in self.lines:
                if line.agent.casefold() == name and line.holds_at(at):
                    return line.manager_id
        there = self._by_email.get(user.email.casefold(), []) if user and user.email else []
        there = [item for item in there if item.left_at is None or at < item.left_at] or there
        if len(there) == 1:  # two with one address: nobody can tell which
            return there[0].manager_id
        own = crm_id(self.source, key)
        known = self._known.get(own) or self.newcomers.get(own)
        name = user.name if user else (known.name if known else key)
        if known is None or known.name != name:
            self.newcomers[own] = replace(known, name=name) if known else Manager(own, name)
        return own

    def take_newcomers(self) -> list[Manager]:
        """Those met since the last time, to be written down once."""
        found = list(self.newcomers.values())
        self._known.update(self.newcomers)
        self.newcomers.clear()
        return found

    def fingerprint(self) -> tuple[str, ...]:
        """What decides about names."""
        emails = sorted(f"{email} {item.manager_id} {item.left_at}" for email, them in self._by_email.items()
                        for item in them)  # fmt: skip
        return (*map(repr, self.lines), *emails, *sorted(map(repr, self.users.values())))


def value_of(told: Told, name: str) -> str | None:
    """A field whose changes are kept, as :class:`CrmMove` writes it."""
    if isinstance(told, CrmDeal):
        return told.stage_key
    if isinstance(told, CrmActivity):
        if name == told_values.OWNER:
            return told.owner_key
        return moment_text(told.due_at if name == told_values.DUE_AT else told.done_at)
    raise TypeError(name)


def differences(before: Told, now: Told, read_at: datetime) -> list[CrmMove]:
    """What two readings of one entity differ in. Dated by the entity's last change, where that moved on, else now."""
    at = now.updated_at if now.updated_at > before.updated_at else read_at
    found = []
    for name in MOVED_FIELDS.get(entity_of(now), ()):
        old, new = value_of(before, name), value_of(now, name)
        if old == new:
            continue
        when = at
        if isinstance(now, CrmDeal) and now.stage_since and before.updated_at < now.stage_since <= at:
            when = now.stage_since
        found.append(CrmMove(entity_of(now), now.key, name, when, old, new, origin=ChangeOrigin.DIFF))
    return found


def merged(moves: Iterable[CrmMove]) -> tuple[CrmMove, ...]:
    """The moves of one entity, each once, oldest first.

    A move told twice (by history and by a message) stays once, by the better witness. A difference stays only where
    what was told up to then does not explain it. So neither order nor repetition matters.
    """
    by_field: dict[str, dict[tuple[object, ...], CrmMove]] = {}
    for move in moves:
        is_diff = move.origin is ChangeOrigin.DIFF
        same = (is_diff, move.at.replace(microsecond=0), None if is_diff else move.old, move.new)
        group = by_field.setdefault(move.field, {})
        other = group.get(same)
        group[same] = move if other is None else _better(other, move)
    found: list[CrmMove] = []
    for group in by_field.values():
        found += _chain(group.values())
    return tuple(sorted(found, key=lambda move: (move.at, move.field)))


def _better(one: CrmMove, other: CrmMove) -> CrmMove:
    best = min(
        (one, other), key=lambda move: (_WITNESSES.index(move.origin), move.by_key is None, move.by_key or "", move.at)
    )
    return replace(best, at=min(one.at, other.at))


def _chain(moves: Iterable[CrmMove]) -> list[CrmMove]:
    """Moves of one field one after another."""
    waiting = sorted(
        moves, key=lambda move: (move.at, move.origin is ChangeOrigin.DIFF, move.new or "", move.old or "")
    )
    chain: list[CrmMove] = []
    while waiting:
        move = waiting[0]
        together = [item for item in waiting if item.at.replace(microsecond=0) == move.at.replace(microsecond=0)]
        if chain and len(together) > 1:  # of one second: the one that goes on from where the last one stopped
            told = [item for item in together if item.origin is not ChangeOrigin.DIFF]
            move = next((item for item in told if item.old == chain[-1].new), (told or together)[0])
        waiting.remove(move)
        if chain and _says_nothing(move, chain[-1]):
            continue
        if move.origin is ChangeOrigin.DIFF and chain:
            move = replace(move, old=chain[-1].new)
        if chain and move.at <= chain[-1].at:
            move = replace(move, at=chain[-1].at + timedelta(microseconds=1))
        chain.append(move)
    return chain


def _says_nothing(move: CrmMove, last: CrmMove) -> bool:
    """A difference to where the last move led, or that move told again by a clock of its own. One like it that was told
    later stays: the move back in between may still be on its way, or was lost."""
    if move.new != last.new:
        return False
    return move.origin is ChangeOrigin.DIFF or (move.old == last.old and move.at - last.at <= _SAME_MOVE)


@dataclass(frozen=True, slots=True)
class CrmRecord:
    """All that is kept of one entity: as it was told last, and its moves. ``gone_at``: deleted in the CRM.

    ``history_due``: a deal that changed its stage, whose history was not asked for since.
    """

    told: Told
    moves: tuple[CrmMove, ...] = ()
    gone_at: datetime | None = None
    history_due: bool = False


def taken_in(
    before: CrmRecord | None, told: Told | None, moves: Sequence[CrmMove], read_at: datetime
) -> CrmRecord | None:
    """What is known of an entity after another reading of it, or after moves of it were told (``told`` None).

    A reading older than the one that is kept says nothing new. None where nothing but moves is known yet: they wait
    for the entity itself, which whoever told them is to be asked for.
    """
    if before is None:
        return CrmRecord(told, merged(moves), history_due=_has_moved(told)) if told is not None else None
    known = [*before.moves, *moves]
    if told is None:
        return replace(before, moves=merged(known))
    if told.updated_at < before.told.updated_at:
        return replace(before, moves=merged(known))
    moved = isinstance(told, CrmDeal) and value_of(before.told, told_values.STAGE) != told.stage_key
    return CrmRecord(
        told, merged([*known, *differences(before.told, told, read_at)]), history_due=before.history_due or moved
    )


def stripped(told: CrmDeal) -> CrmDeal:
    """A deal without what may be a person's: words and numbers."""
    return replace(told, title=None, phones=(), lost_reason=None, attributes={})


def _has_moved(told: Told) -> bool:
    """Whether a deal met for the first time has left the stage it was made in."""
    return isinstance(told, CrmDeal) and told.stage_since is not None and told.stage_since != told.created_at


@dataclass
class CrmContext:
    """What the meaning of a told value depends on beside itself."""

    source: str
    region: str
    book: CrmBook
    stages: Mapping[str, CrmStage]
    persons: Mapping[str, CrmPerson] = field(default_factory=dict)
    deals: Mapping[str, CrmDeal] = field(default_factory=dict)
    is_erased: Callable[[str], bool] = lambda _: False  # of a phone in E.164

    def stage(self, key: str | None) -> str | None:
        """A stage's name; with its pipeline where two pipelines have one of that name."""
        if key is None:
            return None
        found = self.stages.get(key)
        if found is None:
            return key
        twins = {item.pipeline_key for item in self.stages.values() if item.name == found.name}
        return f"{found.pipeline}: {found.name}" if len(twins) > 1 else found.name

    def deal_id(self, key: str | None) -> str | None:
        """None for a deal that is deleted or was never told."""
        return crm_id(self.source, key) if key is not None and key in self.deals else None

    def phones(self, raw: Iterable[str]) -> tuple[str, ...]:
        """E.164, each once; what is no phone is left out, and erased ones are."""
        return tuple(phone for phone in self.all_phones(raw) if not self.is_erased(phone))

    def all_phones(self, raw: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(phone for text in raw if (phone := _phone(text, self.region))))

    def phone_of(self, person_key: str | None) -> str | None:
        person = self.persons.get(person_key) if person_key else None
        return next(iter(self.phones(person.phones)), None) if person else None

    def deal(self, told: CrmDeal, moves: Sequence[CrmMove] = ()) -> Deal:
        """``moves``: of this deal; they say since when it is in its stage where the deal itself does not."""
        persons = [self.persons[key] for key in told.person_keys if key in self.persons]
        raw = [*told.phones, *(phone for person in persons for phone in person.phones)]
        stage = self.stages.get(told.stage_key)
        attributes = {"title": told.title, "pipeline": stage.pipeline if stage else None, **told.attributes}
        phones = self.phones(raw)
        # else names and words may be the erased person's
        is_plain = not any(person.erased for person in persons) and phones == self.all_phones(raw)
        return Deal(
            deal_id=crm_id(self.source, told.key),
            client_phones=phones,
            manager_id=self.book.who(told.owner_key, told.updated_at),
            stage=self.stage(told.stage_key) or "",
            status=told.status,
            stage_since=told.stage_since or _stage_since(told, moves),
            lost_reason=told.lost_reason,
            amount=told.amount,
            currency=told.currency,
            created_at=told.created_at,
            closed_at=told.closed_at,
            source=told.source,
            client_name=next((person.name for person in persons if person.name), None) if is_plain else None,
            attributes={name: value for name, value in attributes.items() if value} if is_plain else {},
        )

    def activity(self, told: CrmActivity, moves: Sequence[CrmMove] = ()) -> Activity:
        """``moves``: of this activity; they say when it was done where the activity itself does not."""
        attributes = {
            "type_raw": told.type_raw,
            "due_has_time": None if told.due_at is None else str(told.due_has_time).lower(),
            "creator": self.book.who(told.creator_key, told.created_at) or None,
        }
        return Activity(
            activity_id=crm_id(self.source, told.key),
            manager_id=self.book.who(told.owner_key, told.updated_at),
            type=told.type,
            created_at=told.created_at,
            deal_id=self.deal_id(told.deal_key),
            client_phone=(_phone(told.phone, self.region) if told.phone else None) or self.phone_of(told.person_key),
            subject=told.subject,
            due_at=told.due_at,
            # One that is done, at a moment that the CRM does not tell: no later than its last change.
            done_at=(told.done_at or _done_at(moves) or told.updated_at) if told.done else None,
            result=told.result,
            attributes={name: value for name, value in attributes.items() if value},
        )

    def note(self, told: CrmNote) -> Note:
        return Note(
            note_id=crm_id(self.source, told.key),
            created_at=told.created_at,
            text=told.text,
            deal_id=self.deal_id(told.deal_key),
            client_phone=self.phone_of(told.person_key),
            author_id=self.book.who(told.author_key, told.created_at) or None,
            pinned=bool(told.pinned),
        )

    def stage_changes(self, record: CrmRecord) -> list[StageChange]:
        return [
            StageChange(
                crm_id(self.source, move.key), move.at, self.stage(move.new), self.stage(move.old), self._by(move),
                move.origin,
            )
            for move in record.moves
        ]  # fmt: skip

    def activity_changes(self, record: CrmRecord) -> list[ActivityChange]:
        def told(move: CrmMove, value: str | None) -> str | None:
            return self.book.who(value, move.at) or None if move.field == told_values.OWNER else value

        return [
            ActivityChange(
                crm_id(self.source, move.key), move.at, _COLUMNS[move.field], told(move, move.old),
                told(move, move.new), self._by(move), move.origin,
            )
            for move in record.moves
        ]  # fmt: skip

    def _by(self, move: CrmMove) -> str | None:
        return self.book.who(move.by_key, move.at) or None


def _done_at(moves: Sequence[CrmMove]) -> datetime | None:
    ends = [move.new for move in moves if move.field == told_values.DONE_AT]
    return datetime.fromisoformat(ends[-1]) if ends and ends[-1] else None


def _stage_since(told: CrmDeal, moves: Sequence[CrmMove]) -> datetime | None:
    """A deal that never moved is where it was created."""
    stages = [move for move in moves if move.field == told_values.STAGE]
    if not stages:
        return told.created_at
    return stages[-1].at if stages[-1].new == told.stage_key else None


def _phone(text: str, region: str) -> str | None:
    try:
        return e164(text, region)
    except BadValueError:
        return None
