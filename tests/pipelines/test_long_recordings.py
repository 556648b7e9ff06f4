"""Five hours of sound take no more memory than half an hour: measured on the process that really does it."""

from __future__ import annotations

import json
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

from qc_workbench.transcription.audio import decode

SAMPLE = Path(__file__).parent.parent.parent / "samples" / "recordings" / "out-d-063-20261002-121500.mp3"
HOURS = 5
#: Peak of a worker that measures two channels, and with the base model, MiB. As one piece the samples alone are 2300.
MOST_MIB = 1400

#: ``ru_maxrss`` of a process holds what its parent had on Linux, and the parent may be a long run of tests.
PEAK = """
import json, resource, sys
from pathlib import Path
def peak_mib():
    told = Path("/proc/self/status")
    if told.exists():
        return int(told.read_text().partition("VmHWM:")[2].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
"""

MEASURE = f"""{PEAK}
from qc_workbench.work.units import measure_recording
found = measure_recording(sys.argv[1], "h").acoustics
gaps = [
    abs(after.start_s - before.end_s)
    for channel in (0, 1)
    for sounds in [[sound for sound in found.sounds if sound.channel == channel]]
    for before, after in zip(sounds, sounds[1:])
]
print(json.dumps([peak_mib(), found.duration_s, max(gaps), len(found.peaks[0])]))
"""

RECOGNISE = f"""{PEAK}
from dataclasses import replace
from datetime import UTC, datetime
from qc_workbench.config import Speech
from qc_workbench.domain.call import Call, Direction, Outcome, Recording, RecordingState
from qc_workbench.transcription.models import resolve
from qc_workbench.work.units import CallToHear, EngineSettings, RecordingToHear, recognise_group
speech = Speech(beam_size=1, threads=1)
call = Call("long", datetime.now(UTC), Direction.OUTBOUND, "m", None, 1.0, Outcome.ANSWERED)
recording = Recording("long", RecordingState.READY, "h", sys.argv[1], channels=2, agent_channel=0)
inputs = (RecordingToHear(sys.argv[1], (CallToHear(call, recording),)),)
((transcript,),) = recognise_group(inputs, EngineSettings(resolve(speech), speech))
starts = [turn.start_s for turn in transcript.turns]
print(json.dumps([peak_mib(), starts[0], starts[-1], starts == sorted(starts)]))
"""


@pytest.fixture(scope="module")
def five_hours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real call every twenty minutes, line noise between: stereo, 8 kHz, as telephone systems write it."""
    path = tmp_path_factory.mktemp("long") / "long.wav"
    samples = decode(SAMPLE).samples[:, ::2]
    call = (np.repeat(samples, 2, axis=0)[:2] * 32767).astype("<i2")
    noise = np.random.default_rng(1).integers(-30, 30, (8000 * 1200 - call.shape[1], 2)).astype("<i2").tobytes()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        for _ in range(3 * HOURS):
            file.writeframes(np.ascontiguousarray(call.T).tobytes())
            file.writeframes(noise)
    return path


def result(program: str, path: Path) -> list[float]:
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, check=True, timeout=3000)
    values: list[float] = json.loads(done.stdout)
    return values


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.skipif(sys.platform == "win32", reason="the peak is asked from POSIX")
def test_five_hours_are_measured_in_bounded_memory(five_hours: Path) -> None:
    peak_mib, duration_s, largest_gap_s, peaks = result(MEASURE, five_hours)
    assert duration_s == pytest.approx(HOURS * 3600)
    assert largest_gap_s < 1e-3  # the sounds cover the recording
    assert peaks == HOURS * 3600 * 20
    assert peak_mib < MOST_MIB


@pytest.mark.slow
@pytest.mark.model
@pytest.mark.timeout(3600)
@pytest.mark.skipif(sys.platform == "win32", reason="the peak is asked from POSIX")
def test_five_hours_are_transcribed_in_bounded_memory(five_hours: Path) -> None:
    peak_mib, first_s, last_s, in_order = result(RECOGNISE, five_hours)
    assert first_s < 120
    assert last_s > (HOURS - 1 / 3) * 3600 - 60
    assert in_order
    assert peak_mib < MOST_MIB
