"""How long the rules of order take on a million calls and a million activities: ``python -m pipelines.bench_order``.

The workspace (an invented company, see ``order_store.sql``) is made below ``--home`` where it is missing. *cpu* is the
processor time of owner and client together: on a machine that does something else too, wall times say less. The goal:
all rules together in under 10 s on 2 cores, the reading of the CRM included. ``--write`` writes the breaches too.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import duckdb

from pipelines.bench_store import processor_s
from pipelines.check_order import check_order, terms_at
from pipelines.make_workspace import make_workspace
from qc_workbench.domain.violation import ViolationKind
from qc_workbench.store.order import Order
from qc_workbench.workspace import Workspace

AS_OF: Final = datetime(2026, 11, 1, 6, tzinfo=UTC)
LIMIT_S: Final = 10.0
SQL: Final = Path(__file__).with_name("order_store.sql")


@dataclass(frozen=True, slots=True)
class RuleTime:
    """``name``: a rule, or the reading of the CRM, which comes before all of them and breaks nothing."""

    name: str
    wall_s: float
    cpu_s: float
    breaches: int


def make_order_store(home: Path, calls: int) -> Workspace:
    """The invented company. Takes a minute with a million calls."""
    workspace = make_workspace(home, {"company.name": "Порядок"})
    workspace.store.release()  # filled past its owner, as pipelines.make_large_store does
    with duckdb.connect(str(workspace.store.path)) as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"set variable calls = {int(calls)}")
        for statement in connection.extract_statements(SQL.read_text(encoding="utf-8")):
            connection.execute(statement)
        connection.execute("checkpoint")
    return workspace


def measure(workspace: Workspace) -> list[RuleTime]:
    """Each rule, once, in one reading, as a check asks them."""
    found = []
    pid = workspace.store.status().pid
    settings = workspace.settings
    with workspace.store.reading(heavy=True) as reader:
        busy, started = processor_s(pid), time.perf_counter()
        order = Order.at(reader, terms_at(reader, settings.discipline, settings.company, AS_OF))
        found.append(RuleTime("(reading)", time.perf_counter() - started, processor_s(pid) - busy, 0))
        for kind in ViolationKind:
            busy, started = processor_s(pid), time.perf_counter()
            breaches = order.keep([kind])
            found.append(RuleTime(kind.value, time.perf_counter() - started, processor_s(pid) - busy, breaches))
    return found


def table(found: Sequence[RuleTime]) -> list[str]:
    """Lines of a Markdown table."""
    lines = ["| rule | s | cpu s | breaches |", "|---|---:|---:|---:|"]
    lines += [f"| {row.name} | {row.wall_s:.2f} | {row.cpu_s:.2f} | {row.breaches:,} |" for row in found]
    wall, cpu, breaches = (
        sum(row.wall_s for row in found), sum(row.cpu_s for row in found), sum(row.breaches for row in found),
    )  # fmt: skip
    return [*lines, f"| **together** | **{wall:.2f}** | **{cpu:.2f}** | {breaches:,} |"]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--home", type=Path, default=Path(tempfile.gettempdir()) / "qcw-bench-order")
    parser.add_argument("--write", action="store_true", help="write the breaches too, then check again")
    options = parser.parse_args(arguments)
    home = options.home / str(options.calls)
    workspace = Workspace.open(home) if (home / "qcw.toml").is_file() else make_order_store(home, options.calls)
    if hasattr(os, "getloadavg"):
        print(f"load before: {os.getloadavg()[0]:.1f}")
    with workspace.store.reading() as reader:
        sizes = {
            name: reader.value(f"select count(*) from {name}")  # noqa: S608 - a name of this file
            for name in ("calls", "activities", "deals", "notes")
        }
    print(", ".join(f"{size:,} {name}" for name, size in sizes.items()))
    found = measure(workspace)
    print("\n".join(table(found)))
    if options.write:
        for what in ("first check", "check again"):
            started = time.perf_counter()
            print(f"{what}: {check_order(workspace, AS_OF)}, {time.perf_counter() - started:.1f} s")
    workspace.store.release()
    wall = sum(row.wall_s for row in found)
    print(f"{'over' if wall > LIMIT_S else 'within'} the limit of {LIMIT_S:.0f} s")
    return int(wall > LIMIT_S)


if __name__ == "__main__":
    sys.exit(main())
