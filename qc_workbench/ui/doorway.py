"""The pages before the app: log-in, first set-up, setting a password; and who a request comes from.

Plain pages of the server, not of Streamlit: only an answer of the server can give a cookie that scripts can't read.
A form is taken only from our own pages (``Sec-Fetch-Site``, else ``Origin``), and the cookie is not sent along by other
sites' forms (SameSite=Lax).
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from threading import Lock
from typing import Final, Protocol
from urllib.parse import parse_qs, quote, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from qc_workbench.domain.access import AccessRole
from qc_workbench.domain.entry import LONGEST_PASSWORD, SHORTEST_PASSWORD
from qc_workbench.errors import QcwError, UsageError
from qc_workbench.store import people
from qc_workbench.store.people import is_first_run
from qc_workbench.ui import accounts
from qc_workbench.ui.http import body_within
from qc_workbench.ui.i18n import LANGUAGE_NAMES, LANGUAGES, Translator
from qc_workbench.ui.navigation import first_room
from qc_workbench.ui.operations import from_this_machine
from qc_workbench.ui.single_sign_on import is_offered
from qc_workbench.ui.state import default_home, open_workspace
from qc_workbench.ui.viewer import Viewer
from qc_workbench.workspace import Workspace

#: Bytes of a form: a name, a login and two passwords.
_LARGEST_FORM: Final = 16_384
#: In the workspace of the sample company only: the password of its invented people.
DEMO_FILE: Final = "demo-password.txt"
#: Answers to refusals that are not simply a form to fill in again.
_STATUS: Final[Mapping[str, int]] = {"log_in_wrong": 401, "log_in_locked": 429, "log_in_shut": 429, "link_dead": 410}
_HEADERS: Final = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


def routes() -> list[Route]:
    """Addresses that anybody may open."""
    both = ["GET", "POST"]
    return [
        Route("/login", _answering(_log_in), methods=both),
        Route("/setup", _answering(_set_up), methods=both),
        Route("/join", _answering(_join), methods=both),
        Route("/password", _answering(_password), methods=both),
        Route("/logout", _answering(_log_out), methods=both),
        Route("/sso/enter", _answering(_from_outside)),
    ]


# Who a request comes from ----------------------------------------------------


def signed_in(connection: HTTPConnection) -> tuple[Workspace, Viewer] | None:
    """The workspace and the person of this request's cookie, or None. Reads the store: not for an async function."""
    workspace = open_workspace(default_home())
    viewer = accounts.viewer_of(workspace, token_of(connection, workspace), datetime.now(UTC))
    return None if viewer is None else (workspace, viewer)


def own_request(request: Request) -> bool:
    """Whether a page of ours sends it: other sites can't set this header without being asked first."""
    return request.headers.get("x-qcw") == "1"


def entrance(request: Request) -> Response | None:
    """Where somebody who opens a room is sent first; None: let them in. Asked before a room's page is served."""
    workspace = open_workspace(default_home())
    viewer = accounts.viewer_of(workspace, token_of(request, workspace), datetime.now(UTC))
    if viewer is not None:
        first = first_room(viewer) if request.url.path == "/" else None
        return RedirectResponse(f"/{first}?{request.url.query}".rstrip("?"), 303) if first else None
    with workspace.store.reading() as reader:
        if is_first_run(reader):
            return RedirectResponse("/setup", 303)
    if is_offered() and ("_streamlit_user" in request.cookies or request.query_params.get("way") == "sso"):
        return None  # the script asks the provider, or hears its answer (main)
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/login?next={quote(asked, safe='')}", 303)


def token_of(connection: HTTPConnection, workspace: Workspace) -> str:
    """The secret of this request's session, "" without one."""
    return connection.cookies.get(accounts.cookie_name(workspace.home), "")


# Pages -----------------------------------------------------------------------

Form = Mapping[str, str]


class _Page(Protocol):
    def __call__(self, workspace: Workspace, request: Request, form: Form | None) -> Response: ...


def _answering(page: _Page) -> Callable[[Request], object]:
    """Reads the form, refuses other sites', runs the page in a thread: it waits for the store and for argon2."""

    async def answer(request: Request) -> Response:
        form: Form | None = None
        if request.method == "POST":
            if not _is_ours(request):
                return Response(status_code=403)
            body = await body_within(request, _LARGEST_FORM)
            if body is None:
                return Response(status_code=413)
            try:
                form = _last_values(body)
            except ValueError:  # more fields than any form of ours has
                return Response(status_code=400)
        return await run_in_threadpool(_drawn, page, request, form)

    return answer


