"""What was found in the stretches of a long recording, put together as if found in one piece. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from qc_workbench.domain.acoustics import Acoustics, Sound, SoundKind
from qc_workbench.domain.transcript import Transcript, Turn

#: Sounds that a cut in a quiet moment may divide; line tones and voices are not quiet.
_MAY_SPAN = frozenset({SoundKind.SILENCE, SoundKind.NOISE, SoundKind.MUSIC})
#: How certain the voices of a mono stretch were told apart, the least certain first.
_SEPARATIONS = ("not_separated", "separated_without_roles", "separated")


def join_acoustics(parts: Sequence[tuple[float, Acoustics]]) -> Acoustics:
    """Acoustics of consecutive stretches with their offsets in seconds. One part is returned as it is."""
    if len(parts) == 1:
        return parts[0][1]
    first = parts[0][1]
    lanes: list[list[Sound]] = [[] for _ in range(first.channels)]
    for offset_s, part in parts:
        for sound in part.sounds:
            lane = lanes[sound.channel]
            moved = replace(sound, start_s=round(sound.start_s + offset_s, 6), end_s=round(sound.end_s + offset_s, 6))
            spans = lane and moved.kind in _MAY_SPAN and lane[-1].kind is moved.kind
            if spans and sound.start_s < 1e-6 and abs(lane[-1].end_s - moved.start_s) < 1e-3:
                lane[-1] = _spanning(lane[-1], moved)
            else:
                lane.append(moved)
    return replace(
        first,
        duration_s=parts[-1][0] + parts[-1][1].duration_s,
        sounds=tuple(
            sorted((sound for lane in lanes for sound in lane), key=lambda item: (item.start_s, item.channel))
        ),
        peaks=tuple(
            tuple(peak for _, part in parts for peak in part.peaks[channel]) for channel in range(first.channels)
        ),
        speech=(),  # a stretch is recognised by itself, with voices found in it alone
    )


def _spanning(before: Sound, after: Sound) -> Sound:
    """One sound of both; the level is the longer one's, and only nothing on both sides is nothing."""
    longer = before if before.duration_s >= after.duration_s else after
    features = dict(longer.features)
    if "digital" in features:
        features["digital"] = min(before.features.get("digital", 0.0), after.features.get("digital", 0.0))
    return replace(before, end_s=after.end_s, score=min(before.score, after.score), features=features)


def join_transcripts(parts: Sequence[tuple[float, Transcript]]) -> Transcript:
    """Transcripts of consecutive stretches with their offsets in seconds. One part is returned as it is.

    The language is the one of most words. The parties of a mono recording are told in each stretch by itself.
    """
    if len(parts) == 1:
        return parts[0][1]
    spoken: Counter[str] = Counter()
    for _, part in parts:
        if part.language:
            spoken[part.language] += sum(len(turn.words) for turn in part.turns)
    settings = dict(parts[0][1].settings)
    told = [part.settings["speakers"] for _, part in parts if part.turns and "speakers" in part.settings]
    if told:
        settings["speakers"] = min(told, key=_SEPARATIONS.index)
    return replace(
        parts[0][1],
        language=max(sorted(spoken), key=lambda code: spoken[code]) if spoken else None,
        turns=tuple(_moved(turn, offset_s) for offset_s, part in parts for turn in part.turns),
        settings=settings,
    )


def _moved(turn: Turn, offset_s: float) -> Turn:
    words = tuple(
        replace(word, start_s=round(word.start_s + offset_s, 2), end_s=round(word.end_s + offset_s, 2))
        for word in turn.words
    )
    return replace(turn, start_s=round(turn.start_s + offset_s, 2), end_s=round(turn.end_s + offset_s, 2), words=words)
