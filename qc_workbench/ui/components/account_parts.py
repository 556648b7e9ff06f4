"""The room of people: the list, one account, teams, days away."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import streamlit as st

from qc_workbench.domain.access import AccessRole, Account, Team
from qc_workbench.domain.entry import login
from qc_workbench.errors import QcwError
from qc_workbench.ui.accounts import new_account
from qc_workbench.ui.components.blocks import moment_or_dash, nothing, picked
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import error_text, plain
from qc_workbench.ui.state import Room, remember, remembered
from qc_workbench.ui.views.accounts import (
    Admitted,
    ListedAccount,
    admit_employees,
    forget_absence,
    left,
    link_for,
    note_absence,
    open_login,
    save_account,
    save_team,
)

#: Calls a day that a new specialist is given at first.
_CALLS_A_DAY = 30


def everybody(room: Room, view: Admitted) -> ListedAccount | None:
    """The list; the account whose row was clicked."""
    t = room.t
    whole = {
        t("people.login"): st.column_config.TextColumn(width=95),
        t("people.state"): st.column_config.TextColumn(width=130),
    }
    row = picked([_row(item, view, room) for item in view.accounts], whole, "people_list", t("room.people"))
    return None if row is None or row >= len(view.accounts) else view.accounts[row]


def _row(item: ListedAccount, view: Admitted, room: Room) -> dict[str, str]:
    t, account = room.t, item.account
    employee = view.employees.get(account.person.agent_id or "")
    return {
        t("people.name"): account.name,
        t("people.login"): account.login,
        t("people.roles"): roles_text(account, t),
        t("people.state"): _state(item, room),
        t("people.team"): _team_text(account, view, t),
        t("people.seen"): moment_or_dash(item.last_seen, t),
        t("people.calls_a_day"): t.number(account.calls_a_day) if account.calls_a_day else "—",
        t("people.column.employee"): employee.name if employee else "—",  # mostly the name once more
    }


def roles_text(account: Account, t: Translator) -> str:
    return ", ".join(t(f"access_role.{role.value}") for role in AccessRole if role in account.person.roles)


def _team_text(account: Account, view: Admitted, t: Translator) -> str:
    names = {team.team_id: team.name for team in view.teams}
    if AccessRole.HEAD in account.person.roles:
        led = account.person.teams
        if led is None:
            return t("people.every_team")
        return ", ".join(names.get(team, team) for team in sorted(led)) or "—"
    return names.get(view.team_of.get(account.person.agent_id or "", ""), "—")


def _state(item: ListedAccount, room: Room) -> str:
    account = item.account
    if account.left_at is not None:
        return room.t("people.has_left", day=room.t.day(account.left_at))
    if item.lock.refuses(room.now):
        return room.t("people.locked")
    return room.t("people.active" if item.has_password or account.issuer else "people.invited")


def one_account(room: Room, view: Admitted, item: ListedAccount) -> None:
    """Change an account, let its person back in, say that they have left."""
    t, account = room.t, item.account
    st.header(plain(account.name), anchor=False)
    changed = _account_form(room, view, account)
    if changed is not None and _done(room, lambda: save_account(room.workspace, room.viewer, changed, room.now)):
        st.rerun()
    with st.container(horizontal=True):
        if st.button(t("people.make_link"), icon=":material/link:", key="people_link"):
            remember("people_link", f"{account.name}\n{link_for(room.workspace, room.viewer, account, room.now)}")
        if item.lock.refuses(room.now) and st.button(t("people.open_login"), key="people_open"):
            open_login(room.workspace, room.viewer, account, room.now)
            st.rerun()
        code = "people.leaves" if account.left_at is None else "people.is_back"
        if st.button(t(code), key="people_leaves"):
            moved = left(account, room.now if account.left_at is None else None)
            if _done(room, lambda: save_account(room.workspace, room.viewer, moved, room.now)):
                st.rerun()
    link_shown(room)
    _absences(room, view, account)


def link_shown(room: Room) -> None:
    """The link made last, to be copied and handed over; it stands there until another is made."""
    made = remembered("people_link")
    if made:
        name, path = made.split("\n", 1)
        st.caption(room.t("people.link_says", name=plain(name)))
        st.code(f"{_server()}{path}", language=None, wrap_lines=True)


def _server() -> str:
    """Where this browser found the server: the address that others may use too."""
    parts = (st.context.url or "").split("/", 3)
    return "/".join(parts[:3]) if len(parts) > 2 else ""


def _account_form(room: Room, view: Admitted, account: Account | None) -> Account | None:
    """The fields of an account, filled in; what was asked for when the button was pressed."""
    t = room.t
    key = account.person.person_id if account else "new"
    person = account.person if account else None
    names = {team.team_id: team.name for team in view.teams}
    with st.form(f"account_{key}", border=True, enter_to_submit=False):
        left_side, right_side = st.columns(2)
        name = left_side.text_input(t("people.name"), account.name if account else "", max_chars=120)
        typed = right_side.text_input(t("people.login"), account.login if account else "", max_chars=200)
        roles = left_side.multiselect(
            t("people.roles"),
            list(AccessRole),
            sorted(person.roles) if person else [AccessRole.QC],
            format_func=lambda role: t(f"access_role.{role.value}"),
            placeholder=t("people.choose_roles"),
        )
        ids = sorted(view.employees, key=lambda one: view.employees[one].name)
        agent = right_side.selectbox(
            t("people.employee"),
            ids,
            index=ids.index(person.agent_id) if person and person.agent_id in ids else None,
            format_func=lambda one: view.employees[one].name or one,
            placeholder=t("people.nobody"),
            help=t("people.employee_help"),
        )
        led = left_side.multiselect(
            t("people.leads"),
            list(names),
            sorted((person.teams or frozenset()) & set(names)) if person else [],
            format_func=names.__getitem__,
            placeholder=t("people.leads_every"),
            help=t("people.leads_help"),
        )
        capacity = right_side.number_input(
            t("people.calls_a_day"),
            0,
            500,
            account.calls_a_day if account else _CALLS_A_DAY,
            help=t("people.calls_a_day_help"),
        )
        days = left_side.pills(
            t("people.weekdays"),
            range(7),
            selection_mode="multi",
            default=sorted(account.weekdays) if account else list(range(5)),
            format_func=lambda day: t(f"weekday.{day}"),
        )
        if not st.form_submit_button(t("people.save" if account else "people.add"), type="primary"):
            return None
    try:
        base = account or new_account(name, typed, roles, room.now)
    except QcwError as error:
        st.error(error_text(error, t))
        return None
    chosen = frozenset(roles)
    teams = (frozenset(led) or None) if AccessRole.HEAD in chosen else frozenset[str]()
    return replace(
        base,
        name=" ".join(name.split()),
        login=login(typed),
        calls_a_day=int(capacity),
        weekdays=frozenset(days or ()),
        person=replace(base.person, roles=chosen, agent_id=agent, teams=teams),
    )


def newcomers(room: Room, view: Admitted) -> None:
    """One new account, or one for each employee who has none."""
    t = room.t
    with st.expander(t("people.new"), icon=":material/person_add:", expanded=len(view.accounts) < 2):
        made = _account_form(room, view, None)
        if made is not None and _done(room, lambda: save_account(room.workspace, room.viewer, made, room.now)):
            remember("people_link", f"{made.name}\n{link_for(room.workspace, room.viewer, made, room.now)}")
            st.rerun()
        if view.unaccounted:
            st.caption(t("people.unaccounted", n=len(view.unaccounted)))
            if st.button(t("people.admit_all"), key="people_admit_all"):
                count = admit_employees(room.workspace, room.viewer, view.unaccounted, room.now)
                st.toast(t("people.admitted", n=count))
                st.rerun()
    link_shown(room)


def teams(room: Room, view: Admitted) -> None:
    """Who is in which team. An agent is in one."""
    t = room.t
    with st.expander(t("people.teams"), icon=":material/groups:"):
        if not view.teams:
            nothing(t("people.no_teams"))
        for team in (*view.teams, None):
            _team(room, view, team)


def _team(room: Room, view: Admitted, team: Team | None) -> None:
    t = room.t
    key = team.team_id if team else "new"
    ids = sorted(view.employees, key=lambda one: view.employees[one].name)
    with st.form(f"team_{key}", border=False, enter_to_submit=False):
        name_side, agents_side, button_side = st.columns([2, 5, 1.6], vertical_alignment="bottom")
        name = name_side.text_input(t("people.team"), team.name if team else "", placeholder=t("people.new_team"))
        agents = agents_side.multiselect(
            t("people.agents"),
            ids,
            [agent for agent, where in view.team_of.items() if team and where == team.team_id and agent in ids],
            format_func=lambda one: view.employees[one].name or one,
            placeholder=t("people.nobody"),
        )
        pressed = button_side.form_submit_button(t("people.save" if team else "people.add"), width="stretch")
    if pressed:
        made = Team(team.team_id if team else secrets.token_hex(6), name.strip())
        if _done(room, lambda: save_team(room.workspace, room.viewer, made, agents, room.now)):
            st.rerun()


def _absences(room: Room, view: Admitted, account: Account) -> None:
    """Days on which a specialist does not listen: their calls go to the others."""
    t, person_id = room.t, account.person.person_id
    if not account.calls_a_day:
        return
    st.markdown(f"**{t('people.absences')}**")
    for first, last in view.absences.get(person_id, []):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(f"{t.day(first)} – {t.day(last)}", width="content")
            if st.button(t("people.forget_absence"), type="tertiary", key=f"absence_{first}"):
                forget_absence(room.workspace, room.viewer, person_id, first, room.now)
                st.rerun()
    today = room.now.astimezone(t.zone).date()
    with st.form(f"absence_{person_id}", border=False, enter_to_submit=False):
        days_side, button_side = st.columns([3, 1], vertical_alignment="bottom")
        days = days_side.date_input(t("people.away"), value=(today, today + timedelta(days=6)), format="DD.MM.YYYY")
        pressed = button_side.form_submit_button(t("people.add"))
    if pressed and isinstance(days, tuple) and days:
        first, last = days[0], days[-1]
        if _done(room, lambda: note_absence(room.workspace, room.viewer, person_id, first, last, room.now)):
            st.rerun()


def _done(room: Room, change: Callable[[], None]) -> bool:
    try:
        change()
    except QcwError as error:
        st.error(error_text(error, room.t))
        return False
    return True
