"""How two people talked: shares, pace, monologues, interruptions, patience, silence.

Definitions follow the measures that speech analytics of contact centres agree on (talk share, monologue, patience and
interruptions as in Gong's and Yandex SpeechKit's documentation); the exact borders are the constants below.
Machines' speech is left out. In mono the sides are those that the transcript tells; where more than a fifth of the
speech is nobody's, what needs the sides is None.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final

from qc_workbench.detection.answering import Answering
from qc_workbench.detection.heard import Beside, Heard, Piece
from qc_workbench.detection.phrases import opens_with_backchannel
from qc_workbench.detection.sound_classes import Interval, subtract, union
from qc_workbench.domain.acoustics import SoundKind
from qc_workbench.domain.transcript import Party

#: Pieces of one side closer than this are one stretch of talking; a monologue survives a breath, no answer.
_BREATH_S: Final = 2.0
#: An interruption: the client had been speaking for so long, both speak together for so long, and the agent goes on
#: for so long. Shorter ones are «угу» and the ordinary overlap of turns (0.2 s; Stivers et al., 2009).
_SPOKE_BEFORE_S: Final = 1.0
_TOGETHER_S: Final = 0.5
_WENT_ON_S: Final = 1.5
#: A longer pause before the agent's words is no hesitation to answer but a look into the papers.
_LONGEST_PAUSE_S: Final = 6.0
_FEWEST_PAUSES: Final = 3
#: Fewer words than this give no rate.
_FEWEST_WORDS: Final = 25
_UNTOLD_SHARE: Final = 0.2


@dataclass(frozen=True, slots=True)
class TalkMetrics:
    """``agent_share``: of the speech of both. ``agent_words_per_min``: within the agent's speech. ``monologue``: the
    agent's longest, as (start, end). ``interruptions``: moments at which the agent cut in. ``patience_s``: median pause
    between the client's last word and the agent's next. ``silence``: the longest stretch in which nobody spoke."""

    agent_s: float
    customer_s: float
    agent_share: float | None
    agent_words_per_min: float | None
    monologue: Interval | None
    interruptions: tuple[Interval, ...] | None
    patience_s: float | None
    silence: Interval | None


def talk_metrics(heard: Heard, answering: Answering) -> TalkMetrics:
    """Measure the conversation of a call; between the first and the last word of people."""
    machine = set(answering.machine)
    people = [piece for piece in heard.pieces if piece not in machine]
    agent = [piece for piece in people if piece.party is Party.AGENT]
    customer = [piece for piece in people if piece.party is Party.CUSTOMER]
    agent_s, customer_s = _seconds(agent), _seconds(customer)
    told = agent_s + customer_s
    if not told or _seconds(people) - told > _UNTOLD_SHARE * _seconds(people):
        return TalkMetrics(agent_s, customer_s, None, None, None, None, None, _silence(heard, people))
    return TalkMetrics(
        agent_s=agent_s,
        customer_s=customer_s,
        agent_share=agent_s / told,
        agent_words_per_min=_rate(agent),
        monologue=_monologue(agent, customer),
        # one microphone for both: who spoke first of two at once cannot be told
        interruptions=None if heard.mono else _interruptions(agent, customer),
        patience_s=_patience(agent, customer),
        silence=_silence(heard, people),
    )


def _seconds(pieces: Sequence[Piece]) -> float:
    return sum(piece.speech_s for piece in pieces)


def _rate(agent: Sequence[Piece]) -> float | None:
    spoken = [piece for piece in agent if piece.words]
    words, seconds = sum(piece.words for piece in spoken), _seconds(spoken)
    return 60 * words / seconds if words >= _FEWEST_WORDS and seconds else None


def _monologue(agent: Sequence[Piece], customer: Sequence[Piece]) -> Interval | None:
    """The agent's longest stretch of talking without an answer; an «угу» under it is no answer."""
    answers = [piece.start_s for piece in customer if not _is_hum(piece)]
    longest: Interval | None = None
    start: float | None = None
    before: Piece | None = None
    for piece in agent:
        answered = before is not None and _any_within(answers, before.end_s - 0.3, piece.start_s)
        if start is None or before is None or answered or piece.start_s - before.end_s > _BREATH_S:
            start = piece.start_s
        if longest is None or piece.end_s - start > longest[1] - longest[0]:
            longest = (start, piece.end_s)
        before = piece
    return longest


def _any_within(moments: Sequence[float], start_s: float, end_s: float) -> bool:
    """Whether one of the moments, which are in order, lies in [start, end)."""
    return bisect_left(moments, start_s) < bisect_left(moments, end_s)


def _is_hum(piece: Piece) -> bool:
    return piece.speech_s < 1.0 and (not piece.text or (piece.words <= 2 and opens_with_backchannel(piece.text)))


def _interruptions(agent: Sequence[Piece], customer: Sequence[Piece]) -> tuple[Interval, ...]:
    found = []
    clients = Beside(customer)
    for piece in agent:
        if piece.end_s - piece.start_s < _WENT_ON_S or _is_hum(piece):
            continue
        for other in clients.about(piece.start_s, piece.start_s):
            together = min(piece.end_s, other.end_s) - piece.start_s
            if other.start_s + _SPOKE_BEFORE_S <= piece.start_s and together >= _TOGETHER_S:
                found.append((other.start_s, piece.start_s + together))
                break
    return tuple(found)


def _patience(agent: Sequence[Piece], customer: Sequence[Piece]) -> float | None:
    """Median pause before the agent's answers. What begins under the client's words counts as none."""
    turns = sorted([*agent, *customer], key=lambda piece: piece.start_s)
    pauses = [
        max(0.0, after.start_s - before.end_s)
        for before, after in pairwise(turns)
        if before.party is Party.CUSTOMER and after.party is Party.AGENT and not _is_hum(before)
        and after.start_s - before.end_s <= _LONGEST_PAUSE_S
    ]  # fmt: skip
    return median(pauses) if len(pauses) >= _FEWEST_PAUSES else None


def _silence(heard: Heard, people: Sequence[Piece]) -> Interval | None:
    """The longest stretch without speech, machine or music, from the first to the last word of people."""
    if len(people) < 2:
        return None
    first, last = min(piece.start_s for piece in people), max(piece.end_s for piece in people)
    music = [(sound.start_s, sound.end_s) for sound in heard.sounds if sound.kind is SoundKind.MUSIC]
    gaps = subtract([(first, last)], union([*heard.all_voice(), *music]))
    return max(gaps, key=lambda gap: gap[1] - gap[0], default=None)
