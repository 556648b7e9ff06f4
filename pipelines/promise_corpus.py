"""Labelled pieces of calls for training the promise classifier, and the examples made of them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from rapidfuzz import fuzz

from pipelines.recognition_slips import Slips, misheard
from qc_workbench.config import Company
from qc_workbench.detection.commitment_candidates import is_candidate
from qc_workbench.detection.commitment_classifier import PromiseClassifier
from qc_workbench.detection.commitment_context import heard_in
from qc_workbench.detection.commitment_features import SentencesSeen
from qc_workbench.detection.commitments import find_commitments, stated_in
from qc_workbench.detection.due_dates import moment_of
from qc_workbench.domain.call import Call, Direction, Outcome
from qc_workbench.domain.transcript import Party, Transcript, Turn

CORPORA: Final = Path(__file__).parent / "corpora"
#: When pieces are taken to be said: a Wednesday noon in Moscow.
_WEDNESDAY: Final = datetime.fromisoformat("2026-10-07T12:00:00+03:00")
_PARTIES = {"A": Party.AGENT, "C": Party.CUSTOMER}


@dataclass(frozen=True)
class Piece:
    """One to four lines of a call. ``carrying``: positions of the lines that hold the promise, empty where none."""

    name: str
    action: str | None
    why: str
    day: str
    lines: tuple[tuple[str, str], ...]  # (A or C, text)
    carrying: tuple[int, ...]
    together: bool = False  # the carrying lines hold one promise
    said_at: datetime = _WEDNESDAY


@dataclass(frozen=True)
class Example:
    """A candidate sentence of a piece: its features, and whether it obliges the company."""

    piece: str
    features: frozenset[str]
    is_promise: bool
    action: str | None


def own_pieces(path: Path = CORPORA / "promises_spoken.txt") -> list[Piece]:
    """Pieces of the plain text corpus (its head explains the notation)."""
    pieces = []
    body = "\n".join(line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    for number, block in enumerate(body.strip().split("\n\n")):
        label, *rest = block.strip().splitlines()
        promises = label.startswith("+")
        action, _, day = label[1:].partition("|")
        lines: list[tuple[str, str]] = []
        carrying: list[int] = []
        for line in rest:
            if line.startswith("*"):
                carrying.append(len(lines))
            who, _, text = line.lstrip("*").partition(": ")
            lines.append((who, text))
        pieces.append(
            Piece(
                f"own-{number:03}", action.strip() if promises else None, "" if promises else action.strip(),
                day.strip(), tuple(lines), tuple(carrying), together=True,
            )
        )  # fmt: skip
    return pieces


def told_pieces(path: Path) -> list[Piece]:
    """Pieces of a JSON lines file: lines with ``who`` and ``say``, promises with ``line``, action and day."""
    pieces = []
    for text in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(text)
        promises = row["promises"]
        pieces.append(
            Piece(
                row["id"], promises[0]["action"] if promises else None, row["kind"],
                (promises[0]["date_phrase"] or "") if promises else "",
                tuple((line["who"][0].upper(), line["say"]) for line in row["lines"]),
                tuple(sorted({promise["line"] for promise in promises})),
            )
        )  # fmt: skip
    return pieces


def examples(
    piece: Piece, chance: random.Random, slips: Slips | None = None, filler: Sequence[Piece] = (), strength: float = 1.0
) -> Iterator[Example]:
    """Examples of one piece; with ``slips`` misheard, with ``filler`` set among lines of other talk."""
    before = list(chance.choice(filler).lines) if filler and chance.random() < 0.6 else []
    after = list(chance.choice(filler).lines) if filler and chance.random() < 0.5 else []
    lines = [*before, *piece.lines, *after]
    if slips is not None:
        lines = [(who, misheard(text, slips, chance, strength) or text) for who, text in lines]
    own = range(len(before), len(before) + len(piece.lines))
    heard = heard_in(_transcript(lines), moment_of(piece.said_at, Company()))
    seen = SentencesSeen(heard)
    for index, item in enumerate(heard):
        line = int(item.sentence.start_s // _LINE_S)
        if line not in own or not is_candidate(item):
            continue
        carries = line - len(before) in piece.carrying
        if piece.carrying and not carries:
            continue  # what stands around a promise is neither here nor there
        yield Example(
            piece.name, seen.features_of(index, stated_in(index, heard)), carries, piece.action if carries else None
        )


def promises_of_piece(
    piece: Piece, judge: PromiseClassifier, chance: random.Random, slips: Slips | None
) -> tuple[int, int, int]:
    """(found, missed, invented) promises of one piece, judged as a call of its own between two greetings.

    A promise is found where one is quoted from its line or a neighbouring one; each is counted once.
    """
    lines = [("A", "Алло, добрый день."), ("C", "Алло, слушаю."), *piece.lines]
    if slips is not None:
        lines = [(who, misheard(text, slips, chance) or text) for who, text in lines]
    call = Call("piece", piece.said_at, Direction.OUTBOUND, "m1", "+79000000000", 60.0, Outcome.ANSWERED)
    left = [int(one.start_s // _LINE_S) - 2 for one in find_commitments(call, _transcript(lines), Company(), judge)]
    found = 0
    for line in piece.carrying:
        near = sorted((place for place in left if abs(place - line) <= 1), key=lambda place: abs(place - line))
        if near:
            left.remove(near[0])
            found += 1
    wanted = len(piece.carrying) if not piece.together else min(1, len(piece.carrying))
    found = min(found, wanted)
    return found, wanted - found, len(left)


@dataclass(frozen=True)
class WholeCall:
    """A call with its words as said or as recognised; ``promises``: (start_s, end_s, action, quote).

    ``author``: who invented it, where a corpus tells authors apart; ``beside``: how many sentences around a promise
    are neither here nor there, because they may repeat or prepare it.
    """

    name: str
    words: str  # said or recognised
    said_at: datetime
    transcript: Transcript
    promises: tuple[tuple[float, float, str, str], ...]
    author: int | None = None
    beside: int = 4


def whole_calls(path: Path = CORPORA / "promises_calls.jsonl") -> list[WholeCall]:
    """Calls of the older sets, in words alone."""
    calls = []
    for text in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(text)
        turns = tuple(
            Turn(Party(line["who"]), int(line["who"] == "customer"), line["start_s"], line["end_s"], line["say"], 0.9)
            for line in row["lines"]
        )
        promises = tuple((one["start_s"], one["end_s"], one["action"], one["quote"]) for one in row["promises"])
        transcript = Transcript(row["id"], "", "", None, "", "", turns)
        calls.append(
            WholeCall(row["id"], row["words"], datetime.fromisoformat(row["started_at"]), transcript, promises)
        )
    return calls


def written_calls(path: Path = CORPORA / "whole_calls.jsonl") -> list[WholeCall]:
    """Calls written down line by line, each promise labelled with the very line that holds it."""
    calls = []
    for text in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(text)
        lines = [(line["who"][0].upper(), line["say"]) for line in row["lines"]]
        promises = tuple(
            (
                one["line"] * _LINE_S, one["line"] * _LINE_S + _SPOKEN_S, one["action"],
                one["date_phrase"] or lines[one["line"]][1],
            )
            for one in row["promises"]
        )  # fmt: skip
        said_at = datetime.fromisoformat(row["started_at"])
        calls.append(
            WholeCall(row["id"], "said", said_at, _transcript(lines), promises, row.get("author"), _BESIDE_A_LABEL)
        )
    return calls


def misheard_call(call: WholeCall, slips: Slips, chance: random.Random, strength: float = 1.0) -> WholeCall:
    """The call as a bad line might give it."""
    turns = tuple(
        replace(turn, text=misheard(turn.text, slips, chance, strength) or turn.text) for turn in call.transcript.turns
    )
    return replace(call, words="misheard", transcript=replace(call.transcript, turns=turns))


def promises_of_call(call: WholeCall, judge: PromiseClassifier) -> tuple[int, int, int]:
    """(found, missed, invented) promises of a written call: found is what is quoted within one line of its label."""
    said = Call(call.name, call.said_at, Direction.OUTBOUND, "m1", "+79000000000", 60.0, Outcome.ANSWERED)
    left = [int(one.start_s // _LINE_S) for one in find_commitments(said, call.transcript, Company(), judge)]
    found = 0
    for start_s, *_ in call.promises:
        line = int(start_s // _LINE_S)
        near = sorted((place for place in left if abs(place - line) <= 1), key=lambda place: abs(place - line))
        if near:
            left.remove(near[0])
            found += 1
    return found, len(call.promises) - found, len(left)


#: Sentences beside a labelled line that are left out of the training.
_BESIDE_A_LABEL: Final = 1


def call_examples(call: WholeCall) -> Iterator[Example]:
    """Every candidate sentence of a call; those beside a promise are left out."""
    heard = heard_in(call.transcript, moment_of(call.said_at, Company()))
    seen = SentencesSeen(heard)
    candidates = [index for index, item in enumerate(heard) if is_candidate(item)]
    carrying: dict[int, str] = {}
    for start_s, end_s, action, quote in call.promises:
        over = [
            index
            for index in candidates
            if heard[index].sentence.start_s < end_s + 0.5 and heard[index].sentence.end_s > start_s - 0.5
        ]
        if over:
            best = max(over, key=lambda index: (bool(heard[index].mentions), _alike(heard[index].sentence.text, quote)))
            carrying[best] = action
    for index in candidates:
        if index in carrying:
            yield Example(call.name, seen.features_of(index, stated_in(index, heard)), True, carrying[index])
        elif all(abs(index - other) > call.beside for other in carrying) and not any(
            one[0] - 1 < heard[index].sentence.start_s < one[1] + 1 for one in call.promises
        ):
            yield Example(call.name, seen.features_of(index, stated_in(index, heard)), False, None)


def _alike(text: str, quote: str) -> float:
    return fuzz.partial_ratio(text.lower(), quote.lower())


#: Seconds from one line to the next: more than a pause inside one stretch of speech.
_LINE_S: Final = 10.0
_SPOKEN_S: Final = 5.0


def _transcript(lines: Sequence[tuple[str, str]]) -> Transcript:
    turns = tuple(
        Turn(_PARTIES[who], "AC".index(who), number * _LINE_S, number * _LINE_S + _SPOKEN_S, text, 0.9)
        for number, (who, text) in enumerate(lines)
    )
    return Transcript("piece", "", "", None, "", "", turns)
