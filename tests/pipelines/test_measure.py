"""The measuring step: every recording once per content, resumable, failures remembered."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipelines.measure import STEP, measure
from pipelines.progress import Silent
from qc_workbench.detection.acoustics import FINGERPRINT
from qc_workbench.domain.acoustics import SoundKind
from qc_workbench.domain.call import Recording, RecordingState
from qc_workbench.store import listening
from qc_workbench.store.calls import recording_row
from qc_workbench.store.database import Statement, insert
from qc_workbench.workspace import Workspace
from tests.answering_cases import encoded, pause, tone, with_noise


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "qcw.toml").write_text("", encoding="utf-8")
    (tmp_path / "media").mkdir()
    return Workspace.open(tmp_path)


def add(workspace: Workspace, call_id: str, content_hash: str | None, path: str | None) -> None:
    state = RecordingState.READY if path else RecordingState.ABSENT
    recording = Recording(call_id, state, content_hash=content_hash, path=path)
    workspace.store.write(insert("recordings", recording_row(recording), replace=True))


def beeping(workspace: Workspace, name: str, hz: float) -> str:
    sound = with_noise(np.concatenate([pause(1), tone(0.4, hz), pause(1)]), -50)
    encoded([sound], "wav", "pcm_alaw", 8000, 0, workspace.media / name)
    return f"media/{name}"


def test_each_content_is_measured_once_and_a_second_run_does_nothing(workspace: Workspace) -> None:
    first, other = beeping(workspace, "a.wav", 800), beeping(workspace, "b.wav", 1200)
    add(workspace, "c1", "aa", first)
    add(workspace, "c2", "aa", first)
    add(workspace, "c3", "bb", other)
    add(workspace, "c4", None, None)
    report = measure(workspace, Silent())
    assert (report.measured, report.already, report.without_sound, report.failed) == (2, 0, 1, ())
    again = measure(workspace, Silent())
    assert (again.measured, again.already) == (0, 2)
    with workspace.store.reading() as reader:
        found = listening.acoustics(reader, "bb")
    assert found is not None
    assert found.fingerprint == FINGERPRINT
    beeps = [sound.frequency_hz for sound in found.sounds if sound.kind is SoundKind.BEEP]
    assert beeps == pytest.approx([1200], abs=6)


def test_a_recording_that_cannot_be_decoded_is_a_failure_of_its_calls_and_is_tried_again_when_it_changes(
    workspace: Workspace,
) -> None:
    (workspace.media / "broken.wav").write_bytes(b"no sound at all")
    add(workspace, "c1", "aa", "media/broken.wav")
    add(workspace, "c2", "bb", beeping(workspace, "b.wav", 700))
    assert measure(workspace, Silent()).failed == (("c1", "media_undecodable"),)
    assert measure(workspace, Silent()).failed == ()
    add(workspace, "c1", "cc", beeping(workspace, "c.wav", 900))
    assert measure(workspace, Silent()).measured == 1
    with workspace.store.reading() as reader:
        assert reader.rows("select * from failures where step = ?", STEP) == []


def test_acoustics_of_older_rules_are_measured_anew(workspace: Workspace) -> None:
    add(workspace, "c1", "aa", beeping(workspace, "a.wav", 800))
    measure(workspace, Silent())
    workspace.store.write(Statement("update acoustics set fingerprint = 'acoustics-0'"))
    assert measure(workspace, Silent()).measured == 1
