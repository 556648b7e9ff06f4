"""The labelled talk that the classifier of refusals learns from, cut as calls are cut.

Short pieces with a label each, ordinary talk without refusals, and whole calls labelled by what the client said in
the end and in which line. A refusing call teaches one of its lines; its others are neither one thing nor the other.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pipelines.recognition_slips import Slips, misheard
from qc_workbench.detection.refusal_pieces import Piece, Talk, piece_of, talk_of
from qc_workbench.detection.spoken_words import Sentence, sentences_of
from qc_workbench.domain.commitment import ClientSaid
from qc_workbench.domain.transcript import Party, Transcript, Turn

CORPORA: Final = Path(__file__).parent / "corpora"
OWN, SECOND, TALK, WHOLE, OWN_WHOLE, OLDER = (
    CORPORA / name
    for name in (
        "refusals_spoken.txt", "refusals_second_author.txt", "client_talk.txt", "whole_calls.jsonl",
        "refusals_calls.txt", "promises_calls.jsonl",
    )
)  # fmt: skip
_LABELS: Final = {"!": ClientSaid.EXPLICIT, "~": ClientSaid.POSTPONED, ".": ClientSaid.NONE}
#: Marks the turn in which the client of a whole call refuses or puts off.
_DECISIVE: Final = "*"
#: Seconds from the beginning of a line to that of the next, in a transcript made of lines.
_STEP_S: Final = 6.0
#: Times each labelled piece or call is learned with slips of recognition.
SLIPPED: Final = 2
SEED: Final = 1
#: The author of the older calls, of which only those without a refusal are used, and of those written for training.
OLDER_CALLS: Final = 0
OWN_CALLS: Final = 100

Turns = tuple[tuple[str, str], ...]
Example = tuple[frozenset[str], ClientSaid]


@dataclass(frozen=True)
class Labelled:
    """Turns of a call, (A or C, text) each; the label is that of the last, the client's."""

    label: ClientSaid
    turns: Turns


@dataclass(frozen=True)
class WholeCall:
    """``talks``: the call as written and with slips of recognition. ``line``: where the client said it."""

    label: ClientSaid
    line: int | None
    author: int
    talks: tuple[Talk, ...]

    def examples(self) -> Iterator[Example]:
        """Pieces of the client's that are surely one thing or the other."""
        if self.label is ClientSaid.NONE:
            for piece in self.talks[0].pieces:
                yield piece.features, ClientSaid.NONE
            return
        for talk in self.talks:
            for piece in talk.pieces:
                if piece.is_whole and int(piece.sentences[0].start_s // _STEP_S) == self.line:
                    yield piece.features, self.label


def labelled(path: Path) -> list[Labelled]:
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line[:1] in _LABELS and line[1:2] == " ":
            turns = [("A", text[3:]) if text.startswith("A: ") else ("C", text) for text in line[2:].split(" / ")]
            found.append(Labelled(_LABELS[line[0]], tuple(turns)))
    return found


def whole_calls(slips: Slips) -> list[WholeCall]:
    """The calls of the authors and our own, and the older ones all of whose client's words are ordinary talk."""
    chance = random.Random(SEED)  # noqa: S311 - slips of speech, not secrets

    def heard(turns: Turns) -> tuple[Talk, ...]:
        slipped = [[(who, misheard(text, slips, chance)) for who, text in turns] for _ in range(SLIPPED)]
        return tuple(talk_of(transcript_of(version)) for version in (turns, *slipped))

    found = [
        WholeCall(ClientSaid(row["refusal"]), row["refusal_line"], row["author"], heard(_turns(row)))
        for row in _rows(WHOLE)
    ]
    for item in labelled(OWN_WHOLE):
        said = [at for at, (_, text) in enumerate(item.turns) if text.startswith(_DECISIVE)]
        turns = tuple((who, text.removeprefix(_DECISIVE)) for who, text in item.turns)
        found.append(WholeCall(item.label, said[0] if said else None, OWN_CALLS, heard(turns)))
    ordinary = {text for item in labelled(TALK) for _, text in item.turns}
    for row in _rows(OLDER):
        turns = _turns(row)
        if all(text in ordinary for who, text in turns if who == "C"):
            found.append(WholeCall(ClientSaid.NONE, None, OLDER_CALLS, (talk_of(transcript_of(turns)),)))
    return found


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def _turns(row: dict[str, Any]) -> Turns:
    return tuple(("A" if line["who"] == "agent" else "C", line["say"]) for line in row["lines"])


def transcript_of(turns: Sequence[tuple[str, str]]) -> Transcript:
    spoken = tuple(
        Turn(
            Party.AGENT if who == "A" else Party.CUSTOMER, int(who != "A"), at * _STEP_S, at * _STEP_S + 4.0, text, 0.9
        )
        for at, (who, text) in enumerate(turns)
    )
    return Transcript("corpus", "corpus", "corpus", None, "corpus", "corpus", spoken)


def whole_turn(item: Labelled) -> Piece | None:
    """The client's last turn as one piece, with what the agent asked before it."""
    sentences = sentences_of(transcript_of(item.turns))
    if not sentences or sentences[-1].party is not Party.CUSTOMER:
        return None
    last: list[Sentence] = [one for one in sentences if one.turn == sentences[-1].turn]
    asked = [one for one in sentences if one.party is Party.AGENT and one.position < last[0].position]
    return piece_of(last, [word.low for word in asked[-1].words] if asked else ())


def examples(items: Sequence[Labelled], slips: Slips, times: int = SLIPPED) -> Iterator[Example]:
    chance = random.Random(SEED)  # noqa: S311 - slips of speech, not secrets
    for item in items:
        for time in range(times + 1):
            turns = item.turns if not time else [(who, misheard(text, slips, chance)) for who, text in item.turns]
            piece = whole_turn(Labelled(item.label, tuple(turns)))
            if piece is not None:
                yield piece.features, item.label


def ordinary_talk() -> Iterator[Example]:
    """Every piece of ordinary talk, cut as calls are cut. What follows a line is not known there."""
    for item in labelled(TALK):
        for piece in talk_of(transcript_of(item.turns)).pieces:
            yield frozenset(name for name in piece.features if not name.startswith("after=")), ClientSaid.NONE
