"""What somebody sees whom a room is not open to: the way in, single sign-on at work, or why it stays shut."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from urllib.parse import quote

import streamlit as st

from qc_workbench.errors import UsageError
from qc_workbench.ui.accounts import log_in_from_outside
from qc_workbench.ui.doorway import ticket_for
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import error_text
from qc_workbench.ui.single_sign_on import is_offered
from qc_workbench.workspace import Workspace

#: Goes to another address of the server; a script of Streamlit can only move between its own pages.
_leave = st.components.v2.component(
    "qcw_leave", js="export default function ({ data }) { window.location.replace(data.address); }"
)


def outside(workspace: Workspace, t: Translator) -> None:
    """The session has ended, or the provider of single sign-on has just sent the person here."""
    st.title(t("app.title"), anchor=False)
    if is_offered() and st.user.is_logged_in:
        _enter(workspace, t)
        return
    if is_offered() and st.query_params.get("way") == "sso":
        st.login()
        return
    st.info(t("door.ended"))
    address = f"/login?next={quote(_here(), safe='')}"
    st.html(f'<a href="{escape(address)}" target="_self">{escape(t("door.do.login"))}</a>')


def forbidden(t: Translator) -> None:
    """A room that is not for this person's role."""
    st.title(t("door.title.closed"), anchor=False)
    st.info(t("door.forbidden"))


def _enter(workspace: Workspace, t: Translator) -> None:
    """Who the provider says it is, as a session of ours: from here on all is as after a password."""
    said = {name: str(value) for name, value in st.user.to_dict().items() if value is not None}
    # An address that the provider has not verified may be anybody's.
    email = said.get("email") if said.get("email_verified", "").lower() == "true" else None
    try:
        token = log_in_from_outside(workspace, said.get("iss", ""), said.get("sub", ""), email, datetime.now(UTC))
    except UsageError as error:
        st.error(error_text(error, t))
        if st.button(t("door.do.logout")):
            st.logout()
        return
    st.caption(t("door.sso_wait"))
    _leave(data={"address": ticket_for(token)}, key="leave")


def _here() -> str:
    """The address of the page, to come back to."""
    path = st.context.url or ""
    query = "&".join(f"{quote(name)}={quote(value)}" for name, value in st.query_params.items())
    page = "/" + path.split("/", 3)[3] if path.count("/") >= 3 else "/"
    return page.split("?")[0] + (f"?{query}" if query else "")
