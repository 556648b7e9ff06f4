"""The page that Streamlit's app is loaded into: with our styles, and what its own markup lacks (frame.js says what)."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from pathlib import Path

import streamlit as st

from qc_workbench.ui.i18n import LANGUAGES, catalogue

#: Texts of the catalogue under this name are Streamlit's own English words in both languages.
_WORDS = "frame."


@cache
def page_html() -> str:
    """Streamlit's page as we serve it.

    It looks for its server below the address it was opened at first (``/call/_stcore/…``) and writes the failure to the
    console; told where the server is, it asks the right one at once.
    """
    html = (Path(st.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    root = "location.origin + '/'"
    told = f"<script>window.__streamlit = {{BACKEND_BASE_URL: {root}, MAIN_PAGE_BASE_URL: {root}}}</script>"
    mending = f"<script>{_template('frame.js').replace('WORDS_OF_THE_CATALOGUE', _words())}</script>"
    return html.replace("<head>", f"<head>{told}<style>{_template('frame.css')}</style>{mending}", 1)


def language_style(language: str) -> str:
    """Tells the page which language is chosen: as a property of its root, because a style takes no place on it."""
    return f"<style>:root {{ --qcw-language: {language}; }}</style>"


def _template(name: str) -> str:
    return (resources.files("qc_workbench.ui") / "templates" / name).read_text(encoding="utf-8")


def _words() -> str:
    """Each word as {language: text}; safe within a script."""
    found = [
        {language: entry[language] for language in LANGUAGES}
        for code, entry in catalogue().items()
        if code.startswith(_WORDS)
    ]
    return json.dumps(found, ensure_ascii=False).replace("<", "\\u003c")
