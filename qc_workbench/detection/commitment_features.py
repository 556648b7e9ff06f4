"""What the promise classifier sees of a sentence: letters, lemmas, abstract verbs and the sentences around it.

Three views of the same words, because each survives what spoils the others:

- *letters* (character n-grams of 2 to 5 signs inside words): hear through slips of recognition («двякни»);
- *lemmas* and verbs of the lexicon by group and form (``#call/2``): tie rare forms to common ones;
- *frames* (pairs of such tokens, with who speaks): «вам … наберу» of the agent, «мне … наберите» of the client.

Days and hours are replaced by signs of their own (``DAY``, ``HOUR``), so that no date is learned by heart.
Names of the features are the keys of ``models/promise_classifier.json``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from qc_workbench.detection.commitment_candidates import about
from qc_workbench.detection.commitment_context import Found, Heard, declined, kind_of_action, replies_to
from qc_workbench.detection.commitment_lexicon import SECOND_HALF, FamilyKind, commitment_lexicon
from qc_workbench.detection.spoken_words import is_dictionary_word, morphology
from qc_workbench.domain.transcript import Party

#: Lengths of the character n-grams.
_SHORTEST_GRAM, _LONGEST_GRAM = 2, 5
#: Letters of a word that is read letter by letter.
_SHORTEST_SPOILT = 5
#: Sentences before and after that are seen.
_BEFORE, _AFTER = 2, 3
#: Sentences before a promise in which the other side may have asked for it.
_ASKED = 4
#: Words of a sentence that are read around its day or its promise: longer ones speak of several things.
_NEAR = 12
#: Guards of the lexicon that are told to the classifier as they are.
_GUARDS = (
    "reported",
    "reported_but",
    "broken",
    "own_call",
    "conditional",
    "conditional_but",
    "others",
    "later_today",
    "standing",
)

_PARTY = {Party.AGENT: "A", Party.CUSTOMER: "C", Party.UNKNOWN: "U", Party.MACHINE: "M"}


class SentencesSeen:
    """The sentences of one call as the classifier sees them; what is worked out of a sentence is kept."""

    def __init__(self, heard: Sequence[Heard]) -> None:
        self._heard = heard
        self._tokens: dict[int, tuple[str, ...]] = {}

    def features_of(self, index: int, stated: Iterable[Found] = ()) -> frozenset[str]:
        """Names of what is true of one sentence and those around it; ``stated``: what the rules find in it."""
        item = self._heard[index]
        who = _PARTY[item.sentence.party]
        tokens = self._near(index, about(item))
        found = {f"who={who}", f"asks={item.sentence.is_question}", f"long={min(4, len(tokens) // 4)}"}
        for token in tokens:
            found.add(f"w {token}")
            found.add(f"{who} {token}")
        broad = sorted({sign for token in tokens for sign in broad_of(token)})
        for position, sign in enumerate(broad):
            found.add(f"b {sign}")
            found.add(f"{who}b {sign}")
            found.update(f"{who}all {sign} {other}" for other in broad[position + 1 :])
        found.update(_grams(item))
        found.update(f"g {name}" for name in _guards_in(item.code))
        found.update(self._families(index))
        found.update(self._around(index))
        found.update(self._answer(index))
        found.update(_stated(stated))
        return frozenset(found)

    def _of(self, index: int) -> tuple[str, ...]:
        if index not in self._tokens:
            self._tokens[index] = tuple(tokens_of(self._heard[index]))
        return self._tokens[index]

    def _near(self, index: int, word: int | None) -> tuple[str, ...]:
        tokens = self._of(index)
        if word is None or len(tokens) <= 2 * _NEAR:
            return tokens
        start = max(0, min(word - _NEAR, len(tokens) - 2 * _NEAR))
        return tokens[start : start + 2 * _NEAR]

    def _families(self, index: int) -> set[str]:
        """Which phrases of the lexicon sound here, and which take back afterwards, whoever says them."""
        item = self._heard[index]
        found: set[str] = set()
        for name, kind, action, speaker in _families_in(item.code):
            fits = speaker in ("any", item.sentence.party.value)
            found.add(f"r {kind} {action} {fits}")
            found.add(f"r {name} {fits}")
        for other in self._heard[index + 1 : index + 1 + _AFTER]:
            found.update(f"r taken back {row[2]}" for row in _families_in(other.code) if row[1] is FamilyKind.CANCEL)
        return found

    def _answer(self, index: int) -> Iterator[str]:
        """What the other side makes of it: agrees, declines, asks back, names the same or another day; and how much
        of the call is left, because promises are made towards its end."""
        item = self._heard[index]
        left = len(self._heard) - 1 - index
        yield f"left {0 if left == 0 else min(5, 1 + left // 3)}"
        yield f"turn opens={index == 0 or self._heard[index - 1].sentence.turn != item.sentence.turn}"
        lexicon = commitment_lexicon()
        who = _PARTY[item.sentence.party]
        asks = f"{who}?" if item.sentence.is_question else who
        replies = replies_to(index, self._heard)
        if not replies:
            yield f"{asks} answer none"
        else:
            opening = " ".join(" ".join(one.code for one in replies[:2]).split()[:9])
            for name in ("negative", "refusing", "positive"):
                if lexicon.replies[name].match(opening):
                    yield f"{asks} answer {name}"
            if declined(index, self._heard, lexicon):
                yield f"{asks} answer declines"
            if replies[0].sentence.is_question:
                yield f"{asks} answer asks"
            if any(one.mentions for one in replies):
                yield f"{asks} answer {_days_beside(item, replies)}"
            if any(lexicon.guards["taken_over"].search(one.sentence.low) for one in replies[:2]):
                yield f"{asks} answer takes over"
        before = [
            one for one in self._heard[max(0, index - _ASKED) : index] if one.sentence.party is not item.sentence.party
        ]
        if any(row[1] is FamilyKind.REQUEST for one in before for row in _families_in(one.code)):
            yield f"{who} asked for"
        if any(row[1] is FamilyKind.QUESTION for one in before for row in _families_in(one.code)):
            yield f"{who} asked when"
        if before and before[-1].mentions:
            yield f"{who} before {_days_beside(item, before)}"

    def _around(self, index: int) -> set[str]:
        item = self._heard[index]
        days = {(one.span.first, one.span.last) for one in item.mentions if one.is_day}
        found: set[str] = set()
        for distance in (*range(-_BEFORE, 0), *range(1, _AFTER + 1)):
            position = index + distance
            if not 0 <= position < len(self._heard):
                continue
            other = self._heard[position]
            same = "s" if other.sentence.party is item.sentence.party else "o"
            place = f"{'b' if distance < 0 else 'a'}{same}"
            tokens = self._of(position)[: 2 * _NEAR]
            broad = {sign for token in tokens for sign in broad_of(token)}
            found.update(f"{place}b {sign}" for sign in broad)
            if abs(distance) == 1:
                found.update(f"{place}1 {token}" for token in tokens)
                found.update(f"{place}b1 {sign}" for sign in broad)
            if other.sentence.is_question:
                found.add(f"{place}{abs(distance)} asks")
            if days & {(one.span.first, one.span.last) for one in other.mentions if one.is_day}:
                found.add(f"{place} says the day too")
        return found


def _days_beside(item: Heard, others: Sequence[Heard]) -> str:
    """How the days of other sentences stand to those of this one."""
    own = {(one.span.first, one.span.last) for one in item.mentions if one.is_day}
    theirs = {(one.span.first, one.span.last) for other in others for one in other.mentions if one.is_day}
    if not theirs:
        return "names an hour"
    if not own:
        return "names a day"
    return "names the day" if own & theirs else "names another day"


def tokens_of(item: Heard) -> list[str]:
    """The sentence as signs: verbs of the lexicon by group and form, days, hours, other words by lemma."""
    words = item.code.split()
    signs: list[str | None] = [None] * len(words)
    for mention in item.mentions:
        sign = ("NODAY" if mention.refused else "DAY") if mention.is_day else "HOUR"
        for position in range(mention.start, min(mention.end, len(words))):
            if signs[position] is None or sign != "HOUR":
                signs[position] = sign
    tokens: list[str] = []
    for word, shown in zip(words, signs, strict=True):
        if word == SECOND_HALF:
            continue
        token = _sign(word) if shown is None or word.startswith("#") else shown
        if not (token.isupper() and tokens and tokens[-1] == token):
            tokens.append(token)
    return tokens


@lru_cache(maxsize=50_000)
def _sign(word: str) -> str:
    if word.startswith("#"):
        return word
    if word[:1].isdigit():
        return "NUM"
    if not "а" <= word[:1] <= "я":
        return word
    parse = morphology().parse(word)[0]
    tag = str(parse.tag).replace(" ", ",").split(",")
    if "VERB" in tag or "INFN" in tag:
        marks = "".join(
            sign
            for mark, sign in (("INFN", "i"), ("past", "p"), ("impr", "m"), ("1per", "1"), ("2per", "2"), ("3per", "3"))
            if mark in tag
        )
        return f"V{marks}:{parse.normal_form}"
    if "NPRO" in tag or "PREP" in tag:
        return word  # «меня» and «мне» are not one thing here
    return str(parse.normal_form)


@lru_cache(maxsize=50_000)
def broad_of(token: str) -> tuple[str, ...]:
    """The token by meaning and form: group and form of a verb, senses, pronouns, days; nothing for the rest."""
    if token.isupper():
        return (token,)
    if token.startswith("#"):
        group, form = token[1:].split("/")
        return (token, f"#{form}", f"#{group}")
    word = token
    signs = []
    if token.startswith("V") and ":" in token:
        form, word = token.split(":")
        signs.append(form)
    signs += [name for name, pattern in commitment_lexicon().senses.items() if pattern.match(word)]
    if word in _PRONOUNS:
        signs.append(word)
    return tuple(signs)


_PRONOUNS = frozenset(
    "я мы вы ты он она они мне меня мной нам нас вам вас вами тебе тебя тобой ему ей им сам сама сами не ни уже "  # noqa: SIM905
    "тогда значит пусть i we you he she they me us him her them will would not then so ll am are have did was "
    "were".split()
)


def _grams(item: Heard) -> set[str]:
    """Letters of the words that no dictionary has: what is left to hear of a verb that was spoilt."""
    grams: set[str] = set()
    for word in item.sentence.words:
        if len(word.low) >= _SHORTEST_SPOILT and "а" <= word.low[0] <= "я" and not is_dictionary_word(word.low):
            grams.update(_grams_of(word.low))
    return grams


def _stated(stated: Iterable[Found]) -> Iterator[str]:
    empty = True
    for one in stated:
        empty = False
        yield from ("s some", f"s {kind_of_action(one.action)}", f"s {one.family.kind.value}", f"s {one.family.name}")
    if empty:
        yield "s none"


@lru_cache(maxsize=20_000)
def _families_in(code: str) -> tuple[tuple[str, FamilyKind, str, str], ...]:
    return tuple(
        (family.name, family.kind, family.action, family.speaker)
        for family in commitment_lexicon().families
        if family.pattern.search(code)
    )


@lru_cache(maxsize=20_000)
def _guards_in(code: str) -> tuple[str, ...]:
    guards = commitment_lexicon().guards
    # «If I rang you in May, would that work?» is a proposal, no condition.
    return tuple(
        name
        for name in _GUARDS
        if guards[name].search(code) and not (f"{name}_but" in guards and guards[f"{name}_but"].search(code))
    )


@lru_cache(maxsize=50_000)
def _grams_of(word: str) -> frozenset[str]:
    text = f"_{word}_"
    return frozenset(
        f"c {text[at : at + size]}"
        for size in range(_SHORTEST_GRAM, _LONGEST_GRAM + 1)
        for at in range(len(text) - size + 1)
    )
