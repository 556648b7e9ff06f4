"""What the refusal classifier sees of something a client said: letters, lemmas, negated lemmas, the lexicon, and what
the agent said before.

Three views of the same words, because each survives what spoils the others: *letters* (character n-grams inside
words) hear through slips of recognition, *lemmas* tie rare forms to common ones, the *lexicon* brings whole phrases.
A short answer means what was asked: «да» after «отказываетесь?» is a refusal, so lemmas of the agent's last sentence
are features of their own, crossed with how the answer begins. A refusal is also known by how it is taken: the beginning
of the agent's answer to it, and the last turns of both sides (:func:`ending_of`). Names of features are the keys of
``models/refusal_classifier.json``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from qc_workbench.detection.spoken_words import morphology

#: Lengths of the character n-grams.
_SHORTEST_GRAM, _LONGEST_GRAM = 3, 5
#: Words after a negation that it reaches.
_NEGATION_REACH = 3
#: Words between the halves of a pair.
_PAIR_REACH = 3
#: Words of the agent's last sentence that are looked at, from its end; of the answer, from its beginning.
_ASKED = 14
_ANSWERED = 14
#: Turns of either side that make the ending of a call.
_LAST_TURNS = 3
#: Lengths of the letters in words of the ending.
_ENDING_GRAMS = (3, 4)
#: Turns of the client after a piece that are told apart.
_FOLLOWING = 3
_NEGATIONS = frozenset(
    ("не", "нет", "ни", "нету", "без", "not", "no", "never", "nothing", "none", "neither", "without")
)
_YES = frozenset(
    ("да", "ага", "угу", "конечно", "точно", "правильно", "верно", "именно", "yes", "yeah", "yep", "right", "correct")
)
_NO = frozenset(("нет", "не", "неа", "no", "nope", "not"))


def features_of(
    words: Sequence[str], asked: Sequence[str], *, is_question: bool, is_conditional: bool, matches: Sequence[str]
) -> frozenset[str]:
    """Names of what is true of a client's words (``low`` forms).

    ``asked``: words of the agent's last sentence before them; ``matches``: which parts of the lexicon match here.
    """
    tokens = [token_of(word) for word in words]
    found = {f"q={is_question}", f"if={is_conditional}", f"long={min(6, len(words) // 3)}"}
    found.update(f"r {name}" for name in matches)
    found.update(f"r {first}+{second}" for first in matches for second in matches if first < second)
    reach = 0
    for token in tokens:
        found.add(f"w {token}")
        if reach:
            found.add(f"n {token}")
            reach -= 1
        if token in _NEGATIONS:
            reach = _NEGATION_REACH
    found.update(f"p{gap} {first} {second}" for first, second, gap in _pairs(tokens))
    if tokens:
        found.update((f"first {tokens[0]}", f"last {tokens[-1]}"))
    for word in words:
        found.update(_grams_of(word))
    found.update(_answer(tokens, [token_of(word) for word in asked[-_ASKED:]]))
    return frozenset(found)


def context_of(answered: Sequence[str], turns_after: int) -> frozenset[str]:
    """Features of what follows a piece: the agent's answer (``low`` words) and how much the client still said."""
    tokens = [token_of(word) for word in answered[:_ANSWERED]]
    found = {f"after={min(_FOLLOWING, turns_after)}", *(f"t {token}" for token in tokens)}
    found.update(f"t2 {first} {second}" for first, second in pairwise(tokens))
    if tokens:
        found.add(f"t first {tokens[0]}")
    return frozenset(found)


def ending_of(agents: Sequence[Sequence[str]], clients: Sequence[Sequence[str]]) -> frozenset[str]:
    """Features of the last turns of a call; each turn is its ``low`` words."""
    found: set[str] = set()
    for who, turns in (("A", agents), ("C", clients)):
        for at, words in enumerate(reversed(turns[-_LAST_TURNS:])):
            tokens = [token_of(word) for word in words]
            found.update(f"{who} {token}" for token in tokens)
            found.update(f"{who}2 {first} {second}" for first, second in pairwise(tokens))
            if at == 0:
                found.update(f"{who} last {token}" for token in tokens)
            if who == "A":
                grams = {gram for word in words for gram in _grams_of(word)}
                found.update(f"A{gram}" for gram in grams if len(gram) - 2 in _ENDING_GRAMS)
    return frozenset(found)


def _answer(tokens: Sequence[str], asked: Sequence[str]) -> Iterator[str]:
    if not asked or not tokens:
        return
    begins = "yes" if tokens[0] in _YES else "no" if tokens[0] in _NO else "else"
    short = len(tokens) <= 4
    for token in set(asked):
        yield f"a {token}"
        yield f"a {begins} {token}"
        if short:
            yield f"a {begins} short {token}"


@lru_cache(maxsize=50_000)
def token_of(word: str) -> str:
    """The lemma; verbs keep their person and tense, because «не возьму» and «не взял» are two things."""
    if word[:1].isdigit():
        return "NUM"
    if not "а" <= word[:1] <= "я":
        return word
    parse = morphology().parse(word)[0]
    marks = set(str(parse.tag).replace(" ", ",").split(","))
    if marks & {"VERB", "INFN"}:
        form = "".join(
            sign
            for mark, sign in (("INFN", "i"), ("past", "p"), ("impr", "m"), ("1per", "1"), ("2per", "2"), ("3per", "3"))
            if mark in marks
        )
        return f"{parse.normal_form}/{form}"
    return word if marks & {"NPRO", "PREP", "CONJ", "PRCL"} else str(parse.normal_form)


def _pairs(tokens: Sequence[str]) -> Iterator[tuple[str, str, int]]:
    for index, first in enumerate(tokens):
        for gap, second in enumerate(tokens[index + 1 : index + 1 + _PAIR_REACH]):
            yield first, second, min(gap, 1)


@lru_cache(maxsize=50_000)
def _grams_of(word: str) -> frozenset[str]:
    text = f"_{word}_"
    return frozenset(
        f"c {text[at : at + size]}"
        for size in range(_SHORTEST_GRAM, _LONGEST_GRAM + 1)
        for at in range(len(text) - size + 1)
    )
