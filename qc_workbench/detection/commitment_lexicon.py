"""The phrases of promises, read once from ``models/lexicons/commitments.toml`` into typed values.

The file's own comments explain the notation. Reading a file that ships with the program is not input of
a run: the result depends on the version alone and is part of :func:`fingerprint`.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources

from rapidfuzz import fuzz, process

from qc_workbench.detection.sound_alike import alike, sound_table
from qc_workbench.detection.spoken_words import SpokenWord, cut_in_two, is_dictionary_word, morphology


class FamilyKind(StrEnum):
    PROMISE = "promise"  # the agent says what they will do
    REQUEST = "request"  # the client asks us to act
    MUTUAL = "mutual"  # «созвонимся», said by either
    QUESTION = "question"  # the agent asks when; the answer holds the date
    CANCEL = "cancel"  # takes back, or forbids


@dataclass(frozen=True, slots=True)
class Family:
    """Phrases with one meaning. ``action`` is a catalogue action, or ``send`` (the object decides which)."""

    name: str
    action: str
    speaker: str
    kind: FamilyKind
    pattern: re.Pattern[str]
    needs_date: bool = False
    needs_object: bool = False
    own_date: bool = False  # the day must be said in the same sentence


@dataclass(frozen=True)
class CommitmentLexicon:
    families: tuple[Family, ...]
    words: Mapping[str, re.Pattern[str]]
    guards: Mapping[str, re.Pattern[str]]
    replies: Mapping[str, re.Pattern[str]]
    senses: Mapping[str, re.Pattern[str]]  # meaning -> what a word of it begins with
    fingerprint: str


_FORM = re.compile(r"<(\w+):(\w+)>")
_SKIP = re.compile(r"~(\d)")


def _expanded(pattern: str, words: Mapping[str, str]) -> str:
    for name, alternatives in words.items():
        pattern = pattern.replace("{" + name + "}", alternatives)
    pattern = _FORM.sub(r"#\1/\2\\b", pattern)
    return _SKIP.sub(lambda match: "(?:[^ ]+ ){0," + match.group(1) + "}?", pattern)


def compiled(pattern: str, words: Mapping[str, str]) -> re.Pattern[str]:
    """A pattern of the lexicons' notation, matching whole words only."""
    return re.compile(rf"(?:(?<=\s)|^)(?:{_expanded(pattern, words)})(?=\s|$)")


def _beginnings(stems: str) -> re.Pattern[str]:
    """Matches words that begin with one of the stems; a stem with «=» is a whole word."""
    return re.compile(
        "|".join(f"{re.escape(stem[1:])}$" if stem[0] == "=" else re.escape(stem) for stem in stems.split())
    )


@cache
def commitment_lexicon() -> CommitmentLexicon:
    text = (resources.files("models") / "lexicons" / "commitments.toml").read_text(encoding="utf-8")
    raw = tomllib.loads(text)
    words: dict[str, str] = raw["words"]
    families = tuple(
        Family(
            item["name"],
            item["action"],
            item["speaker"],
            FamilyKind(item["kind"]),
            compiled("|".join(f"(?:{pattern})" for pattern in item["patterns"]), words),
            item.get("needs_date", False),
            item.get("needs_object", False),
            item.get("own_date", False),
        )
        for item in raw["family"]
    )
    return CommitmentLexicon(
        families,
        {name: compiled(pattern, {}) for name, pattern in words.items()},
        {name: compiled(pattern, words) for name, pattern in raw["guards"].items()},
        {name: compiled(pattern, words) for name, pattern in raw["replies"].items()},
        {name: _beginnings(stems) for name, stems in raw["senses"].items()},
        hashlib.sha256(text.encode()).hexdigest()[:16],
    )


# --- Russian verb forms ----------------------------------------------------------------------------------------------


def _code(tag: object) -> str | None:
    """1, 1i, 2, 3, inf or past of a pymorphy3 tag; None for participles and the like."""
    marks = set(str(tag).replace(" ", ",").split(","))
    if "INFN" in marks:
        return "inf"
    if "VERB" not in marks:
        return None
    if "past" in marks:
        return "past"
    if "impr" in marks or "2per" in marks:
        return "1" if "incl" in marks else "2"
    if "1per" in marks:
        return "1i" if "pres" in marks else "1"
    return "3" if "3per" in marks else None


