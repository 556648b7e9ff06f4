"""The doctor finds what is wrong before work does."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.doctor import CODECS, Check, State, decoded_samples, examine, sample_sound
from pipelines.make_workspace import make_workspace
from qc_workbench.ui.i18n import Translator


@pytest.mark.parametrize("codec", CODECS)
def test_a_second_of_sound_in_every_codec_decodes_to_a_second(codec: str) -> None:
    assert decoded_samples(sample_sound(codec)) == pytest.approx(8000, rel=0.2)


def test_a_missing_model_is_a_fault_with_the_command_that_fetches_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QCW_MODELS", str(tmp_path / "none"))
    [model] = [check for check in examine(tmp_path) if check.code == "model"]
    assert model.state is State.FAULT
    assert "qcw models get" in model.text(Translator("en"))


def test_wrong_settings_of_the_workspace_are_a_fault(tmp_path: Path) -> None:
    home = make_workspace(tmp_path / "W").home
    assert [check.state for check in examine(home) if check.code == "workspace"] == [State.OK]
    (home / "qcw.toml").write_text("[company]\ntimezone = 'Mars'\n", encoding="utf-8")
    [workspace] = [check for check in examine(home) if check.code == "workspace"]
    assert workspace.state is State.FAULT
    assert "timezone" in workspace.text(Translator("en"))


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_check_can_be_told(tmp_path: Path, language: str) -> None:
    for check in examine(tmp_path):
        assert check.text(Translator(language))
        assert Translator(language)(f"doctor.{check.code}")


def test_the_free_space_is_written_as_the_language_writes_numbers() -> None:
    disk = Check("disk", State.OK, "disk", {"free": 75.4, "folder": "/srv", "wanted": "2"})
    assert disk.text(Translator("ru")) == "свободно 75,4 ГиБ (/srv)"
    assert disk.text(Translator("en")) == "75.4 GiB free (/srv)"
