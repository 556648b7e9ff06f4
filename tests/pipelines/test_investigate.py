"""A month's investigation from the claim to the measures, on calls with planted truths."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import pytest
from typer.testing import CliRunner

from pipelines import investigate
from pipelines.post import send_queued
from qc_workbench.cli import application
from qc_workbench.domain.flag import Ruling
from qc_workbench.domain.investigation import InvestigationStep, LetterOutcome, Standing, VerdictKind
from qc_workbench.domain.letter import LetterStep
from qc_workbench.domain.measure import MeasureDecision, MeasureKind, MeasureReason
from qc_workbench.errors import UsageError, WriteRefused
from qc_workbench.review.rulings import rule
from qc_workbench.store import verdicts
from qc_workbench.store.database import Statement, insert
from qc_workbench.workspace import Workspace
from tests.investigation_cases import BEGAN, CLAIM, ENDED, MIDDLE, OCTOBER, OLGA, company, plant
from tests.mail_server import Mailbox, mail_server
from tests.pipelines.test_post import settings

#: m1 pads until the letter, m2 goes on, m3 now and then.
PADDED = {"m1": (4, 0), "m2": (4, 4), "m3": (1, 1)}
NOVEMBER = date(2026, 11, 1)


def confirm(workspace: Workspace, *flag_ids: str, at: datetime = MIDDLE, ruling: Ruling = Ruling.CONFIRMED) -> None:
    for flag_id in flag_ids:
        finding = rule(flag_id, ruling, OLGA, at, "", ())
        workspace.store.write(insert("findings", verdicts.finding_row(finding)))


def run_month(workspace: Workspace, month: date = OCTOBER, shift: timedelta = timedelta(0)) -> None:
    """Fix, confirm a case of each, examine, write, show."""
    investigate.fix_hypothesis(workspace, replace(CLAIM, month=month), OLGA, BEGAN + shift)
    confirm(workspace, *(f"flag-{month:%m}-{agent}-01-0" for agent in ("m1", "m2")), at=MIDDLE + shift)
    investigate.examine(workspace, month, OLGA, MIDDLE + shift)
    for letter in investigate.prepare_letters(workspace, month, OLGA, MIDDLE + shift):
        investigate.send_letter(workspace, letter.letter_id, LetterStep.SHOWN, OLGA, MIDDLE + shift)


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = company(tmp_path_factory.mktemp("investigate") / "company", PADDED)
    run_month(workspace)
    investigate.check_again(workspace, OCTOBER, OLGA, ENDED)
    return workspace


def test_a_letter_that_worked_and_one_that_was_ignored_are_told_apart(month: Workspace) -> None:
    found = investigate.read_investigation(month, OCTOBER)
    assert {item.agent for item in found.letters} == {"m1", "m2"}
    outcomes: Mapping[str, LetterOutcome] = {item.agent: item.outcome for item in found.checks}
    assert outcomes == {"m1": LetterOutcome.IMPROVED, "m2": LetterOutcome.NOT_IMPROVED}
    (measure,) = found.measures
    assert (measure.agent, measure.proposed, measure.because) == (
        "m2", MeasureKind.REDUCED_BONUS, MeasureReason.LETTER_IGNORED,
    )  # fmt: skip
    assert found.step is InvestigationStep.MEASURES


def test_the_verdict_counts_the_whole_month(month: Workspace) -> None:
    (state,) = investigate.read_investigation(month, OCTOBER).hypotheses
    assert state.verdict is not None
    assert state.verdict.kind is VerdictKind.CONFIRMED
    figures = {item.agent: item for item in state.verdict.examination.agents}
    assert (figures["m1"].bad, figures["m1"].of) == (17 * 4, 300)
    assert (figures["m2"].bad, figures["m2"].confirmed) == (30 * 4, 1)
    assert figures["m3"].standing is Standing.UNCLEAR  # ten of a hundred, the threshold itself
    assert figures["m4"].standing is Standing.WITHIN
    assert (state.verdict.violators, state.verdict.possible, state.verdict.judged) == (2, 3, 6)


def test_a_repeat_check_stands_on_fresh_calls_beside_those_without_a_letter(month: Workspace) -> None:
    check = next(item for item in investigate.read_investigation(month, OCTOBER).checks if item.agent == "m1")
    assert (check.before_bad, check.before_of) == (14 * 4 + 4, 150)  # until the 15th, 18:00
    # Shown on the 15th at 15:00 and two days of grace: from the 17th at 15:00, when the day's calls were made.
    assert (check.after_bad, check.after_of) == (0, 130)
    assert (check.others, check.others_after_of) == (4, 4 * 130)
    assert check.beyond_others is not None
    assert check.beyond_others.is_certain
    assert check.expected is not None
    assert check.expected < check.before_bad / check.before_of


def test_every_step_done_twice_is_done_once(month: Workspace) -> None:
    def rows() -> list[int]:
        tables = ("hypotheses", "examinations", "letters", "letter_steps", "measures", "audit")
        with month.store.reading() as reader:
            return [int(reader.value(f"select count(*) from {table}")) for table in tables]

    before = rows()
    investigate.fix_hypothesis(month, CLAIM, OLGA, MIDDLE)
    investigate.examine(month, OCTOBER, OLGA, MIDDLE)
    investigate.prepare_letters(month, OCTOBER, OLGA, MIDDLE)
    investigate.check_again(month, OCTOBER, OLGA, ENDED)
    assert rows() == before


def test_an_agent_who_ignores_letters_in_two_months_is_proposed_for_dismissal(tmp_path: Path) -> None:
    workspace = company(tmp_path / "company", PADDED)
    run_month(workspace)
    investigate.check_again(workspace, OCTOBER, OLGA, ENDED)
    plant(workspace, [f"m{number}" for number in range(1, 7)], {"m2": (4, 4), "m1": (4, 0)}, NOVEMBER)
    shift = timedelta(days=31)
    run_month(workspace, NOVEMBER, shift)
    investigate.check_again(workspace, NOVEMBER, OLGA, ENDED + timedelta(days=30))
    (measure,) = investigate.read_investigation(workspace, NOVEMBER).measures
    assert (measure.agent, measure.proposed) == ("m2", MeasureKind.PROPOSE_DISMISSAL)


def test_nothing_reaches_a_letter_without_a_confirmed_case(tmp_path: Path) -> None:
    workspace = company(tmp_path / "company", PADDED)
    hypothesis = investigate.fix_hypothesis(workspace, CLAIM, OLGA, BEGAN)
    (examination,) = investigate.examine(workspace, OCTOBER, OLGA, MIDDLE)
    assert {item.agent for item in examination.violators} == {"m1", "m2"}
    assert investigate.prepare_letters(workspace, OCTOBER, OLGA, MIDDLE) == ()
    # A person's word on a case of the list is enough, and a rejected one is no case.
    investigate.confirm_case(workspace, hypothesis.hypothesis_id, "10-m1-01-0", True, OLGA, MIDDLE)
    investigate.confirm_case(workspace, hypothesis.hypothesis_id, "10-m1-01-1", False, OLGA, MIDDLE)
    (examination,) = investigate.examine(workspace, OCTOBER, OLGA, MIDDLE)
    figures = next(item for item in examination.agents if item.agent == "m1")
    assert (figures.bad, figures.confirmed) == (59, 1)
    assert figures.cases[0].subject == "10-m1-01-0"
    (letter,) = investigate.prepare_letters(workspace, OCTOBER, OLGA, MIDDLE)
    assert letter.agent == "m1"
    investigate.confirm_case(workspace, hypothesis.hypothesis_id, "10-m1-01-0", None, OLGA, MIDDLE + timedelta(hours=1))
    (examination,) = investigate.examine(workspace, OCTOBER, OLGA, MIDDLE)
    assert not any(item.confirmed for item in examination.agents)


def test_a_rejected_flag_is_no_bad_case_and_a_confirmed_one_is_confirmed(tmp_path: Path) -> None:
    workspace = company(tmp_path / "company", {"m1": (4, 4)})
    investigate.fix_hypothesis(workspace, CLAIM, OLGA, BEGAN)
    confirm(workspace, "flag-10-m1-01-0")
    confirm(workspace, "flag-10-m1-01-1", "flag-10-m1-01-2", ruling=Ruling.REJECTED)
    (examination,) = investigate.examine(workspace, OCTOBER, OLGA, MIDDLE)
    worst = examination.agents[0]
    assert (worst.agent, worst.bad, worst.confirmed) == ("m1", 15 * 4 - 2, 1)
    assert examination.versions["padding"] == "1"


def test_what_was_fixed_and_changed_in_the_file_is_noticed(tmp_path: Path) -> None:
    workspace = company(tmp_path / "company", {})
    hypothesis = investigate.fix_hypothesis(workspace, CLAIM, OLGA, BEGAN)
    workspace.store.write(Statement("update hypotheses set content = replace(content::varchar, '0.1', '0.9')::json"))
    with pytest.raises(UsageError, match="hypothesis_changed"):
        investigate.withdraw_hypothesis(workspace, hypothesis.hypothesis_id, "передумали", OLGA, MIDDLE)


def test_a_withdrawn_hypothesis_is_examined_no_more_and_stays_readable(tmp_path: Path) -> None:
    workspace = company(tmp_path / "company", PADDED)
    hypothesis = investigate.fix_hypothesis(workspace, CLAIM, OLGA, BEGAN)
    investigate.withdraw_hypothesis(workspace, hypothesis.hypothesis_id, "другой порог", OLGA, MIDDLE)
    assert investigate.examine(workspace, OCTOBER, OLGA, MIDDLE) == ()
    (state,) = investigate.read_investigation(workspace, OCTOBER).hypotheses
    assert state.hypothesis.withdrawn_because == "другой порог"
    with pytest.raises(UsageError, match="hypothesis_withdrawn_already"):
        investigate.fix_hypothesis(workspace, CLAIM, OLGA, MIDDLE)


def test_a_letter_is_edited_before_it_is_sent_and_never_after(tmp_path: Path) -> None:
    workspace = company(tmp_path / "company", PADDED)
    investigate.fix_hypothesis(workspace, CLAIM, OLGA, BEGAN)
    confirm(workspace, "flag-10-m1-01-0")
    investigate.examine(workspace, OCTOBER, OLGA, MIDDLE)
    (letter,) = investigate.prepare_letters(workspace, OCTOBER, OLGA, MIDDLE)
    with pytest.raises(UsageError, match="letter_not_sent"):
        investigate.acknowledge(workspace, letter.letter_id, "Агент Номер1", MIDDLE)
    new = investigate.edit_letter(workspace, letter.letter_id, letter.subject, letter.text + "\nЖду.", OLGA, MIDDLE)
    assert new.supersedes == letter.letter_id
    with pytest.raises(UsageError, match="letter_unknown"):
        investigate.send_letter(workspace, letter.letter_id, LetterStep.SHOWN, OLGA, MIDDLE)
    investigate.send_letter(workspace, new.letter_id, LetterStep.SHOWN, OLGA, MIDDLE)
    with pytest.raises(UsageError, match="letter_sent_already"):
        investigate.edit_letter(workspace, new.letter_id, "Тема", "Текст", OLGA, MIDDLE)
    investigate.acknowledge(workspace, new.letter_id, "Агент Номер1", MIDDLE + timedelta(hours=1))
    investigate.answer_letter(workspace, new.letter_id, "Исправлюсь", "Агент Номер1", MIDDLE + timedelta(hours=2))
    (kept,) = investigate.read_investigation(workspace, OCTOBER).letters
    assert kept.acknowledged_at == MIDDLE + timedelta(hours=1)
    assert [item.text for item in kept.answers] == ["Исправлюсь"]
    investigate.withdraw_letter(workspace, new.letter_id, "ошибка", OLGA, MIDDLE + timedelta(hours=3))
    assert investigate.check_again(workspace, OCTOBER, OLGA, ENDED)[0].checks == ()
    with pytest.raises(UsageError, match="letter_withdrawn"):
        investigate.answer_letter(workspace, new.letter_id, "Спасибо", "Агент Номер1", ENDED)


def test_a_mailed_letter_is_in_the_outbox_with_its_step_or_not_at_all(tmp_path: Path) -> None:
    workspace = company(tmp_path / "company", PADDED)
    investigate.fix_hypothesis(workspace, CLAIM, OLGA, BEGAN)
    confirm(workspace, "flag-10-m1-01-0")
    investigate.examine(workspace, OCTOBER, OLGA, MIDDLE)
    (letter,) = investigate.prepare_letters(workspace, OCTOBER, OLGA, MIDDLE)
    with pytest.raises(UsageError, match="letter_needs_address"):
        investigate.send_letter(workspace, letter.letter_id, LetterStep.MAILED, OLGA, MIDDLE)
    with pytest.raises(UsageError, match="mail_address"):
        investigate.send_letter(workspace, letter.letter_id, LetterStep.MAILED, OLGA, MIDDLE, "не@адрес@")
    event = investigate.send_letter(workspace, letter.letter_id, LetterStep.MAILED, OLGA, MIDDLE, "m1@example.com")
    with workspace.store.reading() as reader:
        (mail,) = reader.rows("select * from outbox")
        (step,) = reader.rows("select * from letter_steps")
    assert mail["mail_id"] == step["mail_id"] == event.mail_id
    assert (step["address"], step["kind"]) == ("m1@example.com", "mailed")


def test_a_letter_arrives_as_it_was_kept(tmp_path: Path) -> None:
    workspace = company(tmp_path / "company", PADDED)
    run_month(workspace)
    letter = investigate.read_investigation(workspace, OCTOBER).letters[0]
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        (workspace.home / "qcw.toml").write_text(settings(port), encoding="utf-8")
        workspace = Workspace.open(workspace.home)
        investigate.send_letter(workspace, letter.letter_id, LetterStep.MAILED, OLGA, MIDDLE, "m1@example.com")
        assert send_queued(workspace, MIDDLE).sent == 1
        (message,) = mailbox.messages
    assert mailbox.addressees == ["m1@example.com"]
    assert message["Subject"] == letter.subject
    body = message.get_body(("plain",))
    assert body is not None
    said = str(body.get_content()).replace("\r\n", "\n").rstrip("\n")
    assert sha256(f"{message['Subject']}\n\n{said}".encode()).hexdigest() == letter.sha256


def test_the_steps_that_need_no_decision_are_commands(tmp_path: Path) -> None:
    workspace = company(tmp_path / "company", PADDED)
    investigate.fix_hypothesis(workspace, CLAIM, OLGA, BEGAN)

    def said(*words: str) -> dict[str, Any]:
        more = ("--json", "--as-of", "2026-11-01T09:00:00+03:00")
        found = CliRunner().invoke(application("ru"), ["--home", str(workspace.home), "investigate", *words, *more])
        assert found.exit_code == 0, found.output
        return cast(dict[str, Any], json.loads(found.output))

    assert said("examine", "2026-10")["examinations"][0]["violators"] == ["m2", "m1"]
    assert said("check", "2026-10")["verdicts"][0]["verdict"] == "confirmed"
    assert said("check", "2026-09")["verdicts"] == []


def test_a_measure_is_decided_by_a_person_and_the_decision_can_be_undone(month: Workspace) -> None:
    (measure,) = investigate.read_investigation(month, OCTOBER).measures
    at = ENDED + timedelta(days=1)
    with pytest.raises(UsageError, match="measure_needs_reason"):
        investigate.decide_measure(month, measure.measure_id, MeasureDecision.DROPPED, OLGA, at)
    investigate.decide_measure(
        month, measure.measure_id, MeasureDecision.CHANGED, OLGA, at, kind=MeasureKind.TALK, reason="болел"
    )
    found = investigate.read_investigation(month, OCTOBER)
    assert found.measures[0].stands is MeasureKind.TALK
    assert found.step is InvestigationStep.DONE
    investigate.decide_measure(month, measure.measure_id, MeasureDecision.WITHDRAWN, OLGA, at + timedelta(hours=1))
    assert investigate.read_investigation(month, OCTOBER).measures[0].decided is None


def test_two_steps_of_one_letter_at_once_are_not_both_written(month: Workspace) -> None:
    from qc_workbench.domain.letter import LetterEvent
    from qc_workbench.store.investigations import step_written

    letter = investigate.read_investigation(month, OCTOBER).letters[0]
    late = LetterEvent(letter.letter_id, len(letter.events), LetterStep.ACKNOWLEDGED, "x", ENDED)
    with pytest.raises(WriteRefused):
        month.store.apply(step_written(late))


def test_a_month_that_has_not_begun_is_not_examined(month: Workspace) -> None:
    with pytest.raises(UsageError, match="investigation_too_early"):
        investigate.examine(month, date(2027, 1, 1), OLGA, datetime(2026, 12, 1, tzinfo=UTC))
