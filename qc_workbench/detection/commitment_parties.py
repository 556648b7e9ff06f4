"""Whose promise it is: the agent's own, the client's wish alone, or a thing that both settled.

A wish of the client that the agent takes up obliges by both, whoever's sentence is quoted. What the agent pledges
unasked stays the agent's, even when the client says «хорошо»: politeness adds nothing to a pledge, but it makes an
agreement of a proposal («давайте в среду?» — «давайте»).
"""

from __future__ import annotations

from collections.abc import Sequence

from qc_workbench.detection.commitment_context import Found, Heard, offers, replies_to
from qc_workbench.detection.commitment_lexicon import FamilyKind, commitment_lexicon
from qc_workbench.domain.commitment import Promiser
from qc_workbench.domain.transcript import Party

#: Sentences before the agent's promise in which the client may have asked for it: their last turn, and one more remark.
_ASKED_WITHIN = 4


def promiser(found: Found, heard: Sequence[Heard]) -> Promiser:
    """Who obliges the company: ``found.by`` put right by what the other side says before and after."""
    said = found.heard.sentence
    if said.party is Party.CUSTOMER:
        return Promiser.BOTH if _taken_up(found, heard) else Promiser.CUSTOMER
    if said.party is Party.AGENT:
        return Promiser.BOTH if _asked_for(found, heard) or _agreed_to(found, heard) else Promiser.AGENT
    return found.by


def _taken_up(found: Found, heard: Sequence[Heard]) -> bool:
    """Whether the agent answers the client's wish with a word of agreement, its day, or the promise itself."""
    lexicon = commitment_lexicon()
    replies = replies_to(found.heard.sentence.position, heard)
    return any(
        lexicon.replies["positive"].match(item.code)
        or lexicon.guards["taken_over"].search(item.sentence.low)
        or _says_promise(item)
        or _names_day_of(found, item)
        for item in replies[:3]
    )


def _asked_for(found: Found, heard: Sequence[Heard]) -> bool:
    """Whether the client asked for it, or named its day, before the agent promised."""
    position = found.heard.sentence.position
    for item in heard[max(0, position - _ASKED_WITHIN) : position]:
        if item.sentence.party is Party.CUSTOMER and (_asks(item) or _names_day_of(found, item)):
            return True
    return False


def _agreed_to(found: Found, heard: Sequence[Heard]) -> bool:
    """Whether the agent only proposed it («давайте в среду?», «созвонимся») and the client says its day or agrees."""
    if not (found.heard.sentence.is_question or offers(found.heard) or found.family.kind is FamilyKind.MUTUAL):
        return False
    replies = replies_to(found.heard.sentence.position, heard)[:3]
    positive = commitment_lexicon().replies["positive"]
    return any(_names_day_of(found, item) or positive.match(item.code) for item in replies)


def _asks(item: Heard) -> bool:
    return any(
        family.kind is FamilyKind.REQUEST and family.pattern.search(item.code)
        for family in commitment_lexicon().families
    )


def _says_promise(item: Heard) -> bool:
    return any(
        family.kind is FamilyKind.PROMISE and family.pattern.search(item.code)
        for family in commitment_lexicon().families
    )


def _names_day_of(found: Found, item: Heard) -> bool:
    due = found.due
    return due is not None and any(
        one.is_day and not one.refused and (one.span.first, one.span.last) == (due.first, due.last)
        for one in item.mentions
    )
