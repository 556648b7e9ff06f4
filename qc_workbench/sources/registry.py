"""Settings of a telephone system to the module that speaks to it. A new system is one line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from qc_workbench.config_sources import (
    Asterisk,
    AsteriskSource,
    AsteriskTableSource,
    BinotelSource,
    Bitrix24CallsSource,
    Bitrix24Source,
    Connected,
    MangoSource,
    Novofon2Source,
    NovofonSource,
    RingostatSource,
    Telephony,
    TelephonySource,
    TwilioSource,
    UisSource,
    ZadarmaSource,
)
from qc_workbench.domain.connection import Family
from qc_workbench.domain.telephony import AgentLine
from qc_workbench.errors import NotConfigured
from qc_workbench.sources import asterisk, binotel, bitrix24_calls, data_api, mango, ringostat, twilio, zadarma
from qc_workbench.sources.asterisk import AsteriskMeaning
from qc_workbench.sources.asterisk_files import AsteriskFiles
from qc_workbench.sources.asterisk_monitor import Monitor
from qc_workbench.sources.asterisk_table import AsteriskTable
from qc_workbench.sources.bitrix24_portal import site_of
from qc_workbench.sources.connector import CallSource, Capabilities, CrmCapabilities, FileSource
from qc_workbench.sources.reachable import out_to
from qc_workbench.sources.secrets_place import secret_at
from qc_workbench.sources.table_access import open_table
from qc_workbench.sources.wire import TRIES, Clock, Meter, SystemClock, Wire
from qc_workbench.work.decoding import join_tracks


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a source needs of its workspace; ``zone`` and ``region`` are the company's. ``meter`` counts its requests,
    ``tries`` is how often one is made: fewer where a person waits for the answer. ``agent_on_right``: the channel that
    the company's recordings give the agent.
    """

    home: Path
    zone: ZoneInfo
    region: str
    clock: Clock
    meter: Meter = field(default_factory=Meter)
    tries: int = TRIES
    agent_on_right: bool = False

    @classmethod
    def of(cls, home: Path, zone: ZoneInfo, region: str, clock: Clock | None = None) -> Surroundings:
        return cls(home, zone, region, clock or SystemClock())

    def for_source(self, settings: Connected) -> Surroundings:
        zone = ZoneInfo(settings.timezone) if settings.timezone else self.zone
        channel = settings.agent_channel if isinstance(settings, Telephony) else ""
        side = channel == "right" if channel else self.agent_on_right
        return replace(self, zone=zone, region=settings.phone_region or self.region, agent_on_right=side)


def _ringostat(settings: RingostatSource, around: Surroundings) -> CallSource:
    key = secret_at(settings.key, around.home, settings.name)
    wire = _wire(settings, ringostat.CAPABILITIES, around, {"Auth-key": key})
    return ringostat.Ringostat(wire, ringostat.RingostatMeaning(around.zone, around.region))


def _binotel(settings: BinotelSource, around: Surroundings) -> CallSource:
    key, secret = (secret_at(place, around.home, settings.name) for place in (settings.key, settings.secret))
    wire = _wire(settings, binotel.CAPABILITIES, around, {})
    return binotel.Binotel(wire, binotel.BinotelMeaning(around.region), key, secret)


def _mango(settings: MangoSource, around: Surroundings) -> CallSource:
    key, salt = (secret_at(place, around.home, settings.name) for place in (settings.key, settings.secret))
    return mango.Mango(_wire(settings, mango.CAPABILITIES, around, {}), mango.MangoMeaning(around.region), key, salt)


def _data_api(settings: UisSource | Novofon2Source, around: Surroundings) -> CallSource:
    token = secret_at(settings.key, around.home, settings.name)
    meaning = data_api.DataApiMeaning(around.zone, around.region)
    wire = _wire(settings, data_api.CAPABILITIES, around, {})
    return data_api.DataApi(wire, meaning, settings.address, token)


def _bitrix24_calls(settings: Bitrix24CallsSource, around: Surroundings) -> CallSource:
    wire = webhook_wire(settings, bitrix24_calls.CAPABILITIES, around)
    return bitrix24_calls.Bitrix24Calls(wire, bitrix24_calls.Bitrix24CallsMeaning(around.region))


def _asterisk_meaning(settings: Asterisk, around: Surroundings) -> AsteriskMeaning:
    return AsteriskMeaning(
        ZoneInfo("UTC") if settings.times_are_utc else around.zone,
        around.region,
        settings.longest_extension,
        settings.outside_prefix,
        frozenset(item.agent for item in settings.agents if not item.agent.isdigit()),
    )


def _asterisk(settings: AsteriskSource, around: Surroundings) -> FileSource:
    file = around.home / settings.file.expanduser()
    return AsteriskFiles(settings.name, file, _monitor(settings, around), _asterisk_meaning(settings, around))


def _asterisk_table(settings: AsteriskTableSource, around: Surroundings) -> FileSource:
    access = open_table(
        settings.database_kind, settings.name, settings.table,
        host=settings.host, port=settings.port, database=settings.database, user=settings.user, tls=settings.tls,
        password=secret_at(settings.password, around.home, settings.name), public_only=settings.public_only,
    )  # fmt: skip
    return AsteriskTable(
        settings.name, access, _monitor(settings, around), _asterisk_meaning(settings, around),
        timedelta(days=settings.history_days), around.clock,
    )  # fmt: skip


