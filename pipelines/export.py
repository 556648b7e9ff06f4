"""Exports written as a stream: JSON lines, CSV or Parquet, to a file or to an open stream.

Records come from the store piece by piece and are written as they come: memory stays flat however many there are.
A file appears only when it is complete.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Any, TypeVar

from pipelines.bonus import deductions
from pipelines.whole_file import whole_file
from qc_workbench.domain.acoustics import Acoustics
from qc_workbench.domain.call import Recording
from qc_workbench.domain.sound_print import KnownGreeting
from qc_workbench.domain.transcript import Transcript
from qc_workbench.reporting import exports
from qc_workbench.reporting.export_fields import FIELDS, Format, Kind, What
from qc_workbench.reporting.exports import Record
from qc_workbench.reporting.plain import plain
from qc_workbench.review.evaluating import standing_replies
from qc_workbench.review.scoring import shown_questions
from qc_workbench.store import exporting, fingerprints, forms, lost_deals, standings
from qc_workbench.store.database import Reader
from qc_workbench.workspace import Workspace

T = TypeVar("T")

#: Transcripts read from the store at once: some ten megabytes of words.
PAGE = 1_000
#: Records of a row group in a Parquet file; transcripts are heavier.
ROW_GROUP = 20_000


def export(workspace: Workspace, what: What, form: Format, out: Path | IO[bytes]) -> int:
    """Write all records of ``what``; returns how many. ``out``: a file to make, or an open binary stream."""
    if not isinstance(out, Path):
        return write_records(what, form, records(workspace, what), out)
    with whole_file(out) as stream:
        return write_records(what, form, records(workspace, what), stream)


def records(workspace: Workspace, what: What) -> Iterator[Record]:
    """The records of an export, in an order that is the same every time."""
    yield from exports.check_fields(what, _READERS[what](workspace))


def _calls(workspace: Workspace) -> Iterator[Record]:
    effective = workspace.settings.effective
    with workspace.store.reading(heavy=True) as reader:
        for call, conversation, language in exporting.calls(reader):
            yield exports.call_row(call, conversation, language, effective)


def _transcripts(workspace: Workspace) -> Iterator[Record]:
    from qc_workbench.detection.known_greetings import known_greetings

    with workspace.store.reading(heavy=True) as reader:
        known = known_greetings(fingerprints.sightings(reader))
    last = ""
    while True:
        with workspace.store.reading() as reader:
            found = exporting.transcripts_after(reader, last, PAGE)
        if not found:
            return
        yield from (exports.transcript_row(_with_machines(*item, known.get(item[0].call_id, ()))) for item in found)
        last = found[-1][0].call_id


def _with_machines(
    transcript: Transcript,
    recording: Recording | None,
    acoustics: Acoustics | None,
    known: Sequence[KnownGreeting],
) -> Transcript:
    """What a machine said is shown as the machine's, as detection takes it."""
    if recording is None or acoustics is None:
        return transcript
    from qc_workbench.detection.answering import listen, with_machine_parties

    return with_machine_parties(transcript, listen(recording, acoustics, transcript, known))


def _flags(workspace: Workspace) -> Iterator[Record]:
    with workspace.store.reading(heavy=True) as reader:
        doubted = standings.downgraded(reader, workspace.settings.detectors)
        for flag, finding in exporting.flags(reader):
            yield exports.flag_row(flag, finding, doubted)


def _one_by_one(
    rows: Callable[[Reader], Iterator[T]], record: Callable[[T], Record]
) -> Callable[[Workspace], Iterator[Record]]:
    def read(workspace: Workspace) -> Iterator[Record]:
        with workspace.store.reading(heavy=True) as reader:
            yield from map(record, rows(reader))

    return read


def _violations(workspace: Workspace) -> Iterator[Record]:
    with workspace.store.reading(heavy=True) as reader:
        costs = deductions(workspace, reader)
        for violation, finding in exporting.violations(reader):
            yield exports.violation_row(violation, finding, costs.get(violation.violation_id))


def _evaluations(workspace: Workspace) -> Iterator[Record]:
    """Replies to questions that are not shown count for nothing and are left out."""
    with workspace.store.reading(heavy=True) as reader:
        versions = {(item.form.code, item.version): item.form for item in forms.form_versions(reader)}
        for evaluation, steps in exporting.evaluations(reader):
            replies = standing_replies(steps)
            form = versions[evaluation.form_code, evaluation.version]
            shown = shown_questions(form, replies)
            in_order = [item.code for item in form.questions if item.code in shown and item.code in replies]
            yield exports.evaluation_row(evaluation, [replies[code] for code in in_order])


_READERS: dict[What, Callable[[Workspace], Iterator[Record]]] = {
    What.CALLS: _calls,
    What.TRANSCRIPTS: _transcripts,
    What.FLAGS: _flags,
    What.COMMITMENTS: _one_by_one(exporting.commitments, exports.commitment_row),
    What.REFUSALS: _one_by_one(exporting.refusals, lambda item: exports.refusal_row(*item)),
    What.RECALLS: _one_by_one(
        lost_deals.exported_recalls, lambda case: exports.recall_row(case.lost, case.deal, case.refusal, case.recall)
    ),
    What.SAMPLE: _one_by_one(exporting.sampled, exports.sample_row),
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
    rows = PAGE if what is What.TRANSCRIPTS else ROW_GROUP
    with parquet.ParquetWriter(stream, schema) as writer:
        while page := [
            {**record, **{name: plain(record[name]) for name in times}} for record in islice(remaining, rows)
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
    answer = [("question", text), ("answer", text), ("comment", text), ("at_s", number), ("cause", text)]
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
