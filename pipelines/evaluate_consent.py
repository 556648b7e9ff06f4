"""``python -m pipelines.evaluate_consent``: the consent-line check on labelled openings of calls.

The openings are in ``pipelines/corpora/consent_openings.txt``: those marked ``held`` were written before the rules and
not looked at while they were made. Figures are for *told* and for *not told* (what a person would be asked about);
abstentions count against recall and never against precision. A second table hears the same openings with slips of
recognition.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pipelines.recognition_slips import Slips, misheard
from qc_workbench.detection.consent import consent_line, fingerprint
from qc_workbench.domain.call import Call, Direction, Outcome
from qc_workbench.domain.consent import ConsentVerdict
from qc_workbench.domain.transcript import Party, Suspicion, Transcript, Turn, Word
from qc_workbench.sampling.estimates import wilson

OPENINGS: Final = Path(__file__).parent / "corpora" / "consent_openings.txt"
WITHIN_S: Final = 20.0
#: Times each opening is heard with slips of recognition.
HEARD: Final = 20
_LABELS: Final = {"!": ConsentVerdict.TOLD, "-": ConsentVerdict.NOT_TOLD, "?": ConsentVerdict.UNSURE}
_PARTIES: Final = {
    "M": Party.MACHINE, "X": Party.MACHINE, "A": Party.AGENT, "C": Party.CUSTOMER, "U": Party.UNKNOWN
}  # fmt: skip
_WORD_S: Final = 0.4
_PAUSE_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Opening:
    """``lines``: party and words, or seconds that pass (party None)."""

    label: ConsentVerdict
    direction: Direction
    part: str
    lines: tuple[tuple[Party | None, str], ...]


@dataclass(frozen=True, slots=True)
class Quality:
    """Of one verdict: what was given, what of it was right, what there was."""

    given: int
    right: int
    there: int

    def share(self, of: int) -> str:
        if not of:
            return "-"
        low, high = wilson(self.right / of, of, 1.96)
        return f"{self.right}/{of} = {self.right / of:.3f} [{low:.3f}, {high:.3f}]"


def read_openings(path: Path = OPENINGS) -> list[Opening]:
    found: list[Opening] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        head, _, rest = line.partition(" ")
        if head in _LABELS:
            way, part = rest.split()
            direction = Direction.INBOUND if way == "in" else Direction.OUTBOUND
            found.append(Opening(_LABELS[head], direction, part, ()))
            continue
        said = (None, rest) if head == "~" else (_PARTIES[head[0]], rest)
        found[-1] = replace(found[-1], lines=(*found[-1].lines, said))
    return found


def transcript_of(opening: Opening, slips: Slips | None = None, chance: random.Random | None = None) -> Transcript:
    turns, now_s = [], 1.0
    for party, said in opening.lines:
        if party is None:
            now_s += float(said)
            continue
        text = said if slips is None or chance is None else misheard(said, slips, chance)
        unclear = "…" in said
        words = tuple(
            Word(now_s + place * _WORD_S, now_s + (place + 1) * _WORD_S, word, 0.9)
            for place, word in enumerate(text.split())
        )
        end_s = now_s + max(1, len(words)) * _WORD_S
        suspicion = Suspicion.LOW_PROBABILITY if unclear else None
        turns.append(Turn(party, 0, now_s, end_s, text, 0.3 if unclear else 0.9, words, suspicion))
        now_s = end_s + _PAUSE_S
    return Transcript("call", "hash", "made", None, "made", "made", tuple(turns))


def judged(opening: Opening, slips: Slips | None = None, chance: random.Random | None = None) -> ConsentVerdict:
    call = Call(
        "call", datetime(2026, 10, 5, 9, tzinfo=UTC), opening.direction, "m1", None, 60.0, Outcome.ANSWERED
    )  # fmt: skip
    return consent_line(call, transcript_of(opening, slips, chance), WITHIN_S).verdict


def quality(pairs: Sequence[tuple[ConsentVerdict, ConsentVerdict]], verdict: ConsentVerdict) -> Quality:
    """``pairs`` of label and verdict."""
    given = [label for label, found in pairs if found is verdict]
    return Quality(len(given), given.count(verdict), sum(label is verdict for label, _ in pairs))


def lines_of(openings: Iterable[Opening], slips: Slips | None) -> Iterator[str]:
    chance = random.Random(1)  # noqa: S311 - no secret
    kept = list(openings)
    pairs = [(item.label, judged(item, slips, chance)) for item in kept for _ in range(HEARD if slips else 1)]
    for verdict in (ConsentVerdict.TOLD, ConsentVerdict.NOT_TOLD):
        found = quality(pairs, verdict)
        yield f"  {verdict.value}: precision {found.share(found.given)}, recall {found.share(found.there)}"
    unsure = quality(pairs, ConsentVerdict.UNSURE)
    yield f"  unsure: {unsure.given} of {len(pairs)}, {unsure.right} of them rightly"


def main() -> None:
    openings, slips = read_openings(), Slips.read()
    print(f"{fingerprint()}, {len(openings)} openings")
    for part in ("dev", "held"):
        mine = [item for item in openings if item.part == part]
        print(f"{part}: {len(mine)} openings")
        print("\n".join(lines_of(mine, None)))
        print(f"{part}, each heard {HEARD} times with slips of recognition (intervals ignore that)")
        print("\n".join(lines_of(mine, slips)))


if __name__ == "__main__":
    main()
