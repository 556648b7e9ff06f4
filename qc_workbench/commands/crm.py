"""crm-write: what is to be written into the CRM, and writing what was approved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from qc_workbench.commands.frame import Command
from qc_workbench.commands.session import Done, Session, Table

if TYPE_CHECKING:
    from qc_workbench.domain.crm_write import KeptWrite

#: Writes that the plan shows.
_SHOWN: Final = 50


def crm_write(
    session: Session,
    name: Annotated[str, typer.Argument(metavar="[NAME]", show_default=False)] = "",
    apply: Annotated[bool, typer.Option("--apply", show_default=False)] = False,
) -> Done:
    from pipelines.crm_write import crm_settings

    crm = crm_settings(session.workspace, name).name
    return _applied(session, crm) if apply else _planned(session, crm)


def _planned(session: Session, crm: str) -> Done:
    from pipelines.crm_write import plan_writes
    from qc_workbench.domain.crm_write import WriteState
    from qc_workbench.store import crm_writes
    from qc_workbench.ui.crm_write_words import field_text, kind_text, shown_fields, state_text

    t = session.t
    report = plan_writes(session.workspace, session.started_at)
    with session.workspace.store.reading() as reader:
        shown = crm_writes.page_of(reader, (WriteState.PLANNED, WriteState.APPROVED), None, None, _SHOWN, 0)
    columns = tuple(t(f"crm_write.column.{name}") for name in ("what", "deal", "call", "state", "diff"))
    rows = tuple(
        (
            kind_text(t, item.write.kind),
            item.write.deal_id or "—",
            _call(item),
            state_text(t, item, session.workspace.settings.crm_write.mode_of(item.write.kind)),
            "\n".join(f"+ {field_text(t, name, value)}" for name, value in shown_fields(item.write.fields)),
        )
        for item in shown
    )
    amounts = {name: t.number(getattr(report, name)) for name in ("new", "changed", "needless", "waiting")}
    lines = [t("crm_write.cli_more", n=report.waiting - len(shown))] if report.waiting > len(shown) else []
    data = {"crm": crm, "new": report.new, "changed": report.changed, "needless": report.needless,
            "waiting": report.waiting, "writes": [_data(item) for item in shown]}  # fmt: skip
    return Done(
        data=data,
        tables=(Table("", columns, rows),) if rows else (),
        lines=(*lines, t("crm_write.cli_plan", crm=crm, **amounts)),
        next_step=t("crm_write.cli_next", crm=crm) if shown else None,
    )


def _call(item: KeptWrite) -> str:
    from qc_workbench.ui.i18n import clock

    return item.write.call_id if item.write.at_s is None else f"{item.write.call_id} {clock(item.write.at_s)}"


def _data(item: KeptWrite) -> dict[str, object]:
    write = item.write
    return {
        "marker": write.marker,
        "kind": write.kind.value,
        "state": item.state.value,
        "deal_id": write.deal_id,
        "call_id": write.call_id,
        "at_s": write.at_s,
        "fields": dict(write.fields),
    }


def _applied(session: Session, crm: str) -> Done:
    from pipelines.crm_send import send_to_crm

    t = session.t
    report = send_to_crm(session.workspace, session.started_at)
    names = ("written", "found", "refused", "put_off", "unsettled")
    amounts = {name: getattr(report, name) for name in names}
    lines = [t("crm_write.cli_sent", **{name: t.number(value) for name, value in amounts.items()})]
    if report.is_quiet:
        lines.append(t("crm_write.cli_quiet"))
    if report.is_busy:
        lines = [t("crm_write.cli_busy")]
    if report.code:
        lines.append(t("error.crm_write_stopped", crm=crm, why=report.code))
    data = {"crm": crm, **amounts, "code": report.code or None, "is_quiet": report.is_quiet, "is_busy": report.is_busy}
    return Done(data=data, lines=tuple(lines), exit_code=1 if report.code or report.refused else 0)


COMMANDS = (Command(("crm-write",), crm_write),)
