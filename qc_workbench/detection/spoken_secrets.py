"""Secrets dictated in a call: where they are said, and the transcript without them.

Numbers are read as people dictate them (:mod:`dictated_digits`), over turns and interjections of the other party
(:mod:`dictated_runs`); what a number is, the nearest cue before it tells (:mod:`secret_cues`). Long numbers of a card
are known without a cue by their check digit. Passwords are words too: :mod:`spoken_passwords`.

Precision has a price and so has recall: docs/privacy.md says what each mistake costs and how many there are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from qc_workbench.detection.dictated_digits import dictated, luhn
from qc_workbench.detection.dictated_runs import CueSaid, Run, cues_of, is_said_near, joined_runs, nearest, runs_of
from qc_workbench.detection.secret_cues import BEFORE_TIME, FILLERS, MONTH, Cue, is_unit
from qc_workbench.detection.spoken_numerals import numerals
from qc_workbench.detection.spoken_passwords import passwords
from qc_workbench.detection.spoken_stream import Found, Said, Stream, streams_of
from qc_workbench.domain.redaction import MARKS, Hidden, Secret, language_of_marks
from qc_workbench.domain.transcript import Party, Transcript, Turn, Word

#: Part of what a transcript is kept under: it changes with the rules.
VERSION: Final = "1"
#: Sound hidden before and after the words: recognition draws their borders about so exactly.
BEFORE_S: Final = 0.2
AFTER_S: Final = 0.3

_PHONE: Final = re.compile(r"(?:[78]?[3489]\d{9}){1,3}")
#: What recognition writes for a digit: taken for one at the ends of a card's number that is too short.
_LIKE_DIGITS: Final = frozenset(
    "опять всем есть при адин тре пят сем шест восем для девять то for to too ate won sex fore tree free".split()  # noqa: SIM905 - a list of words is read as a text
)
#: Account numbers of Russian banks have twenty digits and begin so.
_ACCOUNT: Final = re.compile(r"(?:40[1-8]|301|423)\d{17}")


def redacted(transcript: Transcript, kinds: Iterable[Secret] = tuple(Secret)) -> Transcript:
    """The transcript without these secrets, and with the seconds in which they are said.

    What was hidden in it before stays hidden; nothing is changed where nothing is found.
    """
    wanted = frozenset(kinds)
    found = [item for item in secrets_in(transcript) if item.kind in wanted]
    stereo = len({turn.channel for turn in transcript.turns}) > 1
    new = [hidden for item in found for hidden in _seconds(item, stereo)]
    hidden_words = {(word.turn, word.index): item.kind for item in found for word in item.words}
    around = " ".join(turn.text for turn in transcript.turns)
    turns = tuple(
        _without(turn, {index: kind for (of, index), kind in hidden_words.items() if of == number}, around)
        for number, turn in enumerate(transcript.turns)
    )
    together = sorted({*transcript.hidden, *new}, key=lambda item: (item.start_s, item.end_s, item.kind))
    return replace(transcript, turns=turns, hidden=tuple(together), redacted_by=mark_of(wanted))


def said_secrets(transcript: Transcript, kinds: Iterable[Secret] = tuple(Secret)) -> dict[str, str]:
    """What was said -> the mark that :func:`redacted` puts in its place; the longest first."""
    wanted = frozenset(kinds)
    said: dict[str, str] = {}
    around = " ".join(turn.text for turn in transcript.turns)
    for item in secrets_in(transcript):
        if item.kind not in wanted:
            continue
        for number in sorted({word.turn for word in item.words}):
            words = " ".join(word.raw for word in item.words if word.turn == number)
            said[words] = MARKS[item.kind][language_of_marks(transcript.turns[number].text, around)]
    return dict(sorted(said.items(), key=lambda pair: -len(pair[0])))


def mark_of(kinds: Iterable[Secret]) -> str:
    """Names the rules and the kinds that a transcript was freed of."""
    return f"{VERSION}:{','.join(sorted(kinds))}"


def redacted_text(text: str) -> str:
    """A text without times, as a quote or a note holds it, without secrets."""
    words = tuple(Word(float(at), at + 0.5, f" {word}", 1.0) for at, word in enumerate(text.split()))
    turn = Turn(Party.UNKNOWN, 0, 0.0, float(len(words)), text, 1.0, words)
    freed = redacted(Transcript("", "", "", None, "", "", (turn,)))
    return freed.turns[0].text if freed.hidden else text


def secrets_in(transcript: Transcript) -> list[Found]:
    """Every secret said, with its words, in order of the calls' time."""
    streams = streams_of(transcript.turns)
    cues = cues_of(streams)
    runs = [run for stream in streams for run in runs_of(stream, cues)]
    found: list[Found] = []
    cards: list[Run] = []
    for run in joined_runs(runs, cues):
        kind = _kind(run, cues)
        if kind is None:
            continue
        found.append(_found(kind, run))
        if kind is Secret.CARD:
            cards.append(run)
    found += [_found(Secret.CARD, run) for run in _echoes(runs, cards, found)]
    found += _expiries(streams, cues, cards)
    found += passwords(streams)
    return sorted(_first_of_each(found), key=lambda item: item.words[0].start_s)


