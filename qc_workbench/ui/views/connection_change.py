"""What a source says in qcw.toml, filled into its form and changed there; and whose its people are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import count
from typing import Any

from pipelines import connections as steps
from qc_workbench.config_sources import AgentOfLine
from qc_workbench.domain.access import Action
from qc_workbench.errors import UsageError
from qc_workbench.sources.secrets_file import SecretsFile
from qc_workbench.store import calls
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.new_connection import (
    FieldKind,
    SourceForm,
    check,
    check_place,
    cleaned,
    form_of,
    guard,
    is_key,
    says_something,
    secret_name,
)
from qc_workbench.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Filled:
    """A source as it is written. ``written``: its keys with their values, as the form has them; of a secret its place.
    ``stamp``: the same as long as the entry is."""

    form: SourceForm
    written: Mapping[str, Any]
    stamp: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of a system. ``told``: what the system calls them, where it was met; ``manager``: "" for nobody yet."""

    agent: str
    told: str
    manager: str
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class People:
    """``managers``: manager_id -> name, of those who can be chosen."""

    people: tuple[Person, ...]
    managers: Mapping[str, str]

    @property
    def strangers(self) -> int:
        return sum(not person.manager for person in self.people)


def filled(workspace: Workspace, viewer: Viewer, name: str) -> Filled:
    """Raises ``not_allowed``, ``settings_block_unclear`` where the entry can't be told from what is around it."""
    viewer.require(Action.EDIT_SETTINGS)
    written = steps.written(workspace, name)
    form = form_of(written["kind"])
    shown = {key: tuple(value) if isinstance(value, list) else value for key, value in written.items()}
    fields = tuple(
        replace(field, default=shown.get(field.name, field.default)) for field in form.fields if field.name != "name"
    )
    return Filled(replace(form, fields=fields), shown, repr(sorted(written.items(), key=str)))


def change(
    workspace: Workspace,
    viewer: Viewer,
    name: str,
    typed: Mapping[str, Any],
    now: datetime,
    *,
    without: Collection[str] = (),
) -> str | None:
    """Write what was typed into the entry of a source; the entry as it was, None where nothing is another.

    Fields that were not asked for stay, so does a secret where nothing is typed; ``without``: secrets that go. A key
    itself is kept beside the one there was, so that the change can be undone.
    Raises as :func:`~qc_workbench.ui.views.new_connection.add` does.
    """
    viewer.require(Action.EDIT_SETTINGS)
    before = steps.written(workspace, name)
    values, secrets = dict(before), dict[str, str]()
    form = form_of(before["kind"])
    for field in form.fields:
        if field.name not in typed:
            continue
        value = cleaned(field, typed[field.name])
        if field.kind is FieldKind.SECRET and not value and field.name not in without:
            continue
        if is_key(field, value):
            kept_as = _free(workspace, secret_name(name, field.name))
            secrets[kept_as] = value
            value = f"secret:{kept_as}"
        elif field.kind is FieldKind.SECRET and value and value != before.get(field.name):
            check_place(workspace, value)
        stands = before.get(field.name, field.default)
        if value == (tuple(stands) if isinstance(stands, list) else stands):
            continue
        if says_something(field, value):
            values[field.name] = list(value) if isinstance(value, tuple) else value
        else:
            values.pop(field.name, None)
    if values == before:
        return None
    check(values)
    guard(workspace, form, before, values, secrets.values())
    for kept_as, secret in secrets.items():
        steps.keep_secret(workspace, kept_as, secret, viewer.name, now)
    return steps.change_source(workspace, name, values, viewer.name, now)


def change_back(workspace: Workspace, viewer: Viewer, name: str, entry: str, now: datetime) -> None:
    """Undo :func:`change`. Raises ``not_allowed`` and what the step raises."""
    viewer.require(Action.EDIT_SETTINGS)
    steps.change_back(workspace, name, entry, viewer.name, now)


def _free(workspace: Workspace, name: str) -> str:
    taken = SecretsFile.of(workspace.home).names()
    return next(found for number in count(1) if (found := f"{name}.{number}" if number > 1 else name) not in taken)


def people(workspace: Workspace, viewer: Viewer, name: str) -> People:
    """Whom the settings of a source name, and behind them whom the system told of and who is nobody of ours, neither by
    the settings nor by an extension. Raises ``not_allowed``, ``source_not_configured``."""
    viewer.require(Action.EDIT_SETTINGS)
    source = steps.source_named(workspace, name)
    lines: Sequence[AgentOfLine] = getattr(source, "agents", ())
    with workspace.store.reading() as reader:
        known = calls.managers(reader)
    own = f"{name}:"
    systems = tuple(f"{item.name}:" for item in workspace.settings.sources)
    ours = {key: item for key, item in known.items() if not key.startswith(systems)}
    extensions = {item.extension for item in ours.values()} - {None, ""}
    met = {key.removeprefix(own): item.name for key, item in known.items() if key.startswith(own)}
    by_extension = {key.removeprefix(own) for key, item in known.items() if item.extension in extensions} | extensions
    named = {line.agent.casefold() for line in lines}
    written = [Person(line.agent, met.get(line.agent, ""), line.manager, line.since, line.until) for line in lines]
    strangers = [
        Person(agent, told, "")
        for agent, told in sorted(met.items())
        if agent.casefold() not in named and told.casefold() not in named and agent not in by_extension
    ]
    missing = {line.manager: line.manager for line in lines if line.manager not in ours}
    return People((*written, *strangers), {**{key: item.name for key, item in ours.items()}, **missing})


def change_people(
    workspace: Workspace, viewer: Viewer, name: str, wanted: Iterable[Person], now: datetime
) -> str | None:
    """Write whose the people of a source are; as :func:`change`. Whoever is nobody of ours is left out.

    Raises ``not_allowed``, ``source_agent_unnamed``, ``source_agent_days``, ``source_agent_twice``.
    """
    viewer.require(Action.EDIT_SETTINGS)
    chosen = [replace(person, agent=person.agent.strip()) for person in wanted if person.manager]
    _check_people(chosen)
    agents = [
        {
            key: value
            for key, value in (("agent", item.agent), ("manager", item.manager),
                               ("since", item.since), ("until", item.until))
            if value is not None
        }
        for item in chosen
    ]  # fmt: skip
    before = steps.written(workspace, name)
    if before.get("agents", []) == agents:
        return None
    values = {**before, "agents": agents} if agents else {k: v for k, v in before.items() if k != "agents"}
    check(values)
    return steps.change_source(workspace, name, values, viewer.name, now)


def _check_people(people: Sequence[Person]) -> None:
    """Each has a name, an order of days, and one person of ours at a time."""
    ends: dict[str, date | None] = {}
    for person in sorted(people, key=lambda item: item.since or date.min):
        if not person.agent:
            raise UsageError("source_agent_unnamed")
        if person.since and person.until and person.until <= person.since:
            raise UsageError("source_agent_days", agent=person.agent)
        agent = person.agent.casefold()
        if agent in ends:
            end = ends[agent]
            if end is None or person.since is None or person.since < end:
                raise UsageError("source_agent_twice", agent=person.agent)
        ends[agent] = person.until
