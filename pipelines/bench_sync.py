"""How long a sync of many calls takes: ``python -m pipelines.bench_sync [--calls N] [--system NAME]``.

Each system is a stand-in on this machine (those of tests/stand_ins, in a process of its own), N calls over 30 days with
their legs; the workspace is new. *processor* is what the sync and the owner of the store used; *again* is a second sync
of everything, which must change nothing. The goal: 100 000 calls with legs in under two minutes.
"""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from pipelines.bench_store import processor_s
from pipelines.ingest import ingest_source
from pipelines.make_workspace import make_workspace
from pipelines.progress import Silent
from qc_workbench.workspace import Workspace

LIMIT_S: Final = 120.0
DAYS: Final = 30
_ZONE: Final = ZoneInfo("Europe/Kyiv")
_COMPANY: Final = '[company]\ntimezone = "Europe/Kyiv"\nphone_region = "UA"\n[[sources]]\nname = "s"\n'
#: What stands behind the address of a stand-in; Novofon 2 speaks what UIS speaks.
_PATHS: Final = {"mango": "/vpbx", "uis": "/v2.0"}
SYSTEMS: Final = ("ringostat", "binotel", "asterisk", "mango", "uis")


@dataclass(frozen=True, slots=True)
class Result:
    system: str
    calls: int
    legs: int
    took_s: float
    processor_s: float
    again_s: float

    def line(self) -> str:
        return (
            f"{self.system:10} {self.calls:8} calls {self.legs:8} legs  {self.took_s:6.1f} s  "
            f"processor {self.processor_s:6.1f} s  again {self.again_s:6.1f} s"
        )


def measure(system: str, calls: int, folder: Path) -> Result:
    """One sync into a new workspace and one more from the beginning."""
    home = make_workspace(folder / "W").home
    (home / "key").write_text("stand-in-key", encoding="utf-8")
    (home / "secret").write_text("stand-in-secret", encoding="utf-8")
    server: Any = None
    if system == "asterisk":
        _write_master_csv(home / "Master.csv", calls)
        settings = 'kind = "asterisk"\nfile = "Master.csv"\n'
    else:
        mouth, ear = multiprocessing.Pipe()
        server = multiprocessing.get_context("spawn").Process(target=_serve, args=(system, calls, ear), daemon=True)
        server.start()
        address = mouth.recv() + _PATHS.get(system, "")
        secret = 'secret = "file:secret"\n' if system in ("binotel", "mango") else ""
        settings = f'kind = "{system}"\nkey = "file:key"\n{secret}address = "{address}"\nhistory_days = {DAYS + 1}\n'
    (home / "qcw.toml").write_text(_COMPANY + settings, encoding="utf-8")
    workspace = Workspace.open(home)
    try:
        began, used = time.monotonic(), processor_s(workspace.store.status().pid)
        ingest_source(workspace, "s", Silent())
        took_s, processor = time.monotonic() - began, processor_s(workspace.store.status().pid) - used
        with workspace.store.reading() as reader:
            counted = reader.row(
                "select (select count(*) from calls) as calls, (select count(*) from call_legs) as legs"
            )
        assert counted is not None
        assert counted["calls"] == calls, counted
        began = time.monotonic()
        since = None if system == "asterisk" else datetime.now(UTC) - timedelta(days=DAYS + 1)
        again = ingest_source(workspace, "s", Silent(), since=since)
        assert again.nothing_new
        return Result(system, calls, counted["legs"], took_s, processor, time.monotonic() - began)
    finally:
        workspace.store.release()
        if server is not None:
            server.terminate()
            server.join()


def _moment(number: int, calls: int) -> datetime:
    step = timedelta(days=DAYS) / calls
    return datetime.now(UTC).replace(microsecond=0) - timedelta(days=DAYS, hours=1) + number * step


def _stand_in(name: str) -> Any:
    """Stand-ins belong to the tests; they are there in a checkout, not in an installed program."""
    return importlib.import_module(f"tests.stand_ins.{name}")


def _serve(system: str, calls: int, ear: Any) -> None:
    module, serving = _stand_in({"uis": "data_api"}.get(system, system)), _stand_in("serving")
    stand_in = _filled(system, module, calls)
    with serving.serving(stand_in) as address:
        ear.send(address)
        while True:
            time.sleep(3600)


def _filled(system: str, module: Any, calls: int) -> Any:
    """A stand-in with all its calls."""
    if system == "ringostat":
        rows = [dict(module.row(n, _moment(n, calls).astimezone(_ZONE))) for n in range(calls)]
        return module.RingostatStandIn(calls=rows)
    if system == "mango":
        legs = [leg for n in range(calls) for leg in module.call(n, int(_moment(n, calls).timestamp()))]
        return module.MangoStandIn(legs=legs)
    if system == "uis":
        walls = [_moment(n, calls).astimezone(_ZONE).replace(tzinfo=None) for n in range(calls)]
        legs = [leg for n, wall in enumerate(walls) for leg in module.legs(n, wall)]
        return module.DataApiStandIn(calls=[module.call(n, wall) for n, wall in enumerate(walls)], legs=legs)
    return module.BinotelStandIn(
        calls={str(n): module.call(n, int(_moment(n, calls).timestamp())) for n in range(calls)}
    )


def _write_master_csv(path: Path, calls: int) -> None:
    module = _stand_in("asterisk")
    with path.open("w", encoding="utf-8") as file:
        for number in range(calls):
            wall = _moment(number, calls).astimezone(_ZONE).replace(tzinfo=None)
            file.writelines(module.line(row) for row in module.queue_call(number, wall))


def bench(systems: list[str], calls: int, say: Callable[[str], None]) -> int:
    """0 when every system keeps the limit."""
    slow = False
    for system in systems:
        with tempfile.TemporaryDirectory() as folder:
            result = measure(system, calls, Path(folder))
        say(result.line())
        slow = slow or result.took_s > LIMIT_S
    return int(slow)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--system", choices=SYSTEMS, action="append")
    chosen = parser.parse_args(arguments)
    return bench(chosen.system or list(SYSTEMS), chosen.calls, print)


if __name__ == "__main__":
    sys.exit(main())
