"""Settings of ``[[sources]]``: each kind of source has keys of its own, told apart by ``kind``."""

from __future__ import annotations

from datetime import date
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import Field, StringConstraints, field_validator, model_validator

from qc_workbench.config_section import Section

#: Where a secret is: never the secret itself. Checked so that a key pasted into qcw.toml is refused.
SECRET_PLACE = r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+|secret:[A-Za-z0-9][A-Za-z0-9_.-]{0,79})$"  # noqa: S105 - a pattern of places
#: Keys that hold such a place; what was written there is never repeated in a message.
SECRET_KEYS = frozenset(
    {
        "key", "secret", "token", "password", "salt", "service_account", "webhook", "webhook_secret",
        "webhook_password", "webhook_token",
    }
)  # fmt: skip

_WHERE = (
    "env:NAME, an environment variable; secret:NAME, the encrypted file of qcw secrets; or file:PATH, a file (relative "
    "to the workspace) that only you may read."
)


#: A key that says where a secret is.
SecretPlace = Annotated[str, Field(pattern=SECRET_PLACE)]
#: The same, where it may be left out.
MaybeSecretPlace = Annotated[str, Field(pattern=rf"^$|{SECRET_PLACE}")]

#: A host, or a dot and a domain whose hosts are all meant.
HostName = Annotated[str, StringConstraints(pattern=r"^\.?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$", max_length=253)]


_ANSWERS = "Where the interface answers."
#: Where an interface is, with a path or without.
Address = Annotated[str, Field(pattern=r"^https?://[^\s/]+", description=_ANSWERS)]
SiteAddress = Annotated[str, Field(pattern=r"^https?://[^\s/]+$", description=_ANSWERS)]


class AgentOfLine(Section):
    agent: str = Field(
        min_length=1, description="The agent as the system knows them: id, extension, SIP name or e-mail."
    )
    manager: str = Field(min_length=1, description="manager_id of that agent in the workbench.")
    since: date | None = Field(None, description="From this day on; without it, always.")
    until: date | None = Field(None, description="Up to the day before this one; without it, for ever.")


class CsvSource(Section):
    kind: Literal["csv"] = Field(description="A folder as described in docs/data-formats.md.")
    name: str = Field(min_length=1, description="Name of the source, unique; used by qcw ingest NAME.")
    folder: Path = Field(description="The folder; relative to the workspace.")


class FilesSource(Section):
    kind: Literal["files"] = Field(
        description="A folder of files that people export, read by a saved mapping (docs/import-files.md)."
    )
    name: str = Field(min_length=1, max_length=40, pattern=r"^[\w.-]+$", description="Name of the source, unique.")
    folder: Path = Field(description="The folder; relative to the workspace. Each new file in it is read once.")
    mapping: str = Field(min_length=1, description="Name of the saved mapping, made on the page of files.")
    pattern: str = Field("*", min_length=1, description='Which files of the folder, such as "sales*.xlsx".')


class Connected(Section):
    """What every connected system has."""

    name: str = Field(
        min_length=1, max_length=40, pattern=r"^[\w.-]+$", description="Name of the source, unique; part of its ids."
    )
    timezone: str = Field("", description="Zone of the times that the system writes without one. Empty: the company's.")
    phone_region: str = Field(
        "", pattern="^(|[A-Z]{2})$", description="Country of numbers written without +code. Empty: the company's."
    )
    public_only: bool = Field(
        False,
        description="Only addresses of the open internet are asked. The app writes it with an address that is typed "
        "there; without it any address is asked.",
    )
    agents: tuple[AgentOfLine, ...] = Field(
        (), description="Who is behind which line or user and when, where managers.csv does not say."
    )

    @field_validator("address", mode="before", check_fields=False)
    @classmethod
    def _without_last_slash(cls, value: object) -> object:
        return value.rstrip("/") if isinstance(value, str) else value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value and value not in available_timezones():
            raise ValueError("an IANA time zone such as Europe/Moscow is expected")
        return value


