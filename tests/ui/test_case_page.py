"""The room of suspicious calls as a case file: both sides, what would change it, the answer, the standing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pipelines.build_report import build_month_report
from pipelines.export import records
from qc_workbench.domain.flag import Finding, Flag, FlagKind, Ruling, Verdict
from qc_workbench.reporting.export_fields import What
from qc_workbench.store import verdicts
from qc_workbench.store.database import Statement
from qc_workbench.ui.views.overview import overview
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company
from tests.ui.test_pages_open import enter, read, start

OCTOBER = company.AS_OF.date().replace(month=10)


def open_room(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, language: str = "ru", **query: str) -> AppTest:
    app = start(workspace.home, language, monkeypatch)
    return enter(app, "suspicious", **query)


def rejected_before(
    workspace: Workspace, rulings: int, *, confirmed: int = 0, kind: FlagKind = FlagKind.FAKE_EFFECTIVE
) -> None:
    """People ruled on flags of the same detector about other calls."""
    for number in range(rulings + confirmed):
        flag = Flag(f"old-{number}", f"gone-{number}", kind, Verdict.FLAG, 0.9, (), "sample", "1")
        row = {**verdicts.flag_row(flag, company.AS_OF), "retired_at": company.AS_OF}
        ruling = Ruling.REJECTED if number < rulings else Ruling.CONFIRMED
        finding = Finding(f"ruled-{number}", flag.flag_id, ruling, "Вера", company.AS_OF + timedelta(seconds=number))
        workspace.store.insert_many("flags", [row])
        workspace.store.insert_many("findings", [verdicts.finding_row(finding)])


def test_both_sides_and_what_would_change_the_verdict_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = read(open_room(company.sample_company(tmp_path / "sides"), monkeypatch))
    assert "«Абонент не отвечает, оставьте сообщение после сигнала»" in shown
    assert "Похоже, менеджер оставил автоответчику настоящее сообщение" in shown
    assert "Что изменило бы вывод" in shown
    assert "Закономерности: Алла Пробная" in shown
    assert "Слишком мало звонков, чтобы что-то сказать" in shown
    assert "Решений по его меткам ещё нет" in shown


def test_a_kind_of_evidence_that_this_program_does_not_know_is_shown_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = company.sample_company(tmp_path / "kinds")
    with workspace.store.reading() as reader:
        evidence = reader.value("select evidence from flags where flag_id = 'flag-padded'")
    workspace.store.write(
        Statement(
            "update flags set evidence = ? where flag_id = 'flag-padded'",
            (str(evidence).replace("voicemail_greeting", "heard_elsewhere_too"),),
        )
    )
    assert "heard elsewhere too" in read(open_room(workspace, monkeypatch))


def test_the_agent_is_asked_answers_and_the_case_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = company.sample_company(tmp_path / "asked")
    app = open_room(workspace, monkeypatch)
    app.button(key="rule_asked").click().run()
    app = enter(start(workspace.home, "ru", monkeypatch, "m1"), "call", id=company.PADDED)
    assert "Вас спросили. Ответьте здесь." in read(app)
    app.text_area(key="answer_flag-padded").set_value("Клиент искал договор")
    app.button(key="answer_save_flag-padded").click().run()
    shown = read(app)
    assert "Клиент искал договор" in shown
    assert "Менеджер ответил" in shown
    back = read(open_room(workspace, monkeypatch, call=company.PADDED))
    assert "Менеджер ответил" in back
    assert "Клиент искал договор" in back
    assert "Вопрос задан: Вера Главная" in back.replace("\\", "")


def test_an_empty_answer_is_refused_with_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = company.sample_company(tmp_path / "nothing")
    app = enter(start(workspace.home, "ru", monkeypatch, "m1"), "call", id=company.PADDED)
    app.button(key="answer_save_flag-padded").click().run()
    assert "Ответ не записан" in read(app)
    with workspace.store.reading() as reader:
        assert reader.value("select count(*) from agent_answers") == 0


def suspicious_tile(workspace: Workspace) -> int:
    """What the overview counts as waiting for a ruling."""
    shown = overview(workspace, company.viewer(workspace))
    return next(item.count for item in shown.waiting if item.code == "suspicious")


@pytest.mark.parametrize(("language", "sentence"), [("ru", "0 из 5"), ("en", "0 of 5")])
def test_a_downgraded_detector_says_so_with_its_figures(
    language: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = company.sample_company(tmp_path / "down")
    rejected_before(workspace, 5)
    app = open_room(workspace, monkeypatch, language)
    shown = read(app)
    assert sentence in shown
    assert {"ru": "Проверить · 1", "en": "To check · 1"}[language] in str(app.main)
    notices = " ".join(warning.value for warning in app.warning)
    assert {"ru": "пока", "en": "until"}[language] in notices


def test_a_downgraded_flag_counts_nowhere_until_a_person_confirms_it(tmp_path: Path) -> None:
    workspace = company.sample_company(tmp_path / "counts")

    def padded() -> tuple[int, int, str, int]:
        month = build_month_report(workspace, OCTOBER, company.AS_OF)
        exported = next(row for row in records(workspace, What.FLAGS) if row["flag_id"] == "flag-padded")
        waiting = next(
            item.count for item in overview(workspace, company.viewer(workspace)).waiting if item.code == "suspicious"
        )
        assert ("detector_downgraded" in list(exported["reasons"])) == (exported["verdict"] == "unsure")  # type: ignore[call-overload]
        return len(month.analysis.padded), month.analysis.unsure, str(exported["verdict"]), waiting

    assert padded() == (1, 1, "flag", 1)
    rejected_before(workspace, 5)
    assert padded() == (0, 2, "unsure", 0)
    confirmed = Finding("yes", "flag-padded", Ruling.CONFIRMED, "Вера", company.AS_OF)
    workspace.store.insert_many("findings", [verdicts.finding_row(confirmed)])
    assert padded() == (1, 1, "flag", 0)


def test_withdrawn_rejections_bring_the_detector_back(tmp_path: Path) -> None:
    workspace = company.sample_company(tmp_path / "withdrawn")
    rejected_before(workspace, 5)
    assert suspicious_tile(workspace) == 0
    for number in range(5):
        withdrawn = Finding(
            f"back-{number}", f"old-{number}", Ruling.WITHDRAWN, "Вера", company.AS_OF + timedelta(hours=1), "",
            f"ruled-{number}",
        )  # fmt: skip
        workspace.store.insert_many("findings", [verdicts.finding_row(withdrawn)])
    assert suspicious_tile(workspace) == 1


def test_the_page_of_refusals_says_that_their_detector_is_downgraded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = company.sample_company(tmp_path / "refusals")
    rejected_before(workspace, 2, confirmed=8, kind=FlagKind.FALSE_REFUSAL)
    app = enter(start(workspace.home, "ru", monkeypatch), "refusals")
    assert ["8 из 10" in warning.value and "ложных отказов" in warning.value for warning in app.warning] == [True]
    month = build_month_report(workspace, OCTOBER, company.AS_OF)
    assert month.analysis.false_refusals == ()
