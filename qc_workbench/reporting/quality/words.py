"""How well words are recognised: word error rate, invented turns, and whose words they are.

Conventions. *Word error rate*: edits (insertions, deletions, substitutions) between the words said and the words of all
turns, over the words said. The words of a call are one sequence: labelled lines by their start, turns in the
transcript's order, both parties together; so where the parties talk at once, the order costs errors too. Lower case,
punctuation away, «ё» as «е»; numbers are not rewritten ("5" and «пять» differ). Turns marked as suspect count: they are
on the page. The rate of several calls is edits over words of all of them; its interval is over calls.

*Invented (phantom) turns*: turns with text that no labelled line with words comes within 0.7 s of.

*Party*: for each labelled line, whether some turn over its middle (widened by 0.3 s) has its party: agent, customer, or
machine for lines of a machine.

Calls without a transcript or without labelled lines are not judged; ``qcw evaluate`` says how many there were.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz.distance import Levenshtein

from qc_workbench.domain.transcript import Party, Turn
from qc_workbench.reporting.quality.figures import Cell, Figure, Mistake, Task, amount, ratio
from qc_workbench.reporting.quality.labels import SPEECH, FoundCall, TrueCall, TrueSpan
from qc_workbench.reporting.quality.promises import words_of

NAME, TURNS = "words", "turns"
PARTIES = "parties"
_PHANTOM_MARGIN_S: Final = 0.7
_PARTY_MARGIN_S: Final = 0.3


@dataclass(frozen=True, slots=True)
class HeardCall:
    """``edits`` between what was said and what was recognised; ``words`` said."""

    call_id: str
    edits: int
    words: int

    @property
    def cells(self) -> tuple[Cell, ...]:
        return ()

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        return ()


def judge(call: TrueCall, found: FoundCall) -> HeardCall | None:
    if call.spans is None or found.transcript is None:
        return None
    said = words_of(" ".join(span.text for span in call.spoken))
    heard = words_of(" ".join(turn.text for turn in found.transcript.turns))
    return HeardCall(call.call_id, word_edits(said, heard), len(said))


def word_edits(said: Sequence[str], heard: Sequence[str]) -> int:
    """Least number of words to insert, delete and substitute (V. I. Levenshtein, 1965)."""
    return int(Levenshtein.distance(said, heard))


def figures(calls: Sequence[HeardCall]) -> tuple[Figure, ...]:
    edits, words = [call.edits for call in calls], [call.words for call in calls]
    return (ratio(NAME, "word_error", edits, words, lower_is_better=True),)


TASK = Task(NAME, judge, figures)


@dataclass(frozen=True, slots=True)
class TurnsCall:
    """``phantoms``: turns that nobody said. ``lines``: labelled line, wanted party, parties of the turns over it."""

    call_id: str
    scenario: str
    turns: int
    phantoms: tuple[Turn, ...]
    lines: tuple[tuple[TrueSpan, str, tuple[str, ...]], ...]

    @property
    def party_right(self) -> int:
        return sum(wanted in found for _, wanted, found in self.lines)

    @property
    def cells(self) -> tuple[Cell, ...]:
        return tuple(Cell(PARTIES, wanted, _answer(wanted, found)) for _, wanted, found in self.lines)

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        phantoms = [
            Mistake(TURNS, "phantom", self.call_id, self.scenario, "none", turn.party.value, turn.start_s,
                    found_text=turn.text)
            for turn in self.phantoms
        ]  # fmt: skip
        parties = [
            Mistake(TURNS, "party", self.call_id, self.scenario, wanted, _answer(wanted, found), span.start_s,
                    expected_text=span.text, matrix=PARTIES)
            for span, wanted, found in self.lines
            if wanted not in found
        ]  # fmt: skip
        return (*phantoms, *parties)


def _answer(wanted: str, found: Sequence[str]) -> str:
    if wanted in found:
        return wanted
    return found[0] if found else "none"


def judge_turns(call: TrueCall, found: FoundCall) -> TurnsCall | None:
    if call.spans is None or found.transcript is None:
        return None
    lines = call.spoken
    turns = [turn for turn in found.transcript.turns if turn.text.strip()]
    phantoms = [
        turn
        for turn in turns
        if not any(
            turn.start_s < line.end_s + _PHANTOM_MARGIN_S and turn.end_s > line.start_s - _PHANTOM_MARGIN_S
            for line in lines
        )
    ]
    heard = tuple((line, _party_of(line), _parties_over(line, found.transcript.turns)) for line in lines)
    return TurnsCall(call.call_id, call.scenario, len(turns), tuple(phantoms), heard)


def _party_of(line: TrueSpan) -> str:
    if line.kind != SPEECH:
        return Party.MACHINE.value
    return Party.AGENT.value if line.channel == "agent" else Party.CUSTOMER.value


def _parties_over(line: TrueSpan, turns: Sequence[Turn]) -> tuple[str, ...]:
    middle_s = (line.start_s + line.end_s) / 2
    return tuple(
        turn.party.value for turn in turns if turn.start_s - _PARTY_MARGIN_S <= middle_s <= turn.end_s + _PARTY_MARGIN_S
    )


def turn_figures(calls: Sequence[TurnsCall]) -> tuple[Figure, ...]:
    phantoms = [len(call.phantoms) for call in calls]
    return (
        amount(TURNS, "phantoms", sum(phantoms), sum(call.turns for call in calls), target=0),
        ratio(TURNS, "phantom_share", phantoms, [call.turns for call in calls], lower_is_better=True),
        ratio(TURNS, "party", [call.party_right for call in calls], [len(call.lines) for call in calls]),
    )


TURNS_TASK = Task(TURNS, judge_turns, turn_figures)
