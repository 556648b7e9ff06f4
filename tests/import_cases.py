"""A small neutral company in files, and files of sound, as an import meets them. Everything is made here."""

from __future__ import annotations

import struct
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np

from qc_workbench.workspace import Workspace

CALLS_HEADER = "call_id,started_at,direction,manager_id,client_phone,talk_s,wait_s,outcome,recording,language"
#: Rows 2 and 3 of every calls.csv below; whatever else is in the folder, these two must land.
GOOD_CALLS = (
    "good-1,2026-09-02T10:25:00+03:00,outbound,m1,+79160000001,5,20,answered,,ru",
    "good-2,2026-09-02T11:25:00+03:00,inbound,m2,8 (916) 000-00-02,5,20,missed,,ru",
)
MANAGERS = "manager_id,name,role\nm1,Анна,manager\nm2,Борис,head\n"
DEALS_HEADER = "deal_id,client_phone,manager_id,stage,status,amount,created_at"
GOOD_DEAL = "deal-1,+79160000001,m1,Думают,open,132000,2026-09-01T10:00:00+03:00"


def calls_csv(*rows: str, header: str = CALLS_HEADER) -> str:
    return "\n".join((header, *GOOD_CALLS, *rows)) + "\n"


def new_workspace(home: Path, settings: str = "") -> Workspace:
    home.mkdir(parents=True, exist_ok=True)
    (home / "qcw.toml").write_text(settings, encoding="utf-8")
    (home / "qcw.duckdb").write_bytes(_empty_store())
    return Workspace.open(home)


@cache
def _empty_store() -> bytes:
    """A migrated database, made once: making it takes longer than most of these imports."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "qcw.toml").write_bytes(b"")
        Workspace.open(Path(folder))
        return (Path(folder) / "qcw.duckdb").read_bytes()


def folder_with(path: Path, files: dict[str, str | bytes]) -> Path:
    """A folder with these files; a calls.csv and a managers.csv with good rows unless given."""
    path.mkdir(parents=True, exist_ok=True)
    for name, contents in ({"calls.csv": calls_csv(), "managers.csv": MANAGERS} | files).items():
        target = path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(contents if isinstance(contents, bytes) else contents.encode())
    return path


def tone(rate_hz: int, channels: int, seconds: float) -> np.ndarray:
    """16-bit samples (n, channels); the left channel is 440 Hz, the others 880 Hz."""
    moments = np.arange(int(rate_hz * seconds)) / rate_hz
    voices = [np.sin(2 * np.pi * (440 if place == 0 else 880) * moments) for place in range(channels)]
    return (np.stack(voices, axis=1) * 8000).astype("<i2")


def wav(seconds: float = 5.0, *, rate_hz: int = 8000, channels: int = 1, announced_bytes: int | None = None) -> bytes:
    """PCM; ``announced_bytes`` is what the header says instead of the truth."""
    data = tone(rate_hz, channels, seconds).tobytes()
    announced = len(data) if announced_bytes is None else announced_bytes
    form = struct.pack("<HHIIHH", 1, channels, rate_hz, rate_hz * channels * 2, channels * 2, 16)
    head = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", announced)
    return b"RIFF" + struct.pack("<I", min(announced + len(head), 0xFFFFFFFF)) + head + data


def gsm_wav(blocks: int = 125) -> bytes:
    """GSM 06.10 in WAV as PBXs write it: 65 bytes for 40 ms."""
    data = bytes([0xD2] + [0] * 64) * blocks
    form = struct.pack("<HHIIHHHH", 0x31, 1, 8000, 1625, 65, 0, 2, 320)
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"fact" + struct.pack("<II", 4, 320 * blocks)
    body += b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


@cache
def encoded(container: str, codec: str, rate_hz: int, channels: int, seconds: float = 5.0) -> bytes:
    """The tone in any format that PyAV writes."""
    layout = {1: "mono", 2: "stereo", 4: "quad"}[channels]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "sound"
        with av.open(str(path), "w", format=container) as output:
            stream = output.add_stream(codec, rate=rate_hz, layout=layout)
            frame = av.AudioFrame.from_ndarray(tone(rate_hz, channels, seconds).reshape(1, -1), "s16", layout)
            frame.sample_rate = rate_hz
            frame.pts = 0
            coder = stream.codec_context
            resampler = av.AudioResampler(coder.format, layout, rate_hz, frame_size=coder.frame_size or 0)
            for part in [*resampler.resample(frame), *resampler.resample(None)]:
                output.mux(stream.encode(part))
            output.mux(stream.encode(None))
        return path.read_bytes()


def mp3(seconds: float = 5.0, channels: int = 2) -> bytes:
    return encoded("mp3", "libmp3lame", 8000, channels, seconds)