def _drawn(page: _Page, request: Request, form: Form | None) -> Response:
    try:
        return page(open_workspace(default_home()), request, form)
    except QcwError:
        return Response(status_code=503)


def _last_values(body: bytes) -> Form:
    parsed = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=40)
    return {name: values[-1] for name, values in parsed.items()}


def _is_ours(request: Request) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def _log_in(workspace: Workspace, request: Request, form: Form | None) -> Response:
    with workspace.store.reading() as reader:
        if is_first_run(reader):
            return RedirectResponse("/setup", 303)
    aim = _aim(request.query_params.get("next"))
    said = {"login": (form or {}).get("login", "")}
    if form is None:
        if signed_in(request):
            return RedirectResponse(aim, 303)
        return _page(workspace, request, "login", said)
    try:
        address = request.client.host if request.client else ""
        token = accounts.log_in(workspace, said["login"], form.get("password", ""), address, datetime.now(UTC))
    except UsageError as error:
        return _page(workspace, request, "login", said, error)
    return _let_in(workspace, request, token, aim)


def _set_up(workspace: Workspace, request: Request, form: Form | None) -> Response:
    with workspace.store.reading() as reader:
        if not is_first_run(reader):
            return RedirectResponse("/login", 303)
    code = request.query_params.get("code", "")
    if not from_this_machine(request) and not hmac.compare_digest(
        code.encode(), accounts.set_up_code(workspace.home).encode()
    ):
        return _page(workspace, request, "closed", {}, UsageError("set_up_elsewhere"), 403)
    names = ("name", "login", *(role.value for role in AccessRole))
    said = {name: (form or {}).get(name, "") for name in names}
    if form is None:
        said |= {AccessRole.HEAD.value: "on", AccessRole.OWNER.value: "on"}
        return _page(workspace, request, "setup", said)
    roles = {role for role in AccessRole if said[role.value]}
    try:
        _twice(form)
        token = accounts.set_up(
            workspace, said["name"], said["login"], form.get("password", ""), roles, datetime.now(UTC)
        )
    except UsageError as error:
        return _page(workspace, request, "setup", said, error)
    return _let_in(workspace, request, token, "/")


def _join(workspace: Workspace, request: Request, form: Form | None) -> Response:
    query, now = request.query_params, datetime.now(UTC)
    try:
        link = (query.get("person", ""), query.get("until", ""), query.get("sign", ""))
        account = accounts.person_of_link(workspace, *link, now)
    except UsageError as error:
        return _page(workspace, request, "closed", {}, error)
    said = {"name": account.name, "login": account.login}
    if form is None:
        return _page(workspace, request, "join", said)
    try:
        _twice(form)
        token = accounts.password_by_link(workspace, link, form.get("password", ""), now)
    except UsageError as error:
        return _page(workspace, request, "join", said, error)
    return _let_in(workspace, request, token, "/")


def _password(workspace: Workspace, request: Request, form: Form | None) -> Response:
    found = signed_in(request)
    if found is None:
        return RedirectResponse("/login?next=/password", 303)
    account = found[1].account
    said = {"name": account.name, "login": account.login}
    if form is None:
        return _page(workspace, request, "password", said)
    try:
        _twice(form)
        token = accounts.change_password(
            workspace, account, form.get("old", ""), form.get("password", ""), datetime.now(UTC)
        )
    except UsageError as error:
        return _page(workspace, request, "password", said, error)
    return _let_in(workspace, request, token, "/")


def _twice(form: Form) -> None:
    if form.get("password", "") != form.get("again", ""):
        raise UsageError("password_differs")


def _log_out(workspace: Workspace, request: Request, form: Form | None) -> Response:
    if form is None and not _is_ours(request):  # a picture or a link elsewhere logs nobody out
        return _page(workspace, request, "logout", {})
    accounts.log_out(workspace, token_of(request, workspace), datetime.now(UTC))
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(accounts.cookie_name(workspace.home), httponly=True, samesite="lax")
    answer.headers["clear-site-data"] = '"cache"'  # recordings heard a moment ago
    answer.delete_cookie("_streamlit_user")  # or single sign-on would let the same person in at once
    return answer


