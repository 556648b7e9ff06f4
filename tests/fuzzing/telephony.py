"""Answers of telephone systems: the connector, the sync's own taking-in, and a real database behind it."""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import httpx

from pipelines import sync
from pipelines.progress import Silent
from pipelines.understanding import understanding, understood
from qc_workbench.config_sources import TelephonySource
from qc_workbench.domain.telephony import RecordingRef
from qc_workbench.sources import asterisk_files, binotel, bitrix24_calls, data_api, mango, ringostat, twilio, zadarma
from qc_workbench.sources.asterisk import AsteriskMeaning
from qc_workbench.sources.asterisk_table import AsteriskTable
from qc_workbench.sources.connector import CallSource, FileSource, Window
from qc_workbench.sources.secrets_seen import note_secret
from qc_workbench.sources.wire import Wire
from tests.fuzzing.answers import DIVIDER, Answering, Noting, Reciting, told_in
from tests.fuzzing.kept import ForgettingWorkspace, is_fast
from tests.fuzzing.rule import SECRET, Outcome, taken
from tests.stand_ins import asterisk as asterisk_rows
from tests.stand_ins import binotel as of_binotel
from tests.stand_ins import bitrix24 as of_bitrix24
from tests.stand_ins import data_api as of_data_api
from tests.stand_ins import mango as of_mango
from tests.stand_ins import ringostat as of_ringostat
from tests.stand_ins import twilio as of_twilio
from tests.stand_ins import zadarma as of_zadarma
from tests.stand_ins.serving import QuickClock

NOW: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
WINDOW: Final = Window(NOW - timedelta(hours=20), NOW)
KYIV: Final = ZoneInfo("Europe/Kyiv")
ADDRESS: Final = "http://system.example"
DOCUMENTED: Final = Path(__file__).parent.parent / "stand_ins" / "documented"
#: Beside name and kind, what settings must say.
_SETTINGS: Final[Mapping[str, str]] = {
    "ringostat": 'key = "file:key"', "uis": 'key = "file:key"',
    "binotel": 'key = "file:key"\nsecret = "file:key"', "mango": 'key = "file:key"\nsecret = "file:key"',
    "zadarma": 'key = "file:key"\nsecret = "file:key"',
    "twilio": f'account = "{of_twilio.ACCOUNT}"\ntoken = "file:key"',
    "bitrix24_calls": 'webhook = "file:key"',
    "asterisk": 'file = "Master.csv"', "asterisk_sql":
    'host = "h"\ndatabase = "d"\nuser = "u"\npassword = "file:key"\ndatabase_kind = "mysql"',
}  # fmt: skip


def workspace_of(kind: str) -> ForgettingWorkspace:
    return _workspace(kind, is_fast())


@cache
def _workspace(kind: str, fast: bool) -> ForgettingWorkspace:
    return ForgettingWorkspace(f'[[sources]]\nkind = "{kind}"\nname = "s"\n{_SETTINGS[kind]}\n')


def opened(kind: str, transport: httpx.BaseTransport, key: str, secret: str) -> CallSource:
    clock = QuickClock(NOW)
    note_secret(key)  # as it is noted where it is read

    def wire(headers: Mapping[str, str] | None = None, path: str = "", what: Any = ringostat) -> Wire:
        return Wire("s", ADDRESS + path, what.CAPABILITIES, headers=headers, clock=clock, transport=transport, tries=1)

    match kind:
        case "ringostat":
            return ringostat.Ringostat(wire({"Auth-key": key}), ringostat.RingostatMeaning(KYIV, "UA"))
        case "binotel":
            return binotel.Binotel(wire(what=binotel), binotel.BinotelMeaning("UA"), key, secret)
        case "mango":
            return mango.Mango(wire(path="/vpbx", what=mango), mango.MangoMeaning("RU"), key, secret)
        case "uis":
            meaning = data_api.DataApiMeaning(KYIV, "RU")
            address = ADDRESS + of_data_api.PATH
            return data_api.DataApi(wire(what=data_api), meaning, address, key)
        case "zadarma":
            made = zadarma.ZadarmaMeaning(KYIV, "UA")
            return zadarma.Zadarma(wire(what=zadarma), wire(what=zadarma), made, key, secret)
        case "twilio":
            login = twilio.login(of_twilio.ACCOUNT, secret)
            told = twilio.TwilioMeaning("UA", frozenset(), False)
            return twilio.Twilio(wire(login, what=twilio), told, of_twilio.ACCOUNT, ADDRESS, login)
        case _:
            way = of_bitrix24.PATH if secret == "stand-in-secret" else f"/rest/1/{SECRET}/"
            portal = wire(path=way, what=bitrix24_calls)
            return bitrix24_calls.Bitrix24Calls(portal, bitrix24_calls.Bitrix24CallsMeaning("UA"))


