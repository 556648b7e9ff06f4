"""The investigation in an erasure: what was counted and said stays, under the ids of chance of its cases.

No letter is rendered with a client's name, number or words (a test holds it), but people edit letters, answer them and
give reasons: what names the person there is taken out, and the letter gets the hash of the words that are left.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final

from pipelines.person_traces import Traces, blotted, renamed
from qc_workbench.review.letters import hash_of
from qc_workbench.store.database import Reader, Statement, from_json, to_json

#: Texts that people wrote: table, its keys, and the texts.
_WRITTEN: Final = (
    ("letters", ("letter_id",), ("subject", "body")),
    ("letter_steps", ("letter_id", "step"), ("body",)),
    ("measure_decisions", ("decision_id",), ("reason",)),
    ("hypothesis_withdrawals", ("hypothesis_id",), ("because",)),
)
#: Shorter words of a call ("да, слушаю") are anybody's, no quote.
_SHORTEST_QUOTE: Final = 15
#: What stands where the person was named or quoted.
_GONE: Final = "[…]"


def statements(reader: Reader, traces: Traces, new: Mapping[str, str]) -> list[Statement]:
    """``new``: ids of chance of calls and promises by old ones. Activities are deleted and get none: lists that named
    them say that they are gone.
    """
    names = {**new, **dict.fromkeys(traces.activities, "erased")}
    found = []
    for row in reader.rows(
        "select word_id, subject, call_id from case_words where subject in (select unnest(?::varchar[])) "
        "or call_id in (select unnest(?::varchar[]))",
        list(names),
        list(names),
    ):
        call_id = row["call_id"]
        values = (names.get(row["subject"], row["subject"]), names.get(call_id, call_id) if call_id else None)
        found.append(
            Statement("update case_words set subject = ?, call_id = ? where word_id = ?", (*values, row["word_id"]))
        )
    for row in reader.rows("select examination_id, agents from examinations"):
        agents = from_json(row["agents"])
        anonymous = renamed(agents, names, ())
        if anonymous != agents:
            update = "update examinations set agents = ? where examination_id = ?"
            found.append(Statement(update, (to_json(anonymous), row["examination_id"])))
    return [*found, *_written(reader, traces)]


def _written(reader: Reader, traces: Traces) -> list[Statement]:
    spoken = reader.rows(
        "select distinct text from turns where call_id in (select unnest(?::varchar[]))", list(traces.calls)
    )
    words = [*traces.client_names, *(row["text"] for row in spoken if len(row["text"]) >= _SHORTEST_QUOTE)]
    found = []
    for table, keys, texts in _WRITTEN:
        for row in reader.rows(f"select {', '.join((*keys, *texts))} from {table}"):  # noqa: S608 - names of this module
            said = {name: str(row[name]) for name in texts}
            left = {name: without(text, traces.numbers, words) for name, text in said.items()}
            if left == said:
                continue
            if table == "letters":
                left["sha256"] = hash_of(left["subject"], left["body"])
            settings, where = (" = ?, ".join(left), " = ? and ".join(keys))
            update = f"update {table} set {settings} = ? where {where} = ?"  # noqa: S608 - names of this module
            found.append(Statement(update, (*left.values(), *(row[key] for key in keys))))
    return found


def without(text: str, numbers: Collection[str], words: Collection[str]) -> str:
    """The text without the numbers, however written, and without the names and quotes, however capitalised."""
    text = blotted(text, numbers)
    for word in sorted((word.strip(" .,!?…") for word in words), key=len, reverse=True):
        if word:
            text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", _GONE, text, flags=re.IGNORECASE)
    return text