def forms_of(groups: Mapping[str, str]) -> dict[str, str]:
    """Every form of every verb -> ``#group/form``; the first group that has a form keeps it."""
    forms: dict[str, str] = {}
    for group, lemmas in groups.items():
        for lemma in lemmas.split():
            parse = next((item for item in morphology().parse(lemma) if "INFN" in str(item.tag)), None)
            for form in parse.lexeme if parse else ():
                code = _code(form.tag)
                if code == "1i" and not is_dictionary_word(lemma):
                    code = "1"  # colloquial and guessed («отзвониться»): such verbs here are all perfective
                if code is not None:
                    forms.setdefault(form.word.replace("ё", "е"), f"#{group}/{code}")
    return forms


#: «Евгений вас беспокоит» is how people introduce themselves.
_GREETS = ("беспокоит", "беспокоят", "тревожит", "тревожат")


@cache
def verb_forms() -> Mapping[str, str]:
    """Every form of every verb of promises -> ``#group/form``."""
    text = (resources.files("models") / "lexicons" / "commitments.toml").read_text(encoding="utf-8")
    # «Вышли» is also the past of «выйти», «набери» a form pymorphy gives to another verb first.
    known = forms_of(tomllib.loads(text)["verbs"])
    for greeting in _GREETS:
        known.pop(greeting, None)
    return known | {"набери": "#call/2", "наберите": "#call/2", "вышли": "#send/2"}


#: Likeness (0..100) from which a word that no dictionary has is taken for a form of a lexicon verb:
#: recognition writes «звятнете» for «звякните», «позванить» for «позвонить».
_VERB_LIKENESS = 83.0
#: The same by sound (:mod:`sound_alike`): «потревошьте», «выхадити».
_VERB_SOUND_LIKENESS = 88.0


#: «Наберитесь» for «наберите»: recognition adds the reflexive ending.
_REFLEXIVE = re.compile(r"(?<=те)сь$")


@cache
def _form_of(low: str) -> str | None:
    found = verb_forms().get(low) or verb_forms().get(_REFLEXIVE.sub("", low))
    if found is not None or len(low) < 7 or not "а" <= low[0] <= "я" or is_dictionary_word(low):
        return found
    near = process.extractOne(low, verb_forms().keys(), scorer=fuzz.ratio, score_cutoff=_VERB_LIKENESS)
    if near and (near[0][0] == low[0] or near[1] >= 88):
        return verb_forms()[near[0]]
    sounding = alike(low, _verb_sounds(), _VERB_SOUND_LIKENESS)
    if sounding is not None:
        return verb_forms()[sounding]
    # «Перенескину»: glued to the word before; the longest ending that is a verb of the lexicon.
    endings = (low[start:] for start in range(3, len(low) - _SHORTEST_GLUED + 1))
    return next((verb_forms()[ending] for ending in endings if ending in verb_forms()), None)


#: Letters of a verb that may be recognised at the end of a word no dictionary has.
_SHORTEST_GLUED = 5


@cache
def _verb_sounds() -> Mapping[str, str]:
    return sound_table([form for form in verb_forms() if len(form) >= 6])


#: Prefixes that recognition writes apart: «на берите», «пере звоню».
_PREFIXES = frozenset(["на", "по", "пере", "при", "от", "под", "за", "до", "с", "со", "вы", "про"])
#: Letters of a verb that is put together by sound alone: shorter ones sound like too many others.
_SHORTEST_CUT = 8
#: Stands for the second half of a verb that was cut in two, so that codes and words keep step.
SECOND_HALF = "+"


@cache
def _form_of_two(first: str, second: str) -> str | None:
    """The code of a verb that was cut in two, or None."""
    if first in _PREFIXES and len(second) >= 4 and (whole := verb_forms().get(first + second)) is not None:
        return whole
    if len(first) + len(second) < _SHORTEST_CUT or not cut_in_two(first, second):
        return None
    sounding = alike(first + second, _verb_sounds(), _VERB_SOUND_LIKENESS)
    return verb_forms()[sounding] if sounding is not None else None


def coded(words: Sequence[SpokenWord]) -> str:
    """The words as one text, verbs of the lexicon replaced by ``#group/form``; one token a word."""
    tokens = [_form_of(word.low) or word.low for word in words]
    for index in range(len(words) - 1):
        if not tokens[index].startswith("#") and not tokens[index + 1].startswith("#reported"):
            whole = _form_of_two(words[index].low, words[index + 1].low)
            if whole is not None:
                tokens[index : index + 2] = [whole, SECOND_HALF]
    return " ".join(tokens)
