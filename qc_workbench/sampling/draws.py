"""Reproducible draws of calls: stratified, "at least" a share, never reshuffled.

The design is stratified simple random sampling without replacement (Cochran, *Sampling
Techniques*, 3rd ed., 1977, ch. 5), made reproducible by permanent random numbers (Ohlsson,
"Coordination of samples using permanent random numbers", in *Business Survey Methods*, 1995):

* every call has a number that no later event changes: HMAC-SHA256 with the seed as key over
  (plan, period, call id). Sorting a stratum by it is a random permutation for anybody who does
  not know the seed, and the same permutation for anybody who does;
* in a stratum of ``N_h`` calls the first ``n_h`` of this order are drawn, so each call of it has
  the inclusion probability ``n_h / N_h``, exactly;
* ``n_h = ceil(share × N_h)``. Rounding up *inside the stratum* is what makes "at least 30 %" true
  at every level at once: of each agent's calls, of each direction, of the period. The price is
  less than one call per stratum. Because a stratum with calls always gives at least one, no call
  has probability zero;
* the minimum per agent is reached by raising ``n_h`` where the agent is sampled most thinly. It
  depends on counts only, never on which calls came up, so the probabilities stay exact. For this
  the agent is always one of the strata while a minimum is asked for.

Late calls. A record that arrives after its period was drawn gets a *supplementary draw* with a
passport of its own, made of the late calls only. What was drawn stays drawn, with its
probability; the late calls are strata of their own, so nothing has to be recomputed and the
share holds for both parts, hence for their sum. A period keeps the plan it was first drawn with.

A period is drawn when it is over in the company's zone; the current day and week wait, because
drawing them early would give morning calls another probability than evening ones.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from fractions import Fraction
from zoneinfo import ZoneInfo

from qc_workbench.domain.call import Call, Recording
from qc_workbench.domain.sampling import Draw, FrameItem, Plan, Queue, SampledCall, SampleStatus
from qc_workbench.errors import UsageError
from qc_workbench.sampling.frames import (
    canonical,
    counts_of,
    direction_of,
    frame_hash,
    frame_items,
    is_over,
    period_label,
)

# Drawing ---------------------------------------------------------------------


def random_number(seed: str, plan_name: str, period: str, call_id: str) -> bytes:
    """The permanent random number of a call in a plan and period, to sort by."""
    return hmac.new(seed.encode(), canonical([plan_name, period, call_id]), hashlib.sha256).digest()


def sample_size(share: float, population: int) -> int:
    """``ceil(share × population)``, in exact arithmetic: 10 % of 30 is 3, not 4."""
    return min(population, math.ceil(Fraction(repr(share)) * population))


def allocation(plan: Plan, frame: Sequence[FrameItem]) -> dict[str, int]:
    """How many calls each stratum of the frame gives; a function of counts alone."""
    population, agents = counts_of(frame)
    sizes = {
        stratum: sample_size(plan.shares.get(direction_of(stratum), 0), count) for stratum, count in population.items()
    }
    for agent in sorted(agents):
        strata = agents[agent]
        wanted = min(plan.minimum_per_agent, sum(strata.values()))
        while sum(sizes[stratum] for stratum in strata) < wanted:
            thinnest = min(
                (stratum for stratum, count in strata.items() if sizes[stratum] < count),
                key=lambda stratum: (Fraction(sizes[stratum], strata[stratum]), -strata[stratum], stratum),
            )
            sizes[thinnest] += 1
    return sizes


def drawing_orders(draw: Draw) -> dict[str, tuple[str, ...]]:
    """Call ids of each stratum in the order they are drawn; replacements go on where the draw stopped."""
    label = period_label(draw.plan.period, draw.period_from)
    members: dict[str, list[tuple[bytes, str]]] = defaultdict(list)
    placed: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for item in draw.frame:
        if item.place is not None:
            placed[item.stratum].append((item.place, item.call_id))
            continue
        number = random_number(draw.seed, draw.plan.name, label, item.call_id)
        members[item.stratum].append((number, item.call_id))
    orders = {}
    for stratum in sorted({*members, *placed}):
        order = [call_id for _, call_id in sorted(members[stratum])]
        for place, call_id in sorted(placed[stratum]):
            order.insert(place, call_id)
        orders[stratum] = tuple(order)
    return orders


def amend(draw: Draw, names: Mapping[str, str], zone: ZoneInfo) -> Draw:
    """The passport with the ids of some calls replaced (old -> new), at their client's request.

    The id decided the place in the drawing order, so the place is written down instead, and the frame gets a hash
    of its own beside the first one: the draw can still be made again and gives the same calls, the probabilities and
    every estimate stay. The time of such a call keeps its hour only.
    """
    ranks = {call_id: rank for order in drawing_orders(draw).values() for rank, call_id in enumerate(order)}
    frame = tuple(
        replace(
            item,
            call_id=names[item.call_id],
            started_at=to_the_hour(item.started_at, zone),
            place=ranks[item.call_id],
        )
        if item.call_id in names
        else item
        for item in draw.frame
    )
    ordered = tuple(sorted(frame, key=lambda item: item.call_id))
    return replace(draw, frame=ordered, amended_hash=frame_hash(ordered))


def to_the_hour(moment: datetime, zone: ZoneInfo) -> datetime:
    """The beginning of the hour in the company's zone: it stays on its day, and is no trace of one call any more."""
    return moment.astimezone(zone).replace(minute=0, second=0, microsecond=0).astimezone(UTC)