class TakesWebhooks(Section):
    """What every system has that tells us its news (docs/webhooks.md)."""

    webhook_secret: MaybeSecretPlace = Field(
        "",
        description="Where the secret part of the address is that the system sends its news to; qcw webhooks makes it "
        f"and shows the address. {_WHERE} Empty: no news is taken.",
    )
    webhook_from: tuple[str, ...] = Field(
        (), description="Addresses or networks that its news may come from, such as 203.0.113.0/24. Empty: any."
    )

    @field_validator("webhook_from")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            try:
                ip_network(text, strict=False)
            except ValueError as error:
                raise ValueError("an address or a network such as 203.0.113.0/24 is expected") from error
        return value


class Telephony(Connected):
    """What every telephone system has."""

    history_days: int = Field(30, ge=0, le=3660, description="Days before the first sync that are fetched too.")
    recordings: bool = Field(True, description="Fetch the recordings.")
    downloads_at_once: int = Field(3, ge=1, le=8, description="Recordings of this source that are downloaded at once.")
    longest_recording_mb: int = Field(600, ge=1, le=4096, description="Larger recordings are refused, in MB.")
    recording_hosts: tuple[HostName, ...] = Field(
        (), description="Further hosts that links to recordings may lead on to (a name, or .example.com for all below)."
    )
    allow_private: bool = Field(
        False, description="Recordings may also be fetched from recording_hosts with addresses of the inner network."
    )
    agent_channel: Literal["", "left", "right"] = Field(
        "", description="Channel of the agent in stereo recordings. Empty: as recordings.agent_channel says."
    )


class Crm(Connected):
    """What every CRM has. The first sync reads all of it, later ones what changed."""


class RingostatSource(Telephony, TakesWebhooks):
    kind: Literal["ringostat"] = Field(description="Ringostat, by its calls/list.")
    key: SecretPlace = Field(description=f"Where the Auth-key is: {_WHERE}")
    address: Address = "https://api.ringostat.net"


class BinotelSource(Telephony, TakesWebhooks):
    kind: Literal["binotel"] = Field(description="Binotel, by stats/list-of-calls-for-period.")
    key: SecretPlace = Field(description=f"Where the key is: {_WHERE}")
    secret: SecretPlace = Field(description=f"Where the secret is: {_WHERE}")
    address: Address = "https://api.binotel.com/api/4.0"


class MangoSource(Telephony, TakesWebhooks):
    kind: Literal["mango"] = Field(description="Mango Office, by its stats/request and stats/result.")
    key: SecretPlace = Field(description=f"Where the key of the PBX (vpbx_api_key) is: {_WHERE}")
    secret: SecretPlace = Field(description=f"Where the salt that signs questions is: {_WHERE}")
    address: Address = "https://app.mango-office.ru/vpbx"


class UisSource(Telephony, TakesWebhooks):
    kind: Literal["uis"] = Field(description="UIS or CoMagic, by their Data API 2.0.")
    key: SecretPlace = Field(description=f"Where the access token is: {_WHERE}")
    address: str = Field(
        "https://dataapi.uiscom.ru/v2.0",
        pattern=r"^https?://[^\s/]+",
        description="Where the interface answers; of CoMagic https://dataapi.comagic.ru/v2.0.",
    )


class Novofon2Source(Telephony, TakesWebhooks):
    kind: Literal["novofon2"] = Field(description="Novofon of the second generation, by its Data API 2.0.")
    key: SecretPlace = Field(description=f"Where the access token is: {_WHERE}")
    address: Address = "https://dataapi-jsonrpc.novofon.ru/v2.0"


class Asterisk(Telephony):
    """What Asterisk has wherever its rows are read from."""

    monitor: Path | None = Field(None, description="The folder monitor/ with the recordings; none: no recordings.")
    longest_extension: int = Field(5, ge=2, le=7, description="Longest internal number, in digits.")
    outside_prefix: str = Field("", pattern=r"^\d{0,3}$", description="Digits dialled before outside numbers.")
    times_are_utc: bool = Field(False, description="cdr.conf says usegmtime=yes.")
    recorded_channel: Literal["caller", "trunk", "agent"] = Field(
        "caller",
        description="Where MixMonitor writes -r and -t tracks: the channel whose sides they are. caller: the one that "
        "began the call, as FreePBX does.",
    )


