"""Speak the lines of lines.toml with freely licensed synthetic voices, and keep them small.

    python -m tests.scenarios.make_voices SAY.py

``SAY.py`` is a program for offline speech: ``SAY.py --batch JOBS`` reads lines ``voice<TAB>out.wav<TAB>text``. It and
the voices themselves (RHVoice aleksandr, anna, elena, irina; Kokoro bella, emma, fenrir, george, heart, michael) are
not part of this repository and are needed only to make the sound anew. Licences: README.md beside this file.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

from qc_workbench.transcription.audio import RATE_HZ, decode

HERE: Final = Path(__file__).parent
LINES: Final = HERE / "lines.toml"
VOICES: Final = HERE / "voices"
_BIT_RATE: Final = 12_000
_PAUSE_S: Final = 0.2
_PEAK: Final = 0.6


def main(say: str) -> None:
    casts = tomllib.loads(LINES.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        spoken: dict[str, dict[str, tuple[str, Path]]] = {}
        for name, cast in casts.items():
            for role, voice in cast["voices"].items():
                for key, text in cast[role].items():
                    path = Path(folder) / f"{name}-{role}-{key}.wav"
                    spoken.setdefault(f"{name}-{role}", {})[key] = (f"{voice}\t{path}\t{text}", path)
        jobs = Path(folder) / "jobs.tsv"
        jobs.write_text("\n".join(job for lines in spoken.values() for job, _ in lines.values()) + "\n", "utf-8")
        subprocess.run([sys.executable, say, "--batch", str(jobs)], check=True)
        index: dict[str, dict[str, list[float]]] = {}
        for track, lines in spoken.items():
            parts: list[NDArray[np.float32]] = []
            at = 0
            index[track] = {}
            for key, (_, path) in lines.items():
                sound = _trimmed(decode(path).samples[0])
                pause = np.zeros(round(_PAUSE_S * RATE_HZ), dtype=np.float32)
                index[track][key] = [round(at / RATE_HZ, 3), round((at + sound.size) / RATE_HZ, 3)]
                parts.extend([sound, pause])
                at += sound.size + pause.size
            _write(np.concatenate(parts), VOICES / f"{track}.ogg")
    (VOICES / "index.json").write_text(json.dumps(index, indent=0) + "\n", encoding="utf-8")


def _trimmed(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """Without the silence at the ends, at one loudness."""
    loud = np.flatnonzero(np.abs(sound) > 0.02 * np.abs(sound).max())
    edge = round(0.03 * RATE_HZ)
    cut = sound[max(loud[0] - edge, 0) : loud[-1] + edge]
    return np.asarray(cut * (_PEAK / np.abs(cut).max()), dtype=np.float32)


def _write(sound: NDArray[np.float32], path: Path) -> None:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="ogg") as output:
        stream = output.add_stream("libopus", rate=RATE_HZ, layout="mono")
        stream.bit_rate = _BIT_RATE
        frame = av.AudioFrame.from_ndarray((sound * 32767).astype(np.int16).reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = RATE_HZ
        resampler = av.AudioResampler(
            format=stream.codec_context.format.name,
            layout="mono",
            rate=RATE_HZ,
            frame_size=stream.codec_context.frame_size or 960,
        )
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            output.mux(stream.encode(part))
        output.mux(stream.encode(None))
    path.write_bytes(buffer.getvalue())


if __name__ == "__main__":
    main(sys.argv[1])
