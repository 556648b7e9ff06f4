"""Settings of a CRM to the module that speaks to it. A new CRM is one line here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qc_workbench.config_crm_write import CrmWriting
from qc_workbench.config_sources import AmocrmSource, Bitrix24Source, Crm, OneCSource, PipedriveSource
from qc_workbench.errors import NotConfigured
from qc_workbench.sources import amocrm, bitrix24, odata_1c, pipedrive
from qc_workbench.sources.amocrm_tokens import Registration, TokenFile
from qc_workbench.sources.amocrm_writing import AmocrmSink
from qc_workbench.sources.bitrix24_portal import site_of
from qc_workbench.sources.bitrix24_writing import Bitrix24Sink
from qc_workbench.sources.connector import CrmCapabilities, CrmSink, CrmSource
from qc_workbench.sources.pipedrive_writing import PipedriveSink
from qc_workbench.sources.reachable import out_to
from qc_workbench.sources.registry import Surroundings, webhook_wire
from qc_workbench.sources.secrets_place import secret_at
from qc_workbench.sources.wire import Wire


def _pipedrive(settings: PipedriveSource, around: Surroundings) -> CrmSource:
    return pipedrive.open_pipedrive(settings, secret_at(settings.key, around.home, settings.name), around)


def _amocrm(settings: AmocrmSource, around: Surroundings) -> CrmSource:
    return amocrm.Amocrm(*_amocrm_parts(settings, around))


def _amocrm_parts(settings: AmocrmSource, around: Surroundings) -> tuple[Wire, Callable[[], str]]:
    """The wire, and what gives a token that is good."""
    wire = Wire(
        settings.name, settings.address, amocrm.CAPABILITIES,
        clock=around.clock, meter=around.meter, tries=around.tries,
        transport=out_to(settings, settings.address),
    )  # fmt: skip
    if settings.token:
        token = secret_at(settings.token, around.home, settings.name)
        return wire, lambda: token
    secret = secret_at(settings.secret, around.home, settings.name)
    registration = Registration(settings.client_id, secret, settings.redirect_uri)
    tokens = TokenFile(around.home / settings.tokens_file, settings.name)
    return wire, lambda: tokens.access(wire, registration)


def _bitrix24(settings: Bitrix24Source, around: Surroundings) -> CrmSource:
    return bitrix24.Bitrix24(webhook_wire(settings, bitrix24.CAPABILITIES, around), around.zone)


def _odata_1c(settings: OneCSource, around: Surroundings) -> CrmSource:
    return odata_1c.open_odata_1c(settings, secret_at(settings.password, around.home, settings.name), around)


_OPENERS: dict[type[Crm], Callable[[Any, Surroundings], CrmSource]] = {
    PipedriveSource: _pipedrive,
    AmocrmSource: _amocrm,
    Bitrix24Source: _bitrix24,
    OneCSource: _odata_1c,
}
CRM_CAPABILITIES: dict[str, CrmCapabilities] = {
    "pipedrive": pipedrive.CAPABILITIES,
    "amocrm": amocrm.CAPABILITIES,
    "bitrix24": bitrix24.CAPABILITIES,
    "odata_1c": odata_1c.CAPABILITIES,
}


def _pipedrive_sink(settings: PipedriveSource, writing: CrmWriting, around: Surroundings) -> CrmSink:
    key = secret_at(settings.key, around.home, settings.name)
    wire = Wire(
        settings.name, settings.address, pipedrive.CAPABILITIES, headers={"x-api-token": key},
        clock=around.clock, meter=around.meter, tries=around.tries,
        transport=out_to(settings, settings.address),
    )  # fmt: skip
    return PipedriveSink(wire, writing, settings.address)


def _amocrm_sink(settings: AmocrmSource, writing: CrmWriting, around: Surroundings) -> CrmSink:
    return AmocrmSink(*_amocrm_parts(settings, around), writing, settings.address)


def _bitrix24_sink(settings: Bitrix24Source, writing: CrmWriting, around: Surroundings) -> CrmSink:
    wire = webhook_wire(settings, bitrix24.CAPABILITIES, around)
    return Bitrix24Sink(wire, writing, site_of(secret_at(settings.webhook, around.home, settings.name)))


_SINKS: dict[type[Crm], Callable[[Any, CrmWriting, Surroundings], CrmSink]] = {
    PipedriveSource: _pipedrive_sink,
    AmocrmSource: _amocrm_sink,
    Bitrix24Source: _bitrix24_sink,
}


def open_sink(settings: Crm, writing: CrmWriting, around: Surroundings) -> CrmSink:
    """Raises :class:`~qc_workbench.errors.NotConfigured` ``crm_write_no_sink`` for a system that can't be written
    into, and when a secret is not where it should be."""
    opener = _SINKS.get(type(settings))
    if opener is None:
        raise NotConfigured("crm_write_no_sink", name=settings.name, kind=getattr(settings, "kind", ""))
    return opener(settings, writing, around.for_source(settings))


def open_crm(settings: Crm, around: Surroundings) -> CrmSource:
    """Raises :class:`~qc_workbench.errors.NotConfigured` when a secret is not where it should be."""
    return _OPENERS[type(settings)](settings, around.for_source(settings))