class AsteriskSource(Asterisk):
    kind: Literal["asterisk"] = Field(description="Asterisk or FreePBX, by its Master.csv and monitor folder.")
    file: Path = Field(description="Master.csv; relative to the workspace.")


class AsteriskTableSource(Asterisk):
    kind: Literal["asterisk_sql"] = Field(description="Asterisk or FreePBX, by its table of calls (CDR) in a database.")
    database_kind: Literal["mysql", "postgresql"] = Field(
        "mysql", description="What the database is; mysql is MariaDB too, which FreePBX has."
    )
    host: str = Field("127.0.0.1", min_length=1, description="Host of the database.")
    port: int = Field(0, ge=0, le=65535, description="Its port; 0: the usual one (3306, 5432).")
    database: str = Field("asteriskcdrdb", min_length=1, description="Name of the database.")
    user: str = Field(min_length=1, description="A user of the database that may only read (GRANT SELECT) the table.")
    password: SecretPlace = Field(description=f"Where the password is: {_WHERE}")
    table: str = Field(
        "cdr",
        pattern=r"^[A-Za-z_][A-Za-z0-9_$]{0,62}(\.[A-Za-z_][A-Za-z0-9_$]{0,62})?$",
        description="The table, with its schema where it needs one: cdr, asterisk.cdr.",
    )
    tls: bool = Field(False, description="Only over TLS, with a certificate that this machine trusts.")


class ZadarmaSource(Telephony, TakesWebhooks):
    kind: Literal["zadarma"] = Field(description="Zadarma, by its statistics/pbx.")
    key: SecretPlace = Field(description=f"Where the key is: {_WHERE}")
    secret: SecretPlace = Field(description=f"Where the secret is: {_WHERE}")
    address: SiteAddress = "https://api.zadarma.com"


class NovofonSource(Telephony, TakesWebhooks):
    kind: Literal["novofon"] = Field(description="Novofon with the interface of version 1, the same as Zadarma's.")
    key: SecretPlace = Field(description=f"Where the key is: {_WHERE}")
    secret: SecretPlace = Field(description=f"Where the secret is: {_WHERE}")
    address: SiteAddress = "https://api.novofon.com"


class TwilioSource(Telephony, TakesWebhooks):
    kind: Literal["twilio"] = Field(description="Twilio, by its Calls.json and Recordings.json.")
    account: str = Field(pattern=r"^AC\w{32}$", description="SID of the account, AC and 32 characters.")
    key_sid: str = Field(
        "", pattern=r"^(|SK\w{32})$", description="SID of an API key; empty: the account's own token is used."
    )
    token: SecretPlace = Field(description=f"Where the auth token or the API key's secret is: {_WHERE}")
    answered_without_leg: bool = Field(
        False,
        description="Inbound calls without a leg to an agent were answered (conference, TaskRouter), not by a menu.",
    )
    webhook_token: MaybeSecretPlace = Field(
        "",
        description="Where the auth token is that signs the news, if token is an API key's secret. Empty: token is it.",
    )
    address: SiteAddress = "https://api.twilio.com"


class PipedriveSource(Crm, TakesWebhooks):
    kind: Literal["pipedrive"] = Field(description="Pipedrive, by its interfaces v2 and v1.")
    key: SecretPlace = Field(description=f"Where the API token is: {_WHERE}")
    address: str = Field(
        pattern=r"^https?://[^\s/]+$", description="The company's address, as https://COMPANY.pipedrive.com."
    )
    webhook_user: str = Field("", description="HTTP user of its webhooks, as set there; with webhook_password.")
    webhook_password: MaybeSecretPlace = Field(
        "",
        description=f"Where the HTTP password of its webhooks is: {_WHERE} Empty: not asked for.",
    )
    histories_a_sync: int = Field(
        500, ge=0, le=20_000, description="Deals whose stage history is asked for in one sync, a request each; 0: none."
    )


