"""Labels in a file, an evaluation kept in the store and in a file, and what the command says about it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipelines.erasure import erase
from pipelines.evaluate_detectors import evaluate
from pipelines.progress import Silent
from pipelines.retention import apply_retention
from pipelines.truth_file import read_truth
from qc_workbench.cli import application
from qc_workbench.errors import ImportFailed
from qc_workbench.store import evaluations
from qc_workbench.store.database import Statement
from qc_workbench.ui.i18n import Language
from qc_workbench.workspace import Workspace
from tests.ui.sample_company import PADDED, PHONE, PROMISE, TALK


def qcw(*arguments: str, language: Language = "en") -> Result:
    return CliRunner().invoke(application(language), list(arguments))


def kept(company: Workspace) -> list[evaluations.KeptEvaluation]:
    with company.store.reading() as reader:
        found = [evaluations.evaluation(reader, head.evaluation_id) for head in evaluations.heads(reader, 9)]
    return [item for item in found if item is not None]


def test_what_is_kept_is_what_was_measured_without_the_calls_that_the_store_lacks(
    company: Workspace, truth: Path
) -> None:
    done = evaluate(company, truth)
    (found,) = kept(company)
    assert found.head == done.head
    assert found.figures == done.evaluation.figures
    assert found.slices == done.evaluation.slices
    assert found.matrices == done.evaluation.matrices
    assert done.evaluation.absent == ("call-of-another-company",)
    assert found.head.absent == 1
    assert {item.call_id for item in done.evaluation.mistakes} - {item.call_id for item in found.mistakes} == {
        "call-of-another-company"
    }
    assert ("padded", "accused", PADDED) in {(item.task, item.kind, item.call_id) for item in found.mistakes}


def test_the_recording_says_what_kind_of_call_it_was(company: Workspace, truth: Path) -> None:
    slices = {(item.dimension, item.value) for item in evaluate(company, truth).evaluation.slices}
    assert ("codec", "pcm_alaw") in slices
    assert ("codec", "pcm_s16le") in slices


def test_history_holds_evaluations_of_the_same_labels_only_oldest_first(company: Workspace, truth: Path) -> None:
    first, second = evaluate(company, truth), evaluate(company, truth)
    truth.write_text(truth.read_text(encoding="utf-8").replace("voicemail", "greeting"), encoding="utf-8")
    evaluate(company, truth)
    with company.store.reading() as reader:
        history = evaluations.figures_over_time(reader, first.head.truth_hash, 9)
    assert [head.evaluation_id for head, _ in history] == [first.head.evaluation_id, second.head.evaluation_id]


def test_a_baseline_shows_what_got_worse_and_in_which_call(company: Workspace, truth: Path, tmp_path: Path) -> None:
    before = tmp_path / "before.json"
    evaluate(company, truth, out=before)
    company.store.write(
        Statement("update conversations set answered_by = 'ivr' where call_id = ?", (TALK,)),
        Statement("update flags set retired_at = now() where call_id = ?", (PADDED,)),
    )
    compared = evaluate(company, truth, baseline=before).compared
    assert compared is not None
    ways = {item.figure.code: item.better for item in compared.changed}
    assert ways["answered.exact"] is False
    assert [(item.kind, item.call_id) for item in compared.new if item.task == "answered"] == [("answered_by", TALK)]
    assert ("accused", PADDED) in {(item.kind, item.call_id) for item in compared.gone}
    again = evaluate(company, truth, baseline=before, out=before).compared
    assert again == compared
    unchanged = evaluate(company, truth, baseline=before).compared
    assert unchanged is not None
    assert (unchanged.changed, unchanged.new, unchanged.gone) == ((), (), ())


def test_the_command_says_figures_mistakes_and_the_calls_that_are_not_there(company: Workspace, truth: Path) -> None:
    said = qcw("--home", str(company.home), "evaluate", "--truth", str(truth))
    assert said.exit_code == 0
    for text in ("Quality on 4 labelled calls", "call-of-another-company", "wrongly accused", "By kind of call"):
        assert text in said.stdout, text
    said = qcw("--home", str(company.home), "evaluate", "--truth", str(truth), language="ru")
    assert "Качество на 4 размеченных звонках" in said.stdout


def test_the_json_is_complete_and_can_be_a_baseline(company: Workspace, truth: Path, tmp_path: Path) -> None:
    said = qcw("--home", str(company.home), "--json", "evaluate", "--truth", str(truth))
    record = json.loads(said.stdout)
    for name in ("figures", "slices", "matrices", "mistakes", "absent", "unheard", "detectors", "truth_hash"):
        assert name in record
    file = tmp_path / "previous.json"
    file.write_text(said.stdout, encoding="utf-8")
    again = qcw("--home", str(company.home), "--json", "evaluate", "--truth", str(truth), "--baseline", str(file))
    assert json.loads(again.stdout)["comparison"] == {"other_labels": False, "changed": [], "new": [], "gone": []}


@pytest.mark.parametrize(
    ("line", "code", "number"),
    [
        ('{"id": "a"', "truth_line", 2),
        ('{"truth": {}}', "truth_line", 2),
        ('{"id": "a", "truth": {"answered_by": "robot"}}', "truth_line", 2),
        ('{"id": "a", "spans": [{"start": 3, "end": 2, "channel": "agent"}]}', "truth_line", 2),
        ('{"id": "a", "truth": {"promises": [{"due_from": "2026-10-02", "due_to": "2026-10-01"}]}}', "truth_line", 2),
        ('{"id": "first"}', "truth_twice", 2),
    ],
)
def test_a_wrong_line_is_named(line: str, code: str, number: int, tmp_path: Path) -> None:
    file = tmp_path / "truth.jsonl"
    file.write_text('{"id": "first"}\n' + line + "\n", encoding="utf-8")
    with pytest.raises(ImportFailed) as refused:
        read_truth(file)
    assert (refused.value.code, refused.value.params["line"]) == (code, number)


def test_an_empty_file_and_one_that_is_not_text_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "truth.jsonl"
    for content, code in ((b"\n\n", "truth_empty"), (b"\xff\xfe\x00", "truth_unreadable")):
        file.write_bytes(content)
        with pytest.raises(ImportFailed) as refused:
            read_truth(file)
        assert refused.value.code == code


@pytest.mark.parametrize(
    "content", ["", "[]", '{"figures": []}', '{"truth_hash": "", "figures": [{}], "mistakes": []}']
)
def test_a_baseline_that_is_none_is_refused_before_anything_is_measured(
    content: str, company: Workspace, truth: Path, tmp_path: Path
) -> None:
    file = tmp_path / "before.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ImportFailed) as refused:
        evaluate(company, truth, baseline=file)
    assert refused.value.code == "baseline_unreadable"
    assert kept(company) == []


def test_labels_left_out_say_nothing_and_an_empty_expectation_says_that_nothing_is_false(tmp_path: Path) -> None:
    file = tmp_path / "truth.jsonl"
    file.write_text('{"id": "a"}\n{"id": "b", "expected": null}\n{"id": "c", "expected": {}}\n', encoding="utf-8")
    assert [call.false_refusal for call in read_truth(file).calls] == [None, False, False]


def test_erasure_and_retention_take_the_words_of_calls_and_leave_the_figures(company: Workspace, truth: Path) -> None:
    evaluate(company, truth)
    (before,) = kept(company)
    assert PROMISE in {item.call_id for item in before.mistakes}
    erase(company, [PHONE], by="Вера", now=datetime(2026, 11, 2, 9, tzinfo=UTC))
    (after,) = kept(company)
    assert after.figures == before.figures
    assert {PADDED, PROMISE} & {item.call_id for item in after.mistakes} == set()


def test_when_words_expire_those_of_evaluations_go_with_them(company: Workspace, truth: Path) -> None:
    settings = "[retention]\nrecordings_months = 3\ntranscripts_months = 6\n"
    company.settings_file.write_text(settings, encoding="utf-8")
    company = Workspace.open(company.home)
    evaluate(company, truth)
    apply_retention(company, datetime(2027, 6, 1, 9, tzinfo=UTC), Silent())
    (after,) = kept(company)
    assert PROMISE not in {item.call_id for item in after.mistakes}
