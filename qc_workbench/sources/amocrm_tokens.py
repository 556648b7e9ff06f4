"""OAuth2 of amoCRM: a token for a day and a refresh token that is good once, kept in a file of the workspace.

Every refresh gives another refresh token and ends the one before, so losing an answer loses the access. Therefore the
file beside it is made and synced before the question is asked (a full disk or a read-only folder is found out while
the old token is still good), the answer is written there and put in place in one step, one process at a time, and the
refresh comes while the old day's token still has hours to live. What remains: killed, or cut off, between the vendor's
answer and the write. Then a person has to connect again with a new code; ``source_authorise_again`` says how.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from filelock import FileLock

from qc_workbench.errors import NotConfigured, SourceAnswerBroken, SourceError, SourceRefused
from qc_workbench.sources.wire import Wire

#: A token lives for a day; with less than this left another one is fetched, so that one that was lost leaves hours.
REFRESH_WITH_LEFT: Final = timedelta(hours=6)
_PATIENCE_S: Final = 120


@dataclass(frozen=True, slots=True)
class Registration:
    """The integration as amoCRM knows it. ``secret`` is never shown."""

    client_id: str
    secret: str
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the file holds. A person writes ``code`` (good for 20 minutes, once) or ``refresh_token`` there."""

    access: str = ""
    refresh: str = ""
    expires_at: datetime | None = None
    code: str = ""

    def lives_at(self, moment: datetime) -> bool:
        return bool(self.access) and self.expires_at is not None and moment < self.expires_at

    def as_json(self) -> dict[str, str]:
        expires_at = self.expires_at.isoformat() if self.expires_at else ""
        return {"access_token": self.access, "refresh_token": self.refresh, "expires_at": expires_at}


class TokenFile:
    """The tokens of one source. ``path``: inside the workspace; readable by its user only."""

    def __init__(self, path: Path, source: str) -> None:
        self._path = path
        self._beside = path.with_name(path.name + ".new")
        self._source = source

    def access(self, wire: Wire, registration: Registration) -> str:
        """A token that is good for hours; asks for another one where the one that is kept is not.

        Raises :class:`~qc_workbench.errors.NotConfigured` ``source_tokens_missing``,
        :class:`~qc_workbench.errors.SourceRefused` ``source_authorise_again`` and what ``wire`` raises while no token
        is good any more.
        """
        with FileLock(self._path.with_name(self._path.name + ".lock"), timeout=_PATIENCE_S):
            tokens = self._read()
            now = wire.clock.now()
            if tokens.lives_at(now + REFRESH_WITH_LEFT):
                return tokens.access
            try:
                return self._renewed(tokens, wire, registration).access
            except SourceError as error:
                if tokens.lives_at(now):
                    return tokens.access  # the day's token works on; the next sync tries again
                if isinstance(error, SourceRefused):
                    place = self._path.name
                    raise SourceRefused("source_authorise_again", source=self._source, place=place) from error
                raise

    def _renewed(self, tokens: Tokens, wire: Wire, registration: Registration) -> Tokens:
        with self._prepared() as file:
            found: Tokens = wire.ask(
                "POST", "/oauth2/access_token", self._answer(wire), body=_question(tokens, registration)
            )
            file.seek(0)
            file.truncate()
            file.write(json.dumps(found.as_json()).encode())
            file.flush()
            os.fsync(file.fileno())
        self._beside.replace(self._path)
        _sync_folder(self._path.parent)
        return found

    def _prepared(self) -> Any:
        """The file beside, with as much in it as the answer may need."""
        handle = os.open(self._beside, os.O_CREAT | os.O_TRUNC | os.O_RDWR, 0o600)
        file = os.fdopen(handle, "r+b")
        file.write(b" " * 8192)
        file.flush()
        os.fsync(file.fileno())
        return file

    def _answer(self, wire: Wire) -> Any:
        def read(answer: Any) -> Tokens:
            if not isinstance(answer, dict):
                raise SourceAnswerBroken("source_answer_error", source=self._source, detail="tokens")
            access, refresh, lives_s = (answer.get(name) for name in ("access_token", "refresh_token", "expires_in"))
            if not access or not refresh or not isinstance(lives_s, int):
                raise SourceAnswerBroken("source_answer_error", source=self._source, detail="tokens")
            return Tokens(str(access), str(refresh), wire.clock.now() + timedelta(seconds=lives_s))

        return read

    def _read(self) -> Tokens:
        """The newer of the two files: a kill may have come between the write and its putting in place."""
        beside, kept = _tokens_of(self._beside), _tokens_of(self._path)
        if beside is not None and beside.refresh and (kept is None or _until(beside) > _until(kept)):
            self._beside.replace(self._path)
            return beside
        if kept is None or not (kept.refresh or kept.code or kept.access):
            raise NotConfigured("source_tokens_missing", source=self._source, place=self._path.name)
        return kept


def _question(tokens: Tokens, registration: Registration) -> dict[str, str]:
    told = {
        "client_id": registration.client_id,
        "client_secret": registration.secret,
        "redirect_uri": registration.redirect_uri,
    }
    if tokens.refresh:
        return {**told, "grant_type": "refresh_token", "refresh_token": tokens.refresh}
    return {**told, "grant_type": "authorization_code", "code": tokens.code}


def _tokens_of(path: Path) -> Tokens | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
        expires = found.get("expires_at")
        moment = datetime.fromisoformat(expires) if expires else None
    except (OSError, ValueError, AttributeError):
        return None
    names = ("access_token", "refresh_token", "code")
    access, refresh, code = (str(found.get(name) or "") for name in names)
    return Tokens(access, refresh, moment, code)


def _until(tokens: Tokens) -> float:
    return tokens.expires_at.timestamp() if tokens.expires_at else 0.0


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
