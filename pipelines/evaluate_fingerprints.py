"""How well greetings are found again: ``python -m pipelines.evaluate_fingerprints FOLDER...`` (folders of recordings).

Recall: the first speech of each channel, begun some tenths of a second later and taken through each line of
:mod:`pipelines.telephone_codecs`, is looked up among all prints of all folders. It is *found* when its own print is the
first match, *enough* when the agreeing speech would prove a machine on two numbers. Precision: every print is looked up
among all others; recordings of a folder are different calls, so each match is a false one.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Final

import numpy as np

from pipelines.telephone_codecs import LINES, has_gsm
from qc_workbench.detection.acoustics import measure
from qc_workbench.detection.fingerprint_index import build
from qc_workbench.detection.fingerprint_matches import look_up
from qc_workbench.detection.fingerprints import sound_print
from qc_workbench.detection.known_greetings import SEVERAL_NUMBERS_S
from qc_workbench.detection.sound_classes import Interval
from qc_workbench.detection.spectrum import Floats
from qc_workbench.domain.acoustics import SoundKind
from qc_workbench.domain.sound_print import SoundPrint
from qc_workbench.errors import MediaError
from qc_workbench.reporting.share import interval_of
from qc_workbench.transcription.audio import RATE_HZ, decode

#: Seconds of a recording that a print can come from.
_LOOKED_AT_S: Final = 75.0


@dataclass(frozen=True, slots=True, eq=False)
class Channel:
    item: SoundPrint
    samples: Floats
    voices: tuple[Interval, ...]


def channels_of(folder: Path) -> list[Channel]:
    """Channels of all recordings of a folder in which enough is spoken for a print."""
    found = []
    for path in sorted(folder.iterdir()):
        try:
            audio = decode(path)
        except MediaError:
            continue
        sounds = measure(audio, path.stem).sounds
        for number in range(audio.channels):
            voices = tuple(
                (s.start_s, s.end_s)
                for s in sounds
                if s.channel == number and s.kind is SoundKind.VOICE and s.end_s < _LOOKED_AT_S - 1
            )
            samples = audio.samples[number, : round(_LOOKED_AT_S * RATE_HZ)].copy()
            item = sound_print(samples, voices, f"{folder.parent.name}/{path.stem}", number)
            if item.peaks:
                found.append(Channel(item, samples, voices))
    return found


def recall(channels: Sequence[Channel], library: Sequence[SoundPrint], line: str) -> tuple[int, int, int]:
    """(found, enough for a proof, found something else) of ``channels`` after a line."""
    index = build(library)
    found = enough = other = 0
    for number, channel in enumerate(channels):
        shift = 1_600 + 977 * number % 16_000
        quiet = np.random.default_rng(number).normal(0, 3e-4, shift).astype(np.float32)
        damaged = LINES[line](np.concatenate([quiet, channel.samples]))
        voices = [(start + shift / RATE_HZ, end + shift / RATE_HZ) for start, end in channel.voices]
        item = sound_print(damaged, voices, "asked", 0)
        matches = look_up(item, index, lambda numbers: {place: library[place] for place in numbers})
        mine = [match for match in matches if match.found == channel.item.key]
        found += bool(mine) and matches[0] is mine[0]
        enough += bool(mine) and mine[0].matched_s >= SEVERAL_NUMBERS_S
        other += any(match.found[0] != channel.item.content_hash for match in matches)
    return found, enough, other


def false_matches(library: Sequence[SoundPrint]) -> tuple[int, list[tuple[float, str, str]]]:
    """How many pairs of different recordings there are, and those that match, with the seconds that agree."""
    index = build(library)
    wrong = {}
    for item in library:
        for match in look_up(item, index, lambda numbers: {place: library[place] for place in numbers}):
            if match.found[0] != item.content_hash:
                pair = sorted((f"{item.content_hash}:{item.channel}", f"{match.found[0]}:{match.found[1]}"))
                wrong[pair[0], pair[1]] = match.matched_s
    pairs = sum(one.content_hash != other.content_hash for one, other in combinations(library, 2))
    return pairs, sorted(((seconds, *pair) for pair, seconds in wrong.items()), reverse=True)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m pipelines.evaluate_fingerprints", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--asked", type=int, default=100, help="channels that go through each line, drawn by chance")
    chosen = parser.parse_args(arguments)
    channels = [channel for folder in chosen.folders for channel in channels_of(folder)]
    library = [channel.item for channel in channels]
    long_enough = [channel for channel in channels if channel.item.speech_s >= SEVERAL_NUMBERS_S]
    order = np.random.default_rng(1).permutation(len(long_enough))[: chosen.asked]
    asked = [long_enough[place] for place in sorted(order.tolist())]
    say = sys.stdout.write
    size = float(np.mean([len(item.peaks) + len(item.bits) for item in library]))
    say(f"{platform.system()}, {platform.machine()}: {len(library)} prints of {size:.0f} bytes\n")
    pairs, wrong = false_matches(library)
    say(f"pairs of different recordings {pairs}, matching {len(wrong)}\n")
    for seconds, one, other in wrong:
        say(f"  {seconds:.1f} s agree: {one} {other}\n")
    for line in LINES:
        if line.startswith("GSM") and not has_gsm():
            continue
        found, enough, other_found = recall(asked, library, line)
        low, high = interval_of(found, len(asked))
        say(f"{line}: found {found} of {len(asked)} ({low:.2f}-{high:.2f}), enough {enough}, others {other_found}\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