def _first_of_each(found: Sequence[Found]) -> list[Found]:
    """A word belongs to one secret: the one found first."""
    taken: set[tuple[int, int]] = set()
    left: list[Found] = []
    for item in found:
        words = tuple(word for word in item.words if (word.turn, word.index) not in taken)
        taken |= {(word.turn, word.index) for word in words}
        if words:
            left.append(Found(item.kind, words))
    return left


# --- what a run is -------------------------------------------------------------------------------------------------


def _kind(run: Run, cues: Sequence[CueSaid]) -> Secret | None:
    mark = nearest(run, cues)
    cue = mark.cue if mark is not None else None
    length = len(run.digits)
    if _is_card(run, mark, cues):
        return Secret.CARD
    if _is_passport(run, cue, cues):
        return Secret.PASSPORT
    if _is_time(run) or _PHONE.fullmatch(run.digits):
        return None
    if cue is Cue.CARD_CODE and (
        3 <= length <= 4 or (5 <= length <= 8 and is_said_near(cues, Cue.CARD_EXPIRY, run, 40.0))
    ):
        return Secret.CARD_CODE
    if cue is Cue.ONE_TIME_CODE and 3 <= length <= 8:
        return Secret.ONE_TIME_CODE
    if length == 3 and _follows_code(run) and cue in (Cue.CARD, Cue.CARD_EXPIRY):
        return Secret.CARD_CODE
    if cue in (None, Cue.PHONE, Cue.PASSWORD, Cue.CARD) and 3 <= length <= 8:
        asked_s = 60.0 if _follows_code(run) else 10.0
        return Secret.ONE_TIME_CODE if is_said_near(cues, Cue.ONE_TIME_CODE, run, asked_s) else None
    return None


def _is_card(run: Run, mark: CueSaid | None, cues: Sequence[CueSaid]) -> bool:
    digits, length = run.digits, len(run.digits)
    checked = any(luhn(digits[at : at + 16]) and digits[at] in "23456" for at in range(length - 15))
    near = is_said_near(cues, Cue.CARD, run, 90.0, 8.0)
    if (_PHONE.fullmatch(digits) and not (checked and near)) or _ACCOUNT.fullmatch(digits):
        return False
    if mark is not None and mark.cue is Cue.CARD:
        return length >= 12 or (length >= 8 and run.first.place - mark.place <= 8)
    if mark is not None and mark.cue in (Cue.PHONE, Cue.OTHER):
        return checked and near and length <= 19
    if near and length >= 12:
        return True
    fours = length == 16 and digits[0] in "245" and all(len(number.digits) in (4, 16) for number in run.numbers)
    return 16 <= length <= 19 and (checked or fours)


def _is_passport(run: Run, cue: Cue | None, cues: Sequence[CueSaid]) -> bool:
    length = len(run.digits)
    about = is_said_near(cues, Cue.PASSPORT, run, 60.0)
    if _is_time(run):
        return False
    if cue is Cue.PASSPORT or (cue is Cue.SERIES and about):
        return length in (4, 6) or 9 <= length <= 12
    if cue is Cue.OTHER:  # «паспорт для договора»
        return about and length == 10
    return cue is Cue.SERIES and (length == 10 or (length == 4 and _number_follows(run)))


def _number_follows(run: Run) -> bool:
    after = run.stream.words[run.numbers[-1].last + 1 :][:3]
    return any(word.low == "номер" for word in after)


def _is_time(run: Run) -> bool:
    first = run.numbers[0].first
    before = run.stream.words[first - 1].low if first else ""
    return before in BEFORE_TIME and len(run.digits) <= 4


def _follows_code(run: Run) -> bool:
    first = run.numbers[0].first
    return any(word.low in ("код", "цифры", "code", "код-то") for word in run.stream.words[max(0, first - 3) : first])


