"""What the player shows of one call: waveform, evidence on the time line, who said what when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qc_workbench.detection.answering import with_machine_parties
from qc_workbench.detection.segments import HUMAN, SegmentKind, TimeLine, time_line_of
from qc_workbench.domain.acoustics import Acoustics
from qc_workbench.domain.call import Recording
from qc_workbench.domain.commitment import Commitment, SpokenCommitment
from qc_workbench.domain.flag import Evidence, Flag, Side
from qc_workbench.domain.hearing import Range
from qc_workbench.domain.sound_print import KnownGreeting
from qc_workbench.domain.transcript import Party, Transcript
from qc_workbench.review.hearing import gaps
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import named
from qc_workbench.ui.views.judged import Judged, judged
from qc_workbench.ui.views.said import AS_SAID, Reading
from qc_workbench.ui.views.time_line import ShownTimeLine, shown_time_line

#: Peaks of a channel that travel at most, a byte each: every one of half an hour, one in 0.2 s of two hours, which is
#: still finer than what the greatest useful zoom shows.
MOST_PEAKS = 36_000

#: Seconds that a listener needs to hear what a case is about (storyboard: "the 10 seconds that matter").
CLIP_S = 10.0

#: How high the waveform stands under the tone that covers a secret, of 100.
_TONE_PEAK = 3

#: Segments of the time line in which somebody or something talks.
SPEECH = HUMAN | {SegmentKind.MACHINE}


@dataclass(frozen=True, slots=True)
class Lane:
    """One channel of the waveform; ``party`` is a code for the colour."""

    party: str
    label: str


@dataclass(frozen=True, slots=True)
class Band:
    start_s: float
    end_s: float
    label: str
    side: str
    quote: str | None


@dataclass(frozen=True, slots=True)
class SpokenTurn:
    """``words``: start, end, text, probability. ``suspect``: why this text is not to be trusted, or None."""

    party: str
    label: str
    start_s: float
    end_s: float
    text: str
    words: tuple[tuple[float, float, str, float], ...]
    suspect: str | None


@dataclass(frozen=True, slots=True)
class Playback:
    """``quiet``: stretches in which nobody speaks, long enough to be skipped. ``has_words``: it was transcribed, also
    where that found no speech."""

    call_id: str
    address: str | None
    duration_s: float
    peaks: tuple[tuple[int, ...], ...]
    lanes: tuple[Lane, ...]
    bands: tuple[Band, ...]
    turns: tuple[SpokenTurn, ...]
    clip: tuple[float, float] | None
    line: ShownTimeLine | None
    quiet: tuple[Range, ...] = ()
    has_words: bool = False


def playback(
    call_id: str,
    address: str | None,
    recording: Recording | None,
    acoustics: Acoustics | None,
    transcript: Transcript | None,
    flags: Sequence[Flag],
    promises: Sequence[Commitment],
    t: Translator,
    *,
    connected_s: float | None = None,
    known: Sequence[KnownGreeting] = (),
    heard_before: Judged | None = None,
    reading: Reading = AS_SAID,
) -> Playback:
    """What the player shows. Times of promises and evidence go on the time line, each side in its own row.

    ``connected_s``: what the telephone system counted; the length of the recording where it is not given.
    ``reading``: how the listener may read what was said. ``heard_before``: what :func:`judged` made of the same call,
    where it is known already.
    """
    evidence = [item for flag in flags for item in flag.evidence]
    channels = acoustics.channels if acoustics else (recording.channels if recording else None) or 1
    duration_s = acoustics.duration_s if acoustics else (recording.duration_s if recording else None) or 0.0
    words, line = _as_judged(acoustics, transcript, heard_before or judged(recording, acoustics, transcript, known))
    return Playback(
        call_id=call_id,
        address=address,
        duration_s=duration_s,
        peaks=_peaks(acoustics, transcript, duration_s),
        lanes=_lanes(recording, channels, t),
        bands=(
            *(
                Band(item.start_s, item.end_s, evidence_name(item.kind, t), item.side.value, reading.quote(item.quote))
                for item in evidence
            ),
            *(_promise_band(promise.spoken, reading, t) for promise in promises),
        ),
        turns=_turns(reading.transcript(words) if words else None, t),
        clip=clip_of(evidence, duration_s),
        line=shown_time_line(line, connected_s, t) if line is not None else None,
        has_words=transcript is not None,
        quiet=_quiet(line, acoustics, transcript, duration_s),
    )


def _peaks(
    acoustics: Acoustics | None, transcript: Transcript | None, duration_s: float
) -> tuple[tuple[int, ...], ...]:
    """The waveform of what is played: an even line where a tone stands for a secret."""
    if acoustics is None:
        return ()
    lanes = []
    for channel, peaks in enumerate(acoustics.peaks):
        shown = list(peaks)
        for item in transcript.hidden if transcript and duration_s > 0 else ():
            if item.channel in (None, channel):
                first, last = (round(at / duration_s * len(shown)) for at in (item.start_s, item.end_s))
                shown[first:last] = [_TONE_PEAK] * len(shown[first:last])
        lanes.append(reduced(shown, MOST_PEAKS))
    return tuple(lanes)


def evidence_name(kind: str, t: Translator) -> str:
    return named(t, "evidence", kind)


def reduced(peaks: Sequence[int], most: int) -> tuple[int, ...]:
    """At most ``most`` peaks, each the loudest of those it stands for."""
    if len(peaks) <= most:
        return tuple(peaks)
    begins = np.arange(most) * len(peaks) // most
    return tuple(np.maximum.reduceat(np.asarray(peaks), begins).tolist())


def clip_of(evidence: Sequence[Evidence], duration_s: float) -> tuple[float, float] | None:
    """The seconds to hear first: where the strongest evidence against begins.

    Words weigh more than tones, tones more than silence: a listener is convinced by what can be heard.
    """
    against = [item for item in evidence if item.side is Side.AGAINST]
    if not against:
        return None
    first = min(against, key=lambda item: (item.quote is None, item.kind == "silence", item.start_s))
    start = max(0.0, first.start_s - 0.5)
    end = min(duration_s or first.end_s, max(start + CLIP_S, min(first.end_s + 0.5, start + 2 * CLIP_S)))
    return (start, end) if end > start else None


def _quiet(
    line: TimeLine | None, acoustics: Acoustics | None, transcript: Transcript | None, duration_s: float
) -> tuple[Range, ...]:
    """Where nobody speaks, by the time line; where there is none, by the voices found and the words recognised.

    A machine's voice is speech: whether it is one is what a listener wants to hear. Words count in any case.
    """
    if line is None and transcript is None and not (acoustics and acoustics.speech):
        return ()
    spoken = [(item.start_s, item.end_s) for item in line.segments if item.kind in SPEECH] if line else []
    if line is None and acoustics is not None:
        spoken += [item for channel in acoustics.speech for item in channel]
    spoken += [(turn.start_s, turn.end_s) for turn in transcript.turns if not turn.suspicion] if transcript else []
    return gaps(spoken, duration_s)


def _promise_band(spoken: SpokenCommitment, reading: Reading, t: Translator) -> Band:
    quote = reading.quote(spoken.quote)
    return Band(spoken.start_s, spoken.end_s, named(t, "action", spoken.action.value), "promise", quote)


def _lanes(recording: Recording | None, channels: int, t: Translator) -> tuple[Lane, ...]:
    if channels < 2:
        return (Lane("unknown", t("player.both")),)
    agent = recording.agent_channel if recording and recording.agent_channel is not None else 0
    parties = [Party.AGENT if channel == agent else Party.CUSTOMER for channel in range(2)]
    return tuple(Lane(party.value, t(f"party.{party.value}")) for party in parties)


def _as_judged(
    acoustics: Acoustics | None, transcript: Transcript | None, found: Judged | None
) -> tuple[Transcript | None, TimeLine | None]:
    """The words with the turns of machines marked, and the time line, from one hearing of the call. Recognition hears a
    voice on the client's channel; the detector knows where it was a recording."""
    if found is None or acoustics is None or not acoustics.sounds:
        return transcript, None
    line = time_line_of(found.heard, found.answering)
    return transcript and with_machine_parties(transcript, found.answering), line


def _turns(transcript: Transcript | None, t: Translator) -> tuple[SpokenTurn, ...]:
    if transcript is None:
        return ()
    return tuple(
        SpokenTurn(
            party=turn.party.value,
            label=t(f"party.{turn.party.value}"),
            start_s=turn.start_s,
            end_s=turn.end_s,
            text=turn.text,
            words=tuple((word.start_s, word.end_s, word.text, word.probability) for word in turn.words),
            suspect=named(t, "suspicion", turn.suspicion.value) if turn.suspicion else None,
        )
        for turn in transcript.turns
    )
