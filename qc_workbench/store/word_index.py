"""The index of what was said, as rows: which calls wait for it, what is written for them, how it is taken away."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from qc_workbench.domain.transcript import Party, Turn
from qc_workbench.searching.forms import dictionary_words, word_number
from qc_workbench.searching.matching import SaidWord
from qc_workbench.store.database import Reader, Row, Statement, insert_all
from qc_workbench.store.listening import turn_of

#: Bits of `spot` that hold the place in the call; matching.MOST_PLACES keeps below.
PLACE_BITS: Final = 17
#: Numbers of parties in the index; they never change.
PARTY_NUMBER: Final[Mapping[Party, int]] = {
    Party.AGENT: 0, Party.CUSTOMER: 1, Party.MACHINE: 2, Party.UNKNOWN: 3,
}  # fmt: skip
#: Added to the number of a party for a word that is masked for some readers: they can't find it.
MASKED: Final = 4

_COLUMNS: Final = "word, spot, party, after_s, before_s"
_WAITING: Final = """
    from transcripts t join calls c using (call_id) left join search_calls s using (call_id)
    where s.call_id is null or s.transcript_at <> t.created_at or s.version <> ? or s.started_at <> c.started_at
    """


def count_to_index(reader: Reader, version: str) -> int:
    """Calls whose transcript waits for the index."""
    return int(reader.value(f"select count(*) {_WAITING}", version))


def calls_to_index(reader: Reader, version: str, limit: int) -> list[Row]:
    """The latest calls that wait for the index: ``call_id``, ``started_at``, ``transcript_at``, ``call_no`` (None: not
    indexed yet) and ``new_at`` (None: this transcript was never indexed)."""
    return reader.rows(
        f"""
        select t.call_id, c.started_at, t.created_at as transcript_at, s.call_no,
               case when s.transcript_at = t.created_at then s.new_at end as new_at
        {_WAITING} order by t.created_at desc, t.call_id limit ?
        """,
        version,
        limit,
    )


def calls_without_words(reader: Reader) -> list[str]:
    """Calls in the index whose transcript is gone."""
    rows = reader.rows("select call_id from search_calls where call_id not in (select call_id from transcripts)")
    return [row["call_id"] for row in rows]


def turns_of_calls(reader: Reader, call_ids: Sequence[str]) -> dict[str, list[Turn]]:
    """call_id -> its turns in order."""
    rows = reader.rows(
        "select * from turns where call_id in (select unnest(?::varchar[])) order by call_id, position", list(call_ids)
    )
    found: dict[str, list[Turn]] = {}
    for row in rows:
        found.setdefault(row["call_id"], []).append(turn_of(row))
    return found


def next_number(reader: Reader) -> int:
    return int(reader.value("select coalesce(max(call_no) + 1, 0) from search_calls"))


def still_next(number: int) -> Statement:
    """Holds while nobody else has given the number away."""
    return Statement("select 1 where (select coalesce(max(call_no) + 1, 0) from search_calls) = ?", (number,))


def still_written(heads: Sequence[Row]) -> Statement:
    """Holds while these calls have the transcripts that were read."""
    return Statement(
        """
        select 1 where ? = (select count(*) from transcripts t join (
            select unnest(?::varchar[]) as call_id, unnest(?::timestamptz[]) as transcript_at
        ) h on h.call_id = t.call_id and h.transcript_at = t.created_at)
        """,
        (len(heads), [row["call_id"] for row in heads], [row["transcript_at"] for row in heads]),
    )


def index_rows(
    heads: Sequence[Row],
    said: Mapping[str, Sequence[SaidWord]],
    first_number: int,
    version: str,
    now: datetime,
    masked: Mapping[str, Collection[int]],
) -> list[Statement]:
    """Statements that index calls anew. ``heads``: as :func:`calls_to_index` gives them; ``masked``: call -> places of
    its words that some readers can't see."""
    calls, postings, words = [], [], set()
    for number, head in enumerate(heads, first_number):
        calls.append(
            {
                "call_no": number,
                "call_id": head["call_id"],
                "started_at": head["started_at"],
                "transcript_at": head["transcript_at"],
                "version": version,
                "new_at": head["new_at"] or now,
            }
        )
        hidden = masked.get(head["call_id"], ())
        for word in said.get(head["call_id"], ()):
            words.add(word.word)
            spot = number << PLACE_BITS | word.place
            party = PARTY_NUMBER[word.party] + (MASKED if word.place in hidden else 0)
            postings.append([word_number(word.word), spot, party, word.after_s, word.before_s])
    vocabulary = [[name, word, str(word_number(word))] for word in sorted(words) for name in dictionary_words(word)]
    cells = ", ".join(f"cells[{place}]" for place in range(1, 6))
    return [
        *_unindexed([head["call_no"] for head in heads if head["call_no"] is not None]),
        *insert_all("search_calls", calls),
        Statement(
            f"insert into search_fresh ({_COLUMNS}) select {cells} "  # noqa: S608 - names of this module
            "from (select unnest(from_json(?, '[[\"BIGINT\"]]')) as cells) order by 1, 2",
            (json.dumps(postings),),
        ),
        Statement(
            """
            insert into search_words (dictionary_word, form, word)
            select n.dictionary_word, n.form, n.word from (
                select cells[1] as dictionary_word, cells[2] as form, cells[3]::bigint as word
                from (select unnest(from_json(?, '[["VARCHAR"]]')) as cells)
            ) n anti join search_words w
            on w.word = n.word and w.form = n.form and w.dictionary_word = n.dictionary_word
            """,
            (json.dumps(vocabulary, ensure_ascii=False),),
        ),
    ]


