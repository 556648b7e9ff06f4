"""The access report: everything of one person, nothing of others, no table forgotten."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from pipelines.access_report import MadeReport, access_report
from pipelines.access_tables import ABOUT_EMPLOYEES, LEFT_OUT, SHOWN
from pipelines.erasure_tables import TREATMENT
from qc_workbench.cli import main
from qc_workbench.domain import (
    auto_answer,
    bonus,
    call,
    coaching,
    commitment,
    consent,
    crm,
    crm_write,
    dispute,
    evaluation,
    evening,
    flag,
    investigation,
    letter,
    lost_deal,
    measure,
    redaction,
    sampling,
    telephony,
    transcript,
    violation,
)
from qc_workbench.domain.access import AccessRole
from qc_workbench.domain.contacts import without_others
from qc_workbench.domain.flag import FlagKind, Ruling
from qc_workbench.errors import UsageError
from qc_workbench.reporting.access_words import CODES, value_text
from qc_workbench.review import retention
from qc_workbench.store import cases
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.views.suspicious import write_answer, write_ruling
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
#: Columns by which a row names an employee.
EMPLOYEE_COLUMNS = {
    "manager_id", "agent", "agent_id", "person_id", "person", "reviewer", "actor", "author_id", "participants",
    "assigned_to", "login", "recipient",
}  # fmt: skip


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    found = company.sample_company(tmp_path / "home")
    with found.store.reading() as reader:
        case = cases.case_of_call(reader, company.PADDED, FlagKind.FAKE_EFFECTIVE)
    assert case is not None
    write_ruling(found, company.viewer(found), case.flag, Ruling.ASKED, AT, "")
    said = f"Звонил {company.OTHER_PHONE}, со мной был Борис"
    write_answer(found, company.viewer(found, "m1"), case.flag, said, AT)
    return found


def contents(made: MadeReport) -> tuple[str, dict[str, Any], list[str]]:
    with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
        data = json.loads(archive.read("report.json"))
        return archive.read("report.html").decode(), data["tables"], archive.namelist()


def columns(workspace: Workspace) -> dict[str, set[str]]:
    with workspace.store.reading() as reader:
        rows = reader.rows(
            "select table_name, column_name from duckdb_columns() where schema_name = 'main' and not internal"
        )
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row["table_name"], set()).add(row["column_name"])
    return found


def test_every_table_that_may_hold_a_person_is_shown_or_left_out_with_a_reason(workspace: Workspace) -> None:
    left_out = frozenset().union(*LEFT_OUT.values())
    assert not left_out & SHOWN.keys()
    known = columns(workspace)
    assert left_out | SHOWN.keys() <= known.keys()
    of_clients = {name for name, treatment in TREATMENT.items() if treatment != "nothing"}
    shown = {name for name, source in SHOWN.items() if source.client}
    assert of_clients - shown - left_out - ABOUT_EMPLOYEES == set()
    of_employees = {
        name for name, columns in known.items()
        if columns & EMPLOYEE_COLUMNS or any(column.endswith("_by") for column in columns)
    }  # fmt: skip
    shown = {name for name, source in SHOWN.items() if source.employee}
    assert of_employees - shown - left_out == set()
    assert {name for name in ABOUT_EMPLOYEES if name not in shown} == set()


def test_the_columns_of_the_report_are_columns_of_the_tables(workspace: Workspace) -> None:
    known = columns(workspace)
    for name, source in SHOWN.items():
        assert {*source.columns, *source.client, *source.employee, *source.texts} <= known[name], name


def test_a_client_gets_every_call_with_its_words_and_nothing_of_others(workspace: Workspace) -> None:
    page, tables, _ = contents(access_report(workspace, "Админ", AT, Translator("ru"), phones=[company.PHONE]))
    with workspace.store.reading() as reader:
        calls = {
            row["call_id"] for row in reader.rows("select call_id from calls where client_phone = ?", company.PHONE)
        }
        words = reader.value("select count(*) from turns where call_id in (select unnest(?))", sorted(calls))
        names = {row["name"] for row in reader.rows("select name from managers where name is not null")}
    assert calls
    assert {row["call_id"] for row in tables["calls"]} == calls
    assert len(tables["turns"]) == words
    whole = json.dumps(tables, ensure_ascii=False)
    assert company.OTHER_PHONE not in whole
    assert not any(name in whole or name in page for name in names)
    assert not ABOUT_EMPLOYEES & tables.keys()


def test_an_employee_gets_suspicions_answers_and_own_words_and_no_client_or_colleague(workspace: Workspace) -> None:
    page, tables, _ = contents(access_report(workspace, "Алла", AT, Translator("ru"), agent="m1"))
    whole = json.dumps(tables, ensure_ascii=False) + page
    with workspace.store.reading() as reader:
        calls = {row["call_id"] for row in reader.rows("select call_id from calls where manager_id = 'm1'")}
        others = reader.rows("select call_id from calls where manager_id <> 'm1'")
    assert {row["call_id"] for row in tables["calls"]} == calls
    assert [row["ruling"] for row in tables["findings"]] == ["asked"]
    assert tables["agent_answers"][0]["answer"] == "Звонил ·····, со мной был ·····"
    assert not any(row["call_id"] in whole for row in others)
    assert company.PHONE not in whole
    assert company.OTHER_PHONE not in whole
    assert {row["text"] for row in tables["turns"] if row["party"] != "agent"} <= {"·····"}
    assert "Вера" not in whole


@pytest.mark.parametrize("language", ["ru", "en"])
def test_it_says_for_what_and_how_long_and_is_written_into_the_log(workspace: Workspace, language: str) -> None:
    t = Translator(language)
    page, _, names = contents(access_report(workspace, "Алла", AT, t, agent="m1", with_recordings=True))
    assert t("access_report.kept") in page
    assert t("data.recordings.what") in page
    assert any(name.startswith("recordings/") for name in names)
    with workspace.store.reading() as reader:
        row = reader.row("select actor, object from audit where action = 'access_report_made'")
    assert row == {"actor": "Алла", "object": "m1"}


def test_one_person_is_asked_about_and_known(workspace: Workspace) -> None:
    for whom in ({}, {"phones": [company.PHONE], "agent": "m1"}):
        with pytest.raises(UsageError, match="access_whom"):
            access_report(workspace, "Админ", AT, Translator("ru"), **whom)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="access_nobody"):
        access_report(workspace, "Админ", AT, Translator("ru"), agent="nobody")
    with pytest.raises(UsageError, match="phone_invalid"):
        access_report(workspace, "Админ", AT, Translator("ru"), phones=["12"])


#: The codes that a column may hold.
CODES_OF: dict[tuple[str, str], type[StrEnum]] = {
    ("managers", "role"): call.Role, ("person_roles", "role"): AccessRole, ("deals", "status"): crm.DealStatus,
    ("activities", "type"): crm.ActivityType, ("recalls", "result"): lost_deal.RecallResult,
    ("refusal_decisions", "verdict"): lost_deal.DealVerdict, ("calls", "direction"): call.Direction,
    ("calls", "outcome"): call.Outcome, ("call_legs", "ending"): telephony.Ending,
    ("recordings", "state"): call.RecordingState, ("conversations", "answered_by"): flag.AnsweredBy,
    ("consent_lines", "verdict"): consent.ConsentVerdict, ("consent_lines", "reason"): consent.ConsentReason,
    ("expired", "kind"): retention.Kind, ("sample", "period"): sampling.Period, ("sample", "queue"): sampling.Queue,
    ("sample", "status"): sampling.SampleStatus, ("turns", "party"): transcript.Party,
    ("hidden_seconds", "kind"): redaction.Secret, ("clips", "kind"): coaching.ClipKind,
    ("commitments", "promised_by"): commitment.Promiser, ("commitments", "action"): commitment.Action,
    ("commitments", "outcome"): commitment.CommitmentOutcome, ("refusals", "client_said"): commitment.ClientSaid,
    ("refusals", "deal_status"): crm.DealStatus, ("flags", "kind"): flag.FlagKind, ("flags", "verdict"): flag.Verdict,
    ("findings", "ruling"): flag.Ruling, ("agent_answers", "kind"): flag.FlagKind,
    ("violations", "kind"): violation.ViolationKind, ("violation_findings", "kind"): violation.ViolationKind,
    ("violation_findings", "ruling"): flag.Ruling, ("case_words", "metric"): investigation.Metric,
    ("evening_items", "kind"): evening.Unkept, ("evening_counts", "kind"): evening.Unkept,
    ("evaluations", "state"): evaluation.EvaluationState, ("evaluations", "purpose"): evaluation.Purpose,
    ("dispute_moves", "move"): dispute.Move, ("answer_checks", "question"): auto_answer.Question,
    ("answer_checks", "machine"): auto_answer.Answer, ("answer_checks", "human"): auto_answer.Answer,
    ("coaching_steps", "state"): coaching.TaskState, ("fault_moves", "move"): bonus.Objection,
    ("letter_steps", "kind"): letter.LetterStep, ("measures", "proposed"): measure.MeasureKind,
    ("measures", "because"): measure.MeasureReason,
    ("measure_decisions", "decision"): measure.MeasureDecision,
    ("measure_decisions", "kind"): measure.MeasureKind, ("crm_writes", "kind"): crm_write.WriteKind,
    ("crm_writes", "state"): crm_write.WriteState,
}  # fmt: skip
#: Columns with codes that are no enumeration: names of plans, forms and detectors, actions of the log, JSON.
OTHER_CODES = {
    ("", "language"), ("people", "weekdays"), ("activity_changes", "field"), ("sample", "plan"), ("flags", "reasons"),
    ("flags", "detector"), ("evaluation_answers", "given"), ("audit", "action"),
}  # fmt: skip
#: Columns of these names hold codes, but for what people or other systems wrote.
CODED = {"kind", "state", "status", "verdict", "ruling", "move", "outcome", "ending", "purpose", "role", "decision"}


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_table_column_and_code_of_the_report_has_its_words(language: str) -> None:
    t = Translator(language)
    columns = {(table, column) for table, source in SHOWN.items() for column in source.columns}
    assert [name for name in SHOWN if not t.knows(f"access_table.{name}")] == []
    assert [name for _, name in columns if not t.knows(f"access_column.{name}")] == []
    assert CODES_OF.keys() | OTHER_CODES == CODES.keys()
    assert {found for found in columns if found[1] in CODED} <= CODES.keys()
    raw = [
        (*where, code.value)
        for where, codes in CODES_OF.items()
        for code in codes
        if not any(t.knows(f"{group}.{code.value}") for group in CODES[where])
    ]
    assert raw == []


def test_lists_and_evidence_are_told_in_words_and_what_is_no_code_stays() -> None:
    t = Translator("ru")
    assert value_text("people", "weekdays", "[0, 4]", t) == "Пн; Пт"
    assert value_text("evaluation_answers", "given", '["yes"]', t) == "Да"
    assert value_text("sample", "plan", "по пятницам", t) == "по пятницам"
    heard = '[{"kind": "beep", "start_s": 1, "end_s": 67.5, "quote": "после сигнала"}]'
    assert value_text("flags", "evidence", heard, t) == "Сигнал автоответчика 0:01–1:07 «после сигнала»"


def test_the_page_of_an_employee_tells_states_and_kinds_in_words(workspace: Workspace) -> None:
    t = Translator("ru")
    page, tables, _ = contents(access_report(workspace, "Алла", AT, t, agent="m1"))
    assert {row["ruling"] for row in tables["findings"]} == {"asked"}  # the program reads its codes in the JSON
    assert t("ruling.asked") in page
    assert t("call_outcome.answered") in page
    cells = set(re.findall(r"<td[^>]*>([^<]*)</td>", page))
    assert not cells & {"asked", "fake_effective", "answered", "outbound", "agent", "flag", "ready"}


def test_the_command_writes_the_file(workspace: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "report.zip"
    workspace.store.release()
    with pytest.raises(SystemExit) as ended:
        main(["--home", str(workspace.home), "-q", "access-report", str(out), "--phone", company.PHONE])
    assert not ended.value.code
    assert zipfile.is_zipfile(out)


def test_names_of_others_are_hidden_in_any_case_and_own_numbers_stay() -> None:
    text = "Передайте Анне и Борису: +7 495 000-00-01, а не +74950000002"
    assert (
        without_others(text, ["Борис Второй"], ["+74950000001"])
        == "Передайте Анне и ·····: +7 495 000-00-01, а не ·····"
    )
