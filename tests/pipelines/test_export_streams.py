"""Exports come out of the store piece by piece, and are what whole tables give."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest
from pyarrow import parquet

import pipelines.export
from pipelines.export import export, records
from qc_workbench.detection.answering import listen, with_machine_parties
from qc_workbench.domain.flag import Finding, Ruling
from qc_workbench.domain.lost_deal import DealFinding
from qc_workbench.domain.transcript import Transcript
from qc_workbench.errors import UsageError
from qc_workbench.reporting import exports
from qc_workbench.reporting.export_fields import Format, What
from qc_workbench.reporting.exports import Record
from qc_workbench.review.rulings import standing
from qc_workbench.store import calls, listening, samples, verdicts
from qc_workbench.store.database import Reader, Statement, insert_all
from qc_workbench.workspace import Workspace
from tests.ui.sample_company import AS_OF, PADDED, UNSURE, empty_company, sample_company


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = sample_company(tmp_path_factory.mktemp("export") / "company")
    findings = (
        Finding("r1", "flag-padded", Ruling.CONFIRMED, "Вера", AS_OF),
        Finding("r2", "flag-refused", Ruling.REJECTED, "Вера", AS_OF),
        Finding("r3", "flag-refused", Ruling.WITHDRAWN, "Вера", AS_OF, "", "r2"),
    )
    workspace.store.write(*insert_all("findings", [verdicts.finding_row(item) for item in findings]))
    return workspace


def _calls(reader: Reader, workspace: Workspace) -> Iterable[Record]:
    measured = verdicts.conversations(reader)
    heard = {item.call_id: item.language for item in listening.transcripts(reader)}
    return [
        exports.call_row(item, measured.get(item.call_id), heard.get(item.call_id), workspace.settings.effective)
        for item in calls.calls(reader)
    ]


def _transcripts(reader: Reader, _workspace: Workspace) -> Iterable[Record]:
    return [exports.transcript_row(_with_machines(reader, item)) for item in listening.transcripts(reader)]


def _with_machines(reader: Reader, transcript: Transcript) -> Transcript:
    recording = calls.recording(reader, transcript.call_id)
    sound = listening.acoustics(reader, transcript.content_hash)
    assert recording is not None
    assert sound is not None
    return with_machine_parties(transcript, listen(recording, sound, transcript))


def _flags(reader: Reader, _workspace: Workspace) -> Iterable[Record]:
    rulings = standing(verdicts.findings(reader))
    return [exports.flag_row(flag, rulings.get(flag.flag_id)) for flag in verdicts.flags(reader)]


def _refusals(reader: Reader, _workspace: Workspace) -> Iterable[Record]:
    found = {row["deal_id"]: DealFinding(row["finding"]) for row in reader.rows("select * from deal_findings")}
    assert found
    return [exports.refusal_row(item, found.get(item.deal_id or "")) for item in verdicts.refusals(reader)]


WHOLE: Mapping[What, Callable[[Reader, Workspace], Iterable[Record]]] = {
    What.CALLS: _calls,
    What.TRANSCRIPTS: _transcripts,
    What.FLAGS: _flags,
    What.COMMITMENTS: lambda reader, _: [exports.commitment_row(item) for item in verdicts.commitments(reader)],
    What.REFUSALS: _refusals,
    What.SAMPLE: lambda reader, _: [exports.sample_row(item) for item in samples.sampled(reader)],
}


@pytest.mark.parametrize("what", WHOLE)
def test_an_export_has_the_records_that_whole_tables_give(company: Workspace, what: What) -> None:
    with company.store.reading() as reader:
        expected = list(WHOLE[what](reader, company))
    assert expected
    assert list(records(company, what)) == expected


def test_transcripts_in_pages_of_two_are_all_there_in_order(
    company: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = list(records(company, What.TRANSCRIPTS))
    monkeypatch.setattr(pipelines.export, "PAGE", 2)
    assert list(records(company, What.TRANSCRIPTS)) == whole
    assert len(whole) == 5


def test_a_transcript_of_a_sound_that_was_replaced_is_exported_as_it_was_written(tmp_path: Path) -> None:
    workspace = sample_company(tmp_path / "company")
    workspace.store.write(Statement("update recordings set content_hash = 'other' where call_id = ?", (PADDED,)))
    found = {record["call_id"]: record for record in records(workspace, What.TRANSCRIPTS)}
    assert {PADDED, UNSURE} <= found.keys()


MANY = """
insert into calls
select 'c' || range, timestamptz '2026-10-01 09:00:00+00' + to_seconds(range), 'outbound', 'm1', '+79000000001', 60,
       'answered', null, null, null, null, null, null, null, null, null, '{}', now() from range(?)
"""


@pytest.mark.slow
def test_memory_does_not_follow_the_number_of_calls(tmp_path: Path) -> None:
    peaks = []
    for number in (25_000, 75_000):
        workspace = empty_company(tmp_path / str(number))
        workspace.store.write(Statement(MANY, (number,)))
        list(records(workspace, What.EVALUATIONS))
        before = sys.getallocatedblocks()
        peaks.append(max(sys.getallocatedblocks() - before for _ in records(workspace, What.CALLS)))
    assert peaks[1] < 1.3 * peaks[0]


def test_parquet_is_written_in_groups_of_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipelines.export, "ROW_GROUP", 3)
    out = tmp_path / "calls.parquet"
    assert export(sample_company(tmp_path / "company"), What.CALLS, Format.PARQUET, out) == 7
    assert parquet.ParquetFile(out).num_row_groups == 3


def test_a_reader_who_leaves_in_the_middle_leaves_the_store_free(company: Workspace) -> None:
    found = records(company, What.CALLS)
    next(iter(found))
    del found
    assert export(company, What.CALLS, Format.CSV, io.BytesIO()) == 7


def test_a_file_that_cannot_be_written_is_not_left_half_made(company: Workspace, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="out_unwritable"):
        export(company, What.CALLS, Format.CSV, tmp_path / "nowhere" / "calls.csv")
    assert list(tmp_path.iterdir()) == []
