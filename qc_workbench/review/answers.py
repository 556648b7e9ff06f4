"""What agents answer when they are asked. Appended, never changed: a second thought is a second answer."""

from __future__ import annotations

import hashlib
from datetime import datetime

from qc_workbench.domain.agent_answer import AgentAnswer, FaultAnswer
from qc_workbench.domain.flag import Flag
from qc_workbench.errors import UsageError

#: Characters of an answer: two pages.
LONGEST_ANSWER = 4000


def answer(flag: Flag, text: str, by: str, at: datetime) -> AgentAnswer:
    """A statement of a named person on a flag; asked for or not.

    Raises :class:`UsageError`: ``answer_needs_name``, ``answer_empty``, ``answer_too_long``.
    """
    said, who = _checked(text, by)
    content = "\n".join((flag.call_id, flag.kind.value, flag.flag_id, who, at.isoformat(), said))
    return AgentAnswer(_id(content), flag.call_id, flag.kind, flag.flag_id, said, who, at)


def answer_to_question(batch: str, agent_id: str, text: str, by: str, at: datetime) -> FaultAnswer:
    """A statement on breaches or promises asked about with one question. Raises as :func:`answer` does."""
    said, who = _checked(text, by)
    return FaultAnswer(_id("\n".join((batch, who, at.isoformat(), said))), batch, agent_id, said, who, at)


def _checked(text: str, by: str) -> tuple[str, str]:
    said, who = text.strip(), by.strip()
    if not who:
        raise UsageError("answer_needs_name")
    if not said:
        raise UsageError("answer_empty")
    if len(said) > LONGEST_ANSWER:
        raise UsageError("answer_too_long", length=len(said), most=LONGEST_ANSWER)
    return said, who


def _id(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()[:32]
