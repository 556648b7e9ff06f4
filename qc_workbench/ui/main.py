"""The frame around every room: who is logged in, navigation, language."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from html import escape
from pathlib import Path

import streamlit as st

from qc_workbench.domain.access import AccessRole
from qc_workbench.errors import QcwError
from qc_workbench.ui.accounts import viewer_of
from qc_workbench.ui.components.outside import forbidden, outside
from qc_workbench.ui.components.page_help import page_help
from qc_workbench.ui.components.skeleton import room_place
from qc_workbench.ui.components.tour_bar import tour_bar, tour_button
from qc_workbench.ui.frame import language_style
from qc_workbench.ui.i18n import LANGUAGE_NAMES, LANGUAGES, Translator
from qc_workbench.ui.labels import error_text, plain
from qc_workbench.ui.navigation import ROOMS, may_enter, sections, unlisted
from qc_workbench.ui.refused import note_refusal
from qc_workbench.ui.state import LANGUAGE_KEY, language, token, workspace_or_error
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.saved_searches import new_calls
from qc_workbench.workspace import Workspace

#: A picture of ours: a named icon would be fetched from the internet. In words, not as a file of Streamlit's: those are
#: for whoever is logged in.
_ICON = f"data:image/png;base64,{b64encode((Path(__file__).parent / 'icon.png').read_bytes()).decode()}"

#: Working pages are dense: less air above and beside them than Streamlit gives an article.
_DENSE = """
<style>
.stMainBlockContainer { padding: 2.4rem 2.2rem 3rem; max-width: 1500px; }
.stMainBlockContainer [data-testid="stVerticalBlock"] { gap: 0.7rem; }
[data-testid="stMetric"] { gap: 0; }
[data-testid="stPageLink"] a { padding-left: 0; height: auto; }
[data-testid="stPageLink"] a span, [data-testid="stPageLink"] a p { white-space: normal; overflow: visible; }
.stMain [data-testid="stPageLink"] a :is(p, span) { color: light-dark(#1552a8, #8ab8ff); }
.stMain [data-testid="stPageLink"] a:hover p { text-decoration: underline; }
[class*="st-key-search_open_"] button { height: auto; min-height: 0; }
[class*="st-key-search_open_"] button * { white-space: normal; overflow: visible; text-align: left; }
[class*="st-key-search_open_"] button * { color: light-dark(#1552a8, #8ab8ff); }
[data-variant="segmented_control"][aria-checked="true"] { color: inherit !important; font-weight: 600; }
[data-variant="segmented_control"][aria-checked="true"] * { color: inherit !important; }
[data-testid="stMetricLabel"] * { white-space: normal !important; overflow: visible; }
[data-testid="stSidebar"] [data-testid="stHtml"] a { color: inherit; opacity: 0.85; font-size: 0.9rem; }
[data-testid="stText"] { white-space: pre-wrap; overflow-wrap: anywhere; font-family: inherit; }
</style>
"""
#: Streamlit says these in English only; which files and how large is told beside each place for a file.
_FILES = """
<style>
[data-testid="stFileUploaderDropzoneInstructions"] {{ display: none; }}
[data-testid="stFileUploaderDropzone"] button p {{ font-size: 0; }}
[data-testid="stFileUploaderDropzone"] button p::after {{ content: "{choose}"; font-size: 0.875rem; }}
</style>
"""
#: Links to the room one is in (another form, another session): Streamlit marks each as the page that is open.
_HERE = """
<style>
.stMain a[data-testid="stPageLink-NavLink"][href^="{address}"]:not(:hover) {{ background: none; }}
.stMain a[data-testid="stPageLink-NavLink"][href^="{address}"] span:has(> [data-testid="stIconMaterial"]) {{
  display: none; }}
.stMain a[data-testid="stPageLink-NavLink"][href^="{address}"] *:not(strong) {{ font-weight: 400; }}
</style>
"""


def main() -> None:
    """Draw the room that the address names."""
    opened = workspace_or_error()
    workspace = None if isinstance(opened, QcwError) else opened
    t = Translator(language(workspace), workspace.settings.company.zone if workspace else None)
    st.set_page_config(page_title=t("app.title"), page_icon=_ICON, layout="wide")
    st.html(_DENSE)
    st.html(language_style(t.language) + _FILES.format(choose=t("app.choose_file")))
    if isinstance(opened, QcwError):
        _language_switch(t)
        st.title(t("app.title"))
        st.error(error_text(opened, t))
        return
    viewer = viewer_of(opened, token(opened), datetime.now(UTC), is_sign=False)
    if viewer is None:
        st.navigation(unlisted(t), position="hidden")
        _language_switch(t)
        outside(opened, t)
        return
    page = st.navigation(sections(viewer, t, {"search": new_calls(opened, viewer)}), position="sidebar", expanded=True)
    st.html(_HERE.format(address=page.url_path))
    with st.sidebar:
        _sidebar(opened, viewer, page.url_path, t)
    try:
        if page.url_path in ROOMS and not may_enter(viewer, page.url_path):
            note_refusal(opened, viewer, "room", page.url_path)
            forbidden(t)
            return
        tour_bar(opened, viewer, page.url_path, t)
        with room_place(page.url_path, t):
            page.run()
    except QcwError as error:
        st.error(error_text(error, t))


def _sidebar(workspace: Workspace, viewer: Viewer, room: str, t: Translator) -> None:
    roles = ", ".join(t(f"access_role.{role.value}") for role in AccessRole if role in viewer.account.person.roles)
    st.markdown(f"**{plain(viewer.name)}**")
    st.caption(roles)
    with st.container(horizontal=True):
        if room in ROOMS and may_enter(viewer, room):
            page_help(room, t)
        tour_button(workspace, viewer, t)
    _language_switch(t)
    if workspace.settings.company.name:
        st.caption(plain(workspace.settings.company.name))
    # plain links: these pages are the server's, not Streamlit's
    links = (("/password", "sidebar.password"), ("/logout", "sidebar.log_out"))
    st.html(" · ".join(f'<a href="{address}" target="_self">{escape(t(code))}</a>' for address, code in links))


def _language_switch(t: Translator) -> None:
    st.segmented_control(
        t("sidebar.language"),
        LANGUAGES,
        default=t.language if LANGUAGE_KEY not in st.session_state else None,
        required=True,
        format_func=LANGUAGE_NAMES.__getitem__,
        key=LANGUAGE_KEY,
        persist_state="session",
    )
