"""Which calls a calibration is about: drawn as the sample is, so that anybody can draw them again.

Each call has a random number, HMAC-SHA256 of its id with the seed as key; the first so many of the frame in that order
are drawn. The seed is made at the moment of the draw, so nobody chooses it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from qc_workbench.domain.calibration import CalibrationDraw, FrameCall
from qc_workbench.errors import UsageError


def draw(
    call_ids: Sequence[str], wanted: int, seed: str, days: tuple[date, date], by: str, at: datetime
) -> CalibrationDraw:
    """The passport of a draw. Raises :class:`UsageError` ``calibration_frame_small`` where there are fewer calls."""
    ids = sorted(set(call_ids))
    if not 1 <= wanted <= len(ids):
        raise UsageError("calibration_frame_small", wanted=wanted, found=len(ids))
    content = json.dumps(ids, ensure_ascii=False, separators=(",", ":"))
    frame_hash = hashlib.sha256(content.encode()).hexdigest()
    draw_id = hashlib.sha256(f"{seed}\n{frame_hash}\n{at.isoformat()}".encode()).hexdigest()[:32]
    frame = tuple(map(FrameCall, ids))
    return CalibrationDraw(draw_id, seed, frame, frame_hash, days[0], days[1], wanted, by, at)


def drawn(made: CalibrationDraw) -> tuple[str, ...]:
    """The calls of a draw, in its order: today and at any time later the same."""
    ordered = sorted(made.frame, key=lambda call: (number_of(made.seed, call), call.call_id))
    return tuple(call.call_id for call in ordered[: made.wanted])


def number_of(seed: str, call: FrameCall) -> str:
    """The random number of a call, in hexadecimal digits."""
    if call.number is not None:
        return call.number
    content = json.dumps(["calibration", call.call_id], ensure_ascii=False, separators=(",", ":"))
    return hmac.new(seed.encode(), content.encode(), hashlib.sha256).hexdigest()


def renamed(made: CalibrationDraw, names: Mapping[str, str]) -> CalibrationDraw:
    """The draw with ids replaced (old -> new): each renamed call keeps the number that its old id gave it."""
    frame = tuple(
        FrameCall(names[call.call_id], number_of(made.seed, call)) if call.call_id in names else call
        for call in made.frame
    )
    return replace(made, frame=frame)
