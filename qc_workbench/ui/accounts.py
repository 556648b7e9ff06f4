"""Getting in and staying in, with the store: log-ins, sessions, the first set-up, links that set a password.

The rules are in :mod:`qc_workbench.domain.entry` and :mod:`qc_workbench.review.admission`. A session's secret is in the
cookie alone; links to set a password are signed with a secret of this server, which no backup holds, and die with the
password they replace.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Final

from qc_workbench.domain.access import AccessRole, Account, Person
from qc_workbench.domain.entry import (
    ADDRESS_WINDOW,
    Session,
    SessionState,
    lock_after,
    lock_of_address,
    login,
    normalised,
    session_state,
)
from qc_workbench.errors import UsageError, WriteRefused
from qc_workbench.review.admission import acceptable_password, require_open
from qc_workbench.store import people
from qc_workbench.store.calls import audit_entry
from qc_workbench.store.database import Reader, Statement
from qc_workbench.ui.passwords import fits, hashed, is_dated
from qc_workbench.ui.recordings import address_secret
from qc_workbench.ui.viewer import Viewer
from qc_workbench.workspace import Workspace

#: A sign of life is written at most this often: pages ask at every click.
SIGN_EVERY: Final = timedelta(minutes=1)
#: How long a link to set a password works: an invitation may wait over a weekend.
LINK_LIFE: Final = timedelta(days=7)
#: Held from the look at the failures until the next is noted: a hundred tries sent at once are a hundred tries. And a
#: hash takes 64 MiB, so a hundred at once would take the machine's memory.
_ONE_TRY: Final = Lock()


def cookie_name(home: Path) -> str:
    """The cookie of this workspace's sessions: two workspaces on one machine must not log each other out."""
    return f"qcw_{hashlib.sha256(address_secret(home) + b'cookie').hexdigest()[:12]}"


# Sessions --------------------------------------------------------------------


def viewer_of(workspace: Workspace, token: str, now: datetime, *, is_sign: bool = True) -> Viewer | None:
    """Who a session's secret belongs to; None when it is unknown, over or idle, or its person has left.

    ``is_sign``: a person asks, which keeps the session from becoming idle; a page that draws itself anew does not.
    """
    if not token:
        return None
    with workspace.store.reading() as reader:
        session = people.session_with(reader, mark_of(token))
        if session is None or session_state(session, now) is not SessionState.LIVE:
            return None
        account = people.account_with_id(reader, session.person_id)
        team_of = people.team_of_agents(reader)
    if account is None or not account.person.may_enter:
        return None
    if is_sign:
        _note_sign(workspace, session, now)
    return Viewer(account, team_of)


def person_with(workspace: Workspace, token: str, now: datetime, *, is_sign: bool) -> str | None:
    """The id of whom :func:`viewer_of` is about, cheaply: asked before every key, without what they may do."""
    with workspace.store.reading() as reader:
        session = people.open_session_with(reader, mark_of(token))
    if session is None or session_state(session, now) is not SessionState.LIVE:
        return None
    if is_sign:
        _note_sign(workspace, session, now)
    return session.person_id


def _note_sign(workspace: Workspace, session: Session, now: datetime) -> None:
    """Of life, so that the session does not become idle; not at every key."""
    if now - session.seen_at >= SIGN_EVERY:
        workspace.store.write(people.session_seen(session.token_hash, now))


def begin_session(workspace: Workspace, person_id: str, now: datetime, *also: Statement) -> str:
    """The secret for the cookie of a new session."""
    token = secrets.token_urlsafe(32)
    workspace.store.write(people.session_begun(Session(mark_of(token), person_id, now, now)), *also)
    return token


def log_out(workspace: Workspace, token: str, now: datetime) -> None:
    viewer = viewer_of(workspace, token, now)
    if viewer is not None:
        entry = audit_entry(now, viewer.name, "logged_out", viewer.person_id)
        workspace.store.write(people.session_ended(mark_of(token), now), entry)


def mark_of(token: str) -> str:
    """What the store keeps of a session's secret."""
    return hashlib.sha256(token.encode()).hexdigest()


# Log-ins ---------------------------------------------------------------------


def log_in(workspace: Workspace, typed: str, password: str, address: str, now: datetime) -> str:
    """A session for a login and its password. Raises :class:`UsageError` ``log_in_wrong``, ``log_in_locked``,
    ``log_in_shut``; unknown logins are treated as known ones are."""
    with _ONE_TRY:
        return _log_in(workspace, typed, password, address, now)


def _log_in(workspace: Workspace, typed: str, password: str, address: str, now: datetime) -> str:
    name = login(typed)
    with workspace.store.reading() as reader:
        of_login = lock_after(people.failures_of(reader, name))
        of_address = lock_of_address(people.failures_from(reader, address, now - ADDRESS_WINDOW))
        account = people.account_with_login(reader, name)
        kept = people.password_hash(reader, account.person.person_id) if account else None
    require_open(of_login, of_address, at=now)
    secret = normalised(password)
    if not fits(kept, secret) or account is None or not account.person.may_enter:
        who = account.name if account else ""
        workspace.store.write(
            people.tried(name, address, False, now),
            audit_entry(now, who, "log_in_failed", account.person.person_id if account else ""),
        )
        raise UsageError("log_in_wrong")
    also = [
        people.tried(name, address, True, now),
        audit_entry(now, account.name, "logged_in", account.person.person_id, way="password"),
    ]
    if kept and is_dated(kept):
        also.append(people.password_set(account.person.person_id, hashed(secret), now))
    return begin_session(workspace, account.person.person_id, now, *also)