def redraw(draw: Draw) -> tuple[SampledCall, ...]:
    """What a passport draws. Needs nothing but the passport, so anybody can make the draw again."""
    label = period_label(draw.plan.period, draw.period_from)
    sizes = allocation(draw.plan, draw.frame)
    return tuple(
        SampledCall(
            draw_id=draw.draw_id,
            plan=draw.plan.name,
            period=label,
            stratum=stratum,
            call_id=call_id,
            inclusion_probability=sizes[stratum] / len(order),
            drawn_at=draw.drawn_at,
        )
        for stratum, order in drawing_orders(draw).items()
        for call_id in order[: sizes[stratum]]
    )


def make_draw(
    plan: Plan,
    seed: str,
    period: tuple[date, date],
    frame: Sequence[FrameItem],
    drawn_at: datetime,
    program_version: str,
) -> Draw:
    """A passport. ``draw_id`` is a hash of plan, period, seed and frame: the same draw has the same id."""
    ordered = tuple(sorted(frame, key=lambda item: item.call_id))
    if len({item.call_id for item in ordered}) != len(ordered):
        raise UsageError("frame_repeats_call", plan=plan.name, period=period_label(plan.period, period[0]))
    digest = frame_hash(ordered)
    return Draw(
        draw_id=draw_id(plan, seed, period, digest),
        plan=plan,
        period_from=period[0],
        period_to=period[1],
        seed=seed,
        frame_hash=digest,
        frame=ordered,
        drawn_at=drawn_at,
        program_version=program_version,
    )


def draw_id(plan: Plan, seed: str, period: tuple[date, date], digest: str) -> str:
    rules = {**asdict(plan), "shares": dict(plan.shares)}
    content = [rules, seed, period[0].isoformat(), period[1].isoformat(), digest]
    return hashlib.sha256(canonical(content)).hexdigest()[:20]


def due_draws(
    plan: Plan,
    seed: str,
    calls: Iterable[Call],
    recordings: Mapping[str, Recording],
    existing: Iterable[Draw],
    *,
    zone: ZoneInfo,
    as_of: datetime,
    program_version: str,
) -> tuple[Draw, ...]:
    """Draws that are due at ``as_of`` and not made yet: new periods and late calls of drawn ones.

    ``existing`` are all draws of this plan's name so far; ``drawn_at`` of the new ones is ``as_of``.
    Nothing new, nothing drawn.
    """
    existing = tuple(existing)
    known = {item.call_id for draw in existing if draw.plan.name == plan.name for item in draw.frame}
    # A call has its chance once per plan, even when a correction moves it to another day.
    calls = tuple(call for call in calls if call.call_id not in known)
    earlier: dict[tuple[date, date], list[Draw]] = defaultdict(list)
    for draw in existing:
        if draw.plan.name == plan.name:
            earlier[draw.period_from, draw.period_to].append(draw)
    drawn_by: dict[tuple[date, date], tuple[Plan, str]] = {
        period: min(((draw.drawn_at, draw.draw_id, draw.plan, draw.seed) for draw in made), key=lambda row: row[:2])[2:]
        for period, made in earlier.items()
    }
    # A period keeps its plan and seed; one frame is computed per distinct pair of rules in force.
    periods_by_rules: dict[str, tuple[Plan, str, set[tuple[date, date]]]] = {}
    for period, (kept_plan, kept_seed) in drawn_by.items():
        key = draw_id(kept_plan, kept_seed, (date.min, date.min), "")
        periods_by_rules.setdefault(key, (kept_plan, kept_seed, set()))[2].add(period)

    made_now: list[Draw] = []
    for period, frame in frame_items(plan, calls, recordings, zone).items():
        if period not in drawn_by and is_over(period[1], as_of, zone):
            made_now.append(make_draw(plan, seed, period, frame, as_of, program_version))
    for kept_plan, kept_seed, periods in periods_by_rules.values():
        for period, frame in frame_items(kept_plan, calls, recordings, zone).items():
            if period in periods:
                made_now.append(make_draw(kept_plan, kept_seed, period, frame, as_of, program_version))
    return tuple(sorted(made_now, key=lambda draw: (draw.period_from, draw.plan.name)))


