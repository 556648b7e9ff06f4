"""Sentences that may hold a promise at all: those that name a day or an hour, and those with an act of one.

The classifier judges only these. A sentence with neither has nothing that a person could check.
"""

from __future__ import annotations

import re

from qc_workbench.detection.commitment_context import Heard

#: A verb of the lexicon in a form that may oblige: first person, request, third person, infinitive.
_ACT = re.compile(r"#(?:call|tell|together|send|visit|meet|pay|decide|prepare)/(?:1i?|2|3|inf)(?= |$)")
#: The acts named by nouns and set phrases.
_NAMED = re.compile(
    r"\b(?:звон\w*|звоноч\w*|созвон\w*|на связи|до связи|на связь|обратн\w+ связ\w*|в курсе|вест(?:и|очк\w*)|ответ|"
    r"call|ring|phone|bell|shout|buzz|touch|hear|back|know|line|text|message|email|send|speak|talk|catch|try)\b"
)


def is_candidate(item: Heard) -> bool:
    """Whether a sentence may be quoted and names a day, an hour or an act."""
    if not item.sentence.quotable:
        return False
    if any(not mention.refused for mention in item.mentions):
        return True
    return _ACT.search(item.code) is not None or _NAMED.search(item.sentence.low) is not None


def about(item: Heard) -> int | None:
    """The word a sentence is about: its last day that is not refused, else its act; None where it is short."""
    days = [mention.start for mention in item.mentions if mention.is_day and not mention.refused]
    if days:
        return days[-1]
    act = _ACT.search(item.code) or _NAMED.search(item.sentence.low)
    return item.code[: act.start()].count(" ") if act else None
