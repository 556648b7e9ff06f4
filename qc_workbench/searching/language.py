"""The language of search: what a person types, made a :data:`~qc_workbench.searching.query.Query`.

docs/search.md describes it with examples. Raises :class:`~qc_workbench.errors.UsageError` whose code says what is
wrong, ``at`` where (the first character is 1) and ``found`` what stands there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final, NoReturn

from qc_workbench.domain.transcript import Party
from qc_workbench.errors import UsageError
from qc_workbench.searching.forms import pieces
from qc_workbench.searching.query import AllOf, AnyOf, Match, Near, Pattern, Phrase, Query, Scope, Without

MOST_CHARACTERS: Final = 500
MOST_WORDS: Final = 24
#: Places that words near each other may be apart at most; seconds of a window.
MOST_DISTANCE: Final = 100
MOST_SECONDS: Final = 3600
#: Letters before a star: fewer would be half of the dictionary.
LEAST_PREFIX: Final = 3

PARTIES: Final = {
    "client": Party.CUSTOMER, "клиент": Party.CUSTOMER,
    "agent": Party.AGENT, "менеджер": Party.AGENT,
}  # fmt: skip
WINDOWS: Final = {"first": "first_s", "начало": "first_s", "last": "last_s", "конец": "last_s"}
EITHER: Final = frozenset({"OR", "ИЛИ", "|"})
_QUOTES: Final = {'"': '"', "«": "»", "“": "”", "„": "“"}

_KEY: Final = re.compile(rf"({'|'.join([*PARTIES, *WINDOWS])})\s*:\s*", re.IGNORECASE)
_NEAR: Final = re.compile(r"~(\d*)")
_NUMBER: Final = re.compile(r"\d+")
_CHUNK: Final = re.compile(r"""[^\s()"«»“”„|~]+""")


@dataclass(frozen=True, slots=True)
class _Token:
    """``kind``: open, close, quote, minus, party, window, either, word; ``near``: the number after ~, if any."""

    kind: str
    text: str
    at: int
    near: int | None = None
    number: int = 0


def parse(text: str) -> Query:
    """The question in a text. Raises UsageError, see the module."""
    if len(text) > MOST_CHARACTERS:
        raise UsageError("search_too_long", limit=MOST_CHARACTERS, found=len(text))
    reader = _Reader(_tokens(text))
    query = reader.group(depth=0)
    if reader.words > MOST_WORDS:
        raise UsageError("search_too_many_words", limit=MOST_WORDS, found=reader.words)
    if query is None:
        raise UsageError("search_empty")
    return query


def _wrong(code: str, token: _Token | int, found: str = "", **params: object) -> NoReturn:
    if isinstance(token, _Token):
        raise UsageError(code, at=token.at + 1, found=found or token.text, **params)
    raise UsageError(code, at=token + 1, found=found, **params)


# --- characters to tokens --------------------------------------------------------------------------------------------


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    place = 0
    while place < len(text):
        char = text[place]
        if char.isspace():
            place += 1
        elif char in "()|":
            near, after = _near(text, place + 1) if char == ")" else (None, place + 1)
            found.append(_Token({"(": "open", ")": "close", "|": "either"}[char], char, place, near))
            place = after
        elif char in _QUOTES:
            end = text.find(_QUOTES[char], place + 1)
            if end < 0:
                _wrong("search_quote_open", place, text[place : place + 20])
            near, after = _near(text, end + 1)
            found.append(_Token("quote", text[place + 1 : end], place, near))
            place = after
        elif char in "-−–" and place + 1 < len(text) and not text[place + 1].isspace():
            found.append(_Token("minus", char, place))
            place += 1
        elif key := _KEY.match(text, place):
            place = key.end()
            name = key[1].lower()
            if name in PARTIES:
                found.append(_Token("party", name, key.start()))
                continue
            number = _NUMBER.match(text, place)
            if number is None or not 1 <= int(number[0]) <= MOST_SECONDS:
                _wrong("search_window", key.start(), text[key.start() : place + 8].strip(), most=MOST_SECONDS)
            found.append(_Token("window", name, key.start(), number=int(number[0])))
            place = number.end()
        elif chunk := _CHUNK.match(text, place):
            near, after = _near(text, chunk.end())
            found.append(_Token("either" if chunk[0] in EITHER else "word", chunk[0], place, near))
            place = after
        elif char == "~":
            _wrong("search_near_words", place, char)
        else:  # a closing quotation mark without its opening one
            place += 1
    return found


def _near(text: str, place: int) -> tuple[int | None, int]:
    """The distance that ``~5`` at a place says, and where the text goes on."""
    found = _NEAR.match(text, place)
    if found is None:
        return None, place
    if not found[1] or not 1 <= int(found[1]) <= MOST_DISTANCE:
        _wrong("search_near_number", place, found[0], most=MOST_DISTANCE)
    return int(found[1]), found.end()


# --- tokens to a tree ------------------------------------------------------------------------------------------------


