"""How much machinery 10 000, 100 000 and 1 000 000 calls a day need, from measured unit costs and stated assumptions.

    python -m pipelines.model_costs [--calls N ...] [--assumptions FILE] [--write docs/operations.md]

A day is simulated call by call: arrivals by hour, lengths, the draw and the suspicious ones, workers that fail. The
fewest workers are looked for that have the results by the next morning (work starts in the evening), or within an
hour of each call for 95 of 100 of them. ``--write`` puts the tables into a document between its marks.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from pipelines.unit_costs import KEPT
from qc_workbench.capacity.sizing import Plan, Sizing, plan
from qc_workbench.capacity.units import Load, Machines, Prices, UnitCosts

ASSUMED: Final = Path(__file__).with_name("costs.toml")
_BEGIN, _END = "<!-- costs: begin -->", "<!-- costs: end -->"
_GOALS: Final = {"morning": "by next morning", "hour": "within the hour"}


def read_units(path: Path = KEPT) -> tuple[UnitCosts, dict[str, Any]]:
    """The measured figures, and where and on what they were measured."""
    kept = json.loads(path.read_text(encoding="utf-8"))
    return UnitCosts(**kept.pop("units")), kept


def read_assumptions(path: Path = ASSUMED) -> tuple[list[Load], Machines, Prices]:
    """A file with some keys of ``costs.toml`` changes these keys. An unknown key is a TypeError."""
    values = tomllib.loads(ASSUMED.read_text(encoding="utf-8"))
    if path != ASSUMED:
        for section, own in tomllib.loads(path.read_text(encoding="utf-8")).items():
            values[section] = values.get(section, {}) | own
    load = dict(values["load"])
    load["hours"] = tuple(load["hours"])
    sizes = load.pop("calls_a_day")
    return (
        [Load(calls_a_day=calls, **load) for calls in sizes],
        Machines(**values["machines"]),
        Prices(**values["prices"]),
    )


def tables(plans: Sequence[Plan], prices: Prices) -> Iterator[str]:
    """Markdown."""
    yield (
        "| calls a day | sound, h | of it to words, h | core hours a day | reviewers | sound, GiB a month "
        "| store, GiB a year |"
    )
    yield "|---|---|---|---|---|---|---|"
    for item in plans:
        yield (
            f"| {_number(item.load.calls_a_day)} | {_number(item.sound_hours)} | {_number(item.word_hours)} "
            f"| {_number(item.cpu_hours)} | {_number(item.reviewers)} | {_number(item.sound_gib_month)} "
            f"| {_number(item.store_gib_year, 1)} |"
        )
    yield ""
    yield (
        "| calls a day | results | words on | cores | GPUs | p95 of results | longest queue | cores busy | lost, min "
        f"| workers a month, {prices.currency} | with disks after a year, {prices.currency} |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|---|"
    for item in plans:
        disks = item.sound_gib_month * 12 * prices.sound_gib + item.store_gib_year * prices.database_gib
        for sizing in item.sizings:
            yield _sizing_row(item, sizing, disks)
    yield ""
    yield "| calls a day | writes/s, busiest hour | owner busy | p95 of a save |"
    yield "|---|---|---|---|"
    for item in plans:
        late = item.owner.busy_peak >= 1
        save = "grows without end" if late else f"{item.owner.save_delay_p95_s * 1000:.0f} ms"
        yield (
            f"| {_number(item.load.calls_a_day)} | {item.owner.writes_peak_per_s:.1f} "
            f"| {item.owner.busy_peak:.0%} | {save} |"
        )


def _sizing_row(item: Plan, sizing: Sizing, disks: float) -> str:
    delay = f"{sizing.delay_p95_s / 3600:.1f} h" if sizing.delay_p95_s > 3600 else f"{sizing.delay_p95_s / 60:.0f} min"
    return (
        f"| {_number(item.load.calls_a_day)} | {_GOALS[sizing.goal]} | {'GPU' if sizing.gpus else 'CPU'} "
        f"| {_number(sizing.cores)} | {sizing.gpus or '—'} | {delay} | {_number(sizing.longest_queue)} "
        f"| {sizing.busy:.0%} | {sizing.lost_min:.0f} | {_number(sizing.month_price)} "
        f"| {_number(sizing.month_price + disks)} |"
    )


def _number(value: float, digits: int = 0) -> str:
    """Three figures are all that a model is good for."""
    if abs(value) >= 1000:
        scale = 10 ** (len(str(int(abs(value)))) - 3)
        value = round(value / scale) * scale
    return f"{value:,.{digits if abs(value) < 100 else 0}f}".replace(",", "\u202f")


def put_into(text: str, lines: Sequence[str]) -> str:
    """The document with the lines between its marks. ValueError when the marks are not there."""
    before, _, rest = text.partition(_BEGIN)
    _, found, after = rest.partition(_END)
    if not found:
        raise ValueError(f"{_BEGIN} … {_END} are not in the document")
    return "\n".join([before + _BEGIN, *lines, _END + after])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--calls", type=int, nargs="+", help="calls a day, instead of those of the assumptions")
    parser.add_argument("--assumptions", type=Path, default=ASSUMED, help="a file with some keys of costs.toml changed")
    parser.add_argument("--units", type=Path, default=KEPT, help="figures of python -m pipelines.unit_costs")
    parser.add_argument("--write", type=Path, help="a document whose tables are renewed")
    options = parser.parse_args(arguments)
    units, measured = read_units(options.units)
    loads, machines, prices = read_assumptions(options.assumptions)
    if options.calls:
        loads = [replace(loads[0], calls_a_day=calls) for calls in options.calls]
    plans = []
    for load in loads:
        started = perf_counter()
        plans.append(plan(load, units, machines, prices))
        print(f"{load.calls_a_day}: simulated in {perf_counter() - started:.1f} s", file=sys.stderr)
    head = [
        f"Unit costs measured {measured['at']}: {measured['machine']}; model {measured['model']}; "
        f"{measured['calls']} calls, {measured['sound_min']:.1f} min of sound; load of the machine meanwhile "
        f"{measured['load_average']}.",
        "",
    ]
    lines = [*head, *tables(plans, prices)]
    if options.write:
        text = options.write.read_text(encoding="utf-8")
        options.write.write_text(put_into(text, lines), encoding="utf-8")
        print(options.write)
    else:
        print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
