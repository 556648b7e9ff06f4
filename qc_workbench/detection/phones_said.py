"""Telephone numbers said aloud, in digits or in words, over several turns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from qc_workbench.detection.dictated_runs import CueSaid, Run, cues_of, nearest, runs_of
from qc_workbench.detection.secret_cues import Cue
from qc_workbench.detection.spoken_stream import Said, Stream

#: A number with its code, once or repeated: Russian, then any other of ten to twelve digits.
_RUSSIAN: Final = re.compile(r"(?:[78]?[3489]\d{9}){1,3}")
_LENGTHS: Final = frozenset({10, 11, 12, 20, 21, 22})


def phones_in(streams: Sequence[Stream]) -> list[Said]:
    """The words that say a number one can be called on."""
    cues = cues_of(streams)
    return [
        word
        for stream in streams
        for run in runs_of(stream, cues)
        if _is_phone(run, cues)
        for word in stream.words[run.numbers[0].first : run.numbers[-1].last + 1]
    ]


def _is_phone(run: Run, cues: Sequence[CueSaid]) -> bool:
    mark = nearest(run, cues)
    cue = mark.cue if mark is not None else None
    length = len(run.digits)
    if cue is Cue.PHONE:
        return 6 <= length <= 24 or length == 5
    if cue is Cue.OTHER:
        return bool(re.fullmatch(r"[78]9\d{9}", run.digits))
    return bool(_RUSSIAN.fullmatch(run.digits)) or (length in _LENGTHS and run.digits[0] in "0178+")
