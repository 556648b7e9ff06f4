"""How well line tones are found, and what else is taken for one: ``python -m pipelines.bench_tones``.

Recall by tone, noise and codec on generated specimens; false alarms per hour on the talk and the music of a set of
recordings with truth (``samples/`` when no other is given). Prints tables in Markdown.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from pipelines.tone_specimens import CODECS, NOISES, TONES, Specimen, kept_by, specimen
from qc_workbench.detection.acoustics import measure
from qc_workbench.detection.sound_classes import floor_db
from qc_workbench.detection.spectrum import Floats, frames_of
from qc_workbench.detection.tones import find_tones
from qc_workbench.domain.acoustics import Sound, SoundKind
from qc_workbench.transcription.audio import RATE_HZ, decode

SNRS_DB: Final = (None, 20.0, 10.0, 5.0)
SAMPLES: Final = Path(__file__).parents[1] / "samples"
LINE_KINDS: Final = (SoundKind.RINGBACK, SoundKind.BUSY, SoundKind.SIT, SoundKind.BEEP, SoundKind.DTMF)
_CONDITION: Final = "{noise} {snr}"


@dataclass(frozen=True, slots=True)
class Found:
    """Of one specimen: whether its tone was found, and how many other tones were."""

    hit: bool
    wrong: int


def tones_in(samples: Floats) -> tuple[Sound, ...]:
    frames = frames_of(samples)
    return find_tones(0, samples, frames, floor_db(frames), samples.size / RATE_HZ)


def judged(item: Specimen, samples: Floats) -> Found:
    """A hit covers half of the tone (or of itself) with the right kind and, for a beep, the pitch within 15 Hz."""
    hits = wrong = 0
    for sound in tones_in(samples):
        inside = min(sound.end_s, item.end_s) - max(sound.start_s, item.start_s)
        right = sound.kind is item.kind and inside >= 0.5 * min(sound.duration_s, item.end_s - item.start_s)
        if item.kind is SoundKind.BEEP:
            right = right and abs((sound.frequency_hz or 0) - item.hz) <= 15
        hits += right
        wrong += not right
    return Found(hits > 0, wrong)


def measured_recall(
    codecs: Sequence[str], noises: Sequence[str], snrs_db: Sequence[float | None], each: int, voices: Sequence[Floats]
) -> dict[tuple[str, str, str], list[Found]]:
    """By tone, condition and codec; a codec without an encoder here has no entries."""
    found: dict[tuple[str, str, str], list[Found]] = defaultdict(list)
    for tone in TONES:
        for snr_db in snrs_db:
            for noise in noises if snr_db is not None else ("clean",):
                name = "clean" if snr_db is None else f"{noise} {snr_db:.0f} dB"
                for seed in range(each):
                    rng = np.random.default_rng([seed, len(tone), len(name), round(snr_db or 99)])
                    item = specimen(tone, noise, snr_db, rng, voices)
                    for codec in codecs:
                        kept = kept_by(codec, item.samples)
                        if kept is not None:
                            found[tone, name, codec].append(judged(item, kept))
    return found


def truth_of(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    return [item for item in map(json.loads, lines) if (folder / "recordings" / item["recording"]).exists()]


def talk_of(folder: Path, most: int = 12) -> list[Floats]:
    """Channels of calls with talk only."""
    found: list[Floats] = []
    for item in truth_of(folder):
        if {span["kind"] for span in item["spans"]} <= {"speech"} and len(found) < most:
            found.extend(decode(folder / "recordings" / item["recording"]).samples)
    return found


def false_alarms(folder: Path, *, whole: bool) -> tuple[float, Counter[str]]:
    """Hours of sound, and tones found where none is, by what was there. ``whole``: after all of ``measure``'s rules."""
    seconds = 0.0
    wrong: Counter[str] = Counter()
    for item in truth_of(folder):
        audio = decode(folder / "recordings" / item["recording"])
        seconds += audio.duration_s * audio.channels
        if whole:
            tones = [sound for sound in measure(audio, "").sounds if sound.kind in LINE_KINDS]
        else:
            tones = [sound for channel in audio.samples for sound in tones_in(channel)]
        for tone in tones:
            there = [
                span["kind"]
                for span in item["spans"]
                if min(tone.end_s, span["end"]) - max(tone.start_s, span["start"]) > 0
            ]
            if not {"beep", "ringback", "busy"} & set(there):
                wrong[f"{tone.kind.value} in {'music' if 'music' in there else there[0] if there else 'nothing'}"] += 1
    return seconds / 3600, wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", dest="folder", type=Path, default=SAMPLES, help="recordings/ and truth.jsonl")
    parser.add_argument("--each", type=int, default=20, help="specimens of each kind and condition")
    parser.add_argument("--alarms-only", action="store_true")
    options = parser.parse_args()
    if not options.alarms_only:
        voices = talk_of(SAMPLES)
        by_noise = measured_recall(["A-law"], NOISES, SNRS_DB, options.each, voices)
        by_codec = measured_recall(list(CODECS), ["white"], [None, 20.0, 10.0], options.each, voices)
        _table("Recall under noise (A-law)", by_noise, axis=1)
        _table("Recall by codec (clean, white 20 and 10 dB together)", by_codec, axis=2)
        missing = [codec for codec in CODECS if not any(key[2] == codec for key in by_codec)]
        if missing:
            print(f"\nNo encoder here: {', '.join(missing)}")
    for whole in (False, True):
        hours, wrong = false_alarms(options.folder, whole=whole)
        stage = "after all rules" if whole else "tones alone"
        listed = ", ".join(f"{name}: {count}" for name, count in sorted(wrong.items())) or "none"
        print(f"\nFalse alarms in {hours:.2f} h of channels of {options.folder.name}, {stage}: {listed}")


def _table(title: str, found: dict[tuple[str, str, str], list[Found]], axis: int) -> None:
    columns = list(dict.fromkeys(key[axis] for key in found))
    print(f"\n### {title}\n\n| tone | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}")
    for tone in TONES:
        cells = []
        for column in columns:
            items = [item for key, group in found.items() if key[0] == tone and key[axis] == column for item in group]
            wrong = sum(item.wrong for item in items)
            cells.append(f"{sum(item.hit for item in items) / len(items):.2f}" + (f" ({wrong} wrong)" if wrong else ""))
        print(f"| {tone} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
