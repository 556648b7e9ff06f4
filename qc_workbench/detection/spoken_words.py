"""Words of a transcript made comparable: numbers as digits, slips of recognition put right, sentences cut.

Nothing here knows what a promise or a date is; :mod:`due_dates` and :mod:`commitments` match
their rules against the ``low`` words this module makes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import pymorphy3
from rapidfuzz import fuzz, process

from qc_workbench.detection.sound_alike import alike, sound_table
from qc_workbench.detection.spoken_numerals import numerals
from qc_workbench.domain.redaction import without_marks
from qc_workbench.domain.transcript import Party, Transcript, Turn

_WORD = re.compile(
    r"\d{1,2}[:.]\d{2}(?!\d)|\d+(?:[-‑]?(?:го|е|й|ое|ого|му|ом|th|st|nd|rd)\b)?|[^\W\d_]+(?:['’][^\W\d_]+)*"
)
_END = re.compile(r"[.?!…]")

#: Silence within one party's speech that still belongs to one sentence, in seconds: recognition cuts at breaths.
JOIN_GAP_S = 1.5


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """One word. ``low`` is what rules match: lower case, ё as е, numerals as digits (``20``, ``20го``, ``20th``)."""

    raw: str
    low: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of one party. ``position`` counts sentences of the call, ``turn`` its stretches of one party."""

    position: int
    turn: int
    party: Party
    text: str
    words: tuple[SpokenWord, ...]
    start_s: float
    end_s: float
    is_question: bool
    quotable: bool
    channel: int = 0

    @property
    def low(self) -> str:
        return " ".join(word.low for word in self.words)


# --- numerals ------------------------------------------------------------------------------------------------------


def _ordinal(number: int, spelt: str) -> str:
    """``20го`` or ``20ое`` of a Russian word, ``20th`` of an English one: each asks for other words around it."""
    if "а" <= spelt[0] <= "я":
        return f"{number}ое" if spelt.endswith(("ое", "ье", "е", "й", "ый")) else f"{number}го"
    return f"{number}th"


def _join_numerals(words: list[SpokenWord]) -> list[SpokenWord]:
    joined: list[SpokenWord] = []
    previous_tens: int | None = None
    for word in words:
        found = numerals().get(word.low)
        if found is None:
            digits = re.fullmatch(r"(\d+)[-‑]?(\D+)", word.low)
            if digits and ":" not in word.low and "." not in word.low:
                word = SpokenWord(word.raw, _ordinal(int(digits.group(1)), digits.group(2)), word.start_s, word.end_s)
            elif re.fullmatch(r"\d{1,2}\.\d{2}", word.low):
                word = SpokenWord(word.raw, word.low.replace(".", ":"), word.start_s, word.end_s)
            previous_tens = None
            joined.append(word)
            continue
        number, ordinal = found
        spelt = word.low
        if previous_tens is not None and number < 10:
            last = joined.pop()
            number += previous_tens
            word = SpokenWord(f"{last.raw} {word.raw}", "", last.start_s, word.end_s)
            previous_tens = None
        else:
            previous_tens = number if number in (20, 30, 40, 50) and not ordinal else None
        joined.append(
            SpokenWord(word.raw, _ordinal(number, spelt) if ordinal else str(number), word.start_s, word.end_s)
        )
    return joined


# --- slips of recognition ------------------------------------------------------------------------------------------

