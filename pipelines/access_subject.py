"""Whose report it is: the sets of ids by which the rows about a person are found, and the names to hide in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipelines.person_traces import find_traces
from qc_workbench.domain.flag import FlagKind
from qc_workbench.domain.personal_data import SubjectKind
from qc_workbench.errors import UsageError
from qc_workbench.store.database import Reader


@dataclass(frozen=True, slots=True)
class AccessSubject:
    """``sets``: ids by the name of their set (:mod:`pipelines.access_tables`). ``others``: names of other people that
    may stand in texts. ``phones``: the client's own."""

    kind: SubjectKind
    label: str
    sets: Mapping[str, Sequence[str]]
    others: frozenset[str]
    phones: tuple[str, ...] = ()


def client_subject(reader: Reader, phones: Sequence[str], label: str) -> AccessSubject:
    """A client by phone (E.164). A deal with other phones too is not theirs alone: it stays out, its calls don't."""
    traces = find_traces(reader, phones)
    calls = list(traces.calls)
    sets = {
        "calls": calls,
        "own_deals": list(traces.deals),
        "activities": list(traces.activities),
        "notes": list(traces.notes),
        "sales": list(traces.sales),
        "phones": list(traces.phones),
        **_of_calls(reader, calls),
        "faults": [f"{kind.value}:{call}" for kind in FlagKind for call in calls],
        "ids": [*calls, *traces.deals],
    }
    own = set(traces.client_names)
    employees = {row["name"] for row in reader.rows("select distinct name from managers where name is not null")}
    return AccessSubject(SubjectKind.CLIENT, label, sets, frozenset(employees - own), traces.phones)


def employee_subject(reader: Reader, agent_id: str) -> AccessSubject:
    """An employee by id. Raises :class:`UsageError` ``access_nobody``."""
    person = reader.row("select person_id, name, login from people where agent_id = ?", agent_id)
    manager = reader.row("select name from managers where manager_id = ?", agent_id)
    if person is None and manager is None:
        raise UsageError("access_nobody", agent=agent_id)
    names = {row["name"] for row in (person, manager) if row is not None and row["name"]}
    calls = _ids(reader, "select call_id from calls where manager_id = ?", agent_id)
    flags = _of_calls(reader, calls)
    breaches = _ids(reader, "select distinct violation_id from violation_findings where manager_id = ?", agent_id)
    sets = {
        "agent": [agent_id],
        "person": [person["person_id"]] if person else [],
        "mail": [person["login"]] if person and person["login"] else [],
        "name": sorted(names),
        "calls": calls,
        **flags,
        "faults": [*breaches, *(f"{kind.value}:{call}" for kind in FlagKind for call in calls)],
        "tasks": _ids(reader, "select task_id from coaching_tasks where agent = ?", agent_id),
        "letters": _ids(reader, "select letter_id from letters where agent = ?", agent_id),
        "measures": _ids(reader, "select measure_id from measures where agent = ?", agent_id),
        "ids": [agent_id, *([person["person_id"]] if person else []), *calls],
    }
    others = {
        row["name"]
        for row in reader.rows(
            """
            select name from managers where name is not null union select name from people
            union select client_name from deals where client_name is not null
            union select client_name from sales where client_name is not null
            """
        )
    }
    words = {word for name in names for word in name.split()}
    hidden = {" ".join(word for word in name.split() if word not in words) for name in others - names}
    return AccessSubject(SubjectKind.EMPLOYEE, ", ".join(sorted(names)) or agent_id, sets, frozenset(hidden))


def _of_calls(reader: Reader, calls: Sequence[str]) -> dict[str, list[str]]:
    of = "where list_contains(?::varchar[], call_id)"
    return {
        "flags": _ids(reader, f"select flag_id from flags {of}", list(calls)),  # noqa: S608 - a literal of this function
        "evaluations": _ids(reader, f"select evaluation_id from evaluations {of}", list(calls)),  # noqa: S608 - as above
    }


def _ids(reader: Reader, sql: str, *parameters: object) -> list[str]:
    return [str(next(iter(row.values()))) for row in reader.rows(f"{sql} order by 1", *parameters)]
