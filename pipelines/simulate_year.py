"""A year of an invented sales department with planted truths: ``python -m pipelines.simulate_year HOME``.

Twenty agents, 240 000 calls, and beside them what a CRM, a detector and a head of sales would have left: deals, tasks
and the moves of their dates, notes, sales, promises, suspicious calls with rulings, breaches, weekly draws. What every
agent does is in ``truth.json`` (:mod:`pipelines.year_truth`); ``pipelines.bench_year`` asks whether reports find it.
Nothing in it was said by anybody; phones are +7900…. The same seed gives the same rows with the same numpy and DuckDB.
See docs/simulation.md.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import duckdb
import numpy as np

from pipelines.make_workspace import make_workspace
from pipelines.year_calls import Days, calls_of, contacts_of, moment_us
from pipelines.year_steps import call_table, contact_table, done_of
from pipelines.year_truth import Truth, YearPlan, planted
from qc_workbench.store.score_sheets import count_frames
from qc_workbench.workspace import Workspace

SQL: Final = Path(__file__).with_name("simulated_year.sql")

#: Settings of the workspace: an agent of this company has twice the open deals of the default.
_SETTINGS: Final = {"company.name": "Год примера", "discipline.open_deals_at_most": 160}


def simulate_year(
    home: Path, plan: YearPlan | None = None, say: Callable[[str], None] = lambda _line: None
) -> tuple[Workspace, Truth]:
    """A new workspace in ``home`` with the year and what was planted in it. Errors: make_workspace's, and ValueError
    of a plan too small for all parts."""
    plan = plan or YearPlan()
    workspace = make_workspace(home, _SETTINGS)
    company = workspace.settings.company
    rng = np.random.default_rng([plan.seed, plan.calls, plan.agents, plan.months])
    truth = planted(plan, rng.random(plan.agents).tolist())
    days = Days.between(plan.first_day, plan.end, company)
    met = contacts_of(truth, days, rng)
    made = calls_of(truth, met, days, rng)
    contacts = contact_table(truth, met, made, days, rng)
    calls = call_table(truth, made, days, rng)
    truth = done_of(truth, made, contacts)
    workspace.store.release()  # the file is filled past its owner, as pipelines.make_large_store does
    with duckdb.connect(str(workspace.store.path)) as connection:
        connection.execute("set timezone = 'UTC'")
        connection.register("sim_calls", calls)
        connection.register("sim_contacts", contacts)
        connection.execute(f"set variable agents = {plan.agents}")
        connection.execute(f"set variable seed = '{plan.seed}'")
        connection.execute(f"set variable zone = '{company.timezone}'")
        connection.execute(f"set variable dragged_days = {workspace.settings.discipline.dragged_days_at_most}")
        connection.execute(f"set variable ends_at = make_timestamptz({moment_us(plan.end, company.zone)})")
        for statement in connection.extract_statements(SQL.read_text(encoding="utf-8")):
            started = time.perf_counter()
            written = connection.execute(statement).fetchone()
            if written and "insert into" in statement.query:
                table = statement.query.partition("insert into ")[2].partition(" ")[0]
                say(f"{table:20}{written[0]:>12,} rows{time.perf_counter() - started:8.1f} s")
        connection.execute("checkpoint")
    workspace.store.write(count_frames(company.zone))
    truth.write(home)
    return workspace, truth


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home", type=Path, help="folder of the new workspace; must be empty or not exist")
    defaults = YearPlan()
    parser.add_argument("--calls", type=int, default=defaults.calls)
    parser.add_argument("--agents", type=int, default=defaults.agents)
    parser.add_argument("--months", type=int, default=defaults.months)
    parser.add_argument("--seed", type=int, default=defaults.seed)
    options = parser.parse_args(arguments)
    started = time.perf_counter()
    plan = YearPlan(options.calls, options.agents, options.months, options.seed)
    workspace, truth = simulate_year(options.home, plan, print)
    for habit in truth.habits:
        done = habit.done
        print(f"{habit.agent_id:4} {habit.part:15} padded {done.padded:4} of {done.effective:5}, "
              f"promises broken {done.broken:4} of {done.promises:4}")  # fmt: skip
    size = workspace.store.path.stat().st_size
    print(f"{plan.calls:,} calls in {time.perf_counter() - started:.0f} s, {size / 1e6:,.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
