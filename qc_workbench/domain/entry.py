"""Getting in and staying in: passwords, failed log-ins, sessions. Rules over values; hashing is done elsewhere.

Numbers are those of NIST SP 800-63B-4 (Digital Identity Guidelines: Authentication, 2025) where it has them.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

#: Characters of a password that is the only factor (section 3.1.1.2: at least 15).
SHORTEST_PASSWORD: Final = 15
#: At least 64 must be accepted (same section). More than this only costs the server time to hash.
LONGEST_PASSWORD: Final = 256

#: Failures in a row before the first wait; five slips of the fingers are not an attack.
FREE_TRIES: Final = 5
#: The same for one address, from which a whole office may come, counted over :data:`ADDRESS_WINDOW`.
FREE_TRIES_OF_ADDRESS: Final = 30
ADDRESS_WINDOW: Final = timedelta(hours=1)
FIRST_WAIT: Final = timedelta(seconds=30)
LONGEST_WAIT: Final = timedelta(minutes=15)
#: Failures in a row after which only an administrator lets the account in again (section 3.2.2: at most 100).
SHUT_AFTER: Final = 100

#: A session ends this long after the last sign of its person (section 2.2.3, level 2: at most one hour) ...
IDLE_AFTER: Final = timedelta(hours=1)
#: ... and anyway this long after it began: a working day (same section: at most 24 hours).
OVER_AFTER: Final = timedelta(hours=12)


class PasswordProblem(StrEnum):
    """Why a password is refused (``error.password_<code>``). Kinds of characters are nobody's business."""

    SHORT = "short"
    LONG = "long"
    KNOWN = "known"  # on the list of those that are tried first
    REPEATED = "repeated"  # one character or a short word over and over
    SEQUENCE = "sequence"  # a walk along the keyboard, the alphabet or the digits
    ABOUT_YOU = "about_you"  # the name, login or company, and little else


#: Long passwords that lists of leaked ones begin with; the caller may add a longer list.
KNOWN_PASSWORDS: Final = frozenset({
    "administrator123", "changemeplease123", "correcthorsebatterystaple", "iloveyouiloveyou", "letmeinletmein123",
    "passwordpassword1", "password123456789", "qwertyuiop123456", "qwerty1234567890", "q1w2e3r4t5y6u7i8o9p0",
    "1q2w3e4r5t6y7u8i9o0p", "пароль1234567890", "йцукенгшщзхъ1234", "добропожаловать", "администратор123",
    "я люблю тебя очень", "мама мыла раму раму",
})  # fmt: skip
_WALKS: Final = (
    "1234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "qwertyuiop[]asdfghjkl;'zxcvbnm,./",
    "абвгдеёжзийклмнопрстуфхцчшщъыьэюя", "абвгдежзийклмнопрстуфхцчшщъыьэюя", "йцукенгшщзхъфывапролджэячсмитьбю",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
)  # fmt: skip


def login(text: str) -> str:
    """A login as it is kept and compared: without spaces around it, in one form of letters, large and small alike."""
    return unicodedata.normalize("NFC", text.strip()).casefold()


def login_hash(text: str) -> str:
    """By what tries to log in are counted: what was typed may be a password in the wrong field, so only its hash."""
    return hashlib.sha256(login(text).encode()).hexdigest()


def normalised(password: str) -> str:
    """The form that is hashed and compared: NFC, so that a letter is the same however a keyboard composes it."""
    return unicodedata.normalize("NFC", password)


def password_problem(
    password: str, about: Collection[str] = (), known: Collection[str] = KNOWN_PASSWORDS
) -> PasswordProblem | None:
    """What is wrong with a new password, or None.

    ``about``: login, name, company: a password made of them is guessed first. ``known``: lower-case passwords that
    are refused whole. There are no rules about kinds of characters and no expiry (section 3.1.1.2: neither is allowed).
    """
    said = normalised(password)
    if len(said) < SHORTEST_PASSWORD:
        return PasswordProblem.SHORT
    if len(said) > LONGEST_PASSWORD:
        return PasswordProblem.LONG
    folded = said.casefold()
    if folded in known:
        return PasswordProblem.KNOWN
    if _repeats(folded):
        return PasswordProblem.REPEATED
    if any(folded in walk * 4 or folded in walk[::-1] * 4 for walk in _WALKS):
        return PasswordProblem.SEQUENCE
    rest = folded
    for word in sorted((part for text in about for part in normalised(text).casefold().split()), key=len, reverse=True):
        if len(word) > 2:
            rest = rest.replace(word, "")
    # What is left must still be half a password: "vera.petrova2026!" is her name and a year.
    if rest != folded and len(rest) < SHORTEST_PASSWORD // 2:
        return PasswordProblem.ABOUT_YOU
    return None


def _repeats(text: str) -> bool:
    """Whether it is one piece over and over (the last one perhaps cut), at least twice."""
    return any(
        text == (text[:length] * (len(text) // length + 1))[: len(text)] for length in range(1, len(text) // 2 + 1)
    )


@dataclass(frozen=True, slots=True)
class Lock:
    """``until``: when the next try is heard; None: now. ``shut``: only an administrator opens it again."""

    until: datetime | None = None
    shut: bool = False

    def refuses(self, at: datetime) -> bool:
        return self.shut or (self.until is not None and at < self.until)


def lock_after(failures: Sequence[datetime]) -> Lock:
    """The lock of a login, known or not, after these failures in a row (since the last success), oldest first.

    Tries refused by a lock are not failures: whoever keeps knocking does not lengthen it, and cannot shut somebody
    else's account in an afternoon: the ninety-five waits come to almost a day.
    """
    if len(failures) >= SHUT_AFTER:
        return Lock(shut=True)
    return _wait(failures, FREE_TRIES)


def lock_of_address(failures: Sequence[datetime]) -> Lock:
    """The lock of an address after its failures within :data:`ADDRESS_WINDOW`, whatever the logins, oldest first.

    A success there does not wipe them out: somebody with an account of their own could try others for ever. It is
    never shut for good.
    """
    return _wait(failures, FREE_TRIES_OF_ADDRESS)


def _wait(failures: Sequence[datetime], free: int) -> Lock:
    if len(failures) < free:
        return Lock()
    doublings = min(len(failures) - free, 20)  # beyond that the longest wait holds anyway
    return Lock(until=failures[-1] + min(LONGEST_WAIT, FIRST_WAIT * 2**doublings))


@dataclass(frozen=True, slots=True)
class Session:
    """A log-in that lasts. ``token_hash``: sha256 of the secret in the cookie, which itself is kept nowhere."""

    token_hash: str
    person_id: str
    begun_at: datetime
    seen_at: datetime
    ended_at: datetime | None = None


class SessionState(StrEnum):
    LIVE = "live"
    ENDED = "ended"  # logged out, or shut out
    OVER = "over"
    IDLE = "idle"


def session_state(session: Session, at: datetime) -> SessionState:
    """Whether a session still lets in at ``at``; anything but LIVE asks for the password again."""
    if session.ended_at is not None and session.ended_at <= at:
        return SessionState.ENDED
    if at - session.begun_at >= OVER_AFTER:
        return SessionState.OVER
    if at - session.seen_at >= IDLE_AFTER:
        return SessionState.IDLE
    return SessionState.LIVE
