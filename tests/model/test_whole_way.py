"""From each telephone system to each CRM with nothing but settings: a real recording is fetched, recognised and
searched for promises, and the callback that the CRM does not know of becomes a task there, once."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipelines.crm_write import decide, plan_writes
from qc_workbench.cli import application
from qc_workbench.domain.call import Direction
from qc_workbench.domain.crm_write import KeptWrite, WriteKind, WriteState, WriteVerdict
from qc_workbench.errors import ModelError
from qc_workbench.store import crm_writes, verdicts
from qc_workbench.store.calls import calls as all_calls
from qc_workbench.transcription.models import resolve
from qc_workbench.workspace import Workspace
from tests.import_cases import new_workspace
from tests.stand_ins import amocrm, asterisk, binotel, bitrix24, data_api, mango, ringostat, twilio, zadarma
from tests.stand_ins.pipedrive import PipedriveStandIn
from tests.stand_ins.serving import serving

pytestmark = [pytest.mark.model, pytest.mark.slow, pytest.mark.timeout(300)]

#: 47 s, both channels; the agent and the client agree on a callback («в четверг с утра звоните»).
SAMPLE = Path(__file__).parents[2] / "samples" / "recordings" / "in-d-024-20261012-161753.ogg"
TALK_S = 47
NOW = datetime.now(UTC).replace(microsecond=0)
CALLED_AT = NOW - timedelta(hours=2)
WALL = CALLED_AT.replace(tzinfo=None)  # the zone of the company is UTC here
KEYS = 'key = "file:key"\nsecret = "file:secret"\n'

#: The settings of a source, the workspace's folder being given.
Telephony = Iterator[str]


@contextmanager
def of_ringostat(_: Path) -> Telephony:
    told = ringostat.RingostatStandIn(sounds={"/r.ogg": SAMPLE.read_bytes()}, sound_kind="audio/ogg")
    with serving(told) as address:
        found = {"has_recording": "1", "recording_wav": f"{address}/r.ogg", "billsec": str(TALK_S)}
        told.calls = [dict(ringostat.row(1, WALL, **found))]
        yield f'kind = "ringostat"\nkey = "file:key"\naddress = "{address}"\n'


@contextmanager
def of_binotel(_: Path) -> Telephony:
    told = binotel.BinotelStandIn(sounds={"1": SAMPLE.read_bytes()})
    call = binotel.call(1, int(CALLED_AT.timestamp()), recordingStatus="uploaded", billsec=str(TALK_S))
    call["historyData"][1]["billsec"] = str(TALK_S)
    told.calls = {"1": call}
    with serving(told) as address:
        told.address = address
        yield f'kind = "binotel"\n{KEYS}address = "{address}"\n'


@contextmanager
def of_mango(_: Path) -> Telephony:
    began = int(CALLED_AT.timestamp())
    legs = mango.call(1, began, records="[rec]", finish=began + 21 + TALK_S)
    with serving(mango.MangoStandIn(legs=legs, sounds={"rec": SAMPLE.read_bytes()})) as address:
        yield f'kind = "mango"\n{KEYS}address = "{address}/vpbx"\n'


@contextmanager
def of_uis(_: Path) -> Telephony:
    told = data_api.DataApiStandIn(sounds={"/media/1": SAMPLE.read_bytes()}, legs=data_api.legs(1, WALL))
    with serving(told) as address:
        link = {"full_record_file_link": f"{address}/media/1", "call_records": ["a"]}
        told.calls = [data_api.call(1, WALL, talk_duration=TALK_S, **link)]
        yield f'kind = "uis"\nkey = "file:key"\naddress = "{address}{data_api.PATH}"\n'


@contextmanager
def of_zadarma(_: Path) -> Telephony:
    first, second = zadarma.queue_call(1, WALL, is_recorded="true", seconds=TALK_S)
    told = zadarma.ZadarmaStandIn(rows=[first, second], sounds={second["call_id"]: SAMPLE.read_bytes()})
    with serving(told) as address:
        told.address = address
        yield f'kind = "zadarma"\n{KEYS}address = "{address}"\n'


@contextmanager
def of_twilio(_: Path) -> Telephony:
    recording, calls = twilio.sid("RE", 1), twilio.inbound(1, CALLED_AT, duration=str(TALK_S))
    told = twilio.TwilioStandIn(calls=calls, sounds={recording: SAMPLE.read_bytes()})
    told.recordings = {calls[0]["sid"]: [{"sid": recording, "channels": 2, "status": "completed"}]}
    with serving(told) as address:
        yield f'kind = "twilio"\naccount = "{twilio.ACCOUNT}"\ntoken = "file:secret"\naddress = "{address}"\n'


@contextmanager
def of_asterisk(home: Path) -> Telephony:
    rows = asterisk.queue_call(1, WALL)
    asterisk.append(home / "Master.csv", *rows)
    linked = rows[0]["linkedid"]
    moment = datetime.fromtimestamp(int(linked.split(".")[0]), UTC)
    folder = home / "monitor" / f"{moment:%Y/%m/%d}"
    folder.mkdir(parents=True)
    sound = folder / f"q-600-380671112233-{moment:%Y%m%d-%H%M%S}-{linked}.ogg"
    sound.write_bytes(SAMPLE.read_bytes())
    os.utime(sound, (0, time.time() - 60))
    yield 'kind = "asterisk"\nfile = "Master.csv"\nmonitor = "monitor"\n'


@contextmanager
def of_bitrix24(home: Path) -> Telephony:
    told = bitrix24.Bitrix24StandIn(links={"/r.ogg": SAMPLE.read_bytes()})
    with serving(told) as address:
        link = {"CALL_RECORD_URL": f"{address}/r.ogg", "CALL_DURATION": str(TALK_S)}
        told.calls = {1: bitrix24.call(1, CALLED_AT.isoformat(), **link)}
        (home / "hook").write_text(address + bitrix24.PATH)
        yield 'kind = "bitrix24_calls"\nwebhook = "file:hook"\n'


@contextmanager
def pipedrive_deal(_: Path, phone: str) -> Iterator[tuple[str, Callable[[], list[str]]]]:
    told = PipedriveStandIn(now=NOW - timedelta(days=1))
    told.furnish()
    told.person(1, phone)
    told.deal(1, person_id=1)
    told.now = NOW
    with serving(told) as address:
        settings = f'kind = "pipedrive"\nkey = "file:key"\naddress = "{address}"\n'
        yield settings, lambda: [row["note"] for row in told.activities.values()]


@contextmanager
def amocrm_deal(home: Path, phone: str) -> Iterator[tuple[str, Callable[[], list[str]]]]:
    at = int((NOW - timedelta(days=1)).timestamp())
    told = amocrm.AmocrmStandIn(leads={1: amocrm.lead(1, at)}, contacts={2: amocrm.contact(2, at, phone)})
    (home / "token").write_text(amocrm.TOKEN)
    with serving(told) as address:
        settings = f'kind = "amocrm"\ntoken = "file:token"\naddress = "{address}"\n'
        yield settings, lambda: [row["text"] for row in told.tasks.values()]


@contextmanager
def bitrix24_deal(home: Path, phone: str) -> Iterator[tuple[str, Callable[[], list[str]]]]:
    at = (NOW - timedelta(days=1)).isoformat()
    told = bitrix24.Bitrix24StandIn(deals={1: bitrix24.deal(1, at)}, contacts={1001: bitrix24.contact(1001, at, phone)})
    with serving(told) as address:
        (home / "portal").write_text(address + bitrix24.PATH)
        settings = 'kind = "bitrix24"\nwebhook = "file:portal"\n'
        yield settings, lambda: [row["DESCRIPTION"] for row in told.activities.values()]


def qcw(home: Path, *words: str) -> str:
    done = CliRunner().invoke(application("en"), ["--home", str(home), *words])
    assert done.exit_code == 0, done.output
    return done.output


def kept(opened: Workspace) -> list[KeptWrite]:
    with opened.store.reading() as reader:
        return crm_writes.kept_writes(reader, "crm", NOW - timedelta(days=30))


WAYS: Mapping[str, tuple[Any, Any]] = {
    "ringostat to Pipedrive": (of_ringostat, pipedrive_deal),
    "Binotel to amoCRM": (of_binotel, amocrm_deal),
    "Mango Office to Bitrix24": (of_mango, bitrix24_deal),
    "UIS to amoCRM": (of_uis, amocrm_deal),
    "Zadarma to Pipedrive": (of_zadarma, pipedrive_deal),
    "Twilio to Pipedrive": (of_twilio, pipedrive_deal),
    "Asterisk to Bitrix24": (of_asterisk, bitrix24_deal),
    "Bitrix24 to itself": (of_bitrix24, bitrix24_deal),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_callback_promised_by_telephone_becomes_a_task_in_the_crm_once(way: str, tmp_path: Path) -> None:
    telephony, crm = WAYS[way]
    home = tmp_path / "W"
    new_workspace(home, "").store.release()
    for name in ("key", "secret"):
        (home / name).write_text(f"stand-in-{name}")
    company = '[company]\ntimezone = "UTC"\nphone_region = "UA"\nworkdays = [1, 2, 3, 4, 5, 6, 7]\n'
    try:
        resolve(Workspace.open(home).settings.speech)
    except ModelError as error:
        pytest.skip(f"no speech model here: {error}")
    with telephony(home) as calls_from:
        (home / "qcw.toml").write_text(f'{company}[[sources]]\nname = "t"\n{calls_from}', encoding="utf-8")
        qcw(home, "ingest", "t")
        with Workspace.open(home).store.reading() as reader:
            (call,) = all_calls(reader)
        assert (call.direction, call.client_phone is not None) == (Direction.INBOUND, True)
        with crm(home, call.client_phone) as (settings, tasks):
            (home / "qcw.toml").write_text(
                f'{company}[[sources]]\nname = "t"\n{calls_from}[[sources]]\nname = "crm"\n{settings}'
                '[crm_write]\ninto = "crm"\nundo_min = 0\nquiet_from = 00:00:00\nquiet_until = 00:00:00\n'
                'callback_task = { mode = "approved" }\n',
                encoding="utf-8",
            )
            for step in (["ingest", "crm"], ["transcribe", "--all"], ["detect"]):
                qcw(home, *step)
            opened = Workspace.open(home)
            with opened.store.reading() as reader:
                promises = verdicts.commitments(reader)
            assert {item.spoken.call_id for item in promises} == {call.call_id}
            plan_writes(opened, datetime.now(UTC))
            planned = [item for item in kept(opened) if item.write.kind is WriteKind.CALLBACK_TASK]
            assert planned
            assert tasks() == []
            decide(opened, planned, WriteVerdict.APPROVED, "Ольга", datetime.now(UTC))
            opened.store.release()
            for _ in range(2):
                qcw(home, "crm-write", "crm", "--apply")
                qcw(home, "ingest", "crm")
                qcw(home, "detect")
            states = {item.state for item in kept(Workspace.open(home)) if item.write.kind is WriteKind.CALLBACK_TASK}
            assert states == {WriteState.WRITTEN}
            assert len(tasks()) == len(planned)
            for item in planned:
                assert any(item.write.marker in text for text in tasks())
