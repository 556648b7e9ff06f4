"""Accuracy of due dates beside dateparser, on the same phrases.

A phrase is right when what was read lies within the window that its author called fair, or begins and ends within a day
of it; *exact* when it is that window. dateparser gives one moment, so only the first figure compares. It is asked
the way its documentation advises for text: ``search_dates`` with the call as the base, the future preferred, the
phrase's language given; the first date found counts.

    python -m pipelines.bench_due_dates [--phrases FILE.jsonl]

The phrases (``pipelines/corpora/due_phrases.jsonl``: said, at, from, to) were written by five authors who did not
know the rules; the rules were then mended after their failures, so this tells what the rules can do, not what they
will do on phrases that nobody has seen. A file of new phrases tells that.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

from qc_workbench.config import Company
from qc_workbench.detection.due_dates import parse_due
from qc_workbench.detection.working_calendar import DAY
from qc_workbench.reporting.share import interval_of

PHRASES: Final = Path(__file__).parent / "corpora" / "due_phrases.jsonl"


@dataclass(frozen=True, slots=True)
class Phrase:
    """``first``, ``last``: the fair window, inclusive."""

    language: str
    said: str
    at: datetime
    first: date
    last: date


Reading = tuple[date, date] | None


def read_phrases(path: Path) -> tuple[Phrase, ...]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return tuple(
        Phrase(
            row["lang"],
            row["said"],
            datetime.fromisoformat(row["at"]),
            date.fromisoformat(row["from"]),
            date.fromisoformat(row["to"]),
        )
        for row in rows
    )


def ours(phrase: Phrase) -> Reading:
    found = parse_due(phrase.said, phrase.at, Company())
    return None if found is None else (found.due_from, found.due_to)


def dateparsers(phrase: Phrase) -> Reading:
    from dateparser.search import search_dates

    found = search_dates(
        phrase.said,
        languages=[phrase.language],
        settings={"RELATIVE_BASE": phrase.at.replace(tzinfo=None), "PREFER_DATES_FROM": "future"},
    )
    return None if not found else (found[0][1].date(), found[0][1].date())


def is_right(reading: Reading, phrase: Phrase) -> bool:
    if reading is None:
        return False
    first, last = reading
    near = abs(first - phrase.first) <= DAY and abs(last - phrase.last) <= DAY
    return near or phrase.first <= first <= last <= phrase.last


def figures(phrases: Sequence[Phrase], reader: Callable[[Phrase], Reading]) -> tuple[int, int, int]:
    """Phrases read right, read exactly, and not read at all."""
    readings = [(reader(phrase), phrase) for phrase in phrases]
    return (
        sum(is_right(reading, phrase) for reading, phrase in readings),
        sum(reading == (phrase.first, phrase.last) for reading, phrase in readings),
        sum(reading is None for reading, _ in readings),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--phrases", type=Path, default=PHRASES, help="phrases with their windows, JSON lines")
    options = parser.parse_args(arguments)
    phrases = read_phrases(options.phrases)
    readers: dict[str, Callable[[Phrase], Reading]] = {"workbench": ours}
    try:
        import dateparser

        readers[f"dateparser {dateparser.__version__}"] = dateparsers
    except ImportError:
        print("dateparser is not installed: pip install dateparser; only our own figures follow", file=sys.stderr)
    print(f"{'':22} {'phrases':>8} {'right':>14} {'95 %':>12} {'exact':>7} {'not read':>9}")
    for name, reader in readers.items():
        for language in ("ru", "en"):
            of = [phrase for phrase in phrases if phrase.language == language]
            if not of:
                continue
            right, exact, missed = figures(of, reader)
            low, high = interval_of(right, len(of))
            print(
                f"{name + ' ' + language:22} {len(of):8} {right / len(of):14.0%} {f'{low:.0%}..{high:.0%}':>12} "
                f"{exact / len(of):7.0%} {missed:9}"
            )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
