"""Passwords, PINs and code words said aloud: «пароль такой: мурзик две тысячи», "the password is blue horse".

The word itself is said all day («забыл пароль», «пароль придёт»): hidden is only what sounds like dictation after
it, what follows a copula, and a short answer to somebody who asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from qc_workbench.detection.dictated_digits import dictated, written_digits
from qc_workbench.detection.secret_cues import BEFORE_TIME, PATTERNS, Cue, is_unit
from qc_workbench.detection.spoken_stream import Found, Said, Stream
from qc_workbench.detection.spoken_words import morphology
from qc_workbench.domain.redaction import Secret

_PASSWORD: Final = next(pattern for cue, pattern in PATTERNS if cue is Cue.PASSWORD)
_CODE_WORD: Final = re.compile(r"(?:кодов|контрольн|секретн)\w+ слов\w+|(?:secret|code|memorable) word|codeword")
#: Between the cue and what is dictated.
_CONNECTORS: Final = frozenset(
    """такой такая такое это будет вот у меня мой моего мое наш ваш от личного кабинета вайфай вайфая вай фая фай
    wifi wi-fi wi fi для входа на сайт сайта записывайте запишите пишите значит ну так следующий следующее тогда
    сейчас я продиктую диктую говорю давайте там вам пожалуйста поставили по умолчанию карты карточки почты
    аккаунта в к системе системы app crm црм банка is the my it's it was for to account of set as here i'll give
    you would be your now our login card write down please email password код code s'il wait um uh э а но то""".split()  # noqa: SIM905 - a list of words is read as a text
)
_COPULAS: Final = frozenset(
    """такой такая такое это будет is it's следующий следующее вот""".split()  # noqa: SIM905 - a list of words is read as a text
)
#: What is said about a password, and is none.
_ABOUT: Final = re.compile(
    r"(?:за|вс|при)?помн\w*|забы\w+|не|нет|он[аои]?|его|е[её]|их|им|приш\w+|прид\w+|прихо\w+|смен\w+|измен\w+|поменя\w+|сброс\w+|восстанов\w+|"
    r"нужен|нужно|надо|можно|нельзя|где|как\w*|котор\w+|когда|что|чтобы|если|есть|был\w*|вв[её]\w+|вв[ео]д\w+|"
    r"неверн\w+|неправильн\w+|назо\w+|назыв\w+|скаж\w+|сообщ\w+|говор\w+|дать|дайте|знае\w+|зна[юе]\w*|подход\w+|"
    r"работа\w+|действ\w+|или|и|с|из|под|логин\w*|свой|своего|ваше?\w*|ещё|еще|уже|сам\w*|отправ\w+|смс\w*|"
    r"сообщени\w*|потом|сбер\w*|просто\w*|сложн\w*|длин\w*|никому|никогда|вернуть|проверьте|проверить|хорошо|"
    r"confidential|not|wrong|incorrect|expired|reset|forgot\w*|changed?|required|needed|same|sent|in|on|that|what|"
    r"going|being|too|very|important|never|correct|valid|invalid|and|or|when|if|protected|there|managers?|strong|"
    r"weak|policy|no|so|only|always|different|new|old|нов\w+|стар\w+|прежн\w+|один|одн\w+|тот|та|прост\w*"
)
_SYMBOLS: Final = frozenset(
    """собака собачка подчеркивание нижнее дефис тире точка решетка звездочка восклицательный знак доллар большая
    большой большими маленькая маленький маленькими заглавная заглавными строчная строчными буква буквы
    латинская латиницей английская английскими русскими dot dash underscore at capital upper lower uppercase
    lowercase case small hash star exclamation mark эс эм эн эль эр ка ха дабл ю икс игрек зет джи эйч кью вэ бэ
    гэ дэ пэ тэ це че ща""".split()  # noqa: SIM905 - a list of words is read as a text
)
_ASKS: Final = re.compile(
    r"(?<!\w)(?:назовите|скажите|продиктуйте|подскажите|напомните|назовёте|назовете|скажете|какой|какое|сообщите|"
    r"tell|what's|what|give|confirm|spell|дайте|диктуйте|say)(?!\w)"
)
_AFTER_ASKING: Final = frozenset("пожалуйста для проверки на вход который в банке the portal again then".split())  # noqa: SIM905 - a list of words is read as a text
_FOR: Final = frozenset({"от", "к", "для", "на"})
#: A short answer that tells nothing.
_NO_ANSWER: Final = re.compile(
    r"не|нет|забыл\w*|сейчас|секунд\w*|минут\w*|как\w*|зачем|почему|а|это|don't|no|sorry|moment|sure|why|one|hold|"
    r"i|what|which|не помню|кажется|наверное|подождите|погодите|ищу|сброс\w*|let|hang|хорошо|понятно|спасибо|я"
)
_SURE: Final = frozenset(
    """да ага угу так конечно вот ну yes yeah ok okay хорошо it's is well""".split()  # noqa: SIM905 - a list of words is read as a text
)
_STOP: Final = re.compile(r"[.?!…;]$")


def passwords(streams: Sequence[Stream]) -> list[Found]:
    found = []
    for stream in streams:
        for match in _PASSWORD.finditer(stream.text):
            first, last = stream.index_at(match.start()), stream.index_at(match.end() - 1)
            said = _said_after(stream, last, is_word=bool(_CODE_WORD.match(match.group())))
            if not said:
                said = _answer(streams, stream, first, last)
            if said:
                found.append(Found(Secret.PASSWORD, said))
    return found


