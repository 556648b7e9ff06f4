"""A large invented company, written straight into a store: ``python -m pipelines.make_large_store DIR --calls N``.

For measuring at sizes that no sample has: every table of the store is filled by SQL over a range of numbers,
ten turns and two activities a call, two years of working days. Nothing in it was ever said by anybody:
phones are +7900…, names and sentences come from short lists. The same version of DuckDB gives the same
rows each time. What is simpler than in life: there are no sound files, waveforms are ten seconds long, the
words of a turn (with their times) come from a pool of some five thousand, and a draw's hash stands for no draw.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import duckdb

from pipelines.large_store_form import CRITICAL, FORM
from pipelines.make_workspace import make_workspace
from qc_workbench.sources.form_files import content_hash, form_text
from qc_workbench.store.score_sheets import count_frames
from qc_workbench.workspace import Workspace

#: The moment the company is looked at: its last working day is 30 October 2026.
AS_OF: Final = datetime(2026, 11, 1, 6, 0, tzinfo=UTC)

SQL: Final = Path(__file__).with_name("large_store.sql")
_TABLE: Final = re.compile(r"insert into (\w+)")

#: Calls of an agent in two years; one with fewer than three agents would compare nobody.
CALLS_AN_AGENT: Final = 5000
FEWEST_AGENTS: Final = 3


def make_large_store(home: Path, calls: int, say: Callable[[str], None] = lambda _line: None) -> Workspace:
    """A new workspace in ``home`` with this many calls; ``say`` hears what was written. Errors: make_workspace's."""
    workspace = make_workspace(home, {"company.name": "Большой пример"})
    workspace.store.release()  # for once the file is filled past its owner: ten million turns in a minute
    with duckdb.connect(str(workspace.store.path)) as connection:
        connection.execute("set timezone = 'UTC'")
        # Order is what zone maps live by: rows are written by day, as nightly imports write them.
        connection.execute("set preserve_insertion_order = true")
        agents = max(FEWEST_AGENTS, calls // CALLS_AN_AGENT)
        numbers = {"calls": calls, "agents": agents, "judges": max(1, agents // 20), "clients": max(20, calls // 5)}
        for name, number in numbers.items():
            connection.execute(f"set variable {name} = {int(number)}")
        content = form_text(FORM)
        form = {
            "form_code": FORM.code,
            "form_content": content,
            "form_hash": content_hash(content),
            "critical": CRITICAL,
        }
        for name, words in form.items():
            connection.execute(f"set variable {name} = $${words}$$")
        questions = list(FORM.questions)
        connection.execute(f"set variable questions = {[question.code for question in questions]}")
        connection.execute(f"set variable points = {[int(question.points) for question in questions]}")
        connection.execute(f"set variable as_of = timestamptz '{AS_OF.isoformat()}'")
        for statement in connection.extract_statements(SQL.read_text(encoding="utf-8")):
            started = time.perf_counter()
            written = connection.execute(statement).fetchone()
            table = _TABLE.search(statement.query)
            if table and written:
                say(f"{table[1]:20}{written[0]:>12,} rows{time.perf_counter() - started:8.1f} s")
        connection.execute("checkpoint")
    workspace.store.write(count_frames(workspace.settings.company.zone))
    return workspace


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path, help="folder of the new workspace; must be empty or not exist")
    parser.add_argument("--calls", type=int, default=10_000)
    options = parser.parse_args(arguments)
    started = time.perf_counter()
    workspace = make_large_store(options.home, options.calls, print)
    size = workspace.store.path.stat().st_size
    print(f"{options.calls:,} calls in {time.perf_counter() - started:.0f} s, {size / 1e6:,.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
