"""Submitted scores leave as the contract names them; drafts, second looks and hidden questions stay."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipelines.export import export
from qc_workbench.domain.evaluation import Evaluation, Purpose, Reply
from qc_workbench.reporting.export_fields import Format, What
from qc_workbench.review import evaluating
from qc_workbench.store import forms, scoring
from qc_workbench.workspace import Workspace
from tests.form_cases import form_of, yes_no
from tests.scoring_cases import published

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
FORM = form_of(yes_no("first"), yes_no("second"))


def scored(workspace: Workspace, call_id: str, purpose: Purpose, *given: Reply, sends: bool = True) -> Evaluation:
    with workspace.store.reading() as reader:
        version = forms.form_version(reader, FORM.code, 1)
    assert version is not None
    draft = evaluating.begun(call_id, version, "anna", NOON, purpose)
    workspace.store.apply(scoring.begin(draft))
    for place, reply in enumerate(given):
        workspace.store.apply(scoring.save_reply(draft, reply, f"{call_id}{purpose}{place}", NOON))
    if not sends:
        return draft
    with workspace.store.reading() as reader:
        steps = scoring.steps_of(reader, draft.evaluation_id)
    sent = evaluating.submitted(FORM, draft, evaluating.standing_replies(steps), NOON + timedelta(minutes=5))
    workspace.store.apply(scoring.submit(sent, steps))
    return sent


def test_submitted_scores_are_exported_with_the_answers_that_stand(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "qcw.toml").write_text("", encoding="utf-8")
    workspace = Workspace.open(tmp_path / "home")
    published(workspace, FORM)
    answers = (Reply("first", ("no",)), Reply("second", ("no",), None, "Перебил", 12.3456), Reply("first", ("yes",)))
    sent = scored(workspace, "c1", Purpose.SCORE, *answers)
    scored(workspace, "c1", Purpose.SECOND_LOOK, *answers)
    scored(workspace, "c2", Purpose.SCORE, Reply("first", ("no",)), sends=False)
    out = io.BytesIO()
    assert export(workspace, What.EVALUATIONS, Format.JSONL, out) == 1
    assert json.loads(out.getvalue()) == {
        "evaluation_id": sent.evaluation_id,
        "call_id": "c1",
        "form": "small",
        "version": "1",
        "reviewer": "anna",
        "submitted_at": "2026-09-01T12:05:00+00:00",
        "percentage": 50.0,
        "automatic_fail": False,
        "answers": [
            {"question": "first", "answer": "yes", "comment": "", "at_s": None, "cause": None},
            {"question": "second", "answer": "no", "comment": "Перебил", "at_s": 12.346, "cause": None},
        ],
    }
    for form in (Format.CSV, Format.PARQUET):
        assert export(workspace, What.EVALUATIONS, form, io.BytesIO()) == 1