# Replacing and verifying -----------------------------------------------------


def replacement(
    draw: Draw, sampled: Iterable[SampledCall], call_id: str, reason: str, at: datetime
) -> tuple[SampledCall, SampledCall | None]:
    """The drawn call marked as replaced, and the next call of its stratum (None when the stratum is used up).

    ``sampled``: every row of this draw. The newcomer takes over the probability of the stratum:
    replacing assumes that calls that cannot be judged are, within a stratum, like the others.
    Raises :class:`UsageError` ``not_in_draw`` or ``already_replaced``.
    """
    rows = {row.call_id: row for row in sampled if row.draw_id == draw.draw_id}
    retired = retire(rows.values(), draw.draw_id, call_id, reason)
    following = next((name for name in drawing_orders(draw).get(retired.stratum, ()) if name not in rows), None)
    if following is None:
        return retired, None
    newcomer = replace(
        retired,
        call_id=following,
        drawn_at=at,
        status=SampleStatus.WAITING,
        assigned_to=None,
        replaces=call_id,
        reason=reason,
    )
    return retired, newcomer


def retire(sampled: Iterable[SampledCall], draw_id: str, call_id: str, reason: str) -> SampledCall:
    """The row of a call marked as replaced. Raises as :func:`replacement` does."""
    old = next((row for row in sampled if (row.draw_id, row.call_id) == (draw_id, call_id)), None)
    if old is None:
        raise UsageError("not_in_draw", call=call_id, draw=draw_id)
    if old.status is SampleStatus.REPLACED:
        raise UsageError("already_replaced", call=call_id, draw=draw_id)
    return replace(old, status=SampleStatus.REPLACED, reason=reason)


class Discrepancy(StrEnum):
    """How stored rows may differ from what their passport draws (``integrity.draw_<code>``)."""

    FRAME_CHANGED = "frame_changed"  # the frame does not have the hash written beside it
    IDENTITY = "identity"  # plan, seed or period were changed after the draw
    LACKING = "lacking"  # the passport draws a call that has no row
    FOREIGN = "foreign"  # a row that the passport does not draw
    PROBABILITY = "probability"
    REPLACEMENT = "replacement"  # a replacement that is not the next of its stratum, or without a reason


def verify(draw: Draw, sampled: Iterable[SampledCall]) -> tuple[tuple[Discrepancy, str], ...]:
    """Draw again from the passport and compare with the stored rows: (what differs, call id or empty)."""
    found: list[tuple[Discrepancy, str]] = []
    rows = {row.call_id: row for row in sampled if row.draw_id == draw.draw_id and row.queue is Queue.RANDOM}
    if frame_hash(draw.frame) != (draw.amended_hash or draw.frame_hash):
        found.append((Discrepancy.FRAME_CHANGED, ""))
    if draw_id(draw.plan, draw.seed, (draw.period_from, draw.period_to), draw.frame_hash) != draw.draw_id:
        found.append((Discrepancy.IDENTITY, ""))
    expected = {row.call_id: row for row in redraw(draw)}
    found += [(Discrepancy.LACKING, call_id) for call_id in sorted(expected.keys() - rows.keys())]
    sizes = allocation(draw.plan, draw.frame)
    population, _ = counts_of(draw.frame)
    ranks = {call_id: rank for order in drawing_orders(draw).values() for rank, call_id in enumerate(order)}
    stratum_by_call = {item.call_id: item.stratum for item in draw.frame}
    replacements = [row for row in rows.values() if row.replaces is not None]
    for call_id, row in sorted(rows.items()):
        stratum = stratum_by_call.get(call_id)
        if stratum is None or stratum != row.stratum or (call_id not in expected and row.replaces is None):
            found.append((Discrepancy.FOREIGN, call_id))
            continue
        if not math.isclose(row.inclusion_probability, sizes[stratum] / population[stratum]):
            found.append((Discrepancy.PROBABILITY, call_id))
        if row.replaces is not None:
            old = rows.get(row.replaces)
            allowed = sizes[stratum] + sum(other.stratum == stratum for other in replacements)
            if (
                old is None
                or old.status is not SampleStatus.REPLACED
                or old.stratum != stratum
                or not row.reason
                or not sizes[stratum] <= ranks[call_id] < allowed
            ):
                found.append((Discrepancy.REPLACEMENT, call_id))
    return tuple(found)
