"""Exports written as a stream: JSON lines, CSV or Parquet, to a file or to an open stream.

Transcripts are read in pages of ``PAGE`` calls, so that the store is held for a moment each and
memory stays flat. A file appears only when it is complete.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Any

from qc_workbench.domain.acoustics import Acoustics
from qc_workbench.domain.call import Recording
from qc_workbench.domain.transcript import Transcript
from qc_workbench.errors import UsageError
from qc_workbench.reporting import exports
from qc_workbench.reporting.export_fields import FIELDS, Format, Kind, What
from qc_workbench.reporting.exports import Record
from qc_workbench.reporting.plain import plain
from qc_workbench.review.rulings import standing
from qc_workbench.store import calls as call_store
from qc_workbench.store import listening, samples, verdicts
from qc_workbench.store.database import Reader
from qc_workbench.workspace import Workspace

#: Calls read from the store at once.
PAGE = 200


def export(workspace: Workspace, what: What, form: Format, out: Path | IO[bytes]) -> int:
    """Write all records of ``what``; returns how many. ``out``: a file to make, or an open binary stream."""
    if not isinstance(out, Path):
        return write_records(what, form, records(workspace, what), out)
    unfinished = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        with unfinished.open("wb") as stream:
            count = write_records(what, form, records(workspace, what), stream)
        unfinished.replace(out)
    except OSError as error:
        raise UsageError("out_unwritable", file=str(out), detail=error.strerror or str(error)) from error
    finally:
        unfinished.unlink(missing_ok=True)
    return count


def records(workspace: Workspace, what: What) -> Iterator[Record]:
    """The records of an export, in an order that is the same every time."""
    yield from exports.check_fields(what, _READERS[what](workspace))


def _calls(workspace: Workspace) -> Iterator[Record]:
    with workspace.store.reading() as reader:
        calls = call_store.calls(reader)
        conversations = verdicts.conversations(reader)
        languages = {
            row["call_id"]: row["language"] for row in reader.rows("select call_id, language from transcripts")
        }
    for call in calls:
        yield exports.call_row(
            call, conversations.get(call.call_id), languages.get(call.call_id), workspace.settings.effective
        )


def _transcripts(workspace: Workspace) -> Iterator[Record]:
    with workspace.store.reading() as reader:
        ids = [row["call_id"] for row in reader.rows("select call_id from transcripts order by call_id")]
    remaining = iter(ids)
    while page := list(islice(remaining, PAGE)):
        with workspace.store.reading() as reader:
            found = [_heard(reader, call_id) for call_id in page]
        yield from (exports.transcript_row(_with_machines(*item)) for item in found if item is not None)


def _heard(reader: Reader, call_id: str) -> tuple[Transcript, Recording | None, Acoustics | None] | None:
    """A transcript with the recording and the measured sound it was made from, where they are still the same."""
    transcript = listening.transcript(reader, call_id)
    if transcript is None:
        return None
    recording = call_store.recording(reader, call_id)
    if recording is None or recording.content_hash != transcript.content_hash:
        return transcript, None, None
    return transcript, recording, listening.acoustics(reader, transcript.content_hash)


def _with_machines(transcript: Transcript, recording: Recording | None, acoustics: Acoustics | None) -> Transcript:
    """What a machine said is shown as the machine's, as detection takes it."""
    if recording is None or acoustics is None:
        return transcript
    from qc_workbench.detection.answering import listen, with_machine_parties

    return with_machine_parties(transcript, listen(recording, acoustics, transcript))


def _flags(workspace: Workspace) -> Iterator[Record]:
    with workspace.store.reading() as reader:
        flags = verdicts.flags(reader)
        rulings = standing(tuple(verdicts.findings(reader)))
    yield from (exports.flag_row(flag, rulings.get(flag.flag_id)) for flag in flags)


def _commitments(workspace: Workspace) -> Iterator[Record]:
    with workspace.store.reading() as reader:
        found = verdicts.commitments(reader)
    yield from map(exports.commitment_row, found)


def _refusals(workspace: Workspace) -> Iterator[Record]:
    with workspace.store.reading() as reader:
        found = verdicts.refusals(reader)
    yield from map(exports.refusal_row, found)


