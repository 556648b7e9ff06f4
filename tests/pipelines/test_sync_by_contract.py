"""Systems as another reader of their documents would build them: other pages, other types, what is optional left out.

Nothing here is taken from the stand-ins of the systems: a row is the document's own example with a few values changed.
"""

from __future__ import annotations

import csv
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from qc_workbench.domain.telephony import FetchState
from qc_workbench.sources.asterisk import AsteriskMeaning
from qc_workbench.sources.asterisk_files import LAYOUTS
from qc_workbench.workspace import Workspace
from tests.connected_cases import NOW, everything, rows, states, sync, workspace
from tests.import_cases import wav
from tests.stand_ins.serving import Answer, Behaviour, Fault, Question, QuickClock, as_json, serving

DOCUMENTED = Path(__file__).parent.parent / "stand_ins" / "documented"
KYIV, MOSCOW = ZoneInfo("Europe/Kyiv"), ZoneInfo("Europe/Moscow")
AUDIO = 'recording_hosts = ["127.0.0.1"]\nallow_private = true\n'
#: On a whole minute, an hour ago.
AT = (NOW - timedelta(hours=1)).replace(second=0)
Row = dict[str, Any]


def example(name: str) -> Any:
    return json.loads((DOCUMENTED / f"{name}.json").read_text())["payload"]


@dataclass
class System(Behaviour):
    """``reply`` answers a question; what it does not know is 404, but for recordings under ``/rec/``."""

    reply: Callable[[Question], Answer | None] = field(default=lambda _: None)
    address: str = ""

    def answer(self, question: Question) -> Answer:
        if question.path.startswith("/rec/"):
            return Answer(wav(20.0), "audio/wav")
        return self.reply(question) or Answer(b"not found", "text/plain", 404)


@contextmanager
def opened(
    home: Path, settings: str, system: System, *, zone: str = "Europe/Kyiv", region: str = "UA"
) -> Iterator[Workspace]:
    """``settings`` may name the server as ``ADDRESS``."""
    with serving(system) as address:
        system.address = address
        yield workspace(home / "W", settings.replace("ADDRESS", address), zone=zone, region=region)


def told(found: Workspace) -> dict[str, tuple[str, str, str | None, float]]:
    """Of each call: direction, outcome, client, seconds of talk."""
    return {
        row["call_id"].partition(":")[2]: (
            row["direction"].removesuffix("bound"),
            row["outcome"],
            row["client_phone"],
            row["talk_s"],
        )
        for row in rows(found, "select * from calls")
    }


