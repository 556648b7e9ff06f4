"""Which scored calls are silently served a second time: some to another reviewer, some to the same one.

Drawn as the sample is (:mod:`qc_workbench.sampling.draws`): each call has a permanent random number, HMAC-SHA256 with
the seed as key; of each reviewer's scored calls of a period the first ``ceil(share · n)`` go to somebody else and the
first so many of the rest come back to the same person. So everybody is checked alike, nobody chooses, whoever has the
seed can draw it again, and no call is served three times. A period is drawn once it is over and everything is scored
or replaced; calls scored later are a draw of their own (``scored`` without those of the earlier one).

A person remembers a call. It comes back to the same one after :data:`REST` at the earliest.
Nothing here says "again" to whoever gets it: the row in the queue looks like any other.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from qc_workbench.errors import UsageError
from qc_workbench.sampling.draws import sample_size

#: 5 % of the queue to another and 5 % to the same reviewer.
SHARE = 0.05
#: Two weeks, some 600 calls, between hearing a call twice.
REST = timedelta(days=14)


class ServedTo(StrEnum):
    ANOTHER = "another"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class ScoredCall:
    """A call that ``reviewer`` has scored; ``agent`` is whose call it is."""

    call_id: str
    agent: str
    reviewer: str
    scored_at: datetime


@dataclass(frozen=True, slots=True)
class ServedAgain:
    """``reviewer`` gets the call that ``first`` has scored, ``from_at`` at the earliest."""

    call_id: str
    first: str
    reviewer: str
    served_to: ServedTo
    from_at: datetime
    inclusion_probability: float


def served_again(
    scored: Iterable[ScoredCall],
    reviewer_ids: Collection[str],
    *,
    seed: str,
    period: str,
    to_another: float = SHARE,
    to_same: float = SHARE,
) -> tuple[ServedAgain, ...]:
    """What is served again of the calls scored in ``period`` (its label, part of each random number).

    ``scored``: each call once, by the first person who scored it; calls of the targeted queue may be among them, since
    this checks reviewers, not agents. ``reviewer_ids``: who works now; a call whose reviewer has left can go to another
    only. Another is whoever shares the fewest calls with the first one in this draw, then has the fewest of it at all,
    then by the random number; never the agent of the call. Where there is nobody else, only the second part is drawn.
    Raises :class:`UsageError` ``reserving_share`` unless both shares are 0..1 and at most 1 together.
    """
    if not (0 <= to_another <= 1 and 0 <= to_same <= 1 and to_another + to_same <= 1):
        raise UsageError("reserving_share", another=to_another, same=to_same)
    active = sorted(set(reviewer_ids))
    queues: dict[str, list[tuple[bytes, ScoredCall]]] = defaultdict(list)
    for call in scored:
        queues[call.reviewer].append((_number(seed, period, call.call_id), call))
    orders = {first: [call for _, call in sorted(queue, key=_first)] for first, queue in sorted(queues.items())}
    others = {first: sample_size(to_another, len(order)) for first, order in orders.items()}
    chosen: list[ServedAgain] = []
    with_first: Counter[tuple[str, str]] = Counter()
    load: Counter[str] = Counter()
    # In turn, one call of each reviewer after another, so that all pairs fill alike.
    for place in range(max(others.values(), default=0)):
        for first, order in orders.items():
            if place >= others[first]:
                continue
            call = order[place]
            other = min(
                (name for name in active if name not in (first, call.agent)),
                key=lambda name: (with_first[_pair(first, name)], load[name], _number(seed, name, call.call_id)),
                default=None,
            )
            if other is not None:
                with_first[_pair(first, other)] += 1
                load[other] += 1
                chance = others[first] / len(order)
                chosen.append(ServedAgain(call.call_id, first, other, ServedTo.ANOTHER, call.scored_at, chance))
    for first, order in orders.items():
        if first in active:
            again = order[others[first] :][: sample_size(to_same, len(order))]
            chance = len(again) / len(order)
            chosen += [
                ServedAgain(call.call_id, first, first, ServedTo.SAME, call.scored_at + REST, chance) for call in again
            ]
    return tuple(chosen)


def _first(row: tuple[bytes, ScoredCall]) -> tuple[bytes, str]:
    return row[0], row[1].call_id


def _pair(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)


def _number(seed: str, label: str, call_id: str) -> bytes:
    """The permanent random number of a call, as in draws but of another purpose: what is drawn for listening says
    nothing about what is served again.
    """
    content = json.dumps(["served again", label, call_id], ensure_ascii=False, separators=(",", ":"))
    return hmac.new(seed.encode(), content.encode(), hashlib.sha256).digest()
