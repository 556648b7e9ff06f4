"""people: who may log in, and ways in for somebody who can't, from the machine itself."""

from __future__ import annotations

from typing import Annotated

import typer

from qc_workbench.commands.frame import Command
from qc_workbench.commands.session import Done, Session, Table, person
from qc_workbench.domain.access import AccessRole
from qc_workbench.errors import UsageError


def people(session: Session) -> Done:
    from qc_workbench.store import people as rows

    t = session.t
    with session.workspace.store.reading() as reader:
        found, seen = rows.accounts(reader), rows.last_seen(reader)
    if not found:
        return Done(data={"people": []}, lines=(t("cli.people.nobody"),), next_step=t("cli.people.nobody_next"))
    columns = tuple(t(f"people.{name}") for name in ("login", "name", "roles", "seen", "state"))
    lines = tuple(
        (
            item.login,
            item.name,
            ", ".join(t(f"access_role.{role.value}") for role in AccessRole if role in item.person.roles),
            t.moment(moment) if (moment := seen.get(item.person.person_id)) else "—",
            t("people.has_left", day=t.day(item.left_at)) if item.left_at else t("people.active"),
        )
        for item in found
    )
    data = [
        {
            "login": item.login,
            "name": item.name,
            "roles": sorted(role.value for role in item.person.roles),
            "employee": item.person.agent_id,
            "left_at": item.left_at,
        }
        for item in found
    ]
    return Done(data={"people": data}, tables=(Table("", columns, lines),))


def add(
    session: Session,
    name: Annotated[str, typer.Argument(metavar="NAME", show_default=False)],
    login: Annotated[str, typer.Option("--login", show_default=False)],
    role: Annotated[list[AccessRole], typer.Option("--role", show_default=False)],
    employee: Annotated[str | None, typer.Option("--employee", metavar="ID", show_default=False)] = None,
    calls_a_day: Annotated[int, typer.Option("--calls-a-day", min=0, max=500)] = 0,
) -> Done:
    from qc_workbench.ui.accounts import new_account, password_link
    from qc_workbench.ui.viewer import Viewer
    from qc_workbench.ui.views.accounts import save_account

    workspace, now = session.workspace, session.started_at
    account = new_account(name, login, role, now, agent_id=employee, calls_a_day=calls_a_day)
    save_account(workspace, Viewer.of_program(person()), account, now)
    return _way_in(session, account.login, password_link(workspace, account.person.person_id, now))


def link(session: Session, login: Annotated[str, typer.Argument(metavar="LOGIN", show_default=False)]) -> Done:
    from qc_workbench.domain import entry
    from qc_workbench.store.people import account_with_login
    from qc_workbench.ui.viewer import Viewer
    from qc_workbench.ui.views.accounts import link_for, open_login

    with session.workspace.store.reading() as reader:
        account = account_with_login(reader, entry.login(login))
    if account is None:
        raise UsageError("login_unknown", login=login)
    by = Viewer.of_program(person())
    open_login(session.workspace, by, account, session.started_at)
    return _way_in(session, account.login, link_for(session.workspace, by, account, session.started_at))


def _way_in(session: Session, login: str, path: str) -> Done:
    return Done(
        data={"login": login, "path": path},
        lines=(session.t("cli.people.link", login=login), path),
        next_step=session.t("cli.people.link_next"),
    )


COMMANDS = (
    Command(("people",), people),
    Command(("people", "add"), add),
    Command(("people", "link"), link),
)
