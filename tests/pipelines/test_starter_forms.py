"""New workspaces begin with the starter set; those that exist are left alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.make_workspace import make_workspace
from pipelines.starter_forms import PROGRAM, publish_starter_set
from qc_workbench.cli import main
from qc_workbench.domain.forms import FormState
from qc_workbench.sources.form_files import form_text, starter_forms
from qc_workbench.store import forms
from qc_workbench.workspace import Workspace

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    return int(left.value.code or 0)


def test_a_new_workspace_scores_on_the_starter_set_at_once(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "W")
    with workspace.store.reading() as reader:
        found = forms.form_versions(reader, FormState.PUBLISHED)
        told = reader.value("select count(*) from audit where action = 'form_published'")
    assert {item.form.code: item.form for item in found} == starter_forms()
    assert {item.published_by for item in found} == {PROGRAM}
    assert told == 4
    assert publish_starter_set(workspace, "anna", NOON) == ()


def test_a_starter_form_that_was_changed_or_retired_is_left_alone(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "W")
    with workspace.store.reading() as reader:
        cold = forms.form_version(reader, "cold_call", 1)
    assert cold is not None
    workspace.store.apply(forms.retire(cold, NOON))
    assert publish_starter_set(workspace, "anna", NOON) == ()


def test_a_form_goes_out_comes_back_changed_and_is_published_on_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home, file = tmp_path / "W", tmp_path / "cold.yaml"
    assert run("init", str(home)) == 0
    at = ("--home", str(home), "--lang", "en")
    assert run("forms", "export", "cold_call", "--out", str(file), *at) == 0
    text = file.read_text(encoding="utf-8")
    assert text == form_text(starter_forms()["cold_call"])
    file.write_text(text.replace("points: 5", "points: 6", 1), encoding="utf-8")
    assert run("forms", "import", str(file), *at) == 0
    assert run("forms", "import", str(file), *at) == 2  # one draft at a time
    assert run("forms", "publish", "cold_call", *at) == 0
    assert run("forms", "publish", "cold_call", *at) == 2
    capsys.readouterr()
    assert run("forms", "list", "--json", *at) == 0
    rows = json.loads(capsys.readouterr().out)["forms"]
    cold = [(row["version"], row["state"]) for row in rows if row["form"] == "cold_call"]
    assert cold == [(2, "published"), (1, "retired")]
    file.write_text("form: [", encoding="utf-8")
    assert run("forms", "import", str(file), *at) == 1
    assert "line" in capsys.readouterr().err
    with Workspace.open(home).store.reading() as reader:
        assert len(forms.version_heads(reader)) == 5
