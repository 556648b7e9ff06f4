"""Scores of calls in lists: an agent's own, those that are disputed, those that tell whether coaching helped.

Only evaluations of purpose ``score`` are here: second looks and calibration are nobody's score.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from qc_workbench.domain.evaluation import Evaluation, SavedReply
from qc_workbench.store.database import Reader
from qc_workbench.store.scoring import evaluation_of, step_of

#: Submitted scores with the agent and the time of their calls.
_SCORED: Final = """
    scored as (
        select e.*, c.manager_id, c.started_at from evaluations e join calls c using (call_id)
        where e.state = 'submitted' and e.purpose = 'score'
    )"""
#: Where each disputed question stands by its last move.
_LATEST: Final = """
    latest as (
        select evaluation_id, arg_max(move, step) as move, max(made_at) as since from dispute_moves
        group by evaluation_id, question
    )"""
#: ``_AGENTS`` takes two parameters: whether everybody's are wanted, and whose.
_AGENTS: Final = "(? or list_contains(?::varchar[], manager_id))"


def _within(agents: Collection[str] | None) -> tuple[bool, list[str]]:
    return agents is None, sorted(agents or ())


@dataclass(frozen=True, slots=True)
class WaitingDispute:
    """``since``: since when the question waits that waits longest."""

    evaluation_id: str
    since: datetime


@dataclass(frozen=True, slots=True)
class RandomScore:
    """A score of a call of the random sample."""

    evaluation: Evaluation
    agent: str
    heard_at: datetime


def scores_of_agent(
    reader: Reader, agent: str, limit: int, offset: int = 0, since: datetime | None = None
) -> list[Evaluation]:
    """The newest first; those submitted since then if given."""
    rows = reader.rows(
        f"with {_SCORED} select * exclude (manager_id, started_at) from scored "  # noqa: S608 - of this module
        "where manager_id = ? and (?::timestamptz is null or submitted_at >= ?) "
        "order by submitted_at desc, evaluation_id limit ? offset ?",
        agent, since, since, limit, offset,
    )  # fmt: skip
    return [evaluation_of(row) for row in rows]


def count_scores_of_agent(reader: Reader, agent: str) -> int:
    sql = f"with {_SCORED} select count(*) from scored where manager_id = ?"  # noqa: S608 - of this module
    return int(reader.value(sql, agent))


def scores_with_ids(reader: Reader, evaluation_ids: Collection[str]) -> list[Evaluation]:
    """In the order of the ids; what is no submitted score is left out."""
    asked = list(evaluation_ids)
    rows = reader.rows(
        "select * from evaluations where evaluation_id in (select unnest(?::varchar[])) "
        "and state = 'submitted' and purpose = 'score'",
        asked,
    )
    found = {row["evaluation_id"]: evaluation_of(row) for row in rows}
    return [found[key] for key in asked if key in found]


def agents_of_calls(reader: Reader, call_ids: Collection[str]) -> dict[str, str]:
    """Whose calls these are."""
    rows = reader.rows(
        "select call_id, manager_id from calls where call_id in (select unnest(?::varchar[]))", list(call_ids)
    )
    return {row["call_id"]: row["manager_id"] for row in rows}


def steps_of_evaluations(reader: Reader, evaluation_ids: Collection[str]) -> dict[str, list[SavedReply]]:
    """Every answer ever given in these, in order."""
    rows = reader.rows(
        "select * from evaluation_answers where evaluation_id in (select unnest(?::varchar[])) "
        "order by evaluation_id, place",
        list(evaluation_ids),
    )
    found: dict[str, list[SavedReply]] = {}
    for row in rows:
        found.setdefault(row["evaluation_id"], []).append(step_of(row))
    return found


# Disputes ----------------------------------------------------------------------------------------------------------


def disputes_waiting(reader: Reader, agents: Collection[str] | None, limit: int) -> list[WaitingDispute]:
    """Scores with a question that somebody has to rule on, the one that waits longest first. ``agents``: of whose."""
    rows = reader.rows(
        f"""
        with {_LATEST}, {_SCORED}
        select evaluation_id, min(since) as since from latest join scored using (evaluation_id)
        where move in ('dispute', 'appeal') and {_AGENTS}
        group by evaluation_id order by since, evaluation_id limit ?
        """,  # noqa: S608 - of this module
        *_within(agents),
        limit,
    )
    return [WaitingDispute(**row) for row in rows]


def ruled_scores(reader: Reader, agents: Collection[str] | None, limit: int, offset: int = 0) -> list[str]:
    """Scores with a ruling, the one ruled on last first."""
    rows = reader.rows(
        f"""
        with ruled as (
            select evaluation_id, max(made_at) as ruled_at from dispute_moves where move in ('rule', 'rule_again')
            group by evaluation_id
        ), {_SCORED}
        select evaluation_id from ruled join scored using (evaluation_id) where {_AGENTS}
        order by ruled_at desc, evaluation_id limit ? offset ?
        """,  # noqa: S608 - of this module
        *_within(agents),
        limit,
        offset,
    )
    return [row["evaluation_id"] for row in rows]


def count_ruled_scores(reader: Reader, agents: Collection[str] | None) -> int:
    return int(
        reader.value(
            f"""
            with {_SCORED} select count(distinct evaluation_id) from dispute_moves join scored using (evaluation_id)
            where move in ('rule', 'rule_again') and {_AGENTS}
            """,  # noqa: S608 - of this module
            *_within(agents),
        )
    )


def disputed_scores(reader: Reader, agents: Collection[str] | None, since: datetime, limit: int) -> list[str]:
    """Scores submitted since then about which at least one question was disputed, the newest first."""
    rows = reader.rows(
        f"""
        with {_SCORED} select distinct evaluation_id, submitted_at from scored
        where submitted_at >= ? and {_AGENTS}
          and evaluation_id in (select evaluation_id from dispute_moves where move = 'dispute')
        order by submitted_at desc, evaluation_id limit ?
        """,  # noqa: S608 - of this module
        since,
        *_within(agents),
        limit,
    )
    return [row["evaluation_id"] for row in rows]


@dataclass(frozen=True, slots=True)
class UndisputedAnswers:
    """Answers of a reviewer to a question in scores where nothing was disputed and nothing can be any more."""

    form_code: str
    question: str
    reviewer: str
    answers: int


def undisputed_answers(
    reader: Reader, agents: Collection[str] | None, since: datetime, published_before: datetime
) -> list[UndisputedAnswers]:
    """Counted where the rows are. ``published_before``: later scores may still be disputed and count only when the
    agent acknowledged the question."""
    rows = reader.rows(
        f"""
        with {_SCORED}, mine as (
            select evaluation_id, form_code, reviewer, submitted_at from scored where submitted_at >= ? and {_AGENTS}
              and evaluation_id not in (select evaluation_id from dispute_moves where move = 'dispute')
        ), steps as (
            select a.*, m.form_code, m.reviewer, m.submitted_at from evaluation_answers a
            join mine m using (evaluation_id)
        ), undone as (select evaluation_id, undoes as place from steps where undoes is not null),
        kept as (
            select evaluation_id, form_code, reviewer, submitted_at, question, arg_max(is_cleared, place) as is_cleared
            from steps anti join undone using (evaluation_id, place) where undoes is null
            group by all
        )
        select form_code, question, reviewer, count(*) as answers from kept
        where not is_cleared and (submitted_at < ? or (evaluation_id, question) in (
            select (evaluation_id, question) from dispute_moves where move = 'acknowledge'))
        group by all order by all
        """,  # noqa: S608 - of this module
        since,
        *_within(agents),
        published_before,
    )
    return [UndisputedAnswers(**row) for row in rows]


# Did coaching help? ------------------------------------------------------------------------------------------------


def random_scores(reader: Reader, heard_since: datetime, heard_until: datetime, limit: int) -> list[RandomScore]:
    """Scores of calls of the random sample that took place in this time; of a call the last submitted one."""
    rows = reader.rows(
        f"""
        with {_SCORED}
        select * from scored where started_at >= ? and started_at < ? and call_id in (
            select call_id from sample where queue = 'random' and status <> 'replaced')
        qualify row_number() over (partition by call_id order by submitted_at desc, evaluation_id) = 1
        order by started_at desc, evaluation_id limit ?
        """,  # noqa: S608 - of this module
        heard_since,
        heard_until,
        limit,
    )
    found = []
    for row in rows:
        agent, heard_at = row.pop("manager_id"), row.pop("started_at")
        found.append(RandomScore(evaluation_of(row), agent, heard_at))
    return found


def steps_to_question(reader: Reader, evaluation_ids: Collection[str], question: str) -> dict[str, list[SavedReply]]:
    """Every answer given to one question in these evaluations, in order."""
    rows = reader.rows(
        "select * from evaluation_answers where question = ? and evaluation_id in (select unnest(?::varchar[])) "
        "order by evaluation_id, place",
        question,
        list(evaluation_ids),
    )
    found: dict[str, list[SavedReply]] = {}
    for row in rows:
        found.setdefault(row["evaluation_id"], []).append(step_of(row))
    return found
