"""Which greetings are surely a machine's: recordings that were heard in several calls.

A person never says a sentence twice sample by sample. So a recording of the far end that comes again in another
call is a machine's: heard on several clients' numbers an operator's or a company menu's, heard on one number only
that subscriber's own. What might be one call's recording attached twice proves nothing and is not counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Final

from qc_workbench.detection.heard import Piece
from qc_workbench.domain.flag import AnsweredBy, Ruling
from qc_workbench.domain.sound_print import GreetingCount, Heard, KnownGreeting, Relation, Sighting

#: Speech that must be the same, seconds. A short word said by one synthetic voice may come out the same twice
#: (measured: up to 2.4 s, docs/detectors.md); the more numbers, the less that explains it.
SEVERAL_NUMBERS_S: Final = 4.0
MANY_NUMBERS_S: Final = 3.0
MANY_NUMBERS: Final = 5
#: Calls of one number are different calls when they begin at least so far apart.
_OTHER_TIME: Final = timedelta(minutes=1)
_MACHINES: Final = frozenset(
    {AnsweredBy.VOICEMAIL, AnsweredBy.OPERATOR_ANNOUNCEMENT, AnsweredBy.VOICE_ASSISTANT, AnsweredBy.IVR}
)
#: The kind of evidence (``evidence.<kind>``) that a known greeting gives. All begin alike: see ``rests_on_it``.
EVIDENCE_KINDS: Final[Mapping[Heard, str]] = {
    Heard.CONFIRMED: "known_greeting_confirmed",
    Heard.SEVERAL_NUMBERS: "known_greeting",
    Heard.ONE_NUMBER: "known_greeting_one_number",
}
#: A piece of speech is a machine's when at least this share of it lies inside what is known.
_COVERED_SHARE: Final = 0.6
_EDGE_S: Final = 0.3


def pieces_played(far: Iterable[Piece], known: Sequence[KnownGreeting]) -> tuple[Piece, ...]:
    """Pieces of the far end's speech in which a known greeting is played."""
    return tuple(piece for piece in far if any(_covers(greeting, piece) for greeting in known))


def _covers(greeting: KnownGreeting, piece: Piece) -> bool:
    inside = min(piece.end_s, greeting.end_s + _EDGE_S) - max(piece.start_s, greeting.start_s - _EDGE_S)
    return greeting.channel == piece.channel and inside >= _COVERED_SHARE * (piece.end_s - piece.start_s)


def player_of(known: Sequence[KnownGreeting], by_words: AnsweredBy | None, beeped: bool) -> AnsweredBy:
    """Whose machine plays known greetings: as a confirmed case told, else as their words tell (``by_words``), else a
    subscriber's voicemail when a beep follows or only this number has it, an operator's announcement otherwise."""
    labels = [greeting.label for greeting in known if greeting.label is not None]
    if labels:
        return labels[0]
    if by_words is not None:
        return by_words
    own = all(greeting.heard is Heard.ONE_NUMBER for greeting in known)
    return AnsweredBy.VOICEMAIL if beeped or own else AnsweredBy.OPERATOR_ANNOUNCEMENT


def known_greetings(sightings: Iterable[Sighting]) -> dict[str, tuple[KnownGreeting, ...]]:
    """Known machines' recordings by call_id, in order of time; ``sightings``: all of each sound, sounds together."""
    found: dict[str, list[KnownGreeting]] = {}
    for _, group in groupby(sightings, key=lambda item: item.sound):
        placed = _placed(list(group))
        for sighting in placed:
            greeting = _known(sighting, placed)
            if greeting is not None:
                found.setdefault(sighting.call_id, []).append(greeting)
    return {
        call_id: tuple(sorted(items, key=lambda item: (item.start_s, item.end_s))) for call_id, items in found.items()
    }


def greeting_count(call_id: str, sightings: Iterable[Sighting]) -> GreetingCount | None:
    """In how many other calls, on how many other numbers, the known greeting of a call was heard; None without one.

    Of several sounds of the call the one heard most often counts.
    """
    counts = []
    for _, group in groupby(sightings, key=lambda item: item.sound):
        placed = _placed(list(group))
        mine = [item for item in placed if item.call_id == call_id]
        if not mine or _known(mine[0], placed) is None:
            continue
        others = [item for item in _independent(placed) if item.content_hash != mine[0].content_hash]
        numbers = {item.client_phone for item in others} - {None, mine[0].client_phone}
        counts.append(GreetingCount(len(numbers), len(others)))
    return max(counts, key=lambda item: (item.numbers, item.calls), default=None)


def _placed(group: Sequence[Sighting]) -> list[Sighting]:
    """The sightings of one sound, each with its place; the stored one's is where most of it was found again."""
    again = [item for item in group if item.relation is Relation.GREETING]
    longest = max(again, key=lambda item: item.matched_s, default=None)
    placed = []
    for item in group:
        if item.relation is not None:
            placed.append(item)
        elif longest is not None:
            start_s, end_s = longest.start_s + longest.offset_s, longest.end_s + longest.offset_s
            placed.append(_moved(item, round(max(start_s, 0.0), 2), round(end_s, 2), longest.matched_s))
    return placed


def _moved(item: Sighting, start_s: float, end_s: float, matched_s: float) -> Sighting:
    return Sighting(
        item.sound, item.content_hash, item.channel, item.call_id, item.client_phone, item.started_at,
        start_s, end_s, 0.0, matched_s, None, item.is_far, item.ruling, item.rests_on_it, item.answered_by,
    )  # fmt: skip


def _independent(placed: Sequence[Sighting]) -> list[Sighting]:
    """The sightings in calls that surely differ, one for each recording; never of an agent's channel."""
    seen: dict[str, Sighting] = {}
    for item in placed:
        if item.relation in (None, Relation.GREETING) and item.is_far is not False:
            seen.setdefault(item.content_hash, item)
    return list(seen.values())


def _known(item: Sighting, placed: Sequence[Sighting]) -> KnownGreeting | None:
    if item.is_far is False or any(other.ruling is Ruling.REJECTED and other.rests_on_it for other in placed):
        return None
    heard = _independent(placed)
    if len(heard) < 2 or not any(other.is_far for other in heard):
        return None
    numbers = {other.client_phone for other in heard} - {None}
    confirmed = Counter(
        other.answered_by
        for other in heard
        if other.call_id != item.call_id and other.ruling is Ruling.CONFIRMED and other.answered_by in _MACHINES
    )
    enough_s = MANY_NUMBERS_S if confirmed or len(numbers) >= MANY_NUMBERS else SEVERAL_NUMBERS_S
    if item.matched_s < enough_s:
        return None
    if confirmed:
        label = min(confirmed, key=lambda kind: (-confirmed[kind], kind or ""))
        return KnownGreeting(Heard.CONFIRMED, label, item.channel, item.start_s, item.end_s)
    if len(numbers) >= 2:
        return KnownGreeting(Heard.SEVERAL_NUMBERS, None, item.channel, item.start_s, item.end_s)
    times = sorted(other.started_at for other in heard)
    if len(numbers) == 1 and times[-1] - times[0] >= _OTHER_TIME:
        return KnownGreeting(Heard.ONE_NUMBER, None, item.channel, item.start_s, item.end_s)
    return None