def _monitor(settings: Asterisk, around: Surroundings) -> Monitor | None:
    if settings.monitor is None:
        return None
    aside = around.home / "media" / ".incoming"
    return Monitor(
        around.home / settings.monitor.expanduser(), around.zone, aside,
        recorded=settings.recorded_channel, agent_on_right=around.agent_on_right, join=join_tracks,
    )  # fmt: skip


def _zadarma(settings: ZadarmaSource | NovofonSource, around: Surroundings) -> CallSource:
    key, secret = (secret_at(place, around.home, settings.name) for place in (settings.key, settings.secret))
    wire = _wire(settings, zadarma.CAPABILITIES, around, {})
    records = _wire(settings, zadarma.RECORDS, around, {})
    return zadarma.Zadarma(wire, records, zadarma.ZadarmaMeaning(around.zone, around.region), key, secret)


def _twilio(settings: TwilioSource, around: Surroundings) -> CallSource:
    token = secret_at(settings.token, around.home, settings.name)
    login = twilio.login(settings.key_sid or settings.account, token)
    wire = _wire(settings, twilio.CAPABILITIES, around, login)
    meaning = twilio.TwilioMeaning(
        around.region, frozenset(item.agent for item in settings.agents), settings.answered_without_leg
    )
    return twilio.Twilio(wire, meaning, settings.account, settings.address, login)


_OPENERS: dict[type[Telephony], Callable[[Any, Surroundings], CallSource | FileSource]] = {
    RingostatSource: _ringostat,
    BinotelSource: _binotel,
    AsteriskSource: _asterisk,
    MangoSource: _mango,
    UisSource: _data_api,
    Novofon2Source: _data_api,
    ZadarmaSource: _zadarma,
    NovofonSource: _zadarma,
    TwilioSource: _twilio,
    Bitrix24CallsSource: _bitrix24_calls,
    AsteriskTableSource: _asterisk_table,
}
CAPABILITIES: dict[str, Capabilities] = {
    "ringostat": ringostat.CAPABILITIES,
    "binotel": binotel.CAPABILITIES,
    "asterisk": asterisk.CAPABILITIES,
    "mango": mango.CAPABILITIES,
    "uis": data_api.CAPABILITIES,
    "novofon2": data_api.CAPABILITIES,
    "zadarma": zadarma.CAPABILITIES,
    "novofon": zadarma.CAPABILITIES,
    "twilio": twilio.CAPABILITIES,
    "bitrix24_calls": bitrix24_calls.CAPABILITIES,
    "asterisk_sql": asterisk.CAPABILITIES,
}


def family_of(settings: type[BaseModel]) -> Family:
    """What a source of these settings brings."""
    if issubclass(settings, Telephony):
        return Family.TELEPHONY
    return Family.FILES if "folder" in settings.model_fields or "file" in settings.model_fields else Family.CRM


def open_source(settings: TelephonySource, around: Surroundings) -> CallSource | FileSource:
    """Raises :class:`~qc_workbench.errors.NotConfigured` when a secret is not where it should be."""
    return _OPENERS[type(settings)](settings, around.for_source(settings))


def agent_lines(settings: Connected, zone: ZoneInfo) -> tuple[AgentLine, ...]:
    """Days of the settings are days of the company."""

    def begins(day: date | None) -> datetime | None:
        return datetime.combine(day, time(), zone) if day else None

    return tuple(
        AgentLine(item.agent, item.manager, begins(item.since), begins(item.until)) for item in settings.agents
    )


def webhook_wire(
    settings: Bitrix24Source | Bitrix24CallsSource, capabilities: Capabilities | CrmCapabilities, around: Surroundings
) -> Wire:
    """To a portal whose address is a key itself. Raises :class:`~qc_workbench.errors.NotConfigured`."""
    address = secret_at(settings.webhook, around.home, settings.name)
    if not address.startswith(("https://", "http://")) or "/rest/" not in address:
        raise NotConfigured("source_webhook_malformed", source=settings.name, place=settings.webhook)
    return Wire(
        settings.name, address.rstrip("/") + "/", capabilities,
        clock=around.clock, meter=around.meter, tries=around.tries,
        transport=out_to(settings, address),
    )  # fmt: skip


def own_address(settings: Telephony, home: Path) -> str:
    """The machine that the settings name, where the system's links may lead although it stands in the inner network;
    "" where they name none. Of Bitrix24 it stands in the webhook's address.

    Raises :class:`~qc_workbench.errors.NotConfigured`."""
    if isinstance(settings, Bitrix24CallsSource):
        return site_of(secret_at(settings.webhook, home, settings.name))
    return getattr(settings, "address", "")


def _wire(settings: Any, capabilities: Capabilities, around: Surroundings, headers: dict[str, str]) -> Wire:
    return Wire(
        settings.name, settings.address, capabilities,
        headers=headers, clock=around.clock, meter=around.meter, tries=around.tries,
        transport=out_to(settings, settings.address),
    )  # fmt: skip