#: Words that carry a date: what a word outside the dictionary is compared with. Speech models glue a
#: preposition to the weekday («восторгник» for «во вторник»), hence the forms with one.
_DATE_WORDS: dict[str, str] = {
    word: word
    for word in [
        "понедельник",
        "понедельника",
        "понедельнику",
        "вторник",
        "вторника",
        "вторнику",
        "среду",
        "среды",
        "четверг",
        "четверга",
        "четвергу",
        "пятницу",
        "пятницы",
        "пятнице",
        "субботу",
        "субботы",
        "воскресенье",
        "января",
        "февраля",
        "марта",
        "апреля",
        "августа",
        "сентября",
        "сентябре",
        "октября",
        "октябре",
        "ноября",
        "ноябре",
        "декабря",
        "декабре",
        "послезавтра",
        "завтра",
        "сегодня",
        "недельку",
        "недели",
        "неделю",
        "месяцок",
        "месяц",
        "утречком",
        "следующей",
        "праздников",
        "ноябрьских",
        "майских",
        "новогодних",
        "январских",
        "каникул",
        "выходных",
        "обеда",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "september",
        "october",
        "november",
        "december",
        "tomorrow",
        "fortnight",
    ]
} | {
    preposition + word: f"{preposition} {word}"
    for preposition, forms in {
        "в": "понедельник среду четверг пятницу субботу",
        "во": "вторник",
        "до": "понедельника вторника среды четверга пятницы завтра",
        "к": "понедельнику вторнику среде четвергу пятнице",
        "по": "понедельник вторник среду четверг пятницу",
        "после": "понедельника вторника среды четверга пятницы праздников обеда",
    }.items()
    for word in forms.split()
}
#: Two dictionary words that together are one misheard date word: «по неделю», «по недельникам».
_SPLIT_WORDS = (
    (re.compile(r"\bпо недел(?:ю|ь|ьник\w*|ник\w*)\b(?! \w+ недел)"), "понедельник"),
    (re.compile(r"\b5 ?ниц[ауы]\b"), "пятницу"),
    (re.compile(r"\bв торник\w*"), "вторник"),
    (re.compile(r"\bпосле завтра\b"), "послезавтра"),
    (re.compile(r"\b(\d{1,2}) (го|ое)\b(?! \w+ах\b)"), r"\1\2"),  # not «в 1 го числах»
    (re.compile(r"\bв(?= концу\b)"), "к"),
    (re.compile(r"\bда(?= (?:понедельника|вторника|вторник\w+|среды|четверга|пятницы)\b)"), "до"),
)
#: Likeness (rapidfuzz ratio, 0..100) from which an unknown word is taken for a date word. 80 keeps
#: «восторгник» (84 to «вовторник») and refuses ordinary unknown names; measured on recognised development calls.
_LIKENESS = 80.0
#: Likeness of sound (0..100) for the same, and for a word that was cut in two: higher, because sound keys are
#: coarser than spellings. Strangers among the recognised development words stay below 84.
_SOUND_LIKENESS = 86.0


@cache
def _date_sounds() -> Mapping[str, str]:
    return sound_table([word for word in _DATE_WORDS if "а" <= word[0] <= "я"])


@cache
def morphology() -> pymorphy3.MorphAnalyzer:
    return pymorphy3.MorphAnalyzer(lang="ru")


@lru_cache(maxsize=50_000)
def is_dictionary_word(low: str) -> bool:
    return bool(morphology().word_is_known(low))


@lru_cache(maxsize=50_000)
def repaired(low: str) -> str:
    """A word that no dictionary has, as the date word it sounds like; any other word unchanged."""
    if len(low) < 6 or low in _DATE_WORDS or not low.isalpha():
        return low
    cyrillic = "а" <= low[0] <= "я"
    if cyrillic and is_dictionary_word(low):
        return low
    found = process.extractOne(low, _DATE_WORDS.keys(), scorer=fuzz.ratio, score_cutoff=_LIKENESS if cyrillic else 88)
    if found is not None and found[0][0] == low[0]:
        return _DATE_WORDS[found[0]]
    sounding = alike(low, _date_sounds(), _SOUND_LIKENESS) if cyrillic else None
    return _DATE_WORDS[sounding] if sounding is not None else low


# --- words and sentences -------------------------------------------------------------------------------------------

_EN_CONTRACTIONS = (
    ("won't", "will not"), ("can't", "can not"), ("n't", " not"), ("'ll", " will"), ("'re", " are"), ("'ve", " have"),
    ("'m", " am"), ("'d", " would"), ("let's", "lets"), ("o'clock", "oclock"),
    ("it's", "it is"), ("that's", "that is"), ("there's", "there is"),
    ("what's", "what is"), ("he's", "he is"), ("who's", "who is"), ("where's", "where is"), ("here's", "here is"),
)  # fmt: skip


def words_of(text: str, start_s: float = 0.0, end_s: float = 0.0) -> tuple[SpokenWord, ...]:
    """Words of a text; times are shared out evenly between ``start_s`` and ``end_s``."""
    found = list(_WORD.finditer(text))
    step = (end_s - start_s) / max(1, len(found))
    timed = [(match.group(), start_s + step * i, start_s + step * (i + 1)) for i, match in enumerate(found)]
    return normalised(timed)


def normalised(timed: Iterable[tuple[str, float, float]]) -> tuple[SpokenWord, ...]:
    words: list[SpokenWord] = []
    for raw, start_s, end_s in timed:
        low = raw.lower().replace("ё", "е").replace("’", "'")
        if "'" in low:
            for contraction, full in _EN_CONTRACTIONS:
                low = low.replace(contraction, full)
        parts = [piece for part in low.split() for piece in repaired(part).split()] or [low]
        words.extend(SpokenWord(raw if index == 0 else "", part, start_s, end_s) for index, part in enumerate(parts))
    return tuple(_mend_split(_join_numerals(words)))