def log_in_from_outside(workspace: Workspace, issuer: str, subject: str, email: str | None, now: datetime) -> str:
    """A session for somebody whom single sign-on vouches for.

    ``email`` is given only where the provider has verified it: an account whose login is that address is bound to the
    provider's name for the person at the first log-in. Raises :class:`UsageError` ``sso_unknown``.
    """
    with workspace.store.reading() as reader:
        account = people.account_of_single_sign_on(reader, issuer, subject)
        if account is None and email:
            found = people.account_with_login(reader, login(email))
            account = found if found is not None and found.issuer is None else None
    if account is None or not account.person.may_enter:
        raise UsageError("sso_unknown", name=email or subject)
    bound = people.bound_to(account.person.person_id, issuer, subject)
    entry = audit_entry(now, account.name, "logged_in", account.person.person_id, way="single_sign_on")
    return begin_session(workspace, account.person.person_id, now, bound, entry)


# Accounts --------------------------------------------------------------------


def new_account(
    name: str,
    typed_login: str,
    roles: Collection[AccessRole],
    now: datetime,
    *,
    agent_id: str | None = None,
    calls_a_day: int = 0,
) -> Account:
    """An account that nobody has saved yet. Heads lead every team until teams are given to them.

    Raises :class:`UsageError` ``account_needs`` without a name, login or role."""
    said, short = " ".join(name.split()), login(typed_login)
    if not said or not short or not roles:
        raise UsageError("account_needs")
    teams = None if AccessRole.HEAD in roles else frozenset[str]()
    person = Person(secrets.token_hex(8), frozenset(roles), agent_id, teams)
    return Account(person, short, said, now, calls_a_day=calls_a_day)


def set_up(
    workspace: Workspace, name: str, typed_login: str, password: str, roles: Collection[AccessRole], now: datetime
) -> str:
    """The first account, an administrator, and their session. Raises :class:`UsageError` ``set_up_done`` when there
    is one, ``account_needs`` and what :func:`acceptable_password` raises."""
    account = new_account(name, typed_login, {AccessRole.ADMIN, *roles}, now)
    secret = acceptable_password(password, (account.name, account.login, workspace.settings.company.name))
    try:
        workspace.store.apply(people.first_administrator(account, hashed(secret), now))
    except WriteRefused as error:
        raise UsageError("set_up_done") from error
    entry = audit_entry(now, account.name, "account_made", account.person.person_id, login=account.login)
    return begin_session(workspace, account.person.person_id, now, entry)


def set_up_code(home: Path) -> str:
    """What somebody who is not at the machine must know to make the first account; the terminal shows it."""
    return _signed(home, "set up")[:12]


# Links that set a password ---------------------------------------------------


def password_link(workspace: Workspace, person_id: str, now: datetime) -> str:
    """The path of a page where this person sets a password: an invitation, or a way back in. Works once."""
    until = str(int((now + LINK_LIFE).timestamp()))
    with workspace.store.reading() as reader:
        stamp = _stamp(reader, person_id)
    return f"/join?person={person_id}&until={until}&sign={_signed(workspace.home, person_id, until, stamp)}"


def person_of_link(workspace: Workspace, person_id: str, until: str, sign: str, now: datetime) -> Account:
    """Whose password the link may set. Raises :class:`UsageError` ``link_dead``: forged, used, too old."""
    with workspace.store.reading() as reader:
        account = people.account_with_id(reader, person_id)
        expected = _signed(workspace.home, person_id, until, _stamp(reader, person_id))
    is_true = hmac.compare_digest(expected.encode(), sign.encode())
    if not is_true or not until.isdecimal() or now.timestamp() > int(until):
        raise UsageError("link_dead", days=LINK_LIFE.days)
    if account is None or not account.person.may_enter:
        raise UsageError("link_dead", days=LINK_LIFE.days)
    return account


def set_password(workspace: Workspace, account: Account, password: str, now: datetime) -> str:
    """Keep a new password, end every session of the person, open the login again; a new session."""
    secret = acceptable_password(password, (account.name, account.login, workspace.settings.company.name))
    person_id = account.person.person_id
    workspace.store.write(
        people.password_set(person_id, hashed(secret), now),
        people.sessions_ended(person_id, now),
        people.opened(account.login, now),
        audit_entry(now, account.name, "password_set", person_id),
    )
    return begin_session(workspace, person_id, now)


def password_by_link(workspace: Workspace, link: tuple[str, str, str], password: str, now: datetime) -> str:
    """A new session after the link has set the password, the first time it is asked to.

    ``link``: what :func:`person_of_link` is asked about. Raises what it and :func:`acceptable_password` raise."""
    with _ONE_TRY:
        return set_password(workspace, person_of_link(workspace, *link, now), password, now)


def change_password(workspace: Workspace, account: Account, old: str, new: str, now: datetime) -> str:
    """By the person, who knows the old one: whoever found a screen unlocked has no more tries than at the log-in.

    Raises :class:`UsageError` ``password_old_wrong``, ``log_in_locked``, ``log_in_shut``."""
    person_id = account.person.person_id
    with _ONE_TRY:
        with workspace.store.reading() as reader:
            lock = lock_after(people.failures_of(reader, account.login))
            kept = people.password_hash(reader, person_id)
        require_open(lock, at=now)
        if not fits(kept, normalised(old)):
            entry = audit_entry(now, account.name, "log_in_failed", person_id, way="change_of_password")
            workspace.store.write(people.tried(account.login, "", False, now), entry)
            raise UsageError("password_old_wrong")
    return set_password(workspace, account, new, now)


def _stamp(reader: Reader, person_id: str) -> str:
    """What changes when a password is set, so that a link works once."""
    return hashlib.sha256((people.password_hash(reader, person_id) or "none").encode()).hexdigest()


def _signed(home: Path, *parts: str) -> str:
    return hmac.new(address_secret(home), "\n".join(parts).encode(), hashlib.sha256).hexdigest()
