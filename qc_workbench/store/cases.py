"""Cases for the pages: flags and refusals with the ruling that stands, counted and paged where the rows are.

What is said here in SQL is said in Python by :mod:`qc_workbench.review.rulings`;
``tests/property/test_pages_in_sql.py`` holds the two equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from qc_workbench.domain.agent_answer import AgentAnswer
from qc_workbench.domain.call import Call
from qc_workbench.domain.commitment import Refusal
from qc_workbench.domain.flag import Finding, Flag, FlagKind, Verdict
from qc_workbench.domain.standing import NONE_DOWNGRADED, Downgraded, key_of
from qc_workbench.review.rulings import CaseState, case_state
from qc_workbench.store.agent_answers import ANSWERED, answers_of_calls
from qc_workbench.store.browsing import calls_by_id, rows_by_key, standing_findings
from qc_workbench.store.database import Reader
from qc_workbench.store.scoping import Agents, among
from qc_workbench.store.verdicts import STANDING_FINDINGS, flag_of, refusal_of

#: ``states``: the flags that stand, and whether somebody has ruled on them.
STATES = f"""
    ruled as ({STANDING_FINDINGS}),
    states as (
        select f.flag_id, f.call_id, f.kind, f.verdict, f.score,
               f.kind || '/' || f.detector || '/' || f.version as judged_by,
               coalesce(r.ruling, case when f.verdict = 'unsure' then 'unsure' else 'waiting' end) as state
        from flags f left join ruled r using (flag_id) where f.retired_at is null
    )"""  # noqa: S608 - constants of the program
#: The flags that stand with their agent, each with ``review.rulings.case_state``. Parameter: downgraded detectors.
_CASES = f"""
    ruled as ({STANDING_FINDINGS}),
    answered as ({ANSWERED}),
    cases as (
        select f.flag_id, f.call_id, f.kind, f.verdict, f.score, c.manager_id, c.started_at,
               case when r.ruling = 'asked' and a.answered_at >= r.ruled_at then 'answered'
                    when r.ruling is not null then r.ruling
                    when f.verdict = 'unsure' then 'unsure'
                    when list_contains(?::varchar[], f.kind || '/' || f.detector || '/' || f.version) then 'check'
                    else 'waiting' end as state
        from flags f join calls c using (call_id) left join ruled r using (flag_id)
        left join answered a on a.call_id = f.call_id and a.kind = f.kind
        where f.retired_at is null
    )"""  # noqa: S608 - constants of the program
_ORDER = "score desc, started_at, call_id, flag_id"


@dataclass(frozen=True, slots=True)
class Case:
    """A flag, its call, the ruling that stands, if any, what the agent answered, and whether the detector that
    raised the flag is downgraded now."""

    flag: Flag
    call: Call
    ruling: Finding | None
    answers: tuple[AgentAnswer, ...] = ()
    is_downgraded: bool = False

    @property
    def state(self) -> CaseState:
        return case_state(
            self.flag,
            self.ruling,
            downgraded=frozenset({key_of(self.flag)}) if self.is_downgraded else NONE_DOWNGRADED,
            answered_at=max((answer.at for answer in self.answers), default=None),
        )


@dataclass(frozen=True, slots=True)
class CaseTally:
    """How many cases of an agent are in a state; cases where the detector abstained are counted apart."""

    manager_id: str
    verdict: Verdict
    state: CaseState
    cases: int


def case_tallies(
    reader: Reader, kind: FlagKind, downgraded: Downgraded = NONE_DOWNGRADED, agents: Agents = None
) -> list[CaseTally]:
    mine, parameters = among(agents)
    rows = reader.rows(
        f"""
        with {_CASES}
        select manager_id, verdict, state, count(*) as cases from cases where kind = ? and {mine}
        group by all order by manager_id, verdict, state
        """,  # noqa: S608 - constants of this module
        _texts(downgraded),
        kind.value,
        *parameters,
    )
    return [
        CaseTally(row["manager_id"], Verdict(row["verdict"]), CaseState(row["state"]), row["cases"]) for row in rows
    ]


def cases_in_state(
    reader: Reader,
    kind: FlagKind,
    state: CaseState,
    agents: Agents,
    limit: int,
    offset: int,
    downgraded: Downgraded = NONE_DOWNGRADED,
) -> list[Case]:
    """Cases of one state in calls of these agents; the surest first, then the oldest."""
    condition, parameters = _in_state(kind, state, agents)
    rows = reader.rows(
        f"with {_CASES} select flag_id from cases where {condition} order by {_ORDER} limit ? offset ?",  # noqa: S608 - constants of this module
        _texts(downgraded),
        *parameters,
        limit,
        offset,
    )
    return _cases(reader, [row["flag_id"] for row in rows], downgraded)


def place_of_case(
    reader: Reader, case: Case, state: CaseState, agents: Agents, downgraded: Downgraded = NONE_DOWNGRADED
) -> int:
    """How many cases stand before this one in the list of its state."""
    condition, parameters = _in_state(case.flag.kind, state, agents)
    return int(
        reader.value(
            f"""
            with {_CASES} select count(*) from cases
            where {condition} and (-score, started_at, call_id, flag_id) < (?, ?, ?, ?)
            """,  # noqa: S608 - constants of this module
            _texts(downgraded),
            *parameters,
            -case.flag.score,
            case.call.started_at,
            case.call.call_id,
            case.flag.flag_id,
        )
    )


def case_of_flag(reader: Reader, flag_id: str, downgraded: Downgraded = NONE_DOWNGRADED) -> Case | None:
    """The case of a standing flag."""
    found = _cases(reader, [flag_id], downgraded)
    return found[0] if found else None


def case_of_call(reader: Reader, call_id: str, kind: FlagKind, downgraded: Downgraded = NONE_DOWNGRADED) -> Case | None:
    """The case of this kind about a call."""
    flag_id = reader.value(
        "select min(flag_id) from flags where call_id = ? and kind = ? and retired_at is null", call_id, kind.value
    )
    return case_of_flag(reader, flag_id, downgraded) if flag_id else None


def _in_state(kind: FlagKind, state: CaseState, agents: Agents) -> tuple[str, list[Any]]:
    mine, parameters = among(agents)
    return f"kind = ? and state = ? and {mine}", [kind.value, state.value, *parameters]


def _texts(downgraded: Downgraded) -> list[str]:
    return [key.text for key in downgraded]


def _cases(reader: Reader, flag_ids: list[str], downgraded: Downgraded) -> list[Case]:
    """Cases of these flags, in their order."""
    flags = {flag.flag_id: flag for flag in standing_flags(reader, flag_ids)}
    calls = calls_by_id(reader, {flag.call_id for flag in flags.values()})
    rulings = standing_findings(reader, flag_ids)
    answers = answers_of_calls(reader, calls)
    return [
        Case(
            flag,
            calls[flag.call_id],
            rulings.get(flag_id),
            tuple(item for item in answers if (item.call_id, item.kind) == (flag.call_id, flag.kind)),
            key_of(flag) in downgraded,
        )
        for flag_id in flag_ids
        if (flag := flags.get(flag_id)) and flag.call_id in calls
    ]


def standing_flags(reader: Reader, flag_ids: list[str]) -> list[Flag]:
    """These flags, without those that a newer detection replaced."""
    return [flag_of(row) for row in rows_by_key(reader, "flags", "flag_id", flag_ids) if row["retired_at"] is None]


# Refusals --------------------------------------------------------------------


class RefusalList(StrEnum):
    """``DOUBTFUL``: lost though the client did not refuse; ``RULED``: of those, decided; ``GENUINE``: refused."""

    DOUBTFUL = "doubtful"
    RULED = "ruled"
    GENUINE = "genuine"


@dataclass(frozen=True, slots=True)
class DoubtedRefusal:
    """``flag``: the machine's suggestion where it doubts the refusal; ``ruling``: what a person decided about it."""

    refusal: Refusal
    call: Call
    flag: Flag | None
    ruling: Finding | None


