"""Names of people and telephone numbers in a transcript, masked for readers who need not know them.

Russian names are told by the dictionary of pymorphy3 in any case; English ones by a list. A word that is also something
else (Вера, Роман, Mark, Rose) is a name where the words around it say so, or a capital letter within a sentence does.
Names that are known beforehand (the client's from the CRM, the agents') are masked in any case and place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final, Literal

from qc_workbench.detection.phones_said import phones_in
from qc_workbench.detection.spoken_stream import Said, Stream, streams_of
from qc_workbench.detection.spoken_words import morphology
from qc_workbench.domain.redaction import MASKS, Masked, language_of_marks
from qc_workbench.domain.transcript import Party, Transcript, Turn, Word

#: Share of a word's uses that must be names for it to be one by itself.
_SURE_FROM: Final = 0.75
_Likeness = Literal["sure", "maybe", "surname", "no"]

#: After these a person is named; a word that may be a name is one.
_BEFORE: Final = re.compile(
    r"это|зовут|алло|позовите|передайте|передай|спросите|соедините|господин\w*|госпож\w*|мистер\w*|миссис|менеджер\w*|"
    r"мастер\w*|муж\w*|жен[аыуе]|женой|сын\w*|дочь|брат\w*|сосед\w*|инженер\w*|директор\w*|бухгалтер\w*|я|имя|нужна|"
    r"нужен|привет|здравствуйте|спасибо|окей|скажите|сообщите|напомните|уважаем\w+|клиент\w*|фамили\w+|звонил[аи]?|"
    r"mr|mrs|ms|miss|sir|dr|hi|hello|hey|thanks|ask|tell|wife|husband|is|i'm|am|to|for|with|calling|thank|morning|"
    r"afternoon|evening|colleague|manager|madam"
)
#: After these a word that no dictionary knows is a surname.
_TITLES: Final = re.compile(
    r"господин\w*|госпож\w*|мистер\w*|миссис|клиент\w*|фамили\w+|инженер\w*|mr|mrs|ms|miss|dr|sir"
)
#: «my name is …»: whatever stands behind it is a name.
_NAMED: Final = ("my name is", "name's", "my name's", "speak to", "speak with", "through to", "меня зовут")
#: Before these somebody is spoken to or told about.
_AFTER: Final = re.compile(
    r"вы|слушаю|здравствуйте|добрый|это|подскажите|привет|подойд[её]т|сказал[аи]?|звонил[аи]?|просил[аи]?|оформлял[аи]?|"
    r"будет|приедет|перезвонит|уже|said|called|told|asked|will|sent|speaking|from"
)
#: Before these: a street, a station, a house of that name.
_PLACES: Final = re.compile(
    r"улиц\w*|ул|проспект\w*|площад\w*|переул\w*|шоссе|станци\w*|метро|парк\w*|жк|бульвар\w*|набережн\w*|имени|"
    r"в|во|из|город\w*|посел\w*|деревн\w*|сел[оае]|район\w*|area|street|road|avenue"
)
_NO_NAME_AFTER: Final = frozenset("парк сити плаза стрит street road avenue park city maps scholar".split())  # noqa: SIM905 - a list of words is read as a text
#: English words that stand behind a name far more often than they are one.
_MODALS: Final = frozenset({"will", "may"})
_ARTICLES: Final = frozenset("a an the this that my your our their his her please we to".split())  # noqa: SIM905 - a list of words is read as a text


def masked(transcript: Transcript, known: Iterable[str] = ()) -> Transcript:
    """The transcript without names of people and telephone numbers. ``known``: names that are masked anyway."""
    streams = streams_of(transcript.turns)
    hidden: dict[tuple[int, int], Masked] = {}
    for stream in streams:
        for word in names_in(stream, lemmas(known)):
            hidden[word.turn, word.index] = Masked.NAME
    for word in phones_in(streams):
        hidden[word.turn, word.index] = Masked.PHONE
    if not hidden:
        return transcript
    by_turn: dict[int, dict[int, Masked]] = {}
    for (number, index), kind in hidden.items():
        by_turn.setdefault(number, {})[index] = kind
    around = " ".join(turn.text for turn in transcript.turns)
    turns = tuple(
        _masked_turn(turn, by_turn[number], around) if number in by_turn else turn
        for number, turn in enumerate(transcript.turns)
    )
    return replace(transcript, turns=turns)


def masked_spans(turns: Sequence[Turn], known: frozenset[str]) -> dict[int, list[tuple[int, int]]]:
    """Turn -> characters of its text, from and to, that hold a name or a number."""
    streams = streams_of(turns)
    hidden = {(word.turn, word.index) for stream in streams for word in names_in(stream, known)}
    hidden |= {(word.turn, word.index) for word in phones_in(streams)}
    spans: dict[int, list[tuple[int, int]]] = {}
    if not hidden:
        return spans
    after: dict[int, int] = {}
    words = sorted((word for stream in streams for word in stream.words), key=lambda word: (word.turn, word.index))
    for word in words:
        start = turns[word.turn].text.find(word.raw, after.get(word.turn, 0))
        if start < 0:
            continue
        after[word.turn] = start + len(word.raw)
        if (word.turn, word.index) in hidden:
            spans.setdefault(word.turn, []).append((start, start + len(word.raw)))
    return spans


@lru_cache(maxsize=20_000)
def masked_text(text: str, known: frozenset[str] = frozenset()) -> str:
    """A quote without names and numbers."""
    turn = Turn(Party.UNKNOWN, 0, 0.0, float(len(text)) + 1.0, text, 1.0)
    return masked(Transcript("", "", "", None, "", "", (turn,)), known).turns[0].text


def lemmas(names: Iterable[str]) -> frozenset[str]:
    """The dictionary forms of the words of some names: of «Иванова Ольга» also those of «Ивановой»."""
    words = {word for name in names for word in re.findall(r"[^\W\d_]{2,}", name.lower().replace("ё", "е"))}
    return frozenset(form for word in words for form in (word, *_forms(word)))


@lru_cache(maxsize=50_000)
def _forms(low: str) -> frozenset[str]:
    if not "а" <= low[:1] <= "я":
        return frozenset()
    parses = [parse for parse in morphology().parse(low) if {"NOUN", "ADJF"} & parse.tag.grammemes]
    return frozenset(parse.normal_form.replace("ё", "е") for parse in parses)


def names_in(stream: Stream, known: frozenset[str] = frozenset()) -> list[Said]:
    """The words of a stream that name a person."""
    words = stream.words
    likely = [_likeness(word.low) for word in words]
    is_name = [
        word.low in known or bool(known and known & _forms(word.low)) or _is_name(words, likely, at)
        for at, word in enumerate(words)
    ]
    for at in range(len(words)):  # a name beside a name: «вера андреевна», «орлова анна»
        near = [
            other for other in (at - 1, at + 1)
            if 0 <= other < len(words) and is_name[other] and words[other].turn == words[at].turn
        ]  # fmt: skip
        if not is_name[at] and near and words[at].low not in _MODALS and likely[at] in ("maybe", "surname"):
            is_name[at] = not (at + 1 in near and at - 1 not in near and likely[at] == "surname" and at == 0)
    return [word for word, named in zip(words, is_name, strict=True) if named]


def _is_name(words: Sequence[Said], likely: Sequence[_Likeness], at: int) -> bool:
    low, raw = words[at].low, words[at].raw
    before = words[at - 1].low if at and words[at - 1].turn == words[at].turn else ""
    after = words[at + 1].low if at + 1 < len(words) and words[at + 1].turn == words[at].turn else ""
    if _PLACES.fullmatch(before) or after in _NO_NAME_AFTER:
        return False
    if likely[at] == "sure":
        return True
    two = " ".join(word.low for word in words[max(0, at - 3) : at])
    if _TITLES.fullmatch(before) and (likely[at] != "no" or re.fullmatch(r"[a-z']{3,}", low)):
        return True
    if two.endswith(_NAMED) and likely[at] != "no":
        return True
    if two.endswith(_NAMED) and re.fullmatch(r"[a-z']{3,}", low) and low not in _ARTICLES:
        return True
    if likely[at] != "maybe":
        return False
    within = bool(before) and not words[at - 1].raw.endswith((".", "?", "!", "…"))
    if within and raw.lstrip("\"'«(")[:1].isupper():
        return True
    english = bool(re.match(r"[a-z]", low))
    if before in _ARTICLES and english and before != "to":
        return False
    if before and _BEFORE.fullmatch(before):
        return not english or not after or bool(_AFTER.fullmatch(after)) or raw.endswith((",", ".", "?", "!"))
    if not before and after:  # at the beginning: spoken to, or told about
        return bool(_AFTER.fullmatch(after)) and after not in ("will",)
    return False


@lru_cache(maxsize=50_000)
def _likeness(low: str) -> _Likeness:
    if re.fullmatch(r"[a-z]+(?:'[a-z]+)?", low):
        return _english().get(low.removesuffix("'s"), "no")
    if not re.fullmatch(r"[а-я-]{3,}", low):
        return "no"
    parses = morphology().parse(low)
    total = sum(parse.score for parse in parses if "Geox" not in parse.tag) or 1.0
    name = sum(parse.score for parse in parses if {"Name", "Patr"} & parse.tag.grammemes and "Abbr" not in parse.tag)
    surname = sum(parse.score for parse in parses if "Surn" in parse.tag)
    known = morphology().word_is_known(low)
    if any("Patr" in parse.tag for parse in parses) and re.search(r"(?:вич|вн|ьич|ичн|кичн)\w{0,3}$", low):
        return "sure"
    if not known:
        return "surname" if surname else "no"
    if (name + surname) / total >= _SURE_FROM and (name or surname / total >= _SURE_FROM):
        return "sure"
    return "maybe" if name else "surname" if surname else "no"


@cache
def _english() -> Mapping[str, _Likeness]:
    text = (files("models") / "lexicons" / "first_names_en.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    sure, maybe, surnames = " ".join(lines).split("?")
    return {
        **dict.fromkeys(surnames.split(), "surname"),
        **dict.fromkeys(sure.split(), "sure"),
        **dict.fromkeys(maybe.split(), "maybe"),
    }


def _masked_turn(turn: Turn, hidden: Mapping[int, Masked], around: str) -> Turn:
    words = list(turn.words) or streams_of((turn,))[0].as_words()
    language = language_of_marks(turn.text, around)
    left: list[Word] = []
    before: Masked | None = None
    for index, word in enumerate(words):
        kind = hidden.get(index)
        if kind is None:
            left.append(word)
        elif kind is before:
            left[-1] = replace(left[-1], end_s=max(left[-1].end_s, word.end_s), text=_mask(kind, language, word.text))
        else:
            left.append(Word(word.start_s, word.end_s, _mask(kind, language, word.text), 1.0))
        before = kind
    text = " ".join("".join(word.text for word in left).split())
    return replace(turn, words=tuple(left) if turn.words else (), text=text)


def _mask(kind: Masked, language: str, said: str) -> str:
    """The mask with what stood behind the word: a comma, the end of the sentence."""
    behind = re.search(r"[.,!?…;:]+$", said.strip())
    return f" {MASKS[kind][language]}{behind.group() if behind else ''}"