def read_answers(kind: str, data: bytes) -> Outcome:
    """A sync of one period, with this for answers; then a link for the first recording that was named."""
    transport = Reciting(told_in(data))
    source = opened(kind, transport, SECRET, SECRET)

    def batches() -> Iterator[tuple[Any, Window | None]]:
        yield from ((batch, WINDOW) for batch in understood("s", source.batches(WINDOW)))

    return _taken_in(kind, source, batches)


def _taken_in(
    kind: str, source: CallSource | FileSource, batches: Callable[[], Iterator[tuple[Any, Window | None]]]
) -> Outcome:
    workspace = workspace_of(kind)
    (settings,) = workspace.settings.sources
    assert isinstance(settings, TelephonySource)
    with workspace.store.forgetting():
        taking = sync._Sync(workspace, settings, Silent(), QuickClock(NOW))  # type: ignore[arg-type]
        try:
            for batch, window in batches():
                taking._take(source, batch, window)
                if window is not None and not is_fast():
                    taking._take(source, batch, window)  # the same again changes nothing: see below
        finally:
            source.close()
        report = taking._report(None, {})
        with workspace.store.reading() as reader:
            calls = reader.value("select count(*) from calls") or 0
            legs = reader.value("select count(*) from call_legs") or 0
            twice = reader.value("select count(*) - count(distinct call_id) from calls") or 0
            waiting = reader.rows("select * from recording_queue")
        if is_fast():
            return taken(report.rejects, calls=report.counts["calls"].new)
        assert not twice
        assert report.counts["calls"].new == calls, "what was read twice is counted once"
        return taken(report.rejects, calls=calls, legs=legs, recordings=len(waiting))


def read_link(kind: str, data: bytes) -> Outcome:
    """What is answered when the link of a recording is asked for."""
    source = opened(kind, Reciting(told_in(data)), SECRET, SECRET)
    try:
        with understanding("s"):
            ref = source.fresh_link(
                RecordingRef("", key="4900000001|1772400000" if kind == "zadarma" else "4900000001")
            )
    finally:
        source.close()
    return taken(links=int(ref is not None))


def read_master_csv(data: bytes) -> Outcome:
    """A file of Asterisk, read to its end and once more from there."""
    meaning = AsteriskMeaning(KYIV, "UA")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "Master.csv"
        file.write_bytes(data)
        source = asterisk_files.AsteriskFiles("s", file, None, meaning)

        def batches() -> Iterator[tuple[Any, Window | None]]:
            position: Mapping[str, Any] = {}
            for _ in range(2):
                for batch in understood("s", source.batches_from(position)):
                    position = json.loads(json.dumps(batch.position))
                    yield batch, None

        return _taken_in("asterisk", source, batches)


@dataclass
class _Rows:
    """A table of a database that answers with these rows."""

    rows: Sequence[Mapping[str, Any]]
    table: str = "cdr"

    def columns(self) -> Sequence[str]:
        return list(dict.fromkeys(name for row in self.rows for name in row))

    def page(
        self, columns: Sequence[str], time: str, at: datetime, unique_id: str, limit: int
    ) -> Sequence[Mapping[str, Any]]:
        return [{name: row.get(name) for name in columns} for row in self.rows[:limit]]

    def close(self) -> None:
        pass


def read_table(data: bytes) -> Outcome:
    """Rows of a table of Asterisk as JSON; ``@2026-03-02T10:15:04`` is a moment. What is no list has no rows; a driver
    gives whole characters."""
    try:
        text = data.decode().encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        told = json.loads(text.replace("\\ud", "\\u0").replace("\\uD", "\\u0"), parse_int=lambda said: int(said[:18]))
    except (ValueError, RecursionError):
        told = []
    rows = [{_name(key): _cell(value) for key, value in row.items()} for row in told if isinstance(row, dict)] if (
        isinstance(told, list)) else []  # fmt: skip
    source = AsteriskTable("s", _Rows(rows[:50]), None, AsteriskMeaning(KYIV, "UA"), timedelta(days=3), QuickClock(NOW))

    def batches() -> Iterator[tuple[Any, Window | None]]:
        yield from ((batch, None) for batch in understood("s", source.batches_from({})))

    return _taken_in("asterisk_sql", source, batches)


