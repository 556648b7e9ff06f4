"""Rows written by the thousand read back as the rows they were."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qc_workbench.store.database import Statement, Store, insert_all

TABLE = Statement(
    "create or replace table things (name varchar primary key, made_at timestamptz, size double, "
    "amount decimal(18, 2), pinned boolean, n bigint, j json)"
)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "name": TEXT,
            "made_at": st.none() | st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
            "size": st.none() | st.floats(allow_nan=False, allow_infinity=False),
            "amount": st.none() | st.decimals(-(10**15), 10**15, places=2),
            "pinned": st.none() | st.booleans(),
            "n": st.none() | st.integers(-(2**63), 2**63 - 1),
            "j": st.sampled_from(["{}", '{"а":"\\"б\\""}', "[1,2]"]),
        }
    ),
    max_size=10,
    unique_by=lambda row: row["name"],
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    home = tmp_path_factory.mktemp("bulk")
    return Store(home / "qcw.duckdb", home / ".locks")


@settings(max_examples=12, deadline=None)
@given(ROWS)
def test_rows_read_back_as_they_were_written(store: Store, rows: list[dict[str, object]]) -> None:
    store.write(TABLE)
    store.write(*insert_all("things", rows))
    store.write(*insert_all("things", rows, replace=True))
    with store.reading() as reader:
        read = {row["name"]: row for row in reader.rows("select * from things")}
    assert read == {row["name"]: row for row in rows}


def test_a_row_with_the_same_key_is_refused_unless_it_may_replace(store: Store) -> None:
    store.write(TABLE)
    row = {"name": "a", "amount": Decimal("1.50")}
    store.write(*insert_all("things", [row]))
    with pytest.raises(Exception, match=r"(?i)duplicate key"):
        store.write(*insert_all("things", [row]))
    store.write(*insert_all("things", [{**row, "amount": Decimal("2.50")}], replace=True))
    with store.reading() as reader:
        assert reader.value("select amount from things") == Decimal("2.50")


def test_a_value_of_another_kind_is_refused() -> None:
    with pytest.raises(TypeError, match="list"):
        insert_all("things", [{"name": ["a"]}])


def test_no_rows_need_no_statement() -> None:
    assert insert_all("things", []) == []