def _sample(workspace: Workspace) -> Iterator[Record]:
    with workspace.store.reading() as reader:
        found = samples.sampled(reader)
    yield from map(exports.sample_row, found)


def _evaluations(_workspace: Workspace) -> Iterator[Record]:
    """Scoring forms come later; the export exists, without a record."""
    yield from ()


def _violations(workspace: Workspace) -> Iterator[Record]:
    with workspace.store.reading() as reader:
        found = verdicts.violations(reader)
    yield from map(exports.violation_row, found)


_READERS: dict[What, Callable[[Workspace], Iterator[Record]]] = {
    What.CALLS: _calls,
    What.TRANSCRIPTS: _transcripts,
    What.FLAGS: _flags,
    What.COMMITMENTS: _commitments,
    What.REFUSALS: _refusals,
    What.SAMPLE: _sample,
    What.EVALUATIONS: _evaluations,
    What.VIOLATIONS: _violations,
}


def write_records(what: What, form: Format, found: Iterable[Record], stream: IO[bytes]) -> int:
    """Write records to an open binary stream; returns how many."""
    writers = {Format.JSONL: _write_jsonl, Format.CSV: _write_csv, Format.PARQUET: _write_parquet}
    return writers[form](what, found, stream)


def _write_jsonl(_what: What, found: Iterable[Record], stream: IO[bytes]) -> int:
    count = 0
    for record in found:
        stream.write(json.dumps(plain(record), ensure_ascii=False, separators=(", ", ": ")).encode() + b"\n")
        count += 1
    return count


def _write_csv(what: What, found: Iterable[Record], stream: IO[bytes]) -> int:
    """UTF-8 with a byte-order mark, which spreadsheets need to see Cyrillic. Nested fields are JSON in a cell."""
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="", write_through=True)
    try:
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(FIELDS[what])
        count = 0
        for record in found:
            writer.writerow([_cell(value) for value in record.values()])
            count += 1
        return count
    finally:
        text.detach()


def _cell(value: object) -> object:
    value = plain(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return exports.safe_cell(value) if isinstance(value, str) else value


def _write_parquet(what: What, found: Iterable[Record], stream: IO[bytes]) -> int:
    import pyarrow as arrow
    from pyarrow import parquet

    schema = arrow.schema([(name, _arrow_type(kind)) for name, kind in FIELDS[what].items()])
    times = [name for name, kind in FIELDS[what].items() if kind is Kind.TIME]
    count = 0
    remaining = iter(found)
    with parquet.ParquetWriter(stream, schema) as writer:
        while page := [
            {**record, **{name: plain(record[name]) for name in times}} for record in islice(remaining, PAGE)
        ]:
            writer.write_table(arrow.Table.from_pylist(page, schema=schema))
            count += len(page)
    return count


def _arrow_type(kind: Kind) -> Any:
    import pyarrow as arrow

    text, number, moment = arrow.string(), arrow.float64(), arrow.timestamp("us", tz="UTC")
    word = arrow.struct([("start", number), ("end", number), ("word", text), ("probability", number)])
    turn = [("party", text), ("start", number), ("end", number), ("text", text), ("confidence", number)]
    evidence = [("channel", arrow.int32()), ("start", number), ("end", number), ("kind", text), ("quote", text)]
    answer = [("question", text), ("answer", text), ("comment", text), ("at_s", number)]
    types = {
        Kind.TEXT: text,
        Kind.NUMBER: number,
        Kind.INTEGER: arrow.int64(),
        Kind.BOOLEAN: arrow.bool_(),
        Kind.MOMENT: moment,
        Kind.DATE: arrow.date32(),
        Kind.TIME: text,
        Kind.TEXTS: arrow.list_(text),
        Kind.TURNS: arrow.list_(
            arrow.struct([*turn, ("words", arrow.list_(word)), ("channel", arrow.int32()), ("suspicion", text)])
        ),
        Kind.EVIDENCE: arrow.list_(arrow.struct([*evidence, ("side", text)])),
        Kind.REVIEW: arrow.struct([("status", text), ("by", text), ("at", moment), ("reason", text)]),
        Kind.ANSWERS: arrow.list_(arrow.struct(answer)),
    }
    return types[kind]
