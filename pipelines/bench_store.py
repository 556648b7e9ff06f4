"""How long the store takes to open and each page to ask it, at growing sizes: ``python -m pipelines.bench_store``.

Workspaces come from :mod:`pipelines.make_large_store` (made below ``--home`` where they are missing; the one of a
million calls takes some minutes and 1.4 GB). Everything is asked through the owner process, as the app asks it.
*cpu* is the processor time of owner and client together: on a machine that does something else too, wall times say
less. The goals: open in under 2 s, a page's questions under 400 ms, a month's report under 2 s, on 2 cores.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from pipelines.build_report import build_month_report
from pipelines.build_today import read_today
from pipelines.detect import detect, settle_hearing
from pipelines.export import export
from pipelines.judge_clients import judge_clients
from pipelines.make_large_store import AS_OF, make_large_store
from pipelines.progress import Silent
from qc_workbench.domain.access import AccessRole, Account, Person
from qc_workbench.domain.flag import FlagKind
from qc_workbench.domain.sampling import Queue
from qc_workbench.reporting.export_fields import Format, What
from qc_workbench.review.promises import Column
from qc_workbench.review.rulings import CaseState
from qc_workbench.sampling.trends import Span
from qc_workbench.store.browsing import recording_with_hash
from qc_workbench.store.cases import RefusalList, case_tallies
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.breaches import breaches
from qc_workbench.ui.views.call import agents, call_list, call_sound, call_view
from qc_workbench.ui.views.casefile import case_file
from qc_workbench.ui.views.discipline import logged_calls, order_board, order_choice, trend
from qc_workbench.ui.views.month import months
from qc_workbench.ui.views.overview import overview
from qc_workbench.ui.views.promises import board, promise_page
from qc_workbench.ui.views.queue import drawn_pages, listening
from qc_workbench.ui.views.refusals import refusals
from qc_workbench.ui.views.suspicious import case_page, suspicious_calls
from qc_workbench.ui.views.team import team_choice, team_view
from qc_workbench.ui.views.team_agent import agent_view
from qc_workbench.workspace import Workspace

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

SIZES: Final = (10_000, 100_000, 1_000_000)
#: Seconds.
OPEN_LIMIT_S: Final = 2.0
PAGE_LIMIT_S: Final = 0.4
REPORT_LIMIT_S: Final = 2.0

Question = Callable[[Workspace], object]
#: Who asks: somebody whom every list shows everything.
BENCH: Final = Viewer.of_program("bench")


@dataclass(frozen=True, slots=True)
class Timing:
    """Of some runs: the median, the slowest, and the median processor time; seconds."""

    p50_s: float
    max_s: float
    cpu_s: float
    limit_s: float


def page_questions(workspace: Workspace) -> Mapping[str, Question]:
    """What each page asks when it is drawn, by the name of the page and what is done on it."""
    with workspace.store.reading() as reader:
        row = reader.row(
            """
            select f.call_id, r.content_hash, c.client_phone from flags f join calls c using (call_id)
            join recordings r using (call_id)
            where f.retired_at is null and r.content_hash is not null and c.client_phone is not null
            order by c.started_at desc, f.call_id limit 1
            """
        )
        assert row is not None
        busiest = max(case_tallies(reader, FlagKind.FAKE_EFFECTIVE), key=lambda tally: tally.cases).manager_id
    call_id, content_hash, phone = row["call_id"], row["content_hash"], row["client_phone"]

    def suspicious(page: int, state: CaseState, manager_id: str | None) -> Question:
        return lambda of: (
            suspicious_calls(of, BENCH),
            [call_sound(of, case.call.call_id) for case in case_page(of, BENCH, state, manager_id, page).cases[:1]],
        )

    def the_file(of: Workspace) -> object:
        """The file of the first case that is shown; who rules on it draws the page several times."""
        view = suspicious_calls(of, BENCH)
        case = next(
            case
            for state in CaseState
            if view.count(state)
            for case in case_page(of, BENCH, state, None, 1, view.downgraded).cases
        )
        sound = call_sound(of, case.call.call_id)
        return case_file(of, case, sound, view.confirmed(case.call.manager_id), datetime(2026, 11, 1, tzinfo=UTC))

    def queue(reviewer: str | None, page: int) -> Question:
        return lambda of: (
            listening(of, AS_OF), drawn_pages(of, reviewer, dict.fromkeys(Queue, page))
        )  # fmt: skip

    def promises(manager_id: str | None, page: int) -> Question:
        return lambda of: promise_page(of, BENCH, board(of, BENCH), Column.MISSING, manager_id, page)

    def calls(manager_id: str | None, text: str, page: int = 1) -> Question:
        return lambda of: (agents(of, BENCH), call_list(of, BENCH, manager_id, text, page))

    def team(span: Span, first: date, agent_id: str | None = None) -> Question:
        owner = Person("bench", frozenset({AccessRole.OWNER}))
        viewer = Viewer(Account(owner, "bench", "bench", AS_OF), {})

        def ask(of: Workspace) -> object:
            choice = team_choice(of, viewer, AS_OF, span, first)
            view = team_view(of, viewer, AS_OF, choice, agent_id=agent_id)
            row = next(iter(view.whole), None) if view and agent_id else None
            return view if row is None else agent_view(of, viewer, choice, row)

        return ask

    def discipline(of: Workspace) -> object:
        choice = order_choice(of, BENCH, AS_OF, first=AS_OF.date().replace(month=10, day=1))
        shown = breaches(of, BENCH, None, choice.within, None, 1, only_standing=False)
        return order_board(of, BENCH, choice), trend(of, choice, AS_OF, None, None), shown

    def recording(of: Workspace) -> object:
        with of.store.reading() as reader:
            return recording_with_hash(reader, content_hash, call_id)

    return {
        "overview": lambda of: overview(of, BENCH),
        "queue": queue(None, 1),
        "queue, one reviewer, page 2": queue("q1", 2),
        "suspicious": suspicious(1, CaseState.WAITING, None),
        "suspicious, one agent, confirmed": suspicious(1, CaseState.CONFIRMED, busiest),
        "suspicious, the file of a case": the_file,
        "promises": promises(None, 1),
        "promises, one agent": promises(busiest, 1),
        "refusals": lambda of: refusals(of, BENCH),
        "refusals, page 5": lambda of: refusals(of, BENCH, {RefusalList.GENUINE: 5}),
        "calls": calls(None, ""),
        "calls, page 200": calls(None, "", 200),
        "calls, part of a name": calls(None, "ирина"),
        "calls, part of a number": calls(None, phone[-5:]),
        "calls, of nobody": calls(busiest, "никого такого"),
        "call": lambda of: call_view(of, BENCH, call_id),
        "month, the list": months,
        "team, a month": team(Span.MONTH, AS_OF.date().replace(month=10, day=1)),
        "team, a quarter": team(Span.QUARTER, AS_OF.date().replace(month=7, day=1)),
        "team, one agent": team(Span.MONTH, AS_OF.date().replace(month=10, day=1), busiest),
        "discipline, a month": discipline,
        "discipline, calls and the CRM": lambda of: logged_calls(of, BENCH, order_choice(of, BENCH, AS_OF)),
        "recording of a call": recording,
    }


def report_questions() -> Mapping[str, Question]:
    return {
        "month, the report": lambda of: build_month_report(of, AS_OF.date().replace(month=10, day=1), AS_OF),
        "day, the report": lambda of: read_today(of, AS_OF.date().replace(month=10, day=29), AS_OF),
    }


def export_questions() -> Mapping[str, Question]:
    """Exports to a Parquet file that is thrown away. They have no limit of time, only of memory."""

    def to_parquet(what: What) -> Question:
        def ask(workspace: Workspace) -> object:
            with tempfile.TemporaryFile() as out:
                return export(workspace, what, Format.PARQUET, out)

        return ask

    return {
        f"export {what.value}": to_parquet(what)
        for what in (What.CALLS, What.FLAGS, What.COMMITMENTS, What.TRANSCRIPTS)
    }


def detection_question(home: Path) -> tuple[Workspace, Question]:
    """A detection that finds nothing new, on a copy (in ``home``-detection) where everything has been heard and
    judged: what is left is to find that out, and to judge every client anew."""
    copy = home.with_name(f"{home.name}-detection")
    Workspace(home).store.release()
    if not copy.exists():
        shutil.copytree(home, copy)
    workspace = Workspace.open(copy)
    settle_hearing(workspace)
    judge_clients(workspace, AS_OF)
    return workspace, lambda of: detect(of, AS_OF, Silent())


def open_time_s(home: Path) -> float:
    """Seconds from nothing (no owner runs) to the first answer about the calls."""
    Workspace(home).store.release()
    started = time.perf_counter()
    with Workspace.open(home).store.reading() as reader:
        reader.value("select max(started_at) from calls")
    return time.perf_counter() - started


def measure(workspace: Workspace, question: Question, runs: int, limit_s: float) -> Timing:
    """The first run, with a cold cache, counts among the others."""
    pid = workspace.store.status().pid
    walls, processors = [], []
    for _ in range(runs):
        busy, started = processor_s(pid), time.perf_counter()
        question(workspace)
        walls.append(time.perf_counter() - started)
        processors.append(processor_s(pid) - busy)
    return Timing(statistics.median(walls), max(walls), statistics.median(processors), limit_s)


def processor_s(pid: int) -> float:
    """Processor time of this process and, where the system tells it (Linux), of the owner."""
    own = time.process_time()
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return own
    return own + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if pid != os.getpid() else own


def measure_store(home: Path, runs: int, *, steps: bool = False) -> dict[str, Timing]:
    """Everything, of one workspace, by name in the order of the table. ``steps``: exports and detection, once each."""
    opened = [open_time_s(home) for _ in range(3)]
    found = {"open": Timing(statistics.median(opened), max(opened), 0.0, OPEN_LIMIT_S)}
    workspace = Workspace.open(home)
    for name, question in page_questions(workspace).items():
        found[name] = measure(workspace, question, runs, PAGE_LIMIT_S)
    for name, question in report_questions().items():
        found[name] = measure(workspace, question, max(2, runs // 3), REPORT_LIMIT_S)
    if steps:
        for name, question in export_questions().items():
            found[name] = measure(workspace, question, 1, math.inf)
    workspace.store.release()
    if steps:
        judged, question = detection_question(home)
        found["detect, nothing new"] = measure(judged, question, 1, math.inf)
        judged.store.release()
    return found


def table(results: Mapping[int, Mapping[str, Timing]]) -> list[str]:
    """Lines of a Markdown table: p50 / max / cpu in ms for each size; growth: of the median, from first to last."""
    sizes = list(results)
    lines = ["| ms: p50 / max / cpu | " + " | ".join(f"{size:,}" for size in sizes) + " | growth | limit |"]
    lines.append("|---|" + "---:|" * (len(sizes) + 2))
    for name in results[sizes[0]]:
        timings = [results[size][name] for size in sizes]
        cells = [f"{one.p50_s * 1000:.0f} / {one.max_s * 1000:.0f} / {one.cpu_s * 1000:.0f}" for one in timings]
        growth = timings[-1].p50_s / timings[0].p50_s if timings[0].p50_s else 0.0
        lines.append(f"| {name} | {' | '.join(cells)} | {growth:.1f} | {timings[-1].limit_s * 1000:.0f} |")
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, nargs="+", default=list(SIZES), help="sizes to measure")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument(
        "--home", type=Path, default=Path(tempfile.gettempdir()) / "qcw-bench-store", help="where the workspaces lie"
    )
    parser.add_argument("--steps", action="store_true", help="exports and detection too, which take minutes")
    options = parser.parse_args(arguments)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {platform.platform()}, {cores} cores", flush=True)
    if hasattr(os, "getloadavg"):
        print(f"load before: {os.getloadavg()[0]:.1f}", flush=True)
    results: dict[int, Mapping[str, Timing]] = {}
    for calls in options.calls:
        home = options.home / str(calls)
        if not (home / "qcw.toml").is_file():
            make_large_store(home, calls)
        results[calls] = measure_store(home, options.runs, steps=options.steps)
    print("\n".join(table(results)))
    if resource is not None:
        print(f"most memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    last = results[options.calls[-1]]
    slow = [name for name, timing in last.items() if timing.p50_s > timing.limit_s]
    print(f"over the limit at {options.calls[-1]:,} calls: {', '.join(slow) or 'nothing'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
