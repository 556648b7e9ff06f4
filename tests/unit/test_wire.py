"""Asking a system over real HTTP: faults are met, told apart, and never taken for an empty answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from qc_workbench.config_sources import BinotelSource, RingostatSource
from qc_workbench.errors import (
    NotConfigured,
    SourceAnswerBroken,
    SourceError,
    SourceRefused,
)
from qc_workbench.sources.connector import Batch, CallSource, VendorRow, Window
from qc_workbench.sources.problems import shown
from qc_workbench.sources.registry import Surroundings, open_source
from qc_workbench.sources.secrets_place import secret_at
from qc_workbench.sources.secrets_seen import blot, note_secret
from qc_workbench.sources.wire import TRIES
from qc_workbench.ui.i18n import LANGUAGES, Translator
from tests.connected_cases import STAYING_FAULTS
from tests.stand_ins import binotel, ringostat
from tests.stand_ins.serving import Behaviour, Fault, QuickClock, serving

NOON = datetime.now(UTC).replace(microsecond=0)
DAY = Window(NOON - timedelta(hours=20), NOON)
KYIV = ZoneInfo("Europe/Kyiv")


def opened(kind: str, address: str, folder: Path, clock: QuickClock | None = None) -> CallSource:
    (folder / "key").write_text("stand-in-key\n")
    (folder / "secret").write_text("stand-in-secret\n")
    around = Surroundings.of(folder, KYIV, "UA", clock or QuickClock(NOON))
    settings = (
        RingostatSource(kind="ringostat", name="r", key="file:key", address=address)
        if kind == "ringostat"
        else BinotelSource(kind="binotel", name="b", key="file:key", secret="file:secret", address=address)
    )
    source = open_source(settings, around)
    assert not hasattr(source, "batches_from")
    return source


def wall(hours_ago: float) -> datetime:
    return (NOON - timedelta(hours=hours_ago)).astimezone(KYIV)


def rows_of(batches: Iterator[Batch]) -> list[VendorRow]:
    return [row for batch in batches for row in batch.rows]


@pytest.fixture
def ringostat_server() -> Iterator[tuple[ringostat.RingostatStandIn, str]]:
    stand_in = ringostat.RingostatStandIn(calls=[dict(ringostat.row(1, wall(2)))])
    with serving(stand_in) as address:
        yield stand_in, address


@pytest.mark.parametrize(
    "fault", [Fault.TOO_MANY, Fault.SERVER_ERROR, Fault.HTML, Fault.TRUNCATED, Fault.ERROR_IN_SUCCESS, Fault.CUT]
)
def test_after_a_fault_the_same_is_asked_again(
    ringostat_server: tuple[ringostat.RingostatStandIn, str], fault: Fault, tmp_path: Path
) -> None:
    stand_in, address = ringostat_server
    stand_in.spoil(fault, fault)
    clock = QuickClock(NOON)
    source = opened("ringostat", address, tmp_path, clock)
    assert [row.group_id for row in rows_of(source.batches(DAY))] == ["ua3-1"]
    assert len(stand_in.asked) == 3
    assert len(clock.slept) >= 2
    if fault is Fault.TOO_MANY:
        assert min(clock.slept[:2]) >= 7, "as long as the vendor asks to wait"
    source.close()


@pytest.mark.parametrize(("fault", "kind", "code"), STAYING_FAULTS)
def test_a_fault_that_stays_is_a_typed_error_and_no_empty_answer(
    ringostat_server: tuple[ringostat.RingostatStandIn, str],
    fault: Fault,
    kind: type[SourceError],
    code: str,
    tmp_path: Path,
) -> None:
    stand_in, address = ringostat_server
    stand_in.spoil(*[fault] * TRIES)
    source = opened("ringostat", address, tmp_path)
    with pytest.raises(kind) as raised:
        list(source.batches(DAY))
    source.close()
    assert raised.value.code == code
    for language in LANGUAGES:
        message = Translator(language)(f"error.{code}", **raised.value.params)
        assert "«r»" in message or "“r”" in message
        assert "stand-in-key" not in message


def test_a_wrong_key_is_told_at_once(tmp_path: Path) -> None:
    stand_in = ringostat.RingostatStandIn()
    stand_in.spoil(Fault.REFUSED)
    with serving(stand_in) as address:
        source = opened("ringostat", address, tmp_path)
        with pytest.raises(SourceRefused):
            list(source.batches(DAY))
        source.close()
    assert len(stand_in.asked) == 1


def test_errors_of_binotel_come_with_200_and_are_seen(tmp_path: Path) -> None:
    stand_in = binotel.BinotelStandIn(calls={"1": binotel.call(1, int(NOON.timestamp()) - 3600)})
    stand_in.spoil(Fault.ERROR_IN_SUCCESS)
    with serving(stand_in) as address:
        clock = QuickClock(NOON)
        source = opened("binotel", address, tmp_path, clock)
        assert [row.group_id for row in rows_of(source.batches(DAY))] == ["1"]
        assert max(clock.slept) >= 5, "throttled: it waits"
        too_long = Window(NOON - timedelta(days=2), NOON)
        with pytest.raises(SourceRefused):
            list(source.batches(too_long))
        source.close()


def test_no_calls_and_a_broken_answer_are_not_the_same(tmp_path: Path) -> None:
    for kind, stand_in in (("ringostat", ringostat.RingostatStandIn()), ("binotel", binotel.BinotelStandIn())):
        with serving(stand_in) as address:
            source = opened(kind, address, tmp_path)
            (batch,) = source.batches(DAY)
            assert (list(batch.rows), batch.complete_until) == ([], DAY.until)
            source.close()


def test_an_answer_cut_at_6500_rows_is_asked_again_in_halves(tmp_path: Path) -> None:
    count = 15_000
    calls = [dict(ringostat.row(n, wall(19) + timedelta(seconds=n * 4))) for n in range(count)]
    with serving(ringostat.RingostatStandIn(calls=calls)) as address:
        source = opened("ringostat", address, tmp_path)
        found = rows_of(source.batches(DAY))
        source.close()
    assert len({row.group_id for row in found}) == count


def test_a_second_with_too_many_calls_is_told(tmp_path: Path) -> None:
    calls = [dict(ringostat.row(n, wall(1))) for n in range(6500)]
    with serving(ringostat.RingostatStandIn(calls=calls)) as address:
        source = opened("ringostat", address, tmp_path)
        at = NOON - timedelta(hours=1)
        with pytest.raises(SourceAnswerBroken) as raised:
            list(source.batches(Window(at - timedelta(seconds=4), at + timedelta(seconds=4))))
        source.close()
    assert raised.value.code == "source_window_too_dense"


def test_where_the_vendors_clock_is_behind_the_answer_is_complete_up_to_its_time_only(tmp_path: Path) -> None:
    stand_in = ringostat.RingostatStandIn(clock_shift=timedelta(minutes=-30))
    with serving(stand_in) as address:
        source = opened("ringostat", address, tmp_path, QuickClock(datetime.now(UTC)))
        (batch,) = source.batches(Window(NOON - timedelta(hours=1), datetime.now(UTC)))
        source.close()
    assert batch.complete_until is not None
    assert batch.complete_until < datetime.now(UTC) - timedelta(minutes=25)
    assert source.skew_s < -1500


def test_keys_are_read_where_qcw_toml_says_and_a_missing_one_names_the_place_only(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("\ufefftop-secret\n", encoding="utf-8")
    assert secret_at("file:key", tmp_path, "r") == "top-secret"
    assert secret_at("env:K", tmp_path, "r", {"K": " top-secret "}) == "top-secret"
    with pytest.raises(NotConfigured) as raised:
        secret_at("env:K", tmp_path, "r", {})
    assert raised.value.params == {"source": "r", "place": "env:K"}


def test_the_key_never_stands_in_an_address(tmp_path: Path) -> None:
    stand_in = ringostat.RingostatStandIn()
    with serving(stand_in) as address:
        source = opened("ringostat", address, tmp_path)
        list(source.batches(DAY))
        source.close()
    (question,) = stand_in.asked
    assert "stand-in-key" not in repr((question.path, question.params))
    assert isinstance(stand_in, Behaviour)


def test_a_key_is_taken_out_of_an_error_wherever_it_stands() -> None:
    note_secret("a-key-nobody-may-read")
    error = SourceRefused("source_refused", source="r", status=f"denied: {'long ' * 60}a-key-nobody-may-read")
    error.params["status"] = shown(error.params["status"])  # as an answer's complaint is cut before it is told
    blot(error)
    assert "a-key-nobody-may-read" not in f"{error} {error!r} {error.args} {error.params}"
