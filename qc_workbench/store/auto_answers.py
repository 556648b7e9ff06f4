"""People's checks of the machine's answers: rows to domain values and back. Nothing here changes or removes one."""

from __future__ import annotations

from typing import Final

from qc_workbench.domain.auto_answer import Agreement, Answer, AnswerCheck, Question
from qc_workbench.store.database import Reader, Row, Statement, insert

#: The check that stands: the last one of a call and question.
_STANDING: Final = """
    select * from answer_checks
    qualify row_number() over (partition by call_id, question order by checked_at desc) = 1
"""


def save_check(check: AnswerCheck) -> Statement:
    return insert(
        "answer_checks",
        {
            "call_id": check.call_id,
            "question": check.question.value,
            "version": check.version,
            "machine": check.machine.value,
            "human": check.human.value,
            "checked_by": check.by,
            "checked_at": check.at,
        },
    )


def checks_of_call(reader: Reader, call_id: str) -> dict[Question, AnswerCheck]:
    """The standing check of each question of a call."""
    rows = reader.rows(f"select * from ({_STANDING}) where call_id = ?", call_id)  # noqa: S608 - a constant of ours
    return {check.question: check for check in map(_check, rows)}


def agreements(reader: Reader, version: str) -> dict[Question, Agreement]:
    """How often people agreed with a version of the rules, by question; abstentions are not counted."""
    rows = reader.rows(
        f"""
        select question, count(*) filter (machine = human) as agreed, count(*) as checked
        from ({_STANDING}) where version = ? and machine <> ? group by question
        """,  # noqa: S608 - a constant of ours
        version,
        Answer.UNKNOWN.value,
    )
    found = [Agreement(Question(row["question"]), row["agreed"], row["checked"]) for row in rows]
    return {item.question: item for item in found}


def _check(row: Row) -> AnswerCheck:
    return AnswerCheck(
        call_id=row["call_id"],
        question=Question(row["question"]),
        version=row["version"],
        machine=Answer(row["machine"]),
        human=Answer(row["human"]),
        by=row["checked_by"],
        at=row["checked_at"],
    )
