"""Which calls deserve the speech model first: cheap and generous, from the sound alone."""

from __future__ import annotations

import itertools
from typing import Final

from qc_workbench.config import Effective
from qc_workbench.detection.sound_classes import Interval, subtract, union
from qc_workbench.domain.acoustics import Acoustics, SoundKind
from qc_workbench.domain.call import Call, Outcome

#: Line tones and music of this length are rare in a conversation.
_TONES_S: Final = 5.0
#: Nobody speaks for so long: a client went to look for papers, or nobody is there.
_GAP_S: Final = 7.0
#: A beep counts in the first part of a call, where greetings are.
_BEEP_BEFORE_S: Final = 45.0
_VOICE_SHARE: Final = 0.55
#: Conversations change sides often; a menu or an assistant with a silent agent does not.
_FEWEST_CHANGES: Final = 6
_LEAST_SIDE_S: Final = 5.0


def looks_padded(call: Call, acoustics: Acoustics, settings: Effective) -> bool:
    """Whether a counted call may be padded. Meant to miss almost none; most of what it picks is innocent."""
    if call.outcome is not Outcome.ANSWERED or call.talk_s < settings.counted_from_s:
        return False
    line_s = sum(
        sound.duration_s
        for sound in acoustics.sounds
        if sound.kind in (SoundKind.RINGBACK, SoundKind.BUSY, SoundKind.MUSIC)
    )
    if line_s >= _TONES_S:
        return True
    if any(
        sound.kind in (SoundKind.BEEP, SoundKind.SIT) and sound.start_s < _BEEP_BEFORE_S for sound in acoustics.sounds
    ):
        return True
    voices = [_voices(acoustics, channel) for channel in range(acoustics.channels)]
    together = union(interval for channel in voices for interval in channel)
    seconds = sum(end - start for start, end in together)
    if seconds < _VOICE_SHARE * acoustics.duration_s or seconds < settings.conversation_from_s:
        return True
    pauses = subtract([(0.0, acoustics.duration_s)], together)
    if any(end - start >= _GAP_S for start, end in pauses):
        return True
    if acoustics.channels == 1:
        return False
    return _changes(voices[0], voices[1]) < _FEWEST_CHANGES or any(
        sum(end - start for start, end in channel) < _LEAST_SIDE_S for channel in voices
    )


def _voices(acoustics: Acoustics, channel: int) -> tuple[Interval, ...]:
    return union(
        (
            (sound.start_s, sound.end_s)
            for sound in acoustics.sounds
            if sound.channel == channel and sound.kind is SoundKind.VOICE
        ),
        gap_s=0.6,
    )


def _changes(first: tuple[Interval, ...], second: tuple[Interval, ...]) -> int:
    """How often the side that begins to speak changes."""
    order = [side for _, side in sorted([*((start, 0) for start, _ in first), *((start, 1) for start, _ in second)])]
    return sum(before != after for before, after in itertools.pairwise(order))
