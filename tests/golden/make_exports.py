"""Writes the golden exports: ``python -m tests.golden.make_exports``. Look at the difference before committing it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from pipelines.export import write_records
from qc_workbench.config import Effective
from qc_workbench.domain.flag import Ruling
from qc_workbench.reporting import exports
from qc_workbench.reporting.export_fields import Format, What
from qc_workbench.reporting.exports import Record
from tests.report_cases import facts, finding, lost_deal, transcript

FOLDER = Path(__file__).parent / "exports"


def records(what: What) -> Iterator[Record]:
    """The small company of ``tests.report_cases`` as records."""
    known = facts()
    match what:
        case What.CALLS:
            for call in known.calls:
                conversation = known.conversations.get(call.call_id)
                yield exports.call_row(call, conversation, "ru" if conversation else None, Effective())
        case What.TRANSCRIPTS:
            yield exports.transcript_row(transcript("o1"))
        case What.FLAGS:
            yield from (exports.flag_row(flag, None) for flag in known.flags)
            yield exports.flag_row(known.flags[0], finding("flag-o1", Ruling.CONFIRMED))
        case What.COMMITMENTS:
            yield from map(exports.commitment_row, known.commitments)
        case What.REFUSALS:
            yield from map(exports.refusal_row, known.refusals)
        case What.RECALLS:
            yield exports.recall_row(*lost_deal())
        case What.SAMPLE:
            yield from map(exports.sample_row, known.sample)
        case What.EVALUATIONS:
            pass
        case What.VIOLATIONS:
            yield from (exports.violation_row(item, None, None) for item in known.violations)


def written(what: What, form: Format) -> bytes:
    out = io.BytesIO()
    write_records(what, form, records(what), out)
    return out.getvalue()


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for what in What:
        for form in (Format.JSONL, Format.CSV):
            (FOLDER / f"{what.value}.{form.value}").write_bytes(written(what, form))


if __name__ == "__main__":
    main()