def _let_in(workspace: Workspace, request: Request, token: str, aim: str) -> Response:
    answer = RedirectResponse(aim, 303, headers={"cache-control": "no-store"})
    # Somebody else may have sat here: their session is not left behind for whoever finds its cookie.
    accounts.log_out(workspace, token_of(request, workspace), datetime.now(UTC))
    secure = (
        request.url.scheme == "https"
        or request.headers.get("x-forwarded-proto") == "https"
        or workspace.settings.serve.public_address.startswith("https:")
    )
    answer.set_cookie(
        accounts.cookie_name(workspace.home), token, httponly=True, samesite="lax", secure=secure, path="/"
    )
    return answer


def _aim(asked: str | None) -> str:
    """Where to go after log-in: a path of ours, never another site."""
    is_path = asked is not None and asked.startswith("/") and not asked.startswith(("//", "/\\", "/log"))
    return asked if asked is not None and is_path else "/"


# Single sign-on: the script knows who it is, only the server can give the cookie -------------------

_tickets: dict[str, tuple[str, float]] = {}
_tickets_lock: Final = Lock()
_TICKET_LIFE_S: Final = 60.0


def ticket_for(token: str) -> str:
    """A path that gives this session's cookie once, within a minute. Kept in this process only."""
    now, ticket = datetime.now(UTC).timestamp(), secrets.token_urlsafe(24)
    with _tickets_lock:
        for old in [name for name, (_, until) in _tickets.items() if until < now]:
            del _tickets[old]
        _tickets[ticket] = (token, now + _TICKET_LIFE_S)
    return f"/sso/enter?ticket={ticket}"


def _from_outside(workspace: Workspace, request: Request, form: Form | None) -> Response:
    if not _is_ours(request):  # a link elsewhere must not log anybody in as somebody else
        return RedirectResponse("/login", 303)
    with _tickets_lock:
        token, until = _tickets.pop(request.query_params.get("ticket", ""), ("", 0.0))
    if form is not None or until < datetime.now(UTC).timestamp():
        return RedirectResponse("/login", 303)
    return _let_in(workspace, request, token, _aim(request.query_params.get("next")))


# Drawing ---------------------------------------------------------------------


def _page(
    workspace: Workspace,
    request: Request,
    kind: str,
    said: Mapping[str, str],
    error: UsageError | None = None,
    status: int | None = None,
) -> Response:
    t = Translator(_language(request, workspace), workspace.settings.company.zone)
    others = [code for code in LANGUAGES if code != t.language]
    text = _template().render(
        t=t,
        kind=kind,
        said=said,
        error=t.error(error) if error else None,
        roles=[role for role in AccessRole if role is not AccessRole.ADMIN],
        languages=[(code, LANGUAGE_NAMES[code], _in_language(request, code)) for code in others],
        company=workspace.settings.company.name,
        sso=is_offered(),
        demo=_invented_people(workspace, request, t) if kind == "login" else (),
        least=SHORTEST_PASSWORD,
        most=LONGEST_PASSWORD,
    )
    code = status or (_STATUS.get(error.code, 422) if error else 200)
    return HTMLResponse(text, code, headers=dict(_HEADERS))


def _invented_people(workspace: Workspace, request: Request, t: Translator) -> list[tuple[str, str, str, str]]:
    """Of the sample company, for whoever sits at this machine: login, password, name and roles of one person a role."""
    try:
        password = (workspace.home / DEMO_FILE).read_text(encoding="utf-8")
    except OSError:
        return []
    if not from_this_machine(request):
        return []
    with workspace.store.reading() as reader:
        accounts_there = people.accounts(reader)
    firsts = {role: next((one for one in accounts_there if role in one.person.roles), None) for role in AccessRole}
    return [
        (account.login, password, account.name, t(f"access_role.{role.value}"))
        for role, account in firsts.items()
        if account is not None
    ]


def _in_language(request: Request, code: str) -> str:
    url = request.url.include_query_params(lang=code)
    return f"{url.path}?{url.query}"


def _language(request: Request, workspace: Workspace) -> str:
    asked = request.query_params.get("lang")
    if asked in LANGUAGES:
        return str(asked)
    browser = request.headers.get("accept-language", "")[:2].lower()
    return browser if browser in LANGUAGES else workspace.settings.company.language


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("qc_workbench.ui", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("doorway.html")
