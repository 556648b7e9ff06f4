"""Recognition with and without the company's dictionary, on the same recordings in one run.

Prints word errors, how many of the dictionary's words that were said were heard, and how many were heard that nobody
said: a list of words given to Whisper is sometimes recited.

    python -m pipelines.compare_dictionary --data FOLDER --words "Тихий створ, Руслан, Quillmarsh" [--limit N]

``FOLDER`` has recordings/ and truth.jsonl (lines with ``recording`` and ``spans``).
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipelines.bench_transcription import said_in, word_error_rate, workbench_way
from qc_workbench.config import Speech
from qc_workbench.transcription.dictionary import known_words
from qc_workbench.transcription.models import resolve
from qc_workbench.transcription.phantoms import plain


def counted(said: Mapping[str, str], heard: Mapping[str, str], known: frozenset[str]) -> tuple[int, int, int]:
    """Words of the dictionary: said, heard where they were said, heard more often than said; by recording."""
    in_all = found = invented = 0
    for name, text in said.items():
        if name in heard:
            spoken, written = Counter(plain(text).split()), Counter(plain(heard[name]).split())
            for word in known:
                in_all += spoken[word]
                found += min(spoken[word], written[word])
                invented += max(0, written[word] - spoken[word])
    return in_all, found, invented


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with recordings/ and truth.jsonl")
    parser.add_argument("--words", required=True, help="the dictionary, with commas")
    parser.add_argument("--limit", type=int, default=0, help="only the first N recordings")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0: all cores")
    options = parser.parse_args(arguments)
    words = tuple(word.strip() for word in options.words.split(",") if word.strip())
    files = sorted(path for path in (options.data / "recordings").glob("*") if path.is_file())
    files = files[: options.limit] if options.limit else files
    said = said_in(options.data)
    known = known_words(words)
    for name, dictionary in (("without", ()), ("with", words)):
        speech = Speech(threads=options.threads, dictionary=dictionary)
        result = workbench_way(files, resolve(speech), speech)
        rate = word_error_rate(said, result.texts)
        in_all, found, invented = counted(said, result.texts, known)
        errors = "unknown" if rate is None else f"{rate:.4f}"
        print(
            f"{name:8} word error {errors}, words of the dictionary heard {found} of {in_all}, "
            f"invented {invented}, CPU {result.processor_s:.0f} s"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
