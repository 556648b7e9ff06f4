"""The engine of the store by itself: what it answers while it closes."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from qc_workbench.store.database import Write, insert
from qc_workbench.store.engine import Engine, EngineLost
from tests.store.store_clients import audit_row


def write(name: str, number: int) -> Write:
    return Write((insert("audit", audit_row(name, number)),))


def test_who_asks_a_closed_engine_is_sent_to_the_next_and_the_file_stays_shut(tmp_path: Path) -> None:
    engine = Engine.open(tmp_path / "qcw.duckdb")
    engine.close()
    with pytest.raises(EngineLost):
        engine.apply(write("late", 1), "call-1")
    with pytest.raises(EngineLost), engine.reading():
        pass
    with pytest.raises(EngineLost):
        engine.backup(tmp_path / "copy.duckdb")
    with pytest.raises(EngineLost):
        engine.compact()
    Engine.open(tmp_path / "qcw.duckdb").close()


def test_a_write_during_the_closing_is_kept_or_sent_to_the_next_but_never_left_without_an_answer(
    tmp_path: Path,
) -> None:
    engine = Engine.open(tmp_path / "qcw.duckdb")
    is_busy = threading.Event()
    heard: list[str] = []

    def client(name: str) -> None:
        for number in range(1000):
            try:
                engine.apply(write(name, number), f"{name}-{number}")
            except EngineLost:
                heard.append("lost")
                return
            heard.append("kept")
            if number == 5:
                is_busy.set()

    clients = [threading.Thread(target=client, args=(f"c{n}",), daemon=True) for n in range(4)]
    for one in clients:
        one.start()
    assert is_busy.wait(timeout=60)
    engine.close()
    for one in clients:
        one.join(timeout=60)
    assert [one.is_alive() for one in clients] == [False] * 4
    assert heard.count("lost") == 4
    again = Engine.open(tmp_path / "qcw.duckdb")
    try:
        with again.reading() as snapshot:
            _, batch = snapshot.stream("select count(*) as n from audit", (), 1 << 20)
        assert batch.to_pylist() == [{"n": heard.count("kept")}]
    finally:
        again.close()
