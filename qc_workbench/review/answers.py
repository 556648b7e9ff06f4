"""What agents answer when they are asked. Appended, never changed: a second thought is a second answer."""

from __future__ import annotations

import hashlib
from datetime import datetime

from qc_workbench.domain.agent_answer import AgentAnswer
from qc_workbench.domain.flag import Flag
from qc_workbench.errors import UsageError

#: Characters of an answer: two pages.
LONGEST_ANSWER = 4000


def answer(flag: Flag, text: str, by: str, at: datetime) -> AgentAnswer:
    """A statement of a named person on a flag; asked for or not.

    Raises :class:`UsageError`: ``answer_needs_name``, ``answer_empty``, ``answer_too_long``.
    """
    said, who = text.strip(), by.strip()
    if not who:
        raise UsageError("answer_needs_name")
    if not said:
        raise UsageError("answer_empty")
    if len(said) > LONGEST_ANSWER:
        raise UsageError("answer_too_long", length=len(said), most=LONGEST_ANSWER)
    content = "\n".join((flag.call_id, flag.kind.value, flag.flag_id, who, at.isoformat(), said))
    answer_id = hashlib.sha256(content.encode()).hexdigest()[:32]
    return AgentAnswer(answer_id, flag.call_id, flag.kind, flag.flag_id, said, who, at)
