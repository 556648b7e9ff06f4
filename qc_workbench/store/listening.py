"""What was heard: acoustics and transcripts. What could not be heard and why is in the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from qc_workbench.domain.acoustics import Acoustics, Sound, SoundKind
from qc_workbench.domain.redaction import Hidden, Secret
from qc_workbench.domain.transcript import Party, Suspicion, Transcript, Turn, Word
from qc_workbench.store.database import Reader, Row, Statement, from_json, insert, insert_all, to_json


def acoustics_row(acoustics: Acoustics) -> Mapping[str, Any]:
    sounds = [
        {**asdict(sound), "kind": sound.kind.value, "features": dict(sound.features)} for sound in acoustics.sounds
    ]
    return {
        "content_hash": acoustics.content_hash,
        "fingerprint": acoustics.fingerprint,
        "duration_s": acoustics.duration_s,
        "channels": acoustics.channels,
        "sounds": to_json(sounds),
        "peaks": to_json(acoustics.peaks),
        "speech": to_json(acoustics.speech),
    }


def acoustics_of(row: Row) -> Acoustics:
    sounds = tuple(Sound(**{**item, "kind": SoundKind(item["kind"])}) for item in from_json(row["sounds"]))
    peaks = tuple(tuple(channel) for channel in from_json(row["peaks"]))
    speech = tuple(tuple((start, end) for start, end in channel) for channel in from_json(row["speech"] or "[]"))
    return Acoustics(**{**row, "sounds": sounds, "peaks": peaks, "speech": speech})


def acoustics(reader: Reader, content_hash: str) -> Acoustics | None:
    row = reader.row("select * from acoustics where content_hash = ?", content_hash)
    return acoustics_of(row) if row else None


def speech_of(reader: Reader, content_hashes: Sequence[str]) -> dict[str, tuple[tuple[tuple[float, float], ...], ...]]:
    """content_hash -> where each channel's own party speaks, of the recordings of which it was kept."""
    rows = reader.rows(
        "select content_hash, speech from acoustics where content_hash in (select unnest(?::varchar[])) "
        "and speech is not null",
        list(content_hashes),
    )
    return {
        row["content_hash"]: tuple(
            tuple((start, end) for start, end in channel) for channel in from_json(row["speech"])
        )
        for row in rows
    }


def acoustics_fingerprints(reader: Reader) -> dict[str, str]:
    """content_hash -> fingerprint of what has been measured."""
    return {
        row["content_hash"]: row["fingerprint"]
        for row in reader.rows("select content_hash, fingerprint from acoustics")
    }


def save_transcript(transcript: Transcript, created_at: datetime) -> list[Statement]:
    """Statements that replace the call's transcript."""
    head = insert(
        "transcripts",
        {
            "call_id": transcript.call_id,
            "content_hash": transcript.content_hash,
            "fingerprint": transcript.fingerprint,
            "language": transcript.language,
            "engine": transcript.engine,
            "model": transcript.model,
            "settings": to_json(dict(transcript.settings)),
            "created_at": created_at,
            "redacted_by": transcript.redacted_by,
        },
        replace=True,
    )
    rows = [
        {
            "call_id": transcript.call_id,
            "position": position,
            "party": turn.party.value,
            "channel": turn.channel,
            "start_s": turn.start_s,
            "end_s": turn.end_s,
            "text": turn.text,
            "confidence": turn.confidence,
            "suspicion": turn.suspicion.value if turn.suspicion else None,
            "words": to_json([[word.start_s, word.end_s, word.text, word.probability] for word in turn.words]),
        }
        for position, turn in enumerate(transcript.turns)
    ]
    return [
        Statement("delete from turns where call_id = ?", (transcript.call_id,)),
        Statement("delete from hidden_seconds where call_id = ?", (transcript.call_id,)),
        head,
        *insert_all("turns", rows),
        *insert_all("hidden_seconds", [_hidden_row(transcript, item) for item in transcript.hidden]),
    ]


