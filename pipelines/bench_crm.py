"""How long a sync of a big CRM takes: ``python -m pipelines.bench_crm [--deals N]``.

Pipedrive is a stand-in on this machine (that of tests/stand_ins, in a process of its own): N deals, N activities, a
fifth as many persons and notes; the workspace is new. *processor* is what the sync and the owner of the store used;
*again* is a second sync of everything, which must change nothing; *later* is one after a hundredth of the activities
were put off.
"""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from pipelines.bench_store import processor_s
from pipelines.ingest import ingest_source
from pipelines.make_workspace import make_workspace
from pipelines.progress import Silent
from qc_workbench.workspace import Workspace

LIMIT_S: Final = 120.0
_PERSONS, _NOTES = 5, 5
_LATER: Final = 100
_COMPANY: Final = '[company]\ntimezone = "Europe/Kyiv"\nphone_region = "UA"\n[[sources]]\nname = "s"\n'


def measure(deals: int, folder: Path) -> float:
    """Seconds of the first sync."""
    home = make_workspace(folder / "W").home
    (home / "key").write_text("stand-in-key", encoding="utf-8")
    mouth, ear = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=_serve, args=(deals, ear), daemon=True)
    server.start()
    address = mouth.recv()
    settings = f'kind = "pipedrive"\nkey = "file:key"\naddress = "{address}"\n'
    (home / "qcw.toml").write_text(_COMPANY + settings, encoding="utf-8")
    workspace = Workspace.open(home)
    try:
        began, used = time.monotonic(), processor_s(workspace.store.status().pid)
        report = ingest_source(workspace, "s", Silent())
        took_s, processor = time.monotonic() - began, processor_s(workspace.store.status().pid) - used
        assert report.counts["deals"].new == report.counts["activities"].new == deals, report.counts
        began = time.monotonic()
        again = ingest_source(workspace, "s", Silent(), since=datetime.now(UTC) - timedelta(days=3650))
        again_s = time.monotonic() - began
        assert again.nothing_new, again.counts
        mouth.send("put off")
        mouth.recv()
        began = time.monotonic()
        later = ingest_source(workspace, "s", Silent())
        later_s = time.monotonic() - began
        assert later.counts["activity_changes"].new == deals // _LATER, later.counts
        sys.stdout.write(
            f"pipedrive {deals} deals {deals} activities  {took_s:6.1f} s  processor {processor:6.1f} s  "
            f"again {again_s:6.1f} s  later {later_s:6.1f} s\n"
        )
        return took_s
    finally:
        workspace.store.release()
        server.terminate()
        server.join()


def _serve(deals: int, ear: Any) -> None:
    """Stand-ins belong to the tests; they are there in a checkout, not in an installed program."""
    module, serving = (importlib.import_module(f"tests.stand_ins.{name}") for name in ("pipedrive", "serving"))
    stand_in = module.PipedriveStandIn(now=datetime.now(UTC).replace(microsecond=0) - timedelta(days=30))
    stand_in.furnish()
    for number in range(1, deals // _PERSONS + 1):
        stand_in.person(number, f"067{number:07d}")
    due = (stand_in.now + timedelta(days=7)).date().isoformat()
    for number in range(1, deals + 1):
        person = 1 + number % (deals // _PERSONS)
        stand_in.deal(number, person_id=person, owner_id=11 + number % 2)
        stand_in.activity(number, deal_id=number, person_id=person, due_date=due, due_time="10:00:00")
        if number % _NOTES == 0:
            stand_in.note(number, f"<p>заметка {number}</p>", deal_id=number)
    stand_in.passes(days=30)
    with serving.serving(stand_in) as address:
        ear.send(address)
        ear.recv()
        stand_in.passes(minutes=1)
        later = (stand_in.now + timedelta(days=9)).date().isoformat()
        for number in range(1, deals // _LATER + 1):
            stand_in.change(stand_in.activities[number], due_date=later)
        ear.send("done")
        while True:
            time.sleep(3600)


def main(arguments: list[str] | None = None) -> int:
    """0 when the limit is kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deals", type=int, default=100_000)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        return int(measure(chosen.deals, Path(folder)) > LIMIT_S)


if __name__ == "__main__":
    sys.exit(main())
