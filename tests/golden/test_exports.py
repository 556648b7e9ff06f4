"""Exports are the public contract: a change of one byte is seen here first."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from qc_workbench.reporting.export_fields import FIELDS, Format, What
from qc_workbench.reporting.exports import safe_cell
from tests.golden.make_exports import FOLDER, records, written

#: The fields that the contract names, in its order; ours may follow.
CONTRACT = {
    What.CALLS: "call_id started_at direction manager_id client_phone talk_s outcome crm_effective verified_effective "
    "conversation_s answered_by message_left language",
    What.TRANSCRIPTS: "call_id language engine model turns",
    What.FLAGS: "call_id kind verdict score evidence detector version review",
    What.COMMITMENTS: "call_id by action quote start end due_from due_to time_from time_to outcome activity_id "
    "kept_by_call_id",
    What.REFUSALS: "call_id client_said deal_id deal_status false_refusal quote start end",
    What.RECALLS: "deal_id client_phone manager_id amount currency lost_reason closed_at finding reason certainty "
    "call_id quote start end result comment buy_from called_by called_at",
    What.SAMPLE: "plan period stratum call_id inclusion_probability drawn_at assigned_to status",
    What.EVALUATIONS: "evaluation_id call_id form version reviewer submitted_at percentage automatic_fail answers",
    What.VIOLATIONS: "violation_id kind manager_id call_id deal_id activity_id happened_at status "
    "confirmed_by deduction",
}


@pytest.mark.parametrize("what", What)
def test_the_fields_of_the_contract_come_first_in_their_order(what: What) -> None:
    names = CONTRACT[what].split()
    assert list(FIELDS[what])[: len(names)] == names


@pytest.mark.parametrize("form", [Format.JSONL, Format.CSV])
@pytest.mark.parametrize("what", What)
def test_exports_are_byte_for_byte_what_they_were(what: What, form: Format) -> None:
    assert written(what, form) == (FOLDER / f"{what.value}.{form.value}").read_bytes()


@pytest.mark.parametrize("what", What)
def test_parquet_holds_the_same_values_as_json(what: What) -> None:
    table = parquet.read_table(io.BytesIO(written(what, Format.PARQUET)))
    assert table.column_names == list(FIELDS[what])
    found = json.loads(json.dumps(table.to_pylist(), default=lambda value: value.isoformat()))
    lines = [json.loads(line) for line in written(what, Format.JSONL).decode().splitlines()]
    assert found == lines


@pytest.mark.parametrize("what", What)
def test_an_empty_csv_still_has_its_header(what: What) -> None:
    header = next(csv.reader(io.StringIO(written(what, Format.CSV).decode("utf-8-sig"))))
    assert header == list(FIELDS[what])


def test_times_of_turns_and_words_have_the_names_of_the_contract() -> None:
    [record] = [json.loads(line) for line in written(What.TRANSCRIPTS, Format.JSONL).decode().splitlines()]
    turn = record["turns"][0]
    assert list(turn)[:6] == ["party", "start", "end", "text", "confidence", "words"]
    assert turn["words"] == [{"start": 0.5, "end": 0.9, "word": "Добрый", "probability": 0.988}]


def test_what_was_not_examined_is_null_and_what_nobody_answered_is_nobody() -> None:
    calls = {record["call_id"]: record for record in records(What.CALLS)}
    assert (calls["o2"]["verified_effective"], calls["o2"]["conversation_s"]) == (None, None)
    assert calls["o2"]["answered_by"] == "unknown"
    assert (calls["i2"]["answered_by"], calls["i2"]["conversation_s"]) == ("nobody", 0.0)


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|'/C calc'!A0", "-2+3", "@SUM(A1)", " =1", "\t1", "\r1", "\n1", "＝1", "+7916,1", "+"]
)
def test_text_that_a_spreadsheet_would_run_is_quoted(text: str) -> None:
    assert safe_cell(text) == "'" + text


@pytest.mark.parametrize("text", ["+79161234567", "-5", "Перезвоню", "a=b", "", "2026-10-05"])
def test_phones_and_plain_text_stay_as_they_are(text: str) -> None:
    assert safe_cell(text) == text


@given(st.text())
def test_no_text_becomes_a_formula(text: str) -> None:
    cell = safe_cell(text)
    assert cell.lstrip("+-").isdecimal() or cell[:1] not in {*"=+-@\t\r\n"}
    assert cell.replace("'", "") == text.replace("'", "")


@pytest.mark.parametrize("cut", [";", "\t", "\n", "\r\n", '; "', ";  "])
@pytest.mark.parametrize("start", ["=", "+", "-", "@", "＝"])
def test_what_another_separator_makes_a_cell_of_is_quoted_too(cut: str, start: str) -> None:
    """Excel in Russian takes a semicolon for the separator and cuts our cells where they have one."""
    cell = safe_cell(f"Хорошо{cut}{start}cmd|'/C calc'!A0")
    assert cell == f"Хорошо{cut}'{start}cmd|'/C calc'!A0"
