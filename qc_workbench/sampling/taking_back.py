"""Taking back a replacement in a draw, as long as nothing was built on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from qc_workbench.domain.sampling import Draw, SampledCall, SampleStatus
from qc_workbench.errors import UsageError
from qc_workbench.sampling.draws import drawing_orders


def take_back(draw: Draw, sampled: Iterable[SampledCall], call_id: str) -> tuple[SampledCall, SampledCall | None]:
    """The replaced call, waiting again, and the newcomer that leaves the draw (None where the stratum was used up).

    ``sampled``: every row of this draw. What is left is verified as if the replacement had never been made: newcomers
    come in the drawn order, so only the last of a stratum may leave, and only while nobody has begun it.
    Raises :class:`UsageError` ``not_in_draw`` or ``replacement_stands``.
    """
    rows = {row.call_id: row for row in sampled if row.draw_id == draw.draw_id}
    old = rows.get(call_id)
    if old is None:
        raise UsageError("not_in_draw", call=call_id, draw=draw.draw_id)
    order = drawing_orders(draw).get(old.stratum, ())
    newcomers = [name for name in order if name in rows and rows[name].replaces is not None]
    newcomer = next((rows[name] for name in newcomers if rows[name].replaces == call_id), None)
    stands = old.status is not SampleStatus.REPLACED or (
        newcomer is not None and (newcomer.status is not SampleStatus.WAITING or newcomers[-1] != newcomer.call_id)
    )
    if stands:
        raise UsageError("replacement_stands", call=call_id, draw=draw.draw_id)
    # One that came for another call keeps a reason: its own replacement had to have one.
    return replace(old, status=SampleStatus.WAITING, reason=old.reason if old.replaces else None), newcomer


def put_back(sampled: Iterable[SampledCall], draw_id: str, call_id: str) -> SampledCall:
    """A targeted call that was taken off its queue, waiting again. Raises as :func:`take_back` does."""
    old = next((row for row in sampled if (row.draw_id, row.call_id) == (draw_id, call_id)), None)
    if old is None:
        raise UsageError("not_in_draw", call=call_id, draw=draw_id)
    if old.status is not SampleStatus.REPLACED:
        raise UsageError("replacement_stands", call=call_id, draw=draw_id)
    return replace(old, status=SampleStatus.WAITING, reason=None)
