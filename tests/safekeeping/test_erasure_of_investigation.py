"""What an investigation counted and people said stays after an erasure; the ids of the person's calls do not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipelines import investigate
from pipelines.erasure import erase
from qc_workbench.domain.crm import Deal, DealStatus
from qc_workbench.domain.investigation import CaseCount, CaseRef, Metric
from qc_workbench.domain.letter import LetterStep
from qc_workbench.domain.measure import MeasureDecision
from qc_workbench.review.investigating import examined, figures, fixed
from qc_workbench.review.letters import Charge, rendered
from qc_workbench.store.crm import deal_row
from qc_workbench.store.database import Statement, insert
from qc_workbench.ui.i18n import Translator
from tests.investigation_cases import BEGAN, CLAIM, ENDED, MIDDLE, OCTOBER, OLGA, company

PHONE = "+79005550101"


def test_cases_stay_under_ids_of_chance_and_figures_stay_as_they_were(tmp_path: Path) -> None:
    workspace = company(tmp_path / "company", {"m1": (4, 4)})
    theirs = "10-m1-15-0"
    workspace.store.write(Statement("update calls set client_phone = ? where call_id = ?", (PHONE, theirs)))
    hypothesis = investigate.fix_hypothesis(workspace, CLAIM, OLGA, BEGAN)
    investigate.confirm_case(workspace, hypothesis.hypothesis_id, theirs, True, OLGA, MIDDLE)
    investigate.examine(workspace, OCTOBER, OLGA, MIDDLE)
    (letter,) = investigate.prepare_letters(workspace, OCTOBER, OLGA, MIDDLE)

    def kept() -> str:
        with workspace.store.reading() as reader:
            tables = ("case_words", "examinations", "letters", "letter_steps", "audit")
            return str([reader.rows(f"select * from {table}") for table in tables])

    assert theirs in kept()
    erase(workspace, [PHONE], by="q", now=datetime(2026, 11, 2, tzinfo=UTC))
    assert theirs not in kept()
    (state,) = investigate.read_investigation(workspace, OCTOBER).hypotheses
    assert state.examination is not None
    worst = state.examination.agents[0]
    assert (worst.bad, worst.confirmed) == (60, 1)
    assert worst.cases[0].subject.startswith("erased-")
    # The word still stands about the call under its new id.
    (again,) = investigate.examine(workspace, OCTOBER, OLGA, MIDDLE)
    assert (again.agents[0].bad, again.agents[0].confirmed) == (60, 1)
    assert investigate.read_investigation(workspace, OCTOBER).letters[0].text == letter.text


def test_what_people_wrote_of_the_client_is_taken_out_and_the_letter_stays_readable(tmp_path: Path) -> None:
    """An edited letter, an answer and a reason may name a client; what the program renders never does (below)."""
    workspace = company(tmp_path / "company", {"m1": (4, 4)})
    theirs, quote = "10-m1-15-0", "Я просила больше мне не звонить"
    workspace.store.write(
        Statement("update calls set client_phone = ? where call_id = ?", (PHONE, theirs)),
        insert("turns", {"call_id": theirs, "position": 0, "party": "client", "channel": 0, "start_s": 0.0,
                         "end_s": 1.0, "text": f"{quote}.", "confidence": 1.0, "suspicion": None, "words": "[]"}),
        insert("deals", deal_row(Deal("d1", (PHONE,), "m1", "new", DealStatus.OPEN, client_name="Ирина Заказчица"))),
    )  # fmt: skip
    hypothesis = investigate.fix_hypothesis(workspace, CLAIM, OLGA, BEGAN)
    investigate.confirm_case(workspace, hypothesis.hypothesis_id, theirs, True, OLGA, MIDDLE)
    investigate.examine(workspace, OCTOBER, OLGA, MIDDLE)
    (letter,) = investigate.prepare_letters(workspace, OCTOBER, OLGA, MIDDLE)
    about = f"Ирина Заказчица, +7 (900) 555-01-01: «{quote.lower()}»"
    mine = investigate.edit_letter(workspace, letter.letter_id, letter.subject, f"{letter.text}\n{about}", OLGA, MIDDLE)
    investigate.send_letter(workspace, mine.letter_id, LetterStep.SHOWN, OLGA, MIDDLE)
    investigate.answer_letter(workspace, mine.letter_id, f"{about} — так и было", "Агент", MIDDLE)
    investigate.check_again(workspace, OCTOBER, OLGA, ENDED)
    (measure,) = investigate.read_investigation(workspace, OCTOBER).measures
    investigate.decide_measure(workspace, measure.measure_id, MeasureDecision.DROPPED, OLGA, ENDED, reason=about)

    erase(workspace, [PHONE], by="q", now=datetime(2026, 11, 2, tzinfo=UTC))
    shown = investigate.read_investigation(workspace, OCTOBER)
    (kept,) = shown.letters
    decided = shown.measures[0].decided
    assert decided is not None
    gone = "[…], +0 (000) 000-00-00: «[…]»".replace("+0", "+7")
    assert kept.text == f"{letter.text}\n{gone}"
    assert [item.text for item in kept.answers] == [f"{gone} — так и было"]
    assert decided.reason == gone
    # Its hash is that of the words that are left, so that the agent can still open and answer it.
    investigate.acknowledge(workspace, kept.letter_id, "Агент", ENDED)


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("metric", list(Metric))
def test_no_letter_is_rendered_with_a_case_of_a_client(metric: Metric, language: str) -> None:
    """Only the catalogue, counts, moments and names of colleagues: nothing that leads to a call or its client."""
    claim = replace(CLAIM, metric=metric, line=60.0 if metric is Metric.LOW_SCORES else None, text="Ирина 79005550101")
    hypothesis = fixed(claim, OLGA, BEGAN, 5, ZoneInfo("Europe/Moscow"))
    cases = [CaseRef("m1", f"79005550101-{day}", f"call-ирина-{day}", MIDDLE, True) for day in range(9)]
    (figure,) = figures(hypothesis, [CaseCount("m1", 0, 60, 100, 9)], {"m1": cases})
    charge = Charge(hypothesis, examined(hypothesis, [figure], BEGAN, MIDDLE, OLGA, MIDDLE, {}), figure)
    words = Translator(language, ZoneInfo("Europe/Moscow"))
    said = "\n".join(rendered([charge], "Алла", OCTOBER, OLGA, "Ромашка", MIDDLE.date(), words))
    assert words(f"letter.metric.{metric.value}") in said
    assert not any(trace in said.lower() for trace in ("5550101", "ирина", "call-"))
