"""A score stays when the client is erased; what was written in words and clips of the calls go."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.erasure import erase
from qc_workbench.domain.evaluation import Reply
from qc_workbench.domain.forms import Example, Kind, Question
from qc_workbench.review import evaluating
from qc_workbench.store import forms, scoring
from tests.form_cases import form_of, text, yes_no
from tests.safekeeping.companies import kept_company
from tests.ui.sample_company import PADDED, PHONE, REFUSED

NOON = datetime(2026, 10, 9, 9, tzinfo=UTC)
SECRET = "Ирина искала паспорт"
CLIPS = (Example(PADDED, Decimal(3), text("hers")), Example(REFUSED, Decimal(4), text("another")))
FORM = form_of(yes_no("greeted", examples=CLIPS), Question("summary", Kind.TEXT, text("summary")))


def test_scores_stay_without_words_and_frozen_forms_lose_the_clip_with_a_new_hash(tmp_path: Path) -> None:
    workspace = kept_company(tmp_path / "company")
    company = workspace.store
    company.apply(forms.new_draft(FORM, "anna", NOON))
    with company.reading() as reader:
        (draft,) = forms.form_versions(reader)
    company.apply(forms.publish(draft, "anna", NOON))
    with company.reading() as reader:
        (version,) = forms.form_versions(reader)
    begun = [evaluating.begun(call_id, version, "anna", NOON) for call_id in (PADDED, REFUSED)]
    for place, evaluation in enumerate(begun):
        company.apply(scoring.begin(evaluation))
        said = f"{SECRET} {evaluation.call_id}"
        company.apply(scoring.save_reply(evaluation, Reply("greeted", ("yes",), None, said), f"first-{place}", NOON))
        company.apply(scoring.save_reply(evaluation, Reply("summary", (said,)), f"second-{place}", NOON))
        company.apply(scoring.ask_second_opinion(evaluation, said))

    erase(workspace, [PHONE], by="Вера Главная", now=NOON)

    with company.reading() as reader:
        rows = {row["call_id"]: row["evaluation_id"] for row in reader.rows("select * from evaluations")}
        other = scoring.evaluation(reader, rows.pop(REFUSED))
        ((new_call, new_id),) = rows.items()
        hers = scoring.evaluation(reader, new_id)
        steps = scoring.steps_of(reader, new_id)
        (kept,) = forms.form_versions(reader)
        words = reader.rows("select * from evaluation_answers where contains(cast(given as varchar), ?)", PADDED)
    assert new_call.startswith("erased-")
    assert new_id != begun[0].evaluation_id
    assert hers is not None
    assert (hers.reviewer, hers.second_opinion) == ("anna", "")
    assert [step.reply for step in steps] == [Reply("greeted", ("yes",)), Reply("summary", ("",))]
    assert words == []
    assert other == replace(begun[1], second_opinion=f"{SECRET} {REFUSED}")
    greeted = kept.form.question("greeted")
    assert greeted is not None
    assert greeted.examples == CLIPS[1:]
    assert kept.content_hash != version.content_hash


@pytest.mark.slow
def test_what_a_draft_can_go_back_to_loses_the_clip_too(tmp_path: Path) -> None:
    workspace = kept_company(tmp_path / "company")
    company = workspace.store
    company.apply(forms.new_draft(FORM, "anna", NOON))
    with company.reading() as reader:
        (draft,) = forms.form_versions(reader)
    company.apply(forms.save_draft(draft, form_of(yes_no("greeted")), "anna", NOON))

    erase(workspace, [PHONE], by="Вера Главная", now=NOON)

    with company.reading() as reader:
        (step,) = forms.draft_steps(reader)
    greeted = step.form.question("greeted")
    assert greeted is not None
    assert PADDED not in {example.call_id for example in greeted.examples}
    assert len(greeted.examples) == len(CLIPS) - 1