def _hidden_row(transcript: Transcript, hidden: Hidden) -> Mapping[str, Any]:
    of = {"content_hash": transcript.content_hash, "call_id": transcript.call_id}
    return {**of, **asdict(hidden), "kind": hidden.kind.value}


def hidden_in(reader: Reader, content_hash: str) -> tuple[Hidden, ...]:
    """Seconds of a recording in which a secret is said, whichever of its calls told."""
    rows = reader.rows(
        "select distinct kind, start_s, end_s, channel from hidden_seconds where content_hash = ? "
        "order by start_s, end_s, kind",
        content_hash,
    )
    return tuple(_hidden_of(row) for row in rows)


def hidden_of_calls(reader: Reader, call_ids: Sequence[str]) -> dict[str, tuple[Hidden, ...]]:
    """call_id -> what its transcript was freed of."""
    found: dict[str, list[Hidden]] = {}
    for row in reader.rows(
        "select * from hidden_seconds where call_id in (select unnest(?::varchar[])) order by start_s, end_s, kind",
        list(call_ids),
    ):
        found.setdefault(row["call_id"], []).append(_hidden_of(row))
    return {call_id: tuple(items) for call_id, items in found.items()}


def _hidden_of(row: Row) -> Hidden:
    return Hidden(Secret(row["kind"]), row["start_s"], row["end_s"], row["channel"])


def not_redacted_by(reader: Reader, mark: str) -> list[str]:
    """Calls whose transcript these rules have not looked through for secrets."""
    rows = reader.rows("select call_id from transcripts where redacted_by is distinct from ? order by call_id", mark)
    return [row["call_id"] for row in rows]


def note_redaction(call_ids: Sequence[str], mark: str) -> Statement:
    """That these rules found nothing more in some transcripts."""
    return Statement(
        "update transcripts set redacted_by = ? where call_id in (select unnest(?::varchar[]))", (mark, list(call_ids))
    )


def turn_of(row: Row) -> Turn:
    return Turn(
        party=Party(row["party"]),
        channel=row["channel"],
        start_s=row["start_s"],
        end_s=row["end_s"],
        text=row["text"],
        confidence=row["confidence"],
        words=tuple(Word(*item) for item in from_json(row["words"])),
        suspicion=Suspicion(row["suspicion"]) if row["suspicion"] else None,
    )


def transcript(reader: Reader, call_id: str) -> Transcript | None:
    row = reader.row("select * from transcripts where call_id = ?", call_id)
    if row is None:
        return None
    turns = reader.rows("select * from turns where call_id = ? order by position", call_id)
    return _transcript_of(row, turns, hidden_of_calls(reader, [call_id]).get(call_id, ()))


def transcripts(reader: Reader) -> list[Transcript]:
    turns: dict[str, list[Row]] = {}
    for row in reader.rows("select * from turns order by call_id, position"):
        turns.setdefault(row["call_id"], []).append(row)
    rows = reader.rows("select * from transcripts order by call_id")
    hidden = hidden_of_calls(reader, [row["call_id"] for row in rows])
    return [_transcript_of(row, turns.get(row["call_id"], []), hidden.get(row["call_id"], ())) for row in rows]


def _transcript_of(row: Row, turns: list[Row], hidden: tuple[Hidden, ...]) -> Transcript:
    return Transcript(
        call_id=row["call_id"],
        content_hash=row["content_hash"],
        fingerprint=row["fingerprint"],
        language=row["language"],
        engine=row["engine"],
        model=row["model"],
        turns=tuple(turn_of(turn) for turn in turns),
        settings=from_json(row["settings"]),
        hidden=hidden,
        redacted_by=row["redacted_by"],
    )


def transcript_fingerprints(reader: Reader) -> dict[str, tuple[str, str]]:
    """call_id -> (content_hash, fingerprint) of what has been transcribed."""
    rows = reader.rows("select call_id, content_hash, fingerprint from transcripts")
    return {row["call_id"]: (row["content_hash"], row["fingerprint"]) for row in rows}
