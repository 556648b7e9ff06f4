"""Evaluations of calls by people and their answers: rows to domain values and back.

Every answer is one write with a token of the page that sends it: sent again after a lost connection it changes
nothing. Answers are only ever added, in an order that the store gives; which stand is for ``review.evaluating`` to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from qc_workbench.domain.auto_answer import AnswerCheck
from qc_workbench.domain.evaluation import Evaluation, EvaluationState, Purpose, Reply, SavedReply
from qc_workbench.store.auto_answers import save_check
from qc_workbench.store.database import Reader, Row, Statement, Write, from_json, insert, to_json

_MINE_AND_OPEN: Final = "select 1 from evaluations where evaluation_id = ? and reviewer = ? and state = 'draft'"
_NEXT_PLACE: Final = "coalesce((select max(place) from evaluation_answers where evaluation_id = ?), 0)"


def begin(evaluation: Evaluation) -> Write:
    """A new draft; of one call, form version and reviewer there is one at a time. Its form must be published; that of
    a calibration may be retired since.

    Begun again with the same id nothing happens.
    """
    key = (evaluation.form_code, evaluation.version)
    return Write(
        (insert("evaluations", _row(evaluation)),),
        key=f"evaluation:{evaluation.evaluation_id}",
        require=(
            Statement(
                "select 1 from form_versions where form_code = ? and version = ? and "
                "(state = 'published' or (state = 'retired' and ? = 'calibration'))",
                (*key, evaluation.purpose.value),
            ),
            Statement(
                "select 1 where not exists (select 1 from evaluations where call_id = ? and reviewer = ? "
                "and form_code = ? and purpose = ? and state = 'draft')",
                (evaluation.call_id, evaluation.reviewer, evaluation.form_code, evaluation.purpose.value),
            ),
        ),
    )


def save_reply(
    evaluation: Evaluation, reply: Reply, token: str, at: datetime, check: AnswerCheck | None = None
) -> Write:
    """Keep an answer. ``token``: one for each change a person makes, the same when it is sent again.

    ``check``: what the answer says about the machine's suggestion beside it. Refused once the evaluation is submitted.
    """
    return _step(evaluation, reply.question, reply, None, token, at, check)


def clear_reply(evaluation: Evaluation, question: str, token: str, at: datetime) -> Write:
    """Leave a question unanswered again."""
    return _step(evaluation, question, None, None, token, at, None)


def undo(evaluation: Evaluation, step: SavedReply, token: str, at: datetime) -> Write:
    """Take a step back (``review.evaluating.step_to_undo``); refused when it was taken back meanwhile."""
    write = _step(evaluation, step.question, None, step.place, token, at, None)
    still = Statement(
        "select 1 where not exists (select 1 from evaluation_answers where evaluation_id = ? and undoes = ?)",
        (evaluation.evaluation_id, step.place),
    )
    return Write(write.statements, write.key, (*write.require, still))


def _step(
    evaluation: Evaluation,
    question: str,
    reply: Reply | None,
    undoes: int | None,
    token: str,
    at: datetime,
    check: AnswerCheck | None,
) -> Write:
    mine = evaluation.evaluation_id
    added = Statement(
        f"insert into evaluation_answers by name select ? as evaluation_id, {_NEXT_PLACE} + 1 as place, "
        "? as question, ?::boolean as is_cleared, ?::json as given, ? as cause, ? as comment, ?::double as at_s, "
        "?::integer as undoes, "
        "? as saved_by, ?::timestamptz as saved_at",
        (
            mine,
            mine,
            question,
            reply is None and undoes is None,
            None if reply is None else to_json(list(reply.values)),
            None if reply is None else reply.cause,
            "" if reply is None else reply.comment,
            None if reply is None else reply.at_s,
            undoes,
            evaluation.reviewer,
            at,
        ),
    )
    checks = () if check is None else (save_check(check),)
    return Write((added, *checks), f"answer:{token}", (_mine_and_open(evaluation),))


def spend(evaluation: Evaluation, spent_s: float) -> Write:
    """The seconds at work so far, as the page counts them from those it read. Never fewer than before, so a late or
    repeated write does no harm; what comes after the submission is left out."""
    return Write(
        (
            Statement(
                "update evaluations set spent_s = greatest(spent_s, ?) "
                "where evaluation_id = ? and reviewer = ? and state = 'draft'",
                (spent_s, evaluation.evaluation_id, evaluation.reviewer),
            ),
        )
    )


def is_given_to(reader: Reader, call_id: str, reviewer_id: str) -> bool:
    """Whether a call waits in this reviewer's own queue."""
    found = reader.value(
        "select 1 from sample where call_id = ? and status in ('waiting', 'in_progress') and assigned_to = ? limit 1",
        call_id,
        reviewer_id,
    )
    return found is not None


def agent_of(reader: Reader, call_id: str) -> str | None:
    """Whose call it is; None where nobody took it."""
    found = reader.value("select manager_id from calls where call_id = ?", call_id)
    return None if found is None else str(found)