def _mend_split(words: list[SpokenWord]) -> list[SpokenWord]:
    text = " ".join(word.low for word in words)
    for pattern, whole in _SPLIT_WORDS:
        for match in reversed(list(pattern.finditer(text))):
            at = text[: match.start()].count(" ")
            last = at + match.group().count(" ")
            merged = SpokenWord(
                " ".join(word.raw for word in words[at : last + 1]),
                match.expand(whole),
                words[at].start_s,
                words[last].end_s,
            )
            words = [*words[:at], merged, *words[last + 1 :]]
            text = " ".join(word.low for word in words)
    return _mend_cut(words)


#: Longest first half of a word that recognition cut in two: a false preposition or pronoun.
_LONGEST_STUB = 3


def cut_in_two(first: str, second: str) -> bool:
    """Whether two words may be one that was cut: a short word before one that no dictionary has."""
    return (
        len(first) <= _LONGEST_STUB
        and len(second) >= 5
        and first.isalpha()
        and second.isalpha()
        and "а" <= second[0] <= "я"
        and not is_dictionary_word(second)
    )


def _mend_cut(words: list[SpokenWord]) -> list[SpokenWord]:
    """«На ябриски» is «ноябрьских»: date words that were cut in two, together again."""
    mended: list[SpokenWord] = []
    for word in words:
        before = mended[-1] if mended else None
        whole = None
        if before is not None and word.low not in _DATE_WORDS and cut_in_two(before.low, word.low):
            whole = alike(before.low + word.low, _date_sounds(), _SOUND_LIKENESS)
        if before is None or whole is None:
            mended.append(word)
            continue
        mended.pop()
        parts = _DATE_WORDS[whole].split()
        raw = f"{before.raw} {word.raw}".strip()
        mended += [
            SpokenWord(raw if index == 0 else "", part, before.start_s, word.end_s) for index, part in enumerate(parts)
        ]
    return mended


def sentences_of(transcript: Transcript) -> tuple[Sentence, ...]:
    """Sentences of people in time order; machine turns are left out, doubtful turns stay but cannot be quoted."""
    sentences: list[Sentence] = []
    for index, group in enumerate(_stretches(transcript.turns)):
        for text, words, question, quotable in _cut(group):
            normal = normalised(words)
            if normal:
                sentences.append(
                    Sentence(
                        len(sentences), index, group[0].party, text, normal,
                        words[0][1], words[-1][2], question, quotable, group[0].channel,
                    )
                )  # fmt: skip
    return tuple(sentences)


def _stretches(turns: Sequence[Turn]) -> list[list[Turn]]:
    """Turns of one party that recognition cut apart in mid-sentence, together again."""
    groups: list[list[Turn]] = []
    for turn in sorted(turns, key=lambda item: (item.start_s, item.channel)):
        if turn.party is Party.MACHINE or not turn.text.strip():
            continue
        last = groups[-1][-1] if groups else None
        if (
            last is not None
            and last.party is turn.party
            and last.channel == turn.channel
            and turn.start_s - last.end_s < JOIN_GAP_S
        ):
            groups[-1].append(turn)
        else:
            groups.append([turn])
    return groups


def _cut(group: Sequence[Turn]) -> list[tuple[str, list[tuple[str, float, float]], bool, bool]]:
    """(text, timed words, is a question, may be quoted) of each sentence of one stretch."""
    pieces: list[tuple[str, float, float, bool]] = []  # raw with punctuation, start, end, quotable
    for turn in group:
        if turn.words:
            pieces += [(word.text.strip(), word.start_s, word.end_s, turn.is_quotable) for word in turn.words]
        else:
            raw = turn.text.split()
            step = (turn.end_s - turn.start_s) / max(1, len(raw))
            pieces += [
                (word, turn.start_s + step * i, turn.start_s + step * (i + 1), turn.is_quotable)
                for i, word in enumerate(raw)
            ]
    cut: list[tuple[str, list[tuple[str, float, float]], bool, bool]] = []
    held: list[tuple[str, float, float, bool]] = []
    for piece in pieces:
        held.append(piece)
        bare = piece[0].rstrip("»”\"')")
        if _END.search(bare[-1:] or " ") and not re.fullmatch(r"\d+\.", bare):
            cut.append(_sentence(held))
            held = []
    if held:
        cut.append(_sentence(held))
    return [item for item in cut if item[1]]


def _sentence(
    pieces: Sequence[tuple[str, float, float, bool]],
) -> tuple[str, list[tuple[str, float, float]], bool, bool]:
    timed = [
        (match.group(), start_s, end_s)
        for raw, start_s, end_s, _ in pieces
        for match in _WORD.finditer(without_marks(raw))
    ]
    text = " ".join(raw for raw, _, _, _ in pieces).strip()
    return text, timed, text.rstrip("»”\"').…").endswith("?"), all(quotable for _, _, _, quotable in pieces)
