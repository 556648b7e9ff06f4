"""What telephone systems do to sound, for measuring and testing on it: codecs, noise, level.

Encoders are those of PyAV. It has none for GSM full rate, so that one goes through ``sox`` where it is installed; AMR
narrow band at its lowest rate is the harder test that is always there.
"""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Callable, Mapping
from typing import Any, Final

import av
import numpy as np
from numpy.typing import NDArray

from qc_workbench.detection.spectrum import Floats
from qc_workbench.transcription.audio import RATE_HZ


def through(samples: Floats, container: str, codec: str, rate_hz: int, bit_rate: int = 0) -> Floats:
    """One channel at 16 kHz, encoded and decoded again."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as output:
        stream: Any = output.add_stream(codec, rate=rate_hz, layout="mono")
        if bit_rate:
            stream.bit_rate = bit_rate
        frame = av.AudioFrame.from_ndarray(_pcm(samples)[None], format="s16", layout="mono")
        frame.sample_rate = RATE_HZ
        resampler = av.AudioResampler(
            stream.codec_context.format.name, "mono", rate_hz, stream.codec_context.frame_size or 1024
        )
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            output.mux(stream.encode(part))
        output.mux(stream.encode(None))
    buffer.seek(0)
    with av.open(buffer, "r") as encoded:
        back = av.AudioResampler("s16", "mono", RATE_HZ)
        parts = [part.to_ndarray()[0] for frame in encoded.decode(audio=0) for part in back.resample(frame)]
        parts += [part.to_ndarray()[0] for part in back.resample(None)]
    return _floats(np.concatenate(parts))


def gsm(samples: Floats) -> Floats:
    """GSM 06.10 full rate, 13 kbit/s; see :func:`has_gsm`."""
    raw = ["-t", "raw", "-r", str(RATE_HZ), "-e", "signed", "-b", "16", "-c", "1", "-"]
    coded = ["-t", "gsm", "-r", "8000", "-c", "1", "-"]
    encoded = _run(["sox", "-q", *raw, *coded], _pcm(samples).tobytes())
    return _floats(np.frombuffer(_run(["sox", "-q", *coded, *raw], encoded), "<i2"))


def has_gsm() -> bool:
    return shutil.which("sox") is not None


def with_noise(samples: Floats, snr_db: float, seed: int) -> Floats:
    """White noise so far below the active speech level: the mean of the 20 ms frames that lie within 16 dB of the
    loud ones, the margin of ITU-T P.56. (Against the mean of all speech with its pauses it is 5 dB louder.)"""
    powers = np.square(samples[: samples.size // 320 * 320].reshape(-1, 320)).mean(axis=1)
    active = float(powers[powers > np.quantile(powers, 0.95) * 10**-1.6].mean())
    noise = np.random.default_rng(seed).normal(0.0, (active / 10 ** (snr_db / 10)) ** 0.5, samples.size)
    noisy: Floats = (samples + noise).astype(np.float32)
    return noisy


#: By name: what a recording goes through before it is compared with the original.
LINES: Final[Mapping[str, Callable[[Floats], Floats]]] = {
    "A-law 64 kbit/s": lambda samples: through(samples, "wav", "pcm_alaw", 8000),
    "GSM 13 kbit/s": gsm,
    "AMR 4.75 kbit/s": lambda samples: through(samples, "amr", "libopencore_amrnb", 8000, 4750),
    "MP3 16 kbit/s": lambda samples: through(samples, "mp3", "libmp3lame", 16_000, 16_000),
    "Opus 12 kbit/s": lambda samples: through(samples, "ogg", "libopus", 16_000, 12_000),
    "noise 10 dB": lambda samples: with_noise(samples, 10, 1),
    "noise 10 dB, then A-law": lambda samples: through(with_noise(samples, 10, 2), "wav", "pcm_alaw", 8000),
    "20 dB quieter": lambda samples: (0.1 * samples).astype(np.float32),
}


def _pcm(samples: Floats) -> NDArray[np.int16]:
    return (np.clip(samples, -1, 1) * 32767).astype(np.int16)


def _floats(pcm: NDArray[np.int16]) -> Floats:
    return (pcm / 32768).astype(np.float32)


def _run(command: list[str], sound: bytes) -> bytes:
    return subprocess.run(command, input=sound, stdout=subprocess.PIPE, check=True).stdout  # noqa: S603 - ours