def _said_after(stream: Stream, cue: int, *, is_word: bool) -> tuple[Said, ...]:
    """What is dictated after the cue by the same party."""
    at, copula = cue + 1, stream.words[cue].raw.endswith((":", "—", "-"))
    if stream.words[cue].raw.endswith(("?", "!")):
        return ()
    at = _after_what_it_is_for(stream, at)
    while at < len(stream.words) and at - cue <= 8 and stream.words[at].low in _CONNECTORS:
        copula = copula or stream.words[at].low in _COPULAS or stream.words[at].raw.endswith(":")
        if stream.words[at].raw.endswith(("?", "!")):
            return ()
        at += 1
    if at >= len(stream.words) or stream.words[at].start_s - stream.words[cue].end_s > 12.0:
        return ()
    spelt = _spelt(stream, at)
    if spelt:
        return spelt
    if is_word and not copula and stream.words[at - 1].raw.endswith(","):
        return ()
    if not copula and not is_word and not _stands_alone(stream, at):
        return ()
    return _plain(stream, at, 1 if is_word and not copula else 3)


def _after_what_it_is_for(stream: Stream, at: int) -> int:
    """«пароль от рабочего компьютера …»: the word after what it opens; ``at`` where nothing is said of it."""
    words = stream.words[at : at + 4]
    if not words or words[0].low not in _FOR:
        return at
    for length in (2, 1):
        rest = words[1 : 1 + length]
        if len(rest) == length and all(_is_oblique(word.low) for word in rest):
            return at + 1 + length
    return at


@lru_cache(maxsize=4096)
def _is_oblique(low: str) -> bool:
    """A Russian noun or adjective in a case that follows «от», «к», «для», «на»."""
    return any(
        {"gent", "datv", "accs", "loct"} & parse.tag.grammemes and {"NOUN", "ADJF"} & parse.tag.grammemes
        for parse in morphology().parse(low)[:2]
    )


def _stands_alone(stream: Stream, at: int) -> bool:
    """A name of a thing and then numbers or the end: «пароль солнышко восемьдесят два»."""
    words = stream.words[at : at + 2]
    parse = morphology().parse(words[0].low)[0]
    if not {"NOUN", "nomn"} <= parse.tag.grammemes or at < 1 or words[0].turn != stream.words[at - 1].turn:
        return False
    return len(words) > 1 and words[1].turn == words[0].turn and bool(dictated([words[1].low]))


def _spelt(stream: Stream, at: int) -> tuple[Said, ...]:
    """Digits, letters, signs and foreign words one after the other; words among them count as part of it."""
    lows = [word.low for word in stream.words[at : at + 24]]
    numbers = {index for number in dictated(lows) for index in range(number.first, number.last + 1)}
    cyrillic = bool(re.search(r"[а-я]", stream.text))
    before = stream.words[at - 1].low
    end, digits, strong = 0, 0, 0
    for index, low in enumerate(lows):
        if is_unit(low) and index in (end, end + 1) and low not in ("знак", "буквы", "буква"):
            return ()
        if index and stream.words[at + index].start_s - stream.words[at + index - 1].end_s > 4.0:
            break
        mixed = bool(re.search(r"\d", low)) and bool(re.search(r"[^\W\d_]", low))
        if index in numbers and not mixed:
            digits += len(written_digits(low) or "1")
        elif mixed or (cyrillic and re.fullmatch(r"[a-z][\w@.-]+", low)):
            strong += 2
        elif re.fullmatch(r"[^\W\d_]", low) and low not in ("и", "в", "с", "а", "я", "о", "у", "к", "i", "a"):
            strong += 1
        elif low not in _SYMBOLS and (index == 0 or index + 1 not in numbers or _ABOUT.fullmatch(low)):
            break
        end = index + 1
    if before in BEFORE_TIME and not strong:
        return ()
    return tuple(stream.words[at : at + end]) if end and (digits >= 3 or strong >= 2) else ()


def _plain(stream: Stream, at: int, most: int) -> tuple[Said, ...]:
    """A word or a few that are the password itself, to the end of the sentence."""
    if _ABOUT.fullmatch(stream.words[at].low):
        return ()
    lows = [word.low for word in stream.words[at : at + 12]]
    numbers = {index for number in dictated(lows) for index in range(number.first, number.last + 1)}
    said: list[Said] = []
    for index, word in enumerate(stream.words[at : at + 12]):
        too_many = index >= most and index not in numbers
        if said and (too_many or _ABOUT.fullmatch(word.low) or word.turn != said[-1].turn):
            break
        said.append(word)
        if _STOP.search(word.raw):
            break
    return () if said[-1].raw.endswith("?") else tuple(said)


def _answer(streams: Sequence[Stream], stream: Stream, first: int, last: int) -> tuple[Said, ...]:
    """The short turn with which somebody answers who was asked for it."""
    cue = stream.words[last]
    asked = [word for word in stream.words[max(0, first - 8) : last + 1] if word.turn == cue.turn]
    rest = [word for word in stream.words[last + 1 : last + 9] if word.turn == cue.turn]
    is_asked = _ASKS.search(" ".join(word.low for word in (*asked, *rest))) or (len(asked) <= 6 and not rest)
    if not is_asked or any(word.low not in _CONNECTORS | _AFTER_ASKING for word in rest):
        return ()
    after = [word for other in streams for word in other.words if word.place > cue.place and word.turn != cue.turn]
    if not after:
        return ()
    answer_turn = min(after, key=lambda word: word.place).turn
    answer = [word for word in after if word.turn == answer_turn]
    if answer[0].start_s - cue.end_s > 10.0 or len(answer) > 8:
        return ()
    while answer and answer[0].low in _SURE | _CONNECTORS:
        answer = answer[1:]
    if (
        not answer
        or len(answer) > 6
        or any(_NO_ANSWER.fullmatch(word.low) or _ABOUT.fullmatch(word.low) for word in answer)
    ):
        return ()
    return tuple(answer)
