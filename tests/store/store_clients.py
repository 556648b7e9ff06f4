"""A client of a store in a process of its own, for tests that kill: ``python store_clients.py ROLE FOLDER …``."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from qc_workbench.store.database import Statement, Store, insert

#: A regular expression over every text.
SCAN = "select count(*) from turns where regexp_matches(text, 'по[а-я]+ло.*\\d{3}')"


def open_store(folder: Path) -> Store:
    return Store(folder / "qcw.duckdb", folder / ".locks")


def audit_row(actor: str, number: int) -> dict[str, Any]:
    return {"happened_at": datetime.now(UTC), "actor": actor, "action": "test", "object": str(number), "detail": "{}"}


def counted(name: str) -> Statement:
    """An update of one row that all clients fight for."""
    return Statement(
        "insert into managers (manager_id, name, role, attributes) values ('all', '1', 'agent', '{}') "
        "on conflict do update set name = cast(cast(name as integer) + 1 as varchar), extension = ?",
        (name,),
    )


def write(folder: Path, name: str, count: int) -> None:
    """Transactions of an insert and an update; each is printed once it was confirmed. Then the times, as JSON."""
    store, times_s = open_store(folder), []
    for number in range(count):
        began = time.perf_counter()
        assert store.write(insert("audit", audit_row(name, number)), counted(name), key=f"{name}-{number}")
        times_s.append(time.perf_counter() - began)
        print(number, flush=True)
    print(json.dumps(times_s), flush=True)


def start(folder: Path, name: str) -> None:
    """Open the store and say who owns it."""
    store = open_store(folder)
    store.migrate()
    print(store.status().pid, flush=True)


def scan(folder: Path, _name: str) -> None:
    """Look through all texts, again and again."""
    store = open_store(folder)
    while True:
        with store.reading(heavy=True) as reader:
            print(
                reader.value("select count(*) from turns where regexp_matches(text, 'по[а-я]+ло.*\\d{3}')"), flush=True
            )


if __name__ == "__main__":
    role, place, name, *numbers = sys.argv[1:]
    {"write": write, "start": start, "scan": scan}[role](Path(place), name, *map(int, numbers))
