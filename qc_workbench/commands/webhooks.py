"""webhooks: where connected systems send their news, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from qc_workbench.commands.frame import Command
from qc_workbench.commands.session import Done, Session, Table, person

if TYPE_CHECKING:
    from qc_workbench.ui.views.webhooks import WebhookStanding

_NUMBERS = frozenset(range(3, 7))


def webhooks(session: Session) -> Done:
    from qc_workbench.ui.views.webhooks import DAYS, token_of, webhooks_now

    t, workspace = session.t, session.workspace
    now = webhooks_now(workspace, session.started_at)
    if not now.standings:
        return Done(data={"sources": []}, lines=(t("webhook.no_sources"),))
    columns = tuple(
        t(f"webhook.column.{name}")
        for name in ("source", "state", "last", "received", "repeated", "refused", "waiting")
    )
    sources = {source.name: source for source in workspace.settings.sources}
    lines = []
    data = []
    for item in now.standings:
        token = token_of(workspace, sources[item.source]) if item.is_ready else None
        address = _address(workspace, item.source, token) if token else None
        if address:
            lines.append(f"{item.source}: {address}")
        data.append(_data(item) | {"address": address})
        if item.refused:
            why = ", ".join(f"{t(f'webhook.refused.{reason}')} {amount}" for reason, amount in item.refused.items())
            lines.append(t("webhook.refused_why", source=item.source, why=why))
    lines += [t("webhook.days", n=DAYS)]
    if now.strangers:
        lines.append(t("webhook.strangers", n=now.strangers))
    if now.in_files:
        lines.append(t("webhook.in_files", n=now.in_files))
    lines.append(t("webhook.addresses_are_secret"))
    rows = tuple(_row(session, item) for item in now.standings)
    is_known = bool(workspace.settings.serve.public_address)
    return Done(
        data={"sources": data, "strangers": now.strangers, "in_files": now.in_files},
        tables=(Table("", columns, rows, _NUMBERS),),
        lines=tuple(lines),
        next_step=None if is_known else t("webhook.say_public_address"),
    )


def _address(workspace: Any, source: str, token: str) -> str:
    base = workspace.settings.serve.public_address or "https://…"
    return f"{base}/webhooks/{source}/{token}"


def _row(session: Session, item: WebhookStanding) -> tuple[str, ...]:
    t = session.t
    state = "off" if not item.is_on else "no_secret" if not item.is_ready else "signed" if item.is_signed else "on"
    amounts = (item.received, item.repeated, sum((item.refused or {}).values()), item.waiting)
    return (
        item.source,
        t(f"webhook.state.{state}"),
        t.moment(item.last_at) if item.last_at else "—",
        *(t.number(amount) for amount in amounts),
    )


def _data(item: WebhookStanding) -> dict[str, object]:
    return {
        "source": item.source,
        "kind": item.kind,
        "is_on": item.is_on,
        "is_ready": item.is_ready,
        "is_signed": item.is_signed,
        "received": item.received,
        "repeated": item.repeated,
        "no_news": item.no_news,
        "refused": dict(item.refused or {}),
        "waiting": item.waiting,
        "given_up": item.given_up,
        "last_at": item.last_at,
        "oldest_waiting_at": item.oldest_waiting_at,
        "code": item.error_code,
    }


def renew(session: Session, name: Annotated[str, typer.Argument(metavar="SOURCE", show_default=False)]) -> Done:
    from pipelines.renew_webhook import renew_webhook

    token = renew_webhook(session.workspace, name, person(), session.started_at)
    address = _address(session.workspace, name, token)
    t = session.t
    return Done(
        data={"source": name, "address": address},
        lines=(address, t("webhook.renewed")),
        next_step=t("webhook.put_in", source=name),
    )


def follow(session: Session) -> Done:
    from pipelines.follow_webhooks import follow_webhooks

    amounts = follow_webhooks(session.workspace)
    t = session.t
    told = ", ".join(t(f"schedule.report.{name}", n=amount) for name, amount in amounts.items())
    return Done(data={"amounts": dict(amounts)}, lines=(told or t("webhook.nothing_waits"),))


COMMANDS = (
    Command(("webhooks",), webhooks),
    Command(("webhooks", "renew"), renew),
    Command(("webhooks", "follow"), follow),
)