def with_time(write: Write, evaluation: Evaluation, spent_s: float) -> Write:
    """A write that keeps the time at work too, in the same transaction."""
    return Write((*spend(evaluation, spent_s).statements, *write.statements), write.key, write.require)


def ask_second_opinion(evaluation: Evaluation, reason: str | None) -> Write:
    """Mark that somebody else should look, and why; None takes the mark away. Before and after submission."""
    return Write(
        (
            Statement(
                "update evaluations set second_opinion = ? where evaluation_id = ?", (reason, evaluation.evaluation_id)
            ),
        ),
        require=(
            Statement(
                "select 1 from evaluations where evaluation_id = ? and reviewer = ?",
                (evaluation.evaluation_id, evaluation.reviewer),
            ),
        ),
    )


def submit(evaluation: Evaluation, steps: Sequence[SavedReply], *more: Statement) -> Write:
    """Send an evaluation as ``review.evaluating.submitted`` made it from these steps. ``more``: what else belongs to
    the moment, such as the call leaving the queue.

    Refused when an answer was added since they were read, or when it was submitted already: a score always belongs
    to the answers beside it. Where a score of the call was sent since this one was begun, it counts as a second look:
    the agent has one score a call.
    """
    mine = evaluation.evaluation_id
    last = max((step.place for step in steps), default=0)
    return Write(
        (
            Statement(
                "update evaluations set state = ?, submitted_at = ?, score = ?, band = ?, failed = ?, "
                "purpose = case when purpose = 'score' and exists (select 1 from evaluations other where "
                "other.call_id = ? and other.purpose = 'score' and other.state = 'submitted') "
                "then 'second_look' else purpose end where evaluation_id = ?",
                (
                    evaluation.state.value,
                    evaluation.submitted_at,
                    evaluation.score,
                    evaluation.band,
                    evaluation.failed,
                    evaluation.call_id,
                    mine,
                ),
            ),
            *more,
        ),
        require=(
            _mine_and_open(evaluation),
            Statement(f"select 1 where {_NEXT_PLACE} = ?", (mine, last)),
        ),
    )


def _mine_and_open(evaluation: Evaluation) -> Statement:
    return Statement(_MINE_AND_OPEN, (evaluation.evaluation_id, evaluation.reviewer))


def evaluation(reader: Reader, evaluation_id: str) -> Evaluation | None:
    row = reader.row("select * from evaluations where evaluation_id = ?", evaluation_id)
    return None if row is None else evaluation_of(row)


def evaluations_of_call(reader: Reader, call_id: str) -> list[Evaluation]:
    """All of a call, the first begun first."""
    rows = reader.rows("select * from evaluations where call_id = ? order by begun_at, evaluation_id", call_id)
    return [evaluation_of(row) for row in rows]


def open_evaluation(reader: Reader, call_id: str, reviewer: str) -> Evaluation | None:
    """The draft that a reviewer left on a call, the newest."""
    row = reader.row(
        "select * from evaluations where call_id = ? and reviewer = ? and state = 'draft' "
        "order by begun_at desc, evaluation_id limit 1",
        call_id,
        reviewer,
    )
    return None if row is None else evaluation_of(row)


def waiting_for_second_opinion(reader: Reader, limit: int) -> list[Evaluation]:
    """Those that somebody else should look at, the oldest first."""
    rows = reader.rows(
        "select * from evaluations where second_opinion is not null order by begun_at, evaluation_id limit ?", limit
    )
    return [evaluation_of(row) for row in rows]


def submitted_between(reader: Reader, since: datetime, until: datetime) -> list[Evaluation]:
    """Scores sent from ``since`` to before ``until``, oldest first."""
    rows = reader.rows(
        "select * from evaluations where state = 'submitted' and submitted_at >= ? and submitted_at < ? "
        "order by submitted_at, evaluation_id",
        since,
        until,
    )
    return [evaluation_of(row) for row in rows]


def steps_of(reader: Reader, evaluation_id: str) -> list[SavedReply]:
    """Every answer that was ever given in an evaluation, in order."""
    rows = reader.rows("select * from evaluation_answers where evaluation_id = ? order by place", evaluation_id)
    return [step_of(row) for row in rows]


def _row(item: Evaluation) -> dict[str, object]:
    row = {name: getattr(item, name) for name in Evaluation.__slots__}
    return row | {"state": item.state.value, "purpose": item.purpose.value}


def evaluation_of(row: Row) -> Evaluation:
    """A row of `evaluations`."""
    return Evaluation(**{**row, "state": EvaluationState(row["state"]), "purpose": Purpose(row["purpose"])})


def step_of(row: Row) -> SavedReply:
    """A row of `evaluation_answers`."""
    given = from_json(row["given"])
    reply = None if given is None else Reply(row["question"], tuple(given), row["cause"], row["comment"], row["at_s"])
    return SavedReply(row["place"], row["question"], reply, row["saved_by"], row["saved_at"], row["undoes"])
