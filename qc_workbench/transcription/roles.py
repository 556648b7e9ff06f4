"""Which of two separated voices is the agent: told by what each says. Pure.

An agent speaks for a company («наша компания», "our technician"), serves and offers; a customer
asks for a price, speaks of a household, postpones. Recorded greetings sound on the
customer's side of the line. No single phrase decides: cues are added up, and a small
difference is left undecided.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Final

from qc_workbench.domain.call import Direction
from qc_workbench.transcription.phantoms import plain

#: Difference of the cues' sums from which the roles are told.
DECIDED_FROM: Final = 1.5
#: Each cue counts at most this often for one voice.
_MOST_OF_ONE: Final = 2
#: Weight of the agent's voice, and the most it counts: a clear voice outweighs any few phrases.
_VOICE_WEIGHT: Final = 2.0
_VOICE_MOST: Final = 5.0
#: Who usually speaks first: the one who picked up.
_FIRST_WORD: Final = 0.75


class Role(StrEnum):
    AGENT = "agent"
    CUSTOMER = "customer"
    UNKNOWN = "unknown"


@cache
def _cues() -> tuple[tuple[re.Pattern[str], float], ...]:
    """Phrases and their weights (``models/lexicons/roles.json``); above 0 speaks for the agent."""
    text = (resources.files("models") / "lexicons" / "roles.json").read_text(encoding="utf-8")
    return tuple((re.compile(cue["says"]), float(cue["weight"])) for cue in json.loads(text)["cues"])


def assign_roles(
    runs: Sequence[tuple[int, str, float]], direction: Direction, voice_lean: float = 0.0
) -> dict[int, Role]:
    """The role of each voice number that speaks.

    ``runs``: (voice, text, start in seconds) in time order. ``voice_lean``: how much more voice 1 than
    voice 0 sounds like the agent of the call (``agent_voice.voice_lean``; 0 when not known). One voice
    alone stays UNKNOWN: a machine that answers talks as politely as an agent. The cues of Russian and
    English do not collide, so mixed calls need no special case.
    """
    said: dict[int, list[str]] = {}
    for voice, text, _ in runs:
        said.setdefault(voice, []).append(plain(text))
    if len(said) != 2:
        return dict.fromkeys(said, Role.UNKNOWN)
    first = min(runs, key=lambda run: run[2])[0]
    scores = {voice: agent_cues(texts) for voice, texts in said.items()}
    # the agent picks up an inbound call and speaks first, the customer an outbound one
    if direction is not Direction.INTERNAL:
        scores[first] += _FIRST_WORD if direction is Direction.INBOUND else -_FIRST_WORD
    if 1 in scores:
        scores[1] += max(-_VOICE_MOST, min(_VOICE_MOST, _VOICE_WEIGHT * voice_lean))
    high, low = sorted(scores, key=lambda voice: (-scores[voice], voice))
    if scores[high] - scores[low] < DECIDED_FROM:
        return dict.fromkeys(said, Role.UNKNOWN)
    return {high: Role.AGENT, low: Role.CUSTOMER}


def agent_cues(texts: Sequence[str]) -> float:
    """Sum of the cues in one voice's plain texts: positive speaks for an agent, negative for a customer."""
    total = 0.0
    for pattern, weight in _cues():
        found = sum(len(pattern.findall(text)) for text in texts)
        total += weight * min(found, _MOST_OF_ONE)
    return total