_REFUSALS = f"""
    ruled as ({STANDING_FINDINGS}),
    doubts as (
        select call_id, max(flag_id) as flag_id from flags
        where retired_at is null and kind = 'false_refusal' group by call_id
    ),
    listed as (
        select q.call_id, d.flag_id, c.started_at, c.manager_id,
               case when not q.false_refusal then 'genuine' when r.flag_id is null then 'doubtful' else 'ruled' end
                   as list
        from refusals q join calls c using (call_id) left join doubts d using (call_id)
        left join ruled r on r.flag_id = d.flag_id
        where q.false_refusal or q.client_said = 'explicit'
    )"""  # noqa: S608 - constants of the program


@dataclass(frozen=True, slots=True)
class ListedRefusals:
    """A page of one list and how many refusals the whole list holds."""

    refusals: tuple[DoubtedRefusal, ...]
    total: int


def refusals_listed(
    reader: Reader, pages: Mapping[RefusalList, int], size: int, agents: Agents = None
) -> dict[RefusalList, ListedRefusals]:
    """Of each list its page (from 1) of ``size`` refusals, the newest first."""
    mine, parameters = among(agents)
    rows = reader.rows(
        f"""
        with {_REFUSALS},
        numbered as (
            select list, call_id, flag_id, count(*) over (partition by list) as total,
                   row_number() over (partition by list order by started_at desc, call_id) as place
            from listed where {mine}
        ),
        asked as (select unnest(?::varchar[]) as list, unnest(?::bigint[]) as page)
        select list, call_id, flag_id, total from numbered join asked using (list)
        where place > (page - 1) * ? and place <= page * ? order by list, place
        """,  # noqa: S608 - constants of this module
        *parameters,
        [name.value for name in pages],
        list(pages.values()),
        size,
        size,
    )
    ids = [row["call_id"] for row in rows]
    flag_ids = [row["flag_id"] for row in rows if row["flag_id"]]
    refusals = {row["call_id"]: refusal_of(row) for row in rows_by_key(reader, "refusals", "call_id", ids)}
    calls = calls_by_id(reader, ids)
    flags = {flag.flag_id: flag for flag in standing_flags(reader, flag_ids)}
    rulings = standing_findings(reader, flag_ids)
    found: dict[RefusalList, ListedRefusals] = {}
    for name in pages:
        own = [row for row in rows if row["list"] == name.value]
        listed = tuple(
            DoubtedRefusal(
                refusals[row["call_id"]], calls[row["call_id"]], flags.get(row["flag_id"]), rulings.get(row["flag_id"])
            )
            for row in own
        )
        found[name] = ListedRefusals(listed, own[0]["total"] if own else 0)
    return found