def wall(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


RINGOSTAT = (
    '[[sources]]\nkind = "ringostat"\nname = "s"\nkey = "file:key"\naddress = "ADDRESS"\nhistory_days = 2\n' + AUDIO
)


def test_ringostat(tmp_path: Path) -> None:
    proper, missed, out, repeated, going_on = example("ringostat__calls_list")
    system = System()

    def row(like: Row, number: int, minutes: int, **changed: Any) -> Row:
        place = f"{system.address}/rec/{number}.mp3" if like["recording"] else ""
        return {**like, "uniqueid": f"u{number}", "calldate": wall(AT + timedelta(minutes=minutes), KYIV),
                "recording": place, "recording_wav": "", **changed}  # fmt: skip

    def reply(question: Question) -> Answer | None:
        if question.path != "/calls/list" or question.headers["auth-key"] != "stand-in-key":
            return None
        found = [
            row(repeated, 4, 4, disposition="repeated", billsec=121, waittime=9.0, has_recording=True),
            row(proper, 1, 0, has_recording=None, utm_source=None, more={"x": 1}),
            row(missed, 2, 1, billsec=None, has_recording=False),
            row(out, 3, 2),
            row(out, 6, 6, disposition="NO ANSWER", billsec="0", call_type="OUT", recording=""),
            row(proper, 7, 7, disposition="SOMETHING NEW", caller_number=None, caller='"380671112244" <380671112244>'),
            row(proper, 8, 8, disposition="ODD", billsec=0, recording="", caller="", caller_number="anonymous"),
            row(going_on, 5, 5),
            row(missed, 9, 9, billsec="12"),
        ]
        return as_json([*found, found[0]])

    system.reply = reply
    with opened(tmp_path, RINGOSTAT, system) as found:
        system.spoil(Fault.TOO_MANY, Fault.SERVER_ERROR, Fault.HTML, Fault.TRUNCATED)
        assert sync(found).rejected == 0
        client = "+380671112233"
        assert told(found) == {
            "u1": ("in", "answered", client, 121), "u2": ("in", "missed", client, 0),
            "u3": ("out", "answered", client, 54), "u4": ("in", "answered", client, 121),
            "u6": ("out", "missed", client, 0), "u7": ("in", "answered", "+380671112244", 121),
            "u8": ("in", "missed", None, 0), "u9": ("in", "answered", client, 12),
        }  # fmt: skip
        assert states(found, "s")[FetchState.READY] == 4
        before = everything(found)
        assert sync(found).nothing_new
        assert everything(found) == before


BINOTEL = (
    '[[sources]]\nkind = "binotel"\nname = "s"\nkey = "file:key"\nsecret = "file:secret"\n'
    'address = "ADDRESS/api/4.0"\nhistory_days = 1\n' + AUDIO
)


def test_binotel(tmp_path: Path) -> None:
    """Also entries named by their key alone, attempts as PHP writes a list with gaps, a recording that comes late."""
    answered, missed = example("binotel__stats_list_of_calls_for_period")["callDetails"].values()
    uploaded = {"status": "uploading"}
    system = System()

    def reply(question: Question) -> Answer | None:
        if question.path.endswith("stats/call-record.json"):
            if uploaded["status"] != "uploaded":
                return as_json({"status": "error", "code": 104, "message": "no record"})
            return as_json({"status": "success", "url": f"{system.address}/rec/1.mp3"})
        if not question.path.endswith("stats/list-of-calls-for-period.json"):
            return None
        since, until = question.body["startTime"], question.body["stopTime"]
        if until - since > 86_400:
            return as_json({"status": "error", "code": 104, "message": "period"})

        def row(like: Row, number: int, **changed: Any) -> Row:
            return {**like, "generalCallID": number, "startTime": int(AT.timestamp()) + number, **changed}

        legs = answered["historyData"]
        talked = [{**legs[1], "billsec": 20}, {**legs[1], "internalNumber": 903, "waitsec": "10", "billsec": "18"}]
        found = [
            row(answered, 1, recordingStatus=uploaded["status"], callType=0, billsec=38, isNewCall=1),
            row(missed, 2, pbxNumberData=[], callTrackingData=[], employeeData=[]),
            row(answered, 3, callType=1, historyData={"0": legs[0], "2": legs[1]}, recordingStatus=None),
            row(missed, 4, callType="1", historyData=None),
            row(answered, 5, disposition="transfer", historyData=talked, recordingStatus=""),
            row(missed, 6, disposition="SMS-SUCCESS"),
            row(missed, 7, disposition="NEW WORD", externalNumber="Anonymous"),
            row(missed, 8, disposition="ONLINE"),
        ]
        named = {str(item["generalCallID"]): item for item in reversed(found) if since <= item["startTime"] <= until}
        if "3" in named:
            del named["3"]["generalCallID"]
        return as_json({"status": "success", "callDetails": named or []})

    system.reply = reply
    with opened(tmp_path, BINOTEL, system) as found:
        system.spoil(Fault.TOO_MANY, Fault.ERROR_IN_SUCCESS, Fault.HTML, Fault.TRUNCATED)
        assert sync(found).rejected == 0
        client = "+380671112233"
        assert told(found) == {
            "1": ("in", "answered", client, 38), "2": ("in", "missed", client, 0),
            "3": ("out", "answered", client, 38), "4": ("out", "missed", client, 0),
            "5": ("in", "answered", client, 38), "7": ("in", "missed", None, 0),
        }  # fmt: skip
        (waited,) = rows(found, "select wait_s from calls where call_id = 's:5'")
        assert waited["wait_s"] == 4  # until somebody talked, and not through the transfer
        assert states(found, "s") == {FetchState.PENDING: 1}
        assert not [question for question in system.asked if "call-record" in question.path]
        uploaded["status"] = "uploaded"
        sync(found)
        assert states(found, "s") == {FetchState.READY: 1}


def test_a_recording_of_binotel_that_is_uploaded_for_hours_is_asked_for_in_the_end(tmp_path: Path) -> None:
    answered, _ = example("binotel__stats_list_of_calls_for_period")["callDetails"].values()
    row = {**answered, "startTime": str(int(AT.timestamp())), "recordingStatus": "uploading"}
    system, there = System(), [False]

    def reply(question: Question) -> Answer | None:
        if question.path.endswith("stats/call-record.json"):
            link = {"status": "success", "url": f"{system.address}/rec/1.mp3"}
            return as_json(link if there[0] else {"status": "error", "code": 104, "message": "no record"})
        is_in = question.body["startTime"] <= int(row["startTime"]) <= question.body["stopTime"]
        return as_json({"status": "success", "callDetails": {"4900000001": row} if is_in else []})

    system.reply = reply
    with opened(tmp_path, BINOTEL, system) as found:
        sync(found)
        sync(found, QuickClock(NOW + timedelta(hours=4)))
        assert states(found, "s") == {FetchState.PENDING: 1}
        there[0] = True
        sync(found, QuickClock(NOW + timedelta(hours=20)))
        assert states(found, "s") == {FetchState.READY: 1}


MANGO = (
    '[[sources]]\nkind = "mango"\nname = "s"\nkey = "file:key"\nsecret = "file:secret"\n'
    'address = "ADDRESS/vpbx"\nhistory_days = 2\n' + AUDIO
)


@pytest.mark.parametrize("ends_with_a_break", [True, False])
def test_mango_with_an_order_of_columns_of_its_own(ends_with_a_break: bool, tmp_path: Path) -> None:
    first, second = example("mango__stats_result_csv").splitlines()
    at = int(AT.timestamp())
    moved = first.replace("1772439304", str(at)).replace("1772439350", str(at + 46)).replace("1772439310", str(at + 6))
    missed = second.replace("1772439500", str(at + 200)).replace("1772439530", str(at + 230))
    transfer = f"[rec3];{at + 46};{at + 106};{at + 50};;79161112233;124;79260000001;1120;e1;74950000001;abonent"
    out = f"[];{at + 300};{at + 330};0;123;;;79161112255;1111;e3;74950000001;abonent"
    told_text = "\n".join([out, transfer, missed, moved, moved]) + "\n" * ends_with_a_break
    system, waits = System(), [2]

    def reply(question: Question) -> Answer | None:
        if question.path == "/vpbx/stats/request":
            return as_json({"key": 17})
        if question.path == "/vpbx/stats/result":
            waits[0] -= 1
            return Answer(b"", status=204) if waits[0] >= 0 else Answer(told_text.encode(), "text/csv")
        if question.path == "/vpbx/queries/recording/post/":
            return Answer(b"", status=302, headers={"Location": f"{system.address}/rec/1"})
        return None

    system.reply = reply
    with opened(tmp_path, MANGO, system, zone="Europe/Moscow", region="RU") as found:
        assert sync(found).rejected == 0
        assert told(found) == {
            "e1": ("in", "answered", "+79161112233", 96), "e2": ("in", "missed", "+79161112244", 0),
            "e3": ("out", "missed", "+79161112255", 0),
        }  # fmt: skip
        assert states(found, "s") == {FetchState.READY: 1}


DATA_API = (
    '[[sources]]\nkind = "KIND"\nname = "s"\nkey = "file:key"\naddress = "ADDRESS/v2.0"\nhistory_days = 1\n' + AUDIO
)


@pytest.mark.parametrize("kind", ["uis", "novofon2"])
def test_the_data_api_with_smaller_answers_than_were_asked_for(kind: str, tmp_path: Path) -> None:
    """Also: the same id in every answer, numbers and flags as texts, employees of whom no more than a name is told."""
    (one,) = example("uis__get_calls_report")["result"]["data"]
    legs = example("uis__get_call_legs_report")["result"]["data"]
    system = System()

    def call(number: int, minutes: int, **changed: Any) -> Row:
        at = AT - timedelta(minutes=minutes)
        link = f"{system.address}/rec/{number}" if changed.get("talk_duration", 1) else None
        over = at + timedelta(minutes=2)
        return {**one, "id": number, "start_time": wall(at, MOSCOW), "finish_time": wall(over, MOSCOW),
                "full_record_file_link": link, **changed}  # fmt: skip

    def reply(question: Question) -> Answer | None:
        asked = question.body["params"]
        lost = {
            "is_lost": True,
            "talk_duration": 0,
            "clean_talk_duration": None,
            "employees": None,
            "call_records": None,
        }
        calls = [
            call(900001, 0, id="900001", talk_duration="121", wait_duration="9"),
            call(2, 10, **lost),
            call(3, 20, employees=[{"employee_id": 1, "employee_full_name": "Анна Тест"}], communication_number="1"),
            call(4, 30, **{**lost, "direction": "out", "is_lost": False}),
            call(5, 40, employees=[], is_lost="false", full_record_file_link=None),
            call(6, 50, **{**lost, "contact_phone_number": "Anonymous", "finish_reason": "something_new"}),
        ]
        parts = [
            {**leg, "start_time": wall(AT, MOSCOW),
             "connect_time": wall(AT + timedelta(seconds=9 + 69 * place), MOSCOW),
             "is_talked": "true", "is_operator": 1, "duration": str(leg["duration"])}
            for place, leg in enumerate(legs)
        ]  # fmt: skip
        found = calls if question.body["method"] == "get.calls_report" else parts
        found = [row for row in found if asked["date_from"] <= row["start_time"] <= asked["date_till"]]
        data = found[asked["offset"] :][:2]
        return as_json(
            {"jsonrpc": "2.0", "id": 1, "result": {"data": data, "metadata": {"total_items": str(len(found))}}}
        )

    system.reply = reply
    settings = DATA_API.replace("KIND", kind)
    with opened(tmp_path, settings, system, zone="Europe/Moscow", region="RU") as found:
        system.spoil(Fault.TOO_MANY, Fault.SERVER_ERROR, Fault.HTML, Fault.TRUNCATED)
        assert sync(found).rejected == 0
        client = "+79161112233"
        assert told(found) == {
            "900001": ("in", "answered", client, 121), "2": ("in", "missed", client, 0),
            "3": ("in", "answered", client, 121), "4": ("out", "missed", client, 0),
            "5": ("in", "answered", client, 121), "6": ("in", "missed", None, 0),
        }  # fmt: skip
        assert len(rows(found, "select * from call_legs where call_id = 's:900001'")) == 2
        assert states(found, "s")[FetchState.READY] == 2


SIGNED = (
    '[[sources]]\nkind = "KIND"\nname = "s"\nkey = "file:key"\nsecret = "file:secret"\n'
    'address = "ADDRESS"\nhistory_days = 2\n' + AUDIO
)


@pytest.mark.parametrize(("kind", "page"), [("zadarma", 2), ("novofon", 100)])
def test_zadarma_with_pages_of_its_own_size(kind: str, page: int, tmp_path: Path) -> None:
    """Also recordings under the path as the document writes it, without a slash at its end."""
    (one,) = example("zadarma__statistics_pbx_v2")["stats"]
    system = System()

    def row(number: int, group: str, minutes: int, **changed: Any) -> Row:
        at = wall(AT + timedelta(minutes=minutes), KYIV)
        return {**one, "call_id": f"{number}.1", "pbx_call_id": group, "callstart": at, **changed}

    found = [
        row(1, "in_1", 0, disposition="no answer", seconds=0, sip="102", destination="102", is_recorded="false"),
        row(2, "in_1", 1),
        row(3, "in_2", 5, disposition="Cancel", seconds="0", is_recorded="false"),
        row(4, "out_3", 9, clid="101", sip=101, destination="380671112244", seconds="54", is_recorded=True),
        row(
            5, "out_4", 12, clid="101", destination="380671112255", disposition="no answer", seconds=0, is_recorded=None
        ),
        row(6, "in_5", 20, disposition="something new", clid="Anonymous", seconds=3, is_recorded=""),
    ]

    def reply(question: Question) -> Answer | None:
        if question.path == "/v1/pbx/record/request":
            return as_json({"status": "success", "link": f"{system.address}/rec/1"})
        if question.path != "/v1/statistics/pbx/":
            return None
        skip = int(question.params["skip"])
        return as_json({"status": "success", "stats": found[::-1][skip : skip + page]})

    system.reply = reply
    with opened(tmp_path, SIGNED.replace("KIND", kind), system) as opened_:
        system.spoil(Fault.TOO_MANY, Fault.SERVER_ERROR, Fault.HTML, Fault.TRUNCATED)
        assert sync(opened_).rejected == 0
        assert told(opened_) == {
            "in_1": ("in", "answered", "+380671112233", 121), "in_2": ("in", "missed", "+380671112233", 0),
            "out_3": ("out", "answered", "+380671112244", 54), "out_4": ("out", "missed", "+380671112255", 0),
            "in_5": ("in", "missed", None, 0),
        }  # fmt: skip
        assert states(opened_, "s") == {FetchState.READY: 2}
        assert sync(opened_).nothing_new


TWILIO = (
    '[[sources]]\nkind = "twilio"\nname = "s"\naccount = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"\ntoken = "file:secret"\n'
    'address = "ADDRESS"\nhistory_days = 2\n' + AUDIO
)


def test_twilio(tmp_path: Path) -> None:
    """The document's own two rows name calls above them that nobody lists; recordings come without an envelope."""
    outbound, inbound = example("twilio__calls")["calls"]
    base = f"/2010-04-01/Accounts/{outbound['account_sid']}"
    system = System()

    def row(like: Row, sid: str, minutes: int, length: int, **changed: Any) -> Row:
        at = AT + timedelta(minutes=minutes)
        ends = {"start_time": at, "end_time": at + timedelta(seconds=length), "date_created": at}
        times = {key: format_datetime(value) for key, value in ends.items()}
        return {**like, **times, "sid": sid, "duration": str(length), **changed}

    top = {"parent_call_sid": None, "answered_by": None}
    found = [
        row(outbound, "CA1", 0, 4),
        row(inbound, "CA2", 1, 3),
        row(inbound, "CA3", 2, 90, **top),
        row(inbound, "CA4", 2, 60, parent_call_sid="CA3", direction="outbound-dial", to="sip:101@acme.sip.twilio.com"),
        row(
            inbound, "CA5", 2, 0, parent_call_sid="CA3", direction="outbound-dial", to="sip:102@a.b", status="no-answer"
        ),
        row(inbound, "CA6", 9, 30, **top),
        row(outbound, "CA7", 12, 0, **top, status="No-Answer"),
    ]

    def reply(question: Question) -> Answer | None:
        if question.path == f"{base}/Calls.json":
            page = int(question.params.get("Page", 0))
            following = f"{base}/Calls.json?PageSize=3&Page={page + 1}" if page < 2 else None
            told = {"calls": found[page * 3 : page * 3 + 3]}
            return as_json({**told, "next_page_uri": following} if following else told)
        if question.path.endswith("/Recordings.json"):
            return as_json({"recordings": [{"sid": "RE1", "status": "completed", "channels": 2, "duration": "4"}]})
        return Answer(wav(20.0), "audio/wav") if "/Recordings/" in question.path else None

    system.reply = reply
    with opened(tmp_path, TWILIO, system) as opened_:
        system.spoil(Fault.TOO_MANY, Fault.SERVER_ERROR, Fault.HTML, Fault.TRUNCATED)
        assert sync(opened_).rejected == 0
        assert told(opened_) == {
            outbound["parent_call_sid"]: ("out", "answered", "+13051913581", 4),
            inbound["parent_call_sid"]: ("in", "answered", "+13051416798", 3),
            "CA3": ("in", "answered", "+13051416798", 60),
            "CA6": ("in", "missed", "+13051416798", 0),  # a menu answered
            "CA7": ("out", "missed", "+13051913581", 0),
        }
        assert states(opened_, "s") == {FetchState.READY: 3}


BITRIX24 = '[[sources]]\nkind = "bitrix24_calls"\nname = "s"\nwebhook = "file:key"\nhistory_days = 2\n' + AUDIO


def test_bitrix24_that_tells_a_total_and_no_next_page(tmp_path: Path) -> None:
    declined, answered = example("bitrix24__voximplant_statistic_get")["result"]
    system = System()

    def row(like: Row, number: int, **changed: Any) -> Row:
        at = (AT + timedelta(minutes=number / 10)).astimezone(MOSCOW).isoformat()
        return {**like, "ID": number, "CALL_ID": f"c{number}", "CALL_START_DATE": at, **changed}

    def reply(question: Question) -> Answer | None:
        if question.path.endswith("disk.file.get.json"):
            return as_json({"result": {"DOWNLOAD_URL": f"{system.address}/rec/1"}})
        if not question.path.endswith("voximplant.statistic.get.json"):
            return None
        found = [
            row(declined, 1),
            row(answered, 2, CALL_DURATION=95, CALL_TYPE=2, CALL_FAILED_CODE=200),
            row(answered, 3, CALL_FAILED_CODE="304", CALL_DURATION="0", RECORD_FILE_ID=None),
            row(answered, 4, CALL_FAILED_CODE=None, RECORD_FILE_ID=None, CRM_ENTITY_ID=None),
            row(answered, 5, CALL_TYPE="5"),
            *(row(answered, number, RECORD_FILE_ID=None) for number in range(6, 70)),
        ]
        start = int(question.body.get("start") or 0)
        return as_json({"result": found[start : start + 20], "total": str(len(found))})

    system.reply = reply
    with opened(tmp_path, BITRIX24, system, zone="Europe/Moscow", region="RU") as found:
        (tmp_path / "W" / "key").write_text(f"{system.address}/rest/1/abc")
        system.spoil(Fault.TOO_MANY, Fault.SERVER_ERROR, Fault.HTML, Fault.TRUNCATED)
        assert sync(found).rejected == 0
        calls = told(found)
        assert len(calls) == 68
        assert [calls[f"c{number}"] for number in range(1, 5)] == [
            ("out", "missed", "+79638835976", 0), ("in", "answered", "+79062195047", 95),
            ("in", "missed", "+79062195047", 0), ("in", "answered", "+79062195047", 95),
        ]  # fmt: skip
        assert states(found, "s") == {FetchState.READY: 1}


ASTERISK = '[[sources]]\nkind = "asterisk"\nname = "s"\nfile = "Master.csv"\nmonitor = "monitor"\n'


def _old(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(wav(20.0))
    os.utime(path, (time.time() - 60, time.time() - 60))


@pytest.mark.parametrize("columns", [16, 17, 21])
def test_asterisk_with_each_set_of_columns(columns: int, tmp_path: Path) -> None:
    lines = example("asterisk__master_csv_sample").splitlines()
    short = [",".join(line.replace("600,t,,", "600").split(",")[:columns]) for line in lines]
    made = workspace(tmp_path / "W", ASTERISK, zone="Europe/Kyiv", region="UA")
    (tmp_path / "W" / "Master.csv").write_text("\n".join(short) + "\n")
    if columns > 16:
        _old(tmp_path / "W/monitor/2026/03/02/q-600-380671112233-20260302-101504-1772439304.1.wav")
    assert sync(made).rejected == 0
    assert sorted(told(made).values()) == [
        ("in", "answered", "+380671112233", 133), ("in", "missed", "+380671112233", 0)
    ]  # fmt: skip
    assert rows(made, "select min(started_at) as at from calls")[0]["at"].astimezone(KYIV).hour == 10
    if columns > 16:
        assert states(made, "s") == {FetchState.READY: 1}
    assert sync(made).nothing_new


@pytest.mark.parametrize(("serial", "talk_s"), [("-00000002", 133), ("-0a2f", 133), ("-B7601A2", 133), ("-2", 0)])
def test_a_channel_of_asterisk_is_an_extension_with_a_shorter_serial_too(serial: str, talk_s: float) -> None:
    line = example("asterisk__master_csv_sample").splitlines()[0].replace("-00000002", serial)
    row = dict(zip(LAYOUTS[21], next(csv.reader([line])), strict=True))
    found = AsteriskMeaning(KYIV, "UA").collapse([row])
    assert found
    assert found.talk_s == talk_s  # "-2" may as well be a line: DAHDI/1-2
