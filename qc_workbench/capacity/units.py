"""What one call costs (measured), what is assumed about the calls, the machines and the prices."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UnitCosts:
    """Measured by ``python -m pipelines.unit_costs``. Processor seconds count all threads.

    ``measure_cpu_s_per_min``    decoding and acoustics, for a minute of sound
    ``transcribe_cpu_s_per_min`` decoding, voice activity, recognition and turns, for a minute of sound
    ``detect_cpu_s_per_call``    detectors over one call with words, with its share of the store's work
    ``store_bytes_per_call``     rows of a call without its words, waveform included
    ``store_bytes_per_word_min`` rows of the words of a minute of sound
    ``save_ms``                  the owner's time for one small write, as a reviewer makes it
    ``call_write_ms``            the owner's time for all that the steps write about one call, in their batches
    """

    measure_cpu_s_per_min: float
    transcribe_cpu_s_per_min: float
    detect_cpu_s_per_call: float
    store_bytes_per_call: float
    store_bytes_per_word_min: float
    save_ms: float
    call_write_ms: float


@dataclass(frozen=True, slots=True)
class Load:
    """The calls of a working day.

    ``sound_share``: calls that were answered and recorded. ``talk_mean_s`` and ``talk_median_s`` of these:
    lengths are log-normal. ``drawn_share`` and ``suspicious_share`` of these get words.
    ``reviewed_share``: listened to by a person, who makes ``saves_per_review`` writes. ``hours``: weight of each
    hour of the local day, 0 to 23. ``sound_bytes_per_min`` of the recordings as they are kept.
    """

    calls_a_day: int
    sound_share: float
    talk_mean_s: float
    talk_median_s: float
    drawn_share: float
    suspicious_share: float
    reviewed_share: float
    saves_per_review: float
    review_minutes: float
    reviewer_hours: float
    hours: tuple[float, ...]
    working_days: int
    sound_bytes_per_min: float

    @property
    def with_sound(self) -> int:
        return round(self.calls_a_day * self.sound_share)

    @property
    def words_share(self) -> float:
        """Of the calls with sound. The draw does not look at suspicion, so the two overlap by chance."""
        return 1 - (1 - self.drawn_share) * (1 - self.suspicious_share)

    @property
    def reviewed(self) -> int:
        return round(self.with_sound * self.reviewed_share)


@dataclass(frozen=True, slots=True)
class Machines:
    """``gpu_realtime``: minutes of sound a GPU worker recognises in a minute. A worker fails each
    ``hours_between_failures`` on average, its unit is free again after ``lease_s``, another is up after ``restart_s``.
    Nightly work may take from ``night_from_h`` to ``night_to_h`` of the next morning.
    """

    gpu_realtime: float
    hours_between_failures: float
    lease_s: float
    restart_s: float
    night_from_h: float
    night_to_h: float

    @property
    def night_s(self) -> float:
        return (24 - self.night_from_h + self.night_to_h) * 3600


@dataclass(frozen=True, slots=True)
class Prices:
    """A month of each, in ``currency``."""

    currency: str
    core: float
    gpu: float
    database_gib: float
    sound_gib: float
