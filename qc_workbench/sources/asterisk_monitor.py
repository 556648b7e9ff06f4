"""The monitor folder of Asterisk: which file is a call's recording, and two tracks put together.

A file is found by the name that the system tells, by a unique id in its name, or by its time and both numbers. A link
that leads out of the folder is none of its recordings, nor is a pipe or a device. Where
MixMonitor wrote what a channel received and sent apart (``-r``, ``-t``), both become one file of two channels: the
client and the agent are told apart for sure, which a mixed file does not allow.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo

from qc_workbench.domain.telephony import RecordingRef, Way
from qc_workbench.errors import SourceUnreachable
from qc_workbench.sources.asterisk import Hint, epoch_day
from qc_workbench.sources.asterisk_names import RecordingName, Track, read_name
from qc_workbench.sources.joined_tracks import join_tracks

#: A file changed since less than this may still grow.
SETTLED_S: Final = 10.0
#: A WAV header and nothing more.
EMPTY_BYTES: Final = 44
#: A recording named by its time begins so much before the call's own first row at most: clocks of two programs.
EARLY: Final = timedelta(seconds=3)
#: Digits by which two spellings of an outside number are compared. Source: contracts, pitfall 9.
TAIL_DIGITS: Final = 9

#: Puts two files together as the two channels of a third.
Join = Callable[[Path, Path, Path], None]
RecordedChannel = Literal["caller", "trunk", "agent"]


@dataclass(slots=True)
class _Found:
    """Files of one recording."""

    name: RecordingName
    mixed: Path | None = None
    received: Path | None = None
    sent: Path | None = None

    def add(self, path: Path, track: Track) -> None:
        if track is Track.MIXED:
            self.mixed = self.mixed or path
        elif track is Track.RECEIVED:
            self.received = self.received or path
        else:
            self.sent = self.sent or path


@dataclass(slots=True)
class _Index:
    by_unique_id: dict[str, _Found] = field(default_factory=dict)
    by_stem: dict[str, _Found] = field(default_factory=dict)


class Monitor:
    """``zone``: of the server's clock. ``recorded``: the channel whose two sides MixMonitor writes apart; ``caller`` is
    the one that began the call, as FreePBX does. ``agent_on_right``: where the agent goes in a joined file. ``aside``:
    a folder for joined files, emptied by :meth:`close`. ``join``: who puts them together."""

    def __init__(
        self,
        folder: Path,
        zone: ZoneInfo,
        aside: Path,
        *,
        recorded: RecordedChannel = "caller",
        agent_on_right: bool = False,
        join: Join = join_tracks,
    ) -> None:
        self._base = folder
        self._zone = zone
        self._aside = aside
        self._recorded = recorded
        self._agent_on_right = agent_on_right
        self._join = join
        self._folders: dict[Path, _Index] = {}
        self._joined: list[Path] = []

    def file(self, ref: RecordingRef) -> Path | None:
        """The recording, when it is there and does not grow any more.

        Raises :class:`~qc_workbench.errors.MediaError` for two tracks that can't be read."""
        hint = Hint.of(ref.key)
        for unique_id in ref.key.split():
            for folder in self._days(unique_id):
                found = self._told(folder, ref.place) or self._index(folder).by_unique_id.get(unique_id)
                if found is not None and (path := self._path(found, hint)) is not None:
                    return path
        return self._by_time(hint) if hint else None

    def check(self, source: str) -> None:
        """Raises :class:`SourceUnreachable` where the folder can't be read."""
        try:
            next(self._base.iterdir(), None)
        except OSError as error:
            detail = error.strerror or str(error)
            raise SourceUnreachable(
                "source_file_unreadable", source=source, file=str(self._base), detail=detail
            ) from error

    def close(self) -> None:
        self._folders.clear()
        for path in self._joined:
            path.unlink(missing_ok=True)
        self._joined.clear()

    def _path(self, found: _Found, hint: Hint | None) -> Path | None:
        if found.received is not None and found.sent is not None:
            if _is_settled(found.received) and _is_settled(found.sent):
                return self._together(found.received, found.sent, hint)
            return None
        one = found.mixed or found.received or found.sent
        return one if one is not None and _is_settled(one) else None

    def _together(self, received: Path, sent: Path, hint: Hint | None) -> Path:
        client, agent = (received, sent) if self._client_is_received(hint) else (sent, received)
        left, right = (client, agent) if self._agent_on_right else (agent, client)
        name = hashlib.sha256(f"{left}\0{right}".encode()).hexdigest()[:32]
        self._aside.mkdir(parents=True, exist_ok=True)
        path = self._aside / f"joined-{name}.wav"
        self._joined.append(path)
        self._join(left, right, path)
        return path

    def _client_is_received(self, hint: Hint | None) -> bool:
        """A trunk's channel receives the client, an agent's sends what the client hears back."""
        if self._recorded != "caller":
            return self._recorded == "trunk"
        return hint is None or hint.way is not Way.OUT

    def _days(self, unique_id: str) -> Iterator[Path]:
        """Folders where a recording of that moment may be: its day by the server's clock, the one after, the top."""
        moment = epoch_day(unique_id)
        if moment is not None:
            yield from self._around(moment)
        yield self._base

    def _around(self, moment: datetime) -> Iterator[Path]:
        for shift in (0, 1, -1):
            day = moment.astimezone(self._zone) + timedelta(days=shift)
            yield self._base / f"{day:%Y}" / f"{day:%m}" / f"{day:%d}"

    def _told(self, folder: Path, name: str) -> _Found | None:
        """The file that the system names, or its two tracks."""
        if not name or "/" in name or "\\" in name or name.startswith("."):
            return None
        read = read_name(name)
        if read is None:
            return None
        tracks = self._index(folder).by_stem.get(read.stem)
        return tracks if tracks is not None and (tracks.mixed is not None or tracks.received or tracks.sent) else None

    def _by_time(self, hint: Hint) -> Path | None:
        """By time and both numbers, where one file alone fits."""
        fits: dict[Path, None] = {}
        for folder in (*self._around(hint.began), self._base):
            for found in self._index(folder).by_stem.values():
                if self._is_of(found.name, hint) and (path := self._path(found, hint)) is not None:
                    fits[path] = None
        return next(iter(fits)) if len(fits) == 1 else None

    def _is_of(self, name: RecordingName, hint: Hint) -> bool:
        if name.at is None or name.unique_id is not None or len(name.parties) < 2:
            return False
        at = name.at.replace(tzinfo=self._zone).astimezone(UTC)
        if not hint.began - EARLY <= at <= hint.ended:
            return False
        return {_tail(party) for party in name.parties} <= {_tail(party) for party in hint.parties}

    def _index(self, folder: Path) -> _Index:
        """Recordings of a folder, read once a sync."""
        if folder not in self._folders:
            index = _Index()
            paths = sorted(self._inside(folder), key=lambda path: (len(path.name), path.name))
            for path in paths:
                name = read_name(path.name)
                if name is None:
                    continue
                found = index.by_stem.setdefault(name.stem, _Found(name))
                found.add(path, name.track)
                if name.unique_id is not None:
                    index.by_unique_id.setdefault(name.unique_id, found)
            self._folders[folder] = index
        return self._folders[folder]

    def _inside(self, folder: Path) -> Iterator[Path]:
        """Files of a folder that lie in the monitor folder: whoever may put a link there may not be one who may read
        what it leads to."""
        if not folder.is_dir():
            return
        base = self._base.resolve()
        for path in folder.iterdir():
            try:
                if path.is_file() and path.resolve().is_relative_to(base):
                    yield path
            except (OSError, RuntimeError):  # a link that leads to itself
                continue


def _tail(number: str) -> str:
    return "".join(filter(str.isdigit, number))[-TAIL_DIGITS:]


def _is_settled(path: Path) -> bool:
    try:
        status = path.stat()
    except OSError:
        return False
    return status.st_size > EMPTY_BYTES and time.time() - status.st_mtime >= SETTLED_S
