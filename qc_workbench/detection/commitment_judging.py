"""Rules and classifier together: which findings of the rules are believed, and what is found without a rule."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qc_workbench.detection.commitment_candidates import about, is_candidate
from qc_workbench.detection.commitment_classifier import PromiseClassifier
from qc_workbench.detection.commitment_context import Found, Heard, declined, from_neighbours, revised
from qc_workbench.detection.commitment_features import SentencesSeen
from qc_workbench.detection.commitment_lexicon import Family, FamilyKind, commitment_lexicon
from qc_workbench.detection.due_dates import choose
from qc_workbench.domain.commitment import Promiser
from qc_workbench.domain.transcript import Party

#: Stands as the rule of a promise that only the classifier found, with its chance: ``classifier_0.91/ru_weekday``.
CLASSIFIER = "classifier"
_NOTHING = re.compile(r"(?!)")


def believed(index: int, stated: list[Found], seen: SentencesSeen, judge: PromiseClassifier) -> list[Found]:
    """What the rules find in one sentence, unless the classifier finds it very unlikely.

    A promise tied to the one before («как только уйдёт, отзвонюсь») stands with it: alone it looks like a condition.
    """
    if not stated or judge.chance(seen.features_of(index, stated)) >= judge.drop_below:
        return stated
    return [found for found in stated if found.tied]


def overheard(
    heard: Sequence[Heard], stated: Sequence[list[Found]], seen: SentencesSeen, judge: PromiseClassifier
) -> list[Found]:
    """Sentences in which no rule finds a promise and the classifier is sure of one, likeliest first."""
    likely: list[Found] = []
    lexicon = commitment_lexicon()
    for index, item in enumerate(heard):
        if stated[index] or not is_candidate(item):
            continue
        if declined(index, heard, lexicon) or lexicon.guards["standing"].search(item.sentence.low):
            continue
        features = seen.features_of(index)
        chance = judge.chance(features)
        if chance < judge.add_from:
            continue
        due = choose(item.mentions, near=about(item))
        if due is None or not due.has_days:
            due = from_neighbours(index, heard, due)
        due = revised(index, heard, due)
        by = {Party.AGENT: Promiser.AGENT, Party.CUSTOMER: Promiser.CUSTOMER}.get(item.sentence.party, Promiser.BOTH)
        family = Family(CLASSIFIER, "", "any", FamilyKind.MUTUAL, _NOTHING)
        at = about(item) or 0
        likely.append(Found(item, family, judge.action(features), by, at, at, due, chance=chance))
    return sorted(likely, key=lambda found: (-found.chance, found.heard.sentence.position))