class AmocrmSource(Crm, TakesWebhooks):
    kind: Literal["amocrm"] = Field(description="amoCRM or Kommo, by its interface v4.")
    address: str = Field(
        pattern=r"^https?://[^\s/]+$",
        description="The account, as https://COMPANY.amocrm.ru or https://COMPANY.kommo.com.",
    )
    token: str | None = Field(None, pattern=SECRET_PLACE, description=f"Where the long-lived token is: {_WHERE}")
    tokens_file: str = Field(
        "",
        description="Instead of token: a file of OAuth2 tokens that the workbench renews (docs/connectors.md).",
    )
    client_id: str = Field("", description="Id of the integration; with tokens_file.")
    secret: MaybeSecretPlace = Field("", description=f"With tokens_file, where the integration's secret is: {_WHERE}")
    redirect_uri: str = Field("", description="The integration's redirect address; with tokens_file.")

    @model_validator(mode="after")
    def _one_way_in(self) -> AmocrmSource:
        rotating = (self.tokens_file, self.client_id, self.secret, self.redirect_uri)
        if bool(self.token) == any(rotating) or (any(rotating) and not all(rotating)):
            raise ValueError("either token, or tokens_file with client_id, secret and redirect_uri is expected")
        return self


class Bitrix24Portal(Section):
    """What Bitrix24 has, as a CRM and as telephony."""

    webhook: SecretPlace = Field(
        description="Where the address of the incoming webhook is, as https://COMPANY.bitrix24.ru/rest/1/KEY/; it is a "
        f"key itself. {_WHERE}"
    )
    webhook_token: MaybeSecretPlace = Field(
        "",
        description=f"Where the application_token is that stands in the portal's news: {_WHERE} Empty: not asked for.",
    )


class Bitrix24Source(Bitrix24Portal, Crm, TakesWebhooks):
    kind: Literal["bitrix24"] = Field(description="Bitrix24 as a CRM, by an incoming webhook.")


class Bitrix24CallsSource(Bitrix24Portal, Telephony, TakesWebhooks):
    kind: Literal["bitrix24_calls"] = Field(description="Telephony of Bitrix24, by an incoming webhook.")


class OneCSource(Crm):
    kind: Literal["odata_1c"] = Field(
        description="1C:Enterprise, by its standard OData. Names depend on the configuration: look at $metadata."
    )
    address: str = Field(
        pattern=r"^https?://[^\s/]+(/[^\s?#]+)?$", description="The published base, as http://server/base."
    )
    user: str = Field(min_length=1, description="User of 1C with the right to read by OData.")
    password: SecretPlace = Field(description=f"Where the password is: {_WHERE}")
    persons: str = Field("Catalog_Контрагенты", min_length=1, description="The catalogue of clients.")
    contacts: str = Field("КонтактнаяИнформация", description="Its table with phones; empty: phones stand in the row.")
    contact_kind: str = Field("Тип", description="Column of that table that says what a contact is.")
    contact_phone: str = Field("Телефон", description="What stands there for a phone.")
    phone_fields: tuple[str, ...] = Field(
        ("НомерТелефона", "Представление"), description="Fields with the number; the first that is not empty counts."
    )
    sales: str = Field(
        "Document_РеализацияТоваровУслуг", description="Documents of sales, each a deal won; empty: none."
    )
    sale_client: str = Field("Контрагент_Key", description="Field of the document with the client.")
    sale_amount: str = Field("СуммаДокумента", description="Field with the amount.")
    sale_owner: str = Field("Ответственный_Key", description="Field with the employee.")
    currency: str = Field("", description="Currency of the amounts, such as RUB; empty: not told.")
    users: str = Field("Catalog_Пользователи", description="The catalogue of employees; empty: not read.")
    page: int = Field(1000, ge=1, le=10_000, description="Rows of one answer.")
    recheck_days: int = Field(
        62, ge=1, le=3660, description="Sales of so many days are read again in each sync: 1C tells no changes."
    )


TelephonySource = (
    RingostatSource
    | BinotelSource
    | AsteriskSource
    | AsteriskTableSource
    | MangoSource
    | UisSource
    | Novofon2Source
    | ZadarmaSource
    | NovofonSource
    | TwilioSource
    | Bitrix24CallsSource
)
CrmSystem = PipedriveSource | AmocrmSource | Bitrix24Source | OneCSource
Source = Annotated[CsvSource | FilesSource | TelephonySource | CrmSystem, Field(discriminator="kind")]