class _Reader:
    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens, self._next = tokens, 0
        self.words = 0

    def _peek(self) -> _Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def group(self, depth: int) -> Query | None:
        """What stands in brackets, or the whole text; None for no words. The closing bracket is left to the caller."""
        either: list[Query] = []
        together: list[Query] = []
        scope = Scope()
        last_either: _Token | None = None
        while (token := self._peek()) is not None:
            if token.kind == "close":
                if depth == 0:
                    _wrong("search_bracket_stray", token)
                break
            if token.kind == "either":
                self._next += 1
                if not together:
                    _wrong("search_either_sides", token)
                either.append(_joined(together))
                together, last_either = [], token
            elif token.kind == "window":
                self._next += 1
                scope = _window(scope, token)
            elif (item := self._item(depth)) is not None:
                together.append(item)
        if together:
            either.append(_joined(together))
        elif last_either is not None:
            _wrong("search_either_sides", last_either)
        if not either:
            return None
        return _narrowed(either[0] if len(either) == 1 else AnyOf(tuple(either)), scope, 0)

    def _item(self, depth: int) -> Query | None:
        """The next thing to find; None for punctuation, which is nothing."""
        token = self._tokens[self._next]
        self._next += 1
        match token.kind:
            case "minus":
                return Without(self._after(token, depth))
            case "party":
                return _narrowed(self._after(token, depth), Scope(PARTIES[token.text]), token.at)
            case "open":
                return self._bracket(token, depth)
            case "quote":
                return self._quote(token)
            case _:
                return self._word(token)

    def _after(self, sign: _Token, depth: int) -> Query:
        """What a minus or a party belongs to."""
        token = self._peek()
        if token is None or token.kind in ("close", "either", "window"):
            _wrong("search_nothing_after", sign)
        found = self._item(depth)
        if found is None:
            _wrong("search_nothing_after", sign)
        return found

    def _bracket(self, opening: _Token, depth: int) -> Query:
        first = self._next
        inner = self.group(depth + 1)
        closing = self._peek()
        if closing is None:
            _wrong("search_bracket_open", opening)
        self._next += 1
        if inner is None:
            _wrong("search_bracket_empty", opening)
        if closing.near is None:
            return inner
        said = self._tokens[first : self._next - 1]
        if any(token.kind != "word" or token.near is not None for token in said):
            _wrong("search_near_words", opening)
        parts = inner.parts if isinstance(inner, AllOf) else (inner,)
        words = tuple(pattern for part in parts if isinstance(part, Phrase) for pattern in part.words)
        return self._near(opening, words, closing.near)

    def _quote(self, token: _Token) -> Query:
        words = _patterns(token, token.text, token.at + 1, Match.EXACT)
        if not words:
            _wrong("search_quote_empty", token, f'"{token.text}"')
        self.words += len(words)
        return Phrase(words) if token.near is None else self._near(token, words, token.near)

    def _word(self, token: _Token) -> Query | None:
        exact = token.text.startswith("=")
        words = _patterns(token, token.text, token.at, Match.EXACT if exact else Match.ANY_FORM)
        if not words:
            if exact or token.near is not None:
                _wrong("search_nothing_after", token)
            return None
        self.words += len(words)
        if token.near is None:
            return Phrase(words)
        other = self._peek()
        if other is None or other.kind != "word" or other.near is not None:
            _wrong("search_near_words", token)
        self._next += 1
        second = _patterns(other, other.text, other.at, Match.EXACT if other.text[0] == "=" else Match.ANY_FORM)
        self.words += len(second)
        return self._near(token, words + second, token.near)

    def _near(self, token: _Token, words: tuple[Pattern, ...], distance: int) -> Query:
        if len(words) < 2:
            _wrong("search_near_words", token)
        return Near(words, distance)


def _patterns(token: _Token, text: str, at: int, match: Match) -> tuple[Pattern, ...]:
    """The words of a piece of the question; a star right after a word makes it the beginning of words."""
    found = []
    for piece in pieces(text):
        if text[piece.end : piece.end + 1] == "*":
            if len(piece.word) < LEAST_PREFIX:
                _wrong("search_star_short", at + piece.start, f"{piece.word}*", least=LEAST_PREFIX)
            found.append(Pattern(piece.word, Match.PREFIX))
        else:
            found.append(Pattern(piece.word, match))
    if "*" in text and not any(pattern.match is Match.PREFIX for pattern in found):
        _wrong("search_star_short", token, least=LEAST_PREFIX)
    return tuple(found)


def _joined(parts: list[Query]) -> Query:
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))


def _window(scope: Scope, token: _Token) -> Scope:
    is_first = WINDOWS[token.text] == "first_s"
    window = Scope(first_s=token.number) if is_first else Scope(last_s=token.number)
    return _both(scope, window, token.at)


def _narrowed(query: Query, scope: Scope, at: int) -> Query:
    """The question with a scope put on every word of it; ``at``: where the scope is said."""
    if scope == Scope():
        return query
    match query:
        case Without(part):
            return Without(_narrowed(part, scope, at))
        case AllOf(parts):
            return AllOf(tuple(_narrowed(part, scope, at) for part in parts))
        case AnyOf(parts):
            return AnyOf(tuple(_narrowed(part, scope, at) for part in parts))
        case _:
            return replace(query, scope=_both(query.scope, scope, at))


def _both(one: Scope, other: Scope, at: int) -> Scope:
    if one.party and other.party and one.party is not other.party:
        _wrong("search_two_parties", at)
    return Scope(
        one.party or other.party,
        min((value for value in (one.first_s, other.first_s) if value is not None), default=None),
        min((value for value in (one.last_s, other.last_s) if value is not None), default=None),
    )
