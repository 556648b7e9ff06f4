"""What is heard on a recording and who answered it: the player, the time line and the program's answers rest on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qc_workbench.detection.answering import Answering, answering_of
from qc_workbench.detection.heard import Heard, hear
from qc_workbench.domain.acoustics import Acoustics
from qc_workbench.domain.call import Recording
from qc_workbench.domain.sound_print import KnownGreeting
from qc_workbench.domain.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Judged:
    heard: Heard
    answering: Answering


def judged(
    recording: Recording | None,
    acoustics: Acoustics | None,
    transcript: Transcript | None,
    known: Sequence[KnownGreeting],
) -> Judged | None:
    """None where the sound was not measured."""
    if recording is None or acoustics is None:
        return None
    heard = hear(recording, acoustics, transcript)
    return Judged(heard, answering_of(heard, known))