def _name(key: str) -> str:
    return "".join(char for char in key if char.isalnum() or char == "_")[:60] or "a"


def _cell(value: Any) -> Any:
    """What a driver of a database may give."""
    if isinstance(value, str) and value.startswith("@"):
        try:
            return datetime.fromisoformat(value[1:]).replace(tzinfo=None)
        except ValueError:
            return value
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return value if value is None or isinstance(value, bool | int | float) else base64.b64encode(str(value).encode())


# --- what mutations begin with ---------------------------------------------------------------------------------------


def _documented(name: str) -> bytes:
    found = json.loads((DOCUMENTED / f"{name}.json").read_text(encoding="utf-8"))["payload"]
    return found.encode() if isinstance(found, str) else json.dumps(found, ensure_ascii=False).encode()


def _stand_in(kind: str) -> Answering:
    at = WINDOW.since + timedelta(hours=3)
    wall = at.astimezone(KYIV).replace(tzinfo=None)
    match kind:
        case "ringostat":
            return of_ringostat.RingostatStandIn(calls=[dict(of_ringostat.row(n, wall)) for n in (1, 2)])
        case "binotel":
            stand_in = of_binotel.BinotelStandIn()
            stand_in.calls = {str(n): of_binotel.call(n, int(at.timestamp()) + n) for n in (1, 2)}
            return stand_in
        case "mango":
            return of_mango.MangoStandIn(legs=[leg for n in (1, 2) for leg in of_mango.call(n, int(at.timestamp()))])
        case "uis":
            calls = [of_data_api.call(n, wall) for n in (1, 2)]
            return of_data_api.DataApiStandIn(
                calls=calls, legs=[leg for n in (1, 2) for leg in of_data_api.legs(n, wall)]
            )
        case "zadarma":
            return of_zadarma.ZadarmaStandIn(rows=[row for n in (1, 2) for row in of_zadarma.queue_call(n, wall)])
        case "twilio":
            return of_twilio.TwilioStandIn(calls=[row for n in (1, 2) for row in of_twilio.inbound(n, at)])
        case _:
            made = of_bitrix24.Bitrix24StandIn()
            made.calls = {n: of_bitrix24.call(n, at.isoformat()) for n in (1, 2)}
            return made


_ALSO: Final[Mapping[str, tuple[str, ...]]] = {
    "ringostat": ("ringostat__calls_list",),
    "binotel": ("binotel__stats_list_of_calls_for_period", "binotel__error_rate_limit"),
    "mango": ("mango__stats_result_csv",), "uis": ("uis__get_calls_report", "uis__get_call_legs_report"),
    "zadarma": ("zadarma__statistics_pbx_v2",), "twilio": ("twilio__calls",),
    "bitrix24_calls": ("bitrix24__voximplant_statistic_get", "bitrix24__user_get"),
}  # fmt: skip


@cache
def seeds(kind: str) -> tuple[bytes, ...]:
    """What a stand-in answers to a whole sync, and the documented examples."""
    noting = Noting(_stand_in(kind))
    source = opened(kind, noting, "stand-in-key", "stand-in-secret")
    for _ in source.batches(WINDOW):
        pass
    source.close()
    alone = [_documented(name) for name in _ALSO[kind]]
    if kind == "mango":
        alone = [b'{"key": "report-0"}' + DIVIDER + alone[0]]
    return noting.as_input(), *alone, DIVIDER.join(alone)


_LINKS: Final[Mapping[str, bytes]] = {
    "binotel": b'{"status": "success", "url": "https://example.test/1.mp3"}',
    "mango": b"%HTTP 302 location: https://example.test/1.mp3\n",
    "zadarma": b'{"status": "success", "links": ["https://example.test/1.mp3"], "lifetime_till": ""}',
    "bitrix24_calls": b'{"result": {"ID": "9043", "DOWNLOAD_URL": "https://example.test/1.mp3"}}',
}


def link_seeds(kind: str) -> tuple[bytes, ...]:
    return (_LINKS[kind],)


def master_seeds() -> tuple[bytes, ...]:
    lines = [asterisk_rows.line(row) for row in asterisk_rows.queue_call(1, datetime(2026, 3, 2, 10))]  # noqa: DTZ001
    return "".join(lines).encode(), _documented("asterisk__master_csv_sample")


def table_seeds() -> tuple[bytes, ...]:
    rows = json.loads(_documented("asterisk__freepbx_cdr_rows_transfer"))
    return (json.dumps([{**row, "calldate": f"@{row['calldate']}"} for row in rows]).encode(),)
