"""The department at work while everything is killed: ``make soak``.

Thirty reviewers save, a pipeline writes, webhooks arrive at 20 a second, exports run in a loop and the app is
served, all on one workspace; every 20 s one process, chosen at random (the owner of the database among them), is
killed with -9 and started again. Afterwards each confirmed write must be there once.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pipelines.make_large_store import make_large_store
from qc_workbench.store.address import published
from qc_workbench.store.integrity import broken_rows
from qc_workbench.workspace import Workspace

#: Seconds between two kills, and before what was killed is started again.
KILL_EVERY_S: Final = 20.0
START_AGAIN_S: Final = 1.0
#: A save that took longer met a dead owner: to the person it was a pause.
RECONNECT_S: Final = 1.0
#: What the soak must hold: 95 of 100 saves of a reviewer take less, seconds.
SAVE_P95_S: Final = 0.3
_ROLES: Final = {
    "reviewers-1": "reviewers",
    "reviewers-2": "reviewers",
    "reviewers-3": "reviewers",
    "webhooks": "webhooks",
    "pipeline": "pipeline",
}
_WEBHOOKS: Final = "select object as id from audit where action = 'soak'"
_EXPORTS: Final = ("calls", "flags", "commitments", "sample")


@dataclass
class Journal:
    """What a role confirmed: id -> seconds, and the errors it met."""

    saved: dict[str, float] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> Journal:
        journal = cls()
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
            word, rest = line.split(" ", 1)
            if word == "error":
                journal.errors.append(rest)
            elif len(parts := rest.split()) == 2:  # a line that a kill cut is no confirmation
                journal.saved[parts[0]] = float(parts[1])
        return journal


@dataclass
class Soak:
    """One run on ``workspace``; ``folder`` holds journals and what the exports wrote."""

    workspace: Workspace
    folder: Path
    port: int
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    killed: Counter[str] = field(default_factory=Counter)
    exports: Counter[str] = field(default_factory=Counter)
    health: Counter[str] = field(default_factory=Counter)

    def run(self, seconds: float, seed: str) -> None:
        """Keep everything running and killing for ``seconds``, then stop it all."""
        chance = random.Random(seed)  # noqa: S311 - no secret
        began = time.monotonic()
        next_kill, again = began + KILL_EVERY_S, dict[str, float]()
        for name in (*_ROLES, "app", "export"):
            self._start(name)
        try:
            while (now := time.monotonic()) - began < seconds:
                if now >= next_kill:
                    next_kill += KILL_EVERY_S
                    victim = chance.choice(["owner", *self.running])
                    self._kill(victim)
                    if victim != "owner":
                        again[victim] = now + START_AGAIN_S
                for name in [name for name, at in again.items() if now >= at]:
                    del again[name]
                    self._start(name)
                self._next_export(again)
                self._ask_health()
                time.sleep(0.5)
        finally:
            for process in self.running.values():
                process.kill()
                process.wait()

    def _start(self, name: str) -> None:
        home = str(self.workspace.home)
        if name in _ROLES:
            journal = str(self.folder / f"{name}.journal")
            command = ["-m", "pipelines.soak_roles", _ROLES[name], home, journal, name]
        elif name == "app":
            command = ["-m", "qc_workbench.cli", "--home", home, "-q", "serve", "--port", str(self.port)]
        else:
            what = _EXPORTS[sum(self.exports.values()) % len(_EXPORTS)]
            out = str(self.folder / f"{what}.jsonl")
            command = ["-m", "qc_workbench.cli", "--home", home, "export", what, "--format", "jsonl", "--out", out]
        with (self.folder / f"{name}.stderr").open("ab") as log:
            self.running[name] = subprocess.Popen(  # noqa: S603 - our own modules
                [sys.executable, *command], stdout=subprocess.DEVNULL, stderr=log
            )

    def _kill(self, name: str) -> None:
        self.killed[name] += 1
        if name == "owner":
            address = published(self.workspace.store.locks)
            if address is not None:
                with suppress(ProcessLookupError):
                    os.kill(address.pid, signal.SIGKILL)
            return
        process = self.running[name]
        process.kill()
        process.wait()

    def _next_export(self, again: dict[str, float]) -> None:
        code = self.running["export"].poll()
        if code is None or "export" in again:
            return
        self.exports["done" if code == 0 else "killed" if code == -signal.SIGKILL else f"exit {code}"] += 1
        self._start("export")

    def _ask_health(self) -> None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer:
                self.health[str(answer.status)] += 1
        except OSError as error:
            self.health["none" if self.running["app"].poll() is not None else type(error).__name__] += 1


def verdict(workspace: Workspace, folder: Path) -> dict[str, Any]:
    """Journals against the store, and the times of the reviewers' saves."""
    journals = {name: Journal.read(folder / f"{name}.journal") for name in _ROLES}
    people = [journal for name, journal in journals.items() if name.startswith("reviewers")]
    with workspace.store.reading(heavy=True) as reader:
        found = {
            "rulings": Counter(row["id"] for row in reader.rows("select finding_id as id from findings")),
            "webhooks": Counter(
                row["id"] for row in reader.rows("select object as id from audit where action = 'soak'")
            ),
        }
        audited = reader.value("select count(*) from audit where actor like 'reviewers-%'")
        ruled = reader.value("select count(*) from findings where ruled_by like 'reviewers-%'")
        rounds = {
            row["mark"]: (row["calls"], row["turns"])
            for row in reader.rows(
                "select split_part(c.call_id, '-', 2) as mark, count(distinct c.call_id) as calls, count(*) as turns "
                "from calls c join turns t using (call_id) where c.call_id like 'soak-%' group by mark"
            )
        }
    saved = {
        "rulings": {name: time_s for journal in people for name, time_s in journal.saved.items()},
        "webhooks": journals["webhooks"].saved,
    }
    times = sorted(saved["rulings"].values())
    return {
        "confirmed": {**{what: len(names) for what, names in saved.items()}, "rounds": len(journals["pipeline"].saved)},
        "lost": {
            **{what: sum(found[what][name] == 0 for name in names) for what, names in saved.items()},
            "rounds": sum(rounds.get(mark) != (20, 200) for mark in journals["pipeline"].saved),
        },
        "doubled": {
            **{what: sum(count > 1 for count in names.values()) for what, names in found.items()},
            "audited_rulings": audited - ruled,
        },
        "errors": {name: dict(Counter(journal.errors)) for name, journal in journals.items() if journal.errors},
        "reviewers": {
            "saves": len(times),
            "p50_ms": round(1000 * times[len(times) // 2]) if times else None,
            "p95_ms": round(1000 * times[int(len(times) * 0.95)]) if times else None,
            "max_ms": round(1000 * times[-1]) if times else None,
            "over_a_second": sum(time_s > RECONNECT_S for time_s in times),
        },
    }


def passed(found: dict[str, Any]) -> bool:
    """Nothing lost, nothing doubled, no error, quick enough."""
    return (
        not any(found["lost"].values())
        and not any(found["doubled"].values())
        and not found["errors"]
        and not found["broken_rows"]
        and found["reviewers"]["saves"] > 0
        and found["reviewers"]["p95_ms"] < 1000 * SAVE_P95_S
    )


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--calls", type=int, default=10_000, help="calls that are in the store at the beginning")
    parser.add_argument("--port", type=int, default=8599)
    parser.add_argument("--seed", default="soak", help="chooses who is killed when")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="qcw-soak-") as place:
        folder = Path(place)
        workspace = make_large_store(folder / "workspace", given.calls)
        with workspace.store.reading(heavy=True) as reader:
            before = set(broken_rows(reader))
        soak = Soak(workspace, folder, given.port)
        print(f"{given.seconds:.0f} s on {platform.machine()}, {os.cpu_count()} cores, {datetime.now(UTC):%Y-%m-%d}")
        soak.run(given.seconds, given.seed)
        found = verdict(workspace, folder)
        with workspace.store.reading(heavy=True) as reader:
            found["broken_rows"] = dict(Counter(problem.code for problem in set(broken_rows(reader)) - before))
        found["killed"] = dict(soak.killed)
        found["exports"] = dict(soak.exports)
        found["health"] = dict(soak.health)
        for name, value in found.items():
            print(f"{name:14} {value}")
        good = passed(found)
        print("held" if good else "DID NOT HOLD")
        if not good:
            for log in sorted(folder.glob("*.stderr")):
                print(f"--- {log.name}\n{log.read_text(encoding='utf-8')[-2000:]}")
        workspace.store.release()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
