"""Settings of the mail that leaves: ``[mail]``."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from qc_workbench.config_section import Section
from qc_workbench.domain.mail import is_address
from qc_workbench.reporting.mail_message import sender_of


class MailServer(Section):
    """The company's mail server. Without ``host`` nothing is sent and mail waits in the outbox."""

    host: str = Field("", description="Mail server (SMTP); empty: no mail is sent. See docs/mail.md.")
    security: Literal["tls", "starttls", "none"] = Field(
        "starttls",
        description="How the connection is protected: tls from its first byte, starttls after a greeting, none. The "
        "server's certificate is verified. A password is sent without protection to this machine only.",
    )
    port: int = Field(0, ge=0, le=65535, description="Port; 0: 465 with tls, 587 with starttls, 25 with none.")
    user: str = Field("", description="Name to log in with; empty: no log-in.")
    password_file: Path = Field(
        Path("mail-password"),
        description="File with the password in its first line, relative to the workspace; the password itself never "
        "stands in qcw.toml.",
    )
    ca_file: str = Field(
        "",
        description="File (PEM) with the authority that signed the server's certificate, relative to the workspace; "
        "empty: those that the system trusts.",
    )
    sender: str = Field("", description="Who the mail is from: an address, or Name <address>.")
    timeout_s: float = Field(20, gt=0, le=300, description="Longest wait for an answer of the server, in seconds.")
    addresses: dict[str, str] = Field(
        default_factory=dict,
        description="Addresses of people by log-in name or employee id of the CRM. Whoever is not named gets mail at "
        "the log-in name where that is an address.",
    )

    @field_validator("sender")
    @classmethod
    def _sender_is_an_address(cls, value: str) -> str:
        if value and not is_address(sender_of(value)[1]):
            raise ValueError("an address, or Name <address>, is expected")
        return value

    @field_validator("addresses")
    @classmethod
    def _addresses_are_addresses(cls, value: dict[str, str]) -> dict[str, str]:
        if not all(is_address(address) for address in value.values()):
            raise ValueError("an address such as name@example.com is expected for everybody")
        return value

    @field_validator("user")
    @classmethod
    def _password_is_protected(cls, value: str, info: ValidationInfo) -> str:
        if value and info.data.get("security") == "none" and not _is_this_machine(info.data.get("host", "")):
            raise ValueError("empty, or a connection with tls or starttls, is expected")
        return value

    @property
    def is_set_up(self) -> bool:
        return bool(self.host and self.sender)

    @property
    def used_port(self) -> int:
        return self.port or {"tls": 465, "starttls": 587, "none": 25}[self.security]

    def address_of(self, *names: str | None) -> str | None:
        """The address of a person by the log-in name and employee id; None where none is known.

        What is written in the settings goes before a log-in name that is an address.
        """
        known = [name for name in names if name]
        written = next((self.addresses[name] for name in known if name in self.addresses), None)
        return written or next((name for name in known if is_address(name)), None)


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