def _echoes(runs: Sequence[Run], cards: Sequence[Run], found: Sequence[Found]) -> list[Run]:
    """Groups of a card that somebody repeats: at least three digits of it, soon after they were said."""
    taken = {id(word) for item in found for word in item.words}
    echoes = []
    for run in runs:
        if len(run.digits) < 3 or id(run.first) in taken or _PHONE.fullmatch(run.digits):
            continue
        for card in cards:
            soon = card.first.start_s - 2.0 <= run.first.start_s <= card.last.end_s + 15.0
            if soon and run.digits in card.digits:
                echoes.append(run)
                break
    return echoes


def _expiries(streams: Sequence[Stream], cues: Sequence[CueSaid], cards: Sequence[Run]) -> list[Found]:
    """Month and year after «срок», in talk about a card."""
    found = []
    for mark in cues:
        about = any(abs(card.last.end_s - mark.at_s) <= 120.0 for card in cards) or any(
            other.cue in (Cue.CARD, Cue.CARD_CODE) and abs(other.at_s - mark.at_s) <= 40.0 for other in cues
        )
        if mark.cue is not Cue.CARD_EXPIRY or not about:
            continue
        for stream in streams:
            after = [word for word in stream.words if mark.place < word.place <= mark.place + 12]
            dated = _dated(after)
            if dated:
                found.append(Found(Secret.CARD_EXPIRY, dated))
                break
    return found


def _dated(words: Sequence[Said]) -> tuple[Said, ...]:
    """The month and the year at the beginning of some words, fillers before them left out."""
    lows = [word.low for word in words]
    spoken = {index for number in dictated(lows) for index in range(number.first, number.last + 1)}
    spoken |= {index for index, low in enumerate(lows) if low in numerals() or MONTH.fullmatch(low)}
    first = min(spoken, default=None)
    if first is None or first > 6:
        return ()
    last = first
    while (
        last + 1 < len(lows)
        and words[last + 1].turn == words[first].turn
        and (last + 1 in spoken or (lows[last + 1] in FILLERS and last + 2 in spoken))
    ):
        last += 1
    after = lows[last + 1] if last + 1 < len(lows) else ""
    if is_unit(after) and after not in ("год", "года", "году"):
        return ()
    digits = "".join(number.digits for number in dictated(lows[first : last + 1]))
    has_month = any(MONTH.fullmatch(low) for low in lows[first : last + 1])
    return tuple(words[first : last + 1]) if has_month or 2 <= len(digits) <= 6 else ()


def _found(kind: Secret, run: Run) -> Found:
    words, first, last = run.stream.words, run.numbers[0].first, run.numbers[-1].last
    if kind is Secret.CARD and 12 <= len(run.digits) < 16:
        while first > 0 and words[first - 1].low in _LIKE_DIGITS:
            first -= 1
        while last + 1 < len(words) and words[last + 1].low in _LIKE_DIGITS:
            last += 1
    return Found(kind, tuple(words[first : last + 1]))


# --- what is left --------------------------------------------------------------------------------------------------


def _seconds(item: Found, stereo: bool) -> list[Hidden]:
    """The seconds of a secret: a long silence within it is not hidden."""
    pieces: list[list[Said]] = []
    for word in item.words:
        if pieces and word.start_s - pieces[-1][-1].end_s < 2.0:
            pieces[-1].append(word)
        else:
            pieces.append([word])
    return [
        Hidden(
            item.kind,
            round(max(0.0, min(word.start_s for word in piece) - BEFORE_S), 2),
            round(max(word.end_s for word in piece) + AFTER_S, 2),
            piece[0].channel if stereo else None,
        )
        for piece in pieces
    ]


def _without(turn: Turn, hidden: dict[int, Secret], around: str) -> Turn:
    if not hidden:
        return turn
    language = language_of_marks(turn.text, around)
    words = list(turn.words) or streams_of((turn,))[0].as_words()
    left: list[Word] = []
    before: Secret | None = None
    for index, word in enumerate(words):
        kind = hidden.get(index)
        if kind is None:
            left.append(word)
        elif kind is before:
            left[-1] = replace(left[-1], end_s=max(left[-1].end_s, word.end_s))
        else:
            left.append(Word(word.start_s, word.end_s, f" {MARKS[kind][language]}", 1.0))
        before = kind
    text = " ".join("".join(word.text for word in left).split())
    return replace(turn, words=tuple(left) if turn.words else (), text=text)
