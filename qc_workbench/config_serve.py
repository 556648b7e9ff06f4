"""``[serve]``: the app as others reach it."""

from __future__ import annotations

from ipaddress import ip_network

from pydantic import Field, field_validator

from qc_workbench.config_section import Section
from qc_workbench.config_sources import HostName


class Serve(Section):
    metrics_token_file: str = Field(
        "",
        description="File with the token that /metrics and the details of /healthz ask for, relative to the "
        "workspace. Empty: they answer this machine only.",
    )
    public_address: str = Field(
        "",
        pattern=r"^$|^https?://[^\s/?#]+(/[^\s?#]*[^\s?#/])?$",
        description="Where others reach the app, such as https://qc.example.com: the beginning of addresses that "
        "webhooks are sent to and of links in calendars. Empty: unknown.",
    )
    trusted_proxies: tuple[str, ...] = Field(
        ("127.0.0.1", "::1"),
        description="Addresses or networks of the proxies in front. Only what they pass on is believed about whom a "
        "request comes from (X-Forwarded-For); waits after failed log-ins are counted by that address.",
    )
    inner_hosts: tuple[HostName, ...] = Field(
        (),
        description="Hosts of the inner network (a name, an address, or .example.com for all below) that sources may "
        "be connected to in the app. Others of the inner network are written into qcw.toml by hand.",
    )
    source_folders: tuple[str, ...] = Field(
        (),
        description="Folders of this machine, with all below (relative to the workspace), that sources may be given in "
        "the app. Empty: any but those of the system, of other users, of the workspace itself, and hidden ones.",
    )
    least_free_mib: int = Field(
        2048, ge=0, description="Less free space than this in the workspace, in MiB, is reported by /healthz."
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Never everybody: whoever is believed may say that they are anybody."""
        for text in value:
            if ip_network(text, strict=False).prefixlen == 0:
                raise ValueError("an address or a network of the proxies, not of everybody")
        return value
