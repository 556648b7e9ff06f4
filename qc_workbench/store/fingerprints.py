"""Fingerprints of sound and where each was found again: rows to domain values and back."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from qc_workbench.domain.flag import AnsweredBy, Ruling
from qc_workbench.domain.sound_print import PrintMatch, Relation, Sighting, SoundPrint
from qc_workbench.store.database import Reader, Row, Statement, insert_all

Key = tuple[str, int]

#: Recordings whose prints have not been looked up, or whose findings named one that is no longer there.
_WAITING = """
    select p.content_hash, p.channel from sound_prints p
    where p.version = ? and octet_length(p.peaks) > 0
      and not exists (select 1 from sound_matches m where m.content_hash = p.content_hash and m.channel = p.channel)
      and p.content_hash in (select content_hash from recordings)
    order by p.content_hash, p.channel
    """


def prints_rows(content_hash: str, prints: Sequence[SoundPrint]) -> list[Statement]:
    """Statements that replace the prints of a recording; what was found with the old ones is forgotten."""
    return [
        _forget_matches([content_hash]),
        *(
            Statement(
                "insert or replace into sound_prints values (?, ?, ?, ?, ?, from_base64(?), from_base64(?))",
                (
                    item.content_hash, item.channel, item.version, item.first_step, item.speech_s,
                    b64encode(item.peaks).decode(), b64encode(item.bits).decode(),
                ),
            )
            for item in prints
        ),
    ]  # fmt: skip


def forget(content_hashes: Sequence[str]) -> list[Statement]:
    """Statements that remove the prints of recordings, and what was found in them or by them.

    A print that was found in a removed one only is looked up anew by the next run.
    """
    hashes = list(content_hashes)
    return [
        Statement("delete from sound_prints where content_hash in (select unnest(?))", (hashes,)),
        _forget_matches(hashes),
    ]


def _forget_matches(hashes: list[str]) -> Statement:
    return Statement(
        "delete from sound_matches where content_hash in (select unnest(?)) or found_hash in (select unnest(?))",
        (hashes, hashes),
    )


def forget_alone(content_hashes: Sequence[str]) -> list[Statement]:
    """Statements that remove, of recordings that are no longer kept, the prints of sound heard nowhere else.

    What was heard in other recordings too is a machine's and no person's, and keeps finding it.
    """
    alone = """
        content_hash in (select unnest(?))
        and content_hash not in (select r.content_hash from recordings r where r.path is not null and r.content_hash is
            not null)
        and not exists (select 1 from sound_matches m where m.content_hash <> m.found_hash
            and ((m.content_hash = sound_prints.content_hash and m.channel = sound_prints.channel)
              or (m.found_hash = sound_prints.content_hash and m.found_channel = sound_prints.channel)))"""
    return [
        Statement(f"delete from sound_prints where {alone}", (list(content_hashes),)),  # noqa: S608 - of this function
        Statement(
            "delete from sound_matches where content_hash in (select unnest(?)) "
            "and (content_hash, channel) not in (select (content_hash, channel) from sound_prints)",
            (list(content_hashes),),
        ),
    ]


def print_of(row: Row) -> SoundPrint:
    return SoundPrint(**row)


def prints_of_recordings(reader: Reader, content_hashes: Collection[str], version: str) -> list[SoundPrint]:
    rows = reader.rows(
        "select * from sound_prints where content_hash in (select unnest(?::varchar[])) and version = ? "
        "order by content_hash, channel",
        sorted(content_hashes),
        version,
    )
    return [print_of(row) for row in rows]


def printed(reader: Reader, version: str) -> frozenset[str]:
    """Content hashes of the recordings that have prints of a version."""
    rows = reader.rows("select distinct content_hash from sound_prints where version = ?", version)
    return frozenset(row["content_hash"] for row in rows)


def waiting_prints(reader: Reader, version: str) -> list[Key]:
    """(content_hash, channel) of prints to look up; empty ones never are."""
    return [(row["content_hash"], row["channel"]) for row in reader.rows(_WAITING, version)]


def stored_keys(reader: Reader, version: str) -> list[Key]:
    """(content_hash, channel) of the prints that are found by others, in a stable order."""
    rows = reader.rows(
        "select m.content_hash, m.channel from sound_matches m join sound_prints p using (content_hash, channel) "
        "where m.content_hash = m.found_hash and m.channel = m.found_channel and p.version = ? "
        "order by m.content_hash, m.channel",
        version,
    )
    return [(row["content_hash"], row["channel"]) for row in rows]


def prints(reader: Reader, keys: Sequence[Key]) -> dict[Key, SoundPrint]:
    """Prints by (content_hash, channel), of those that are there."""
    wanted = set(keys)
    rows = reader.rows(
        "select * from sound_prints where content_hash in (select unnest(?::varchar[]))",
        sorted({content_hash for content_hash, _ in keys}),
    )
    return {item.key: item for item in map(print_of, rows) if item.key in wanted}


def matches_rows(key: Key, found: Iterable[tuple[PrintMatch, Relation]], *, is_stored: bool) -> list[Statement]:
    """Statements that keep what a look-up found; ``is_stored``: from now on this print is found by others."""
    rows: list[Row] = [
        {
            "content_hash": key[0], "channel": key[1], "found_hash": match.found[0], "found_channel": match.found[1],
            "offset_s": match.offset_s, "start_s": match.start_s, "end_s": match.end_s, "matched_s": match.matched_s,
            "error_rate": match.error_rate, "votes": match.votes, "relation": relation.value,
        }
        for match, relation in found
    ]  # fmt: skip
    if is_stored:
        rows.append(
            {
                "content_hash": key[0], "channel": key[1], "found_hash": key[0], "found_channel": key[1],
                "offset_s": 0.0, "start_s": 0.0, "end_s": 0.0, "matched_s": 0.0, "error_rate": 0.0, "votes": 0,
                "relation": None,
            }
        )  # fmt: skip
    return insert_all("sound_matches", rows, replace=True)


#: One row a call and stored sound. Of several flags of a call the one ruled last counts.
_SIGHTINGS = """
    with ruled as (
        select f.call_id, arg_max(n.ruling, (n.ruled_at, n.finding_id)) as ruling,
            arg_max(contains(cast(f.evidence as varchar), '"known_greeting"'), (n.ruled_at, n.finding_id))
                as rests_on_it
        from flags f join findings n using (flag_id) where f.kind = 'fake_effective' group by f.call_id
    )
    select m.found_hash, m.found_channel, m.content_hash, m.channel, c.call_id, c.client_phone, c.started_at,
        m.start_s, m.end_s, m.offset_s, m.matched_s, m.relation,
        case when a.channels = 1 then null
             else m.channel <> case when r.agent_channel in (0, 1) then r.agent_channel else 0 end end as is_far,
        ruled.ruling, v.answered_by, coalesce(ruled.rests_on_it, false) as rests_on_it
    from sound_matches m join recordings r using (content_hash) join calls c using (call_id)
    left join acoustics a using (content_hash) left join ruled using (call_id) left join conversations v using (call_id)
    where exists (
        select 1 from sound_matches o
        where o.found_hash = m.found_hash and o.found_channel = m.found_channel and o.content_hash <> o.found_hash)
    {where}
    order by m.found_hash, m.found_channel, c.started_at, c.call_id
    """


def sightings(reader: Reader, call_id: str | None = None) -> list[Sighting]:
    """Every stored sound that was heard in more than one recording, in each of its calls; with ``call_id`` only
    the sounds of that call (in all their calls)."""
    if call_id is None:
        rows = reader.rows(_SIGHTINGS.format(where=""))
    else:
        where = """and (m.found_hash, m.found_channel) in (
            select (i.found_hash, i.found_channel) from sound_matches i
            where i.content_hash = (select content_hash from recordings where call_id = ?))"""
        rows = reader.rows(_SIGHTINGS.format(where=where), call_id)
    return [
        Sighting(
            sound=(row["found_hash"], row["found_channel"]),
            relation=Relation(row["relation"]) if row["relation"] else None,
            ruling=Ruling(row["ruling"]) if row["ruling"] else None,
            answered_by=AnsweredBy(row["answered_by"]) if row["answered_by"] else None,
            **{name: row[name] for name in _PLAIN},
        )
        for row in rows
    ]


_PLAIN = (
    "content_hash", "channel", "call_id", "client_phone", "started_at", "start_s", "end_s", "offset_s", "matched_s",
    "is_far", "rests_on_it",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SharedRecording:
    """Two calls with one recording. ``is_same_file``: byte for byte; else the same sound in another encoding."""

    call_id: str
    other_call_id: str
    is_same_file: bool


#: Each call is named with the first one of its recording only: a file of a thousand calls gives a thousand lines.
_SHARED: Final = """
    with first as (
        select content_hash, min(call_id) as call_id from recordings where content_hash is not null
        group by content_hash
    )
    select first.call_id as one, r.call_id as other, true as is_same_file
    from first join recordings r using (content_hash) where r.call_id <> first.call_id
    union
    select least(a.call_id, b.call_id), greatest(a.call_id, b.call_id), false
    from sound_matches m join first a on a.content_hash = m.content_hash join first b on b.content_hash = m.found_hash
    where m.relation = 'duplicate' and a.content_hash <> b.content_hash
    order by is_same_file desc, one, other limit ?
    """


def shared_recordings(reader: Reader, most: int) -> list[SharedRecording]:
    """Pairs of calls with one recording, those with the same file first."""
    return [SharedRecording(row["one"], row["other"], row["is_same_file"]) for row in reader.rows(_SHARED, most)]


_SHARED_WITH: Final = """
    with mine as (select content_hash from recordings where call_id = ? and content_hash is not null),
    alike as (
        select found_hash as content_hash from sound_matches semi join mine using (content_hash)
        where relation = 'duplicate' and found_hash <> sound_matches.content_hash
        union
        select m.content_hash from sound_matches m join mine on mine.content_hash = m.found_hash
        where m.relation = 'duplicate' and m.found_hash <> m.content_hash
    )
    select r.call_id, r.content_hash in (select content_hash from mine) as is_same_file from recordings r
    where r.call_id <> ?
      and (r.content_hash in (select content_hash from mine) or r.content_hash in (select content_hash from alike))
    order by is_same_file desc, r.call_id limit ?
    """


def shared_with(reader: Reader, call_id: str, most: int) -> list[SharedRecording]:
    """Other calls with the recording of this one."""
    return [
        SharedRecording(call_id, row["call_id"], row["is_same_file"])
        for row in reader.rows(_SHARED_WITH, call_id, call_id, most)
    ]
