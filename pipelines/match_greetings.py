"""Looking up the prints of new recordings: which of them hold a sound that another recording holds too.

Resumable: a print is done when a row of ``sound_matches`` names it; a killed run loses the group in work at most. Each
print that brings something new is stored and found by the next ones, so a sound is compared with others once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pipelines.landmark_file import LANDMARK_FILE, load, save
from pipelines.progress import Progress
from qc_workbench.detection.fingerprint_index import LandmarkIndex, build
from qc_workbench.detection.fingerprint_matches import PrintedRecording, is_new, look_up, relation
from qc_workbench.detection.fingerprints import VERSION
from qc_workbench.domain.acoustics import SoundKind
from qc_workbench.domain.sound_print import PrintMatch, Relation, SoundPrint
from qc_workbench.store import fingerprints, listening
from qc_workbench.store.database import Reader, Statement
from qc_workbench.store.fingerprints import Key
from qc_workbench.workspace import Workspace

STEP: Final = "greetings"
#: Prints looked up and written together.
GROUP: Final = 50
#: Stored prints beyond the saved file that are still added one by one; more of them, and the file is made anew.
_FEW: Final = 2000
_SMALL_SHARE: Final = 0.1


@dataclass(frozen=True, slots=True)
class MatchReport:
    """What a run did, in prints: ``looked_up`` now, ``found`` of them in another recording."""

    looked_up: int
    found: int


def match_greetings(workspace: Workspace, progress: Progress) -> MatchReport:
    """Look up every print that has not been."""
    with workspace.store.reading() as reader:
        waiting = fingerprints.waiting_prints(reader, VERSION)
        if not waiting:
            return MatchReport(0, 0)
        library = open_library(workspace, reader)
    found = 0
    progress.start(STEP, len(waiting))
    try:
        for start in range(0, len(waiting), GROUP):
            group = waiting[start : start + GROUP]
            statements: list[Statement] = []
            with workspace.store.reading() as reader:
                prints = fingerprints.prints(reader, group)
                for key in group:
                    if key not in prints:
                        continue  # erased meanwhile
                    matches = library.look_up(reader, prints[key])
                    related = [(match, library.relation(reader, match)) for match in matches]
                    is_stored = is_new(prints[key], matches)
                    statements += fingerprints.matches_rows(key, related, is_stored=is_stored)
                    if is_stored:
                        library.add(prints[key])
                    found += bool(matches)
            workspace.store.write(*statements)
            progress.advance(len(group))
    finally:
        progress.finish()
    return MatchReport(len(waiting), found)


@dataclass(eq=False)
class Library:
    """The stored sounds: the index, their keys by number, and what was read of their recordings."""

    index: LandmarkIndex
    keys: list[Key]
    #: added in this run: the store does not have them yet
    _new: dict[Key, SoundPrint] = field(default_factory=dict)
    _recordings: dict[str, PrintedRecording] = field(default_factory=dict)

    def look_up(self, reader: Reader, item: SoundPrint) -> tuple[PrintMatch, ...]:
        """The same sound in other recordings. Another channel of the same one is no match: that is the line's echo."""

        def stored(numbers: Sequence[int]) -> Mapping[int, SoundPrint]:
            keys = {number: self.keys[number] for number in numbers if self.keys[number][0] != item.content_hash}
            found = {key: self._new[key] for key in keys.values() if key in self._new}
            found |= fingerprints.prints(reader, [key for key in keys.values() if key not in found])
            return {number: found[key] for number, key in keys.items() if key in found}

        return look_up(item, self.index, stored)

    def relation(self, reader: Reader, match: PrintMatch) -> Relation:
        one, other = (self._recording(reader, key[0]) for key in (match.looked_up, match.found))
        return relation(one, other, match.offset_s)

    def add(self, item: SoundPrint) -> None:
        self.index.add(item)
        self.keys.append(item.key)
        self._new[item.key] = item

    def _recording(self, reader: Reader, content_hash: str) -> PrintedRecording:
        if content_hash not in self._recordings:
            if len(self._recordings) > 500:
                self._recordings.clear()
            self._recordings[content_hash] = printed_recording(reader, content_hash)
        return self._recordings[content_hash]


def printed_recording(reader: Reader, content_hash: str) -> PrintedRecording:
    acoustics = listening.acoustics(reader, content_hash)
    prints = tuple(fingerprints.prints_of_recordings(reader, [content_hash], VERSION))
    if acoustics is None:
        return PrintedRecording(0.0, prints, ())
    voices = tuple(
        tuple((s.start_s, s.end_s) for s in acoustics.sounds if s.channel == channel and s.kind is SoundKind.VOICE)
        for channel in range(acoustics.channels)
    )
    return PrintedRecording(acoustics.duration_s, prints, voices)


def open_library(workspace: Workspace, reader: Reader) -> Library:
    """The stored sounds as they are now. The saved file is made anew where much is missing in it or erased."""
    keys = fingerprints.stored_keys(reader, VERSION)
    path = workspace.home / LANDMARK_FILE
    saved = load(path)
    if saved is not None:
        index, known = saved
        new = sorted(set(keys) - set(known))
        if not set(known) - set(keys) and len(new) <= max(_FEW, _SMALL_SHARE * len(known)):
            library = Library(index, known)
            prints = fingerprints.prints(reader, new)
            for key in new:
                index.add(prints[key])
                known.append(key)
            return library
    elif len(keys) <= _FEW:  # quicker made than loaded
        prints = fingerprints.prints(reader, keys)
        return Library(build([prints[key] for key in keys]), keys)
    prints = fingerprints.prints(reader, keys)
    index = build([prints[key] for key in keys])
    save(path, index, keys)
    return Library(index, keys)