def fresh_words(reader: Reader) -> int:
    """Words indexed since the last run was made."""
    return int(reader.value("select count(*) from search_fresh"))


def fresh_borders(reader: Reader, pieces: int) -> list[int]:
    """Numbers of words between which about as many fresh rows lie."""
    shares = [place / pieces for place in range(1, pieces)]
    found = reader.value("select quantile_disc(word, ?::double[]) from search_fresh", shares)
    return sorted(set(found or []))


def settle(after: int | None, until: int | None) -> list[Statement]:
    """Move fresh rows of these words (``after`` < word <= ``until``; None: no border) into a run."""
    conditions = [("word > ?", after), ("word <= ?", until)]
    kept = [(text, value) for text, value in conditions if value is not None]
    where = " and ".join(text for text, _ in kept) or "true"
    values = tuple(value for _, value in kept)
    return [
        Statement(
            f"insert into search_postings ({_COLUMNS}) "  # noqa: S608 - literals of this module
            f"select {_COLUMNS} from search_fresh where {where} order by word, spot",
            values,
        ),
        Statement(f"delete from search_fresh where {where}", values),  # noqa: S608 - literals of this module
    ]


def forget_calls(call_ids: Sequence[str]) -> list[Statement]:
    """Statements that take calls out of the index. Words nobody else said stay until :func:`forget_words`."""
    numbers = "(select call_no from search_calls where call_id in (select unnest(?::varchar[])))"
    return [
        *(
            Statement(f"delete from {table} where spot >> {PLACE_BITS} in {numbers}", (list(call_ids),))  # noqa: S608
            for table in ("search_postings", "search_fresh")
        ),
        Statement("delete from search_calls where call_id in (select unnest(?::varchar[]))", (list(call_ids),)),
    ]


def _unindexed(numbers: Sequence[int]) -> list[Statement]:
    """The same for calls by their numbers; nothing is looked through where there are none."""
    if not numbers:
        return []
    wanted = (list(numbers),)
    return [
        Statement(f"delete from search_postings where spot >> {PLACE_BITS} in (select unnest(?::bigint[]))", wanted),  # noqa: S608
        Statement(f"delete from search_fresh where spot >> {PLACE_BITS} in (select unnest(?::bigint[]))", wanted),  # noqa: S608
        Statement("delete from search_calls where call_no in (select unnest(?::bigint[]))", wanted),
    ]


def forget_words() -> Statement:
    """Takes words out of the vocabulary that no call in the index has any more: a name may have been one."""
    return Statement("delete from search_words where word not in (select word from search_said)")
