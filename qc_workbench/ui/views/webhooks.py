"""Webhooks as people see them: which sources take them, how many came, were refused and wait. No secret stands here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pipelines.webhook_journal import Spool
from qc_workbench.domain.access import Action
from qc_workbench.domain.webhooks import Refusal
from qc_workbench.errors import NotConfigured
from qc_workbench.sources.secrets_place import secret_at
from qc_workbench.sources.webhook_kinds import KINDS
from qc_workbench.store import webhooks
from qc_workbench.store.webhooks import NO_NEWS, WebhookFigures
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.webhook_doors import SHORTEST_TOKEN, takes_webhooks
from qc_workbench.workspace import Workspace

#: Counts are of so many days up to now; receipts are kept as long.
DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class WebhookStanding:
    """One source that could take webhooks.

    ``is_on``: the settings name a place for its secret; ``is_ready``: a secret stands there; ``is_signed``: a signature
    is asked for besides. ``received``: taken in the last days, with ``repeated`` among them; ``no_news``: taken and of
    no interest; ``refused`` by reason (``webhook.refused.<reason>``). ``waiting``: to be followed; ``given_up``: left
    to the poll. ``error_code``: why the waiting ones wait.
    """

    source: str
    kind: str
    is_on: bool
    is_ready: bool = False
    is_signed: bool = False
    received: int = 0
    repeated: int = 0
    no_news: int = 0
    refused: Mapping[str, int] | None = None
    waiting: int = 0
    given_up: int = 0
    last_at: datetime | None = None
    oldest_waiting_at: datetime | None = None
    error_code: str | None = None


@dataclass(frozen=True, slots=True)
class WebhooksNow:
    """``strangers``: attempts at addresses that are none of ours; ``in_files``: files that wait for the store."""

    standings: tuple[WebhookStanding, ...]
    strangers: int
    in_files: int


def webhooks_now(workspace: Workspace, now: datetime) -> WebhooksNow:
    """All sources of the settings that could take webhooks, in their order."""
    since = (now - timedelta(days=DAYS)).astimezone(UTC).date()
    with workspace.store.reading() as reader:
        found = webhooks.figures(reader, since)
    standings = tuple(
        _standing(workspace, source, found.get(source.name) or WebhookFigures(source.name, {}))
        for source in workspace.settings.sources
        if source.kind in KINDS
    )
    strangers = sum(found[""].counts.values()) if "" in found else 0
    return WebhooksNow(standings, strangers, len(Spool(workspace.home).files()))


def webhooks_of(workspace: Workspace, viewer: Viewer, name: str, now: datetime) -> WebhookStanding | None:
    """One source; None where its system sends none. Raises ``not_allowed``."""
    viewer.require(Action.EDIT_SETTINGS)
    return next((item for item in webhooks_now(workspace, now).standings if item.source == name), None)


def _standing(workspace: Workspace, source: Any, figures: WebhookFigures) -> WebhookStanding:
    is_on = takes_webhooks(source)
    kept = figures.waiting + figures.done + figures.given_up
    return WebhookStanding(
        source=source.name,
        kind=source.kind,
        is_on=is_on,
        is_ready=is_on and bool(token_of(workspace, source)),
        is_signed=is_on and is_signed(source),
        received=kept + figures.repeats,
        repeated=figures.repeats,
        no_news=figures.counts.get(NO_NEWS, 0),
        refused={item.value: amount for item in Refusal if (amount := figures.counts.get(item.value, 0))},
        waiting=figures.waiting,
        given_up=figures.given_up,
        last_at=figures.last_at,
        oldest_waiting_at=figures.oldest_waiting_at,
        error_code=figures.error_code,
    )


def is_signed(source: Any) -> bool:
    """Whether a signature is asked for: the vendor has one, and the settings name its secrets."""
    names = KINDS[source.kind].keys
    if getattr(source, "key_sid", ""):
        names = ("webhook_token",)
    return bool(names) and all(getattr(source, name, "") for name in names)


def token_of(workspace: Workspace, source: Any) -> str | None:
    """The secret part of a source's address; None where it is not there or too short."""
    try:
        token = secret_at(source.webhook_secret, workspace.home, source.name)
    except NotConfigured:
        return None
    return token if len(token) >= SHORTEST_TOKEN else None
