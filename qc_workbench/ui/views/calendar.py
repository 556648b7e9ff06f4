"""An agent's calendar of promised callbacks: its link, and what a calendar program that has the link is given."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email.utils import format_datetime

from qc_workbench.domain.access import Action
from qc_workbench.domain.calendar import CalendarLink, Callback, ToldEvent
from qc_workbench.domain.commitment import Commitment
from qc_workbench.errors import UsageError
from qc_workbench.reporting.calendar_feed import EventText, feed
from qc_workbench.review import calendar as rules
from qc_workbench.store import calendars, people
from qc_workbench.store.browsing import calls_by_id
from qc_workbench.store.calls import audit_entry
from qc_workbench.store.database import Reader
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.people import Directory, directory
from qc_workbench.workspace import Workspace


@dataclass(frozen=True, slots=True)
class MyCalendar:
    """``link``: the one that works. ``former``: what an undo brings back. ``read_on``: when it was fetched last."""

    link: CalendarLink | None
    former: CalendarLink | None
    read_on: date | None


@dataclass(frozen=True, slots=True)
class Feed:
    """``modified``: when the content was another one last, whole seconds."""

    content: bytes
    modified: datetime

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.content).hexdigest()[:32]}"'

    @property
    def last_modified(self) -> str:
        return format_datetime(self.modified, usegmt=True)


def my_calendar(workspace: Workspace, viewer: Viewer) -> MyCalendar:
    with workspace.store.reading() as reader:
        links = calendars.links_of(reader, viewer.person_id)
        link = rules.standing(links)
        seen = calendars.read_on(reader, link.token_hash) if link and link.token_hash else None
    return MyCalendar(link, rules.former(links), seen)


def make_link(workspace: Workspace, viewer: Viewer, language: str, now: datetime) -> str:
    """A new link in place of the one before; its secret, which is never to be had again."""
    viewer.require(Action.SEE_CALL, viewer.agent_id)
    had = my_calendar(workspace, viewer).link is not None
    token = secrets.token_urlsafe(32)
    _write(workspace, viewer, rules.token_hash(token), language, now, "renewed" if had else "made")
    return token


def shut(workspace: Workspace, viewer: Viewer, language: str, now: datetime) -> None:
    _write(workspace, viewer, None, language, now, "shut")


def undo(workspace: Workspace, viewer: Viewer, now: datetime) -> None:
    """Bring back the link that the last step took away. Raises :class:`UsageError` ``calendar_nothing_to_undo``."""
    before = my_calendar(workspace, viewer).former
    if before is None:
        raise UsageError("calendar_nothing_to_undo")
    _write(workspace, viewer, before.token_hash, before.language, now, "restored")


def _write(
    workspace: Workspace, viewer: Viewer, token_hash: str | None, language: str, now: datetime, what: str
) -> None:
    link = CalendarLink(viewer.person_id, now, token_hash, language, viewer.name)
    action = {
        "made": "calendar_link_made", "renewed": "calendar_link_renewed", "shut": "calendar_link_shut",
        "restored": "calendar_link_restored",
    }[what]  # fmt: skip
    workspace.store.write(calendars.link_row(link), audit_entry(now, viewer.name, action, viewer.person_id))


# What a calendar program gets ------------------------------------------------


def feed_of(workspace: Workspace, token: str, base: str, now: datetime) -> Feed | None:
    """The calendar behind a link; None for a link that is none (any more), or of whoever has left.

    ``base``: the server's address, for links to calls. What is told is written down, so that the next answer knows
    what is news; the first time of a day goes to the audit log.
    """
    zone = workspace.settings.company.zone
    today = now.astimezone(zone).date()
    with workspace.store.reading() as reader:
        link = _matching(calendars.standing_links(reader), token)
        account = people.account_with_id(reader, link.person_id) if link else None
        if link is None or account is None or account.left_at is not None:
            return None
        viewer = Viewer(account, people.team_of_agents(reader))
        agent = viewer.agent_id
        if agent is None or not viewer.may(Action.SEE_CALL, agent):
            return None
        t = Translator(link.language, zone, today)
        waiting, texts = _callbacks(reader, viewer, agent, base, t, today)
        told = calendars.told_events(reader, viewer.person_id)
        is_first = calendars.read_on(reader, rules.token_hash(token)) != today
    events = rules.events(waiting, told, now.replace(microsecond=0), today)
    _note(workspace, viewer, token, today, now, [item for item in events if told.get(item.commitment_id) != item],
          is_first=is_first)  # fmt: skip
    content = feed(t("calendar.name"), events, texts, t("calendar.cancelled"), zone)
    # events leave the calendar at midnight, so nothing is older than that
    midnight = datetime.combine(today, time(), zone).astimezone(UTC)
    changed = max([link.made_at.replace(microsecond=0), midnight, *(item.changed_at for item in events)])
    return Feed(content, changed.astimezone(UTC))


def _matching(links: Sequence[CalendarLink], token: str) -> CalendarLink | None:
    """Every link is compared, in constant time: how long it takes tells nothing of how near a guess was."""
    wanted, found = rules.token_hash(token), None
    for link in links:
        if hmac.compare_digest(link.token_hash or "", wanted):
            found = link
    return found


def _callbacks(
    reader: Reader, viewer: Viewer, agent: str, base: str, t: Translator, today: date
) -> tuple[list[Callback], dict[str, EventText]]:
    found = calendars.waiting_callbacks(reader, agent, today - rules.SHOWN_AFTER)
    calls = calls_by_id(reader, {item.spoken.call_id for item in found})
    names = directory(reader, {call.client_phone for call in calls.values()}, viewer)
    may_know = viewer.may(Action.SEE_CLIENT, agent)
    waiting, texts = [], {}
    for item in found:
        call = calls[item.spoken.call_id]
        text = _text(item, call.client_phone, call.started_at, names, base, t, may_know=may_know)
        digest = hashlib.sha256(repr((text.summary, text.description, text.link)).encode()).hexdigest()[:32]
        waiting.append(Callback(item.spoken.commitment_id, item.spoken.call_id, item.spoken.due, digest))
        texts[item.spoken.commitment_id] = text
    return waiting, texts


def _text(
    item: Commitment,
    phone: str | None,
    said_at: datetime,
    names: Directory,
    base: str,
    t: Translator,
    *,
    may_know: bool,
) -> EventText:
    """Without the client's number and words, for whoever may not know the client."""
    client = names.client(phone, t)
    lines = [t("calendar.promised", moment=t.moment(said_at)), t(f"outcome.{item.outcome.value}")]
    if may_know and phone:
        lines.insert(0, t("calendar.phone", phone=phone))
    link = f"{base}/call?id={item.spoken.call_id}"
    return EventText(t("calendar.summary", client=client), "\n".join([*lines, t("calendar.call", link=link)]), link)


def _note(
    workspace: Workspace,
    viewer: Viewer,
    token: str,
    today: date,
    now: datetime,
    news: Sequence[ToldEvent],
    *,
    is_first: bool,
) -> None:
    statements = calendars.events_told(viewer.person_id, news) if news else []
    if is_first:
        statements.append(calendars.read_noted(rules.token_hash(token), today))
        statements.append(audit_entry(now, viewer.name, "calendar_fetched", viewer.person_id))
    if statements:
        workspace.store.write(*statements)
