"""The line tones of national telephone networks: what they are made of and when their pulses come.

Source: ITU-T E.180/Q.35 (03/98) for the limits of every tone, its Supplement 2 "Various tones used in national
networks" (Operational Bulletin) for the values by country, Q.35 for the special information tone. Countries are
ISO 3166 codes; "*" is what E.180 recommends to all. A country missing here mostly uses a row that is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from qc_workbench.domain.acoustics import SoundKind

#: One pulse and the pause after it, seconds.
Beat = tuple[float, float]


@dataclass(frozen=True, slots=True)
class NationalTone:
    """``hz``: one frequency, or two that sound together. ``beats``: the pulses of one period, in order."""

    kind: SoundKind
    hz: tuple[float, ...]
    beats: tuple[Beat, ...]
    countries: str

    @property
    def fewest_pulses(self) -> int:
        """Pulses that prove the cadence: two long rings are enough, short pulses take one more."""
        return 2 if self.kind is SoundKind.RINGBACK and len(self.beats) == 1 else 3


_RING, _BUSY = SoundKind.RINGBACK, SoundKind.BUSY

#: Where two rows fit equally well the first is taken; busy and congestion are one kind, "busy".
NATIONAL_TONES: Final = (
    NationalTone(_RING, (425,), ((1.0, 4.0),), "RU KZ UA BY AM AZ GE UZ DE PL IT NL GR CZ SK FI NO BR CH LT EE LV MD"),
    NationalTone(_RING, (425,), ((0.8, 3.2),), "RU KZ UA BY KG TJ TM"),
    NationalTone(_BUSY, (425,), ((0.35, 0.35),), "RU UA BY LT CZ CN"),
    NationalTone(_BUSY, (425,), ((0.4, 0.4),), "RU KZ AM"),
    NationalTone(_BUSY, (425,), ((0.3, 0.3),), "UA GR FI HU EE"),
    NationalTone(_BUSY, (425,), ((0.5, 0.5),), "DE IT NL PL NO PT CH BE MD"),
    NationalTone(_BUSY, (425,), ((0.25, 0.25),), "SE BR MX; congestion DE IT CH"),
    NationalTone(_BUSY, (425,), ((0.175, 0.175),), "congestion RU UA BY KZ BE"),
    NationalTone(_BUSY, (425,), ((0.2, 0.2),), "ES; congestion RU PL GR FI PT LT"),
    NationalTone(_BUSY, (425,), ((0.2, 0.2), (0.2, 0.2), (0.2, 0.6)), "congestion ES"),
    NationalTone(_RING, (425,), ((1.0, 5.0),), "SE PT AT"),
    NationalTone(_RING, (425,), ((1.0, 3.0),), "BE IL"),
    NationalTone(_RING, (425,), ((1.5, 3.0),), "ES"),
    NationalTone(_RING, (425,), ((1.25, 3.75),), "HU"),
    NationalTone(_RING, (425,), ((0.67, 3.0), (1.5, 5.0)), "KE"),
    NationalTone(_RING, (425,), ((0.4, 0.2), (0.4, 2.0)), "AU IE MY"),
    NationalTone(_RING, (440,), ((1.5, 3.5),), "FR"),
    NationalTone(_BUSY, (440,), ((0.5, 0.5),), "FR"),
    NationalTone(_BUSY, (440,), ((0.25, 0.25),), "congestion FR"),
    NationalTone(_RING, (450,), ((2.0, 4.0),), "TR"),
    NationalTone(_RING, (450,), ((1.0, 4.0),), "CN AT"),
    NationalTone(_BUSY, (450,), ((0.5, 0.5),), "TR"),
    NationalTone(_BUSY, (450,), ((0.35, 0.35),), "CN"),
    NationalTone(_BUSY, (450,), ((0.7, 0.7),), "congestion CN"),
    NationalTone(_RING, (440, 480), ((2.0, 4.0),), "US CA"),
    NationalTone(_BUSY, (480, 620), ((0.5, 0.5),), "US CA"),
    NationalTone(_BUSY, (480, 620), ((0.25, 0.25),), "congestion US CA"),
    NationalTone(_RING, (400, 450), ((0.4, 0.2), (0.4, 2.0)), "GB IE AE SG NZ ZA HK"),
    NationalTone(_BUSY, (400,), ((0.375, 0.375),), "GB AE"),
    NationalTone(_BUSY, (400,), ((0.4, 0.35), (0.225, 0.525)), "congestion GB"),
    NationalTone(_RING, (400,), ((1.0, 3.0),), "IL"),
    NationalTone(_RING, (400,), ((1.0, 2.0),), "JP"),
    NationalTone(_RING, (400,), ((0.4, 0.2), (0.4, 2.0)), "IN AU"),
    NationalTone(_BUSY, (400,), ((0.5, 0.5),), "JP IL"),
    NationalTone(_BUSY, (400,), ((0.75, 0.75),), "IN"),
)
#: Dial tones sound without a pause: 425 Hz in most countries, 350 + 440 Hz in North America and the United Kingdom.
DIAL_HZ: Final = (330.0, 500.0)
DIAL_FROM_S: Final = 3.0
#: Two frequencies that only exchanges play together; a single pulse of them is never a voicemail's beep.
LINE_PAIRS: Final = ((440.0, 480.0), (400.0, 450.0), (480.0, 620.0), (350.0, 440.0), (350.0, 400.0), (350.0, 450.0))
#: Those of them that mean ringing.
RING_PAIRS: Final = LINE_PAIRS[:2]
#: A lone pulse of this frequency and length is the one ring that was heard before somebody answered.
LONE_RING_HZ: Final = (418.0, 432.0)
LONE_RING_S: Final = ((0.72, 0.88), (0.92, 1.08))
#: A modulated tone (400 Hz times 17 or 25 Hz) shows as two components around it, at most so far apart.
MODULATED_WITHIN_HZ: Final = 65.0

#: Special information tone (E.180 §7: 950, 1400, 1800 Hz, each ±50 and 330 ± 70 ms, up to 30 ms apart). North
#: America shifts the first two to 914/985 and 1371/1429 and uses 274 and 380 ms.
SIT_HZ: Final = ((895.0, 1005.0), (1345.0, 1455.0), (1745.0, 1855.0))
SIT_PULSE_S: Final = (0.2, 0.46)
SIT_GAP_S: Final = 0.13

#: ITU-T Q.23.
DTMF_LOW_HZ: Final = (697.0, 770.0, 852.0, 941.0)
DTMF_HIGH_HZ: Final = (1209.0, 1336.0, 1477.0, 1633.0)
