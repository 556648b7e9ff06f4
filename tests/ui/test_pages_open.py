"""Every room opens in both languages, on a full and on an empty workspace."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from qc_workbench.ui.server import SCRIPT
from qc_workbench.ui.state import LANGUAGE_KEY
from tests.ui import sample_company as company

PAGES = SCRIPT.parent.parent / "pages"


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return company.sample_company(tmp_path_factory.mktemp("full")).home


def opened(room: str, language: str, **query: str) -> AppTest:
    app = AppTest.from_file(str(SCRIPT), default_timeout=30)
    app.session_state[LANGUAGE_KEY] = language
    app.run()
    for name, value in query.items():
        app.query_params[name] = value
    if room != "overview":
        app.switch_page(str(PAGES / f"{room}.py")).run()
    return app


def texts(app: AppTest) -> str:
    kinds = ("title", "subheader", "markdown", "caption", "metric", "text", "info", "button", "dataframe")
    parts = [
        str(element.value if kind != "metric" else (element.label, element.value)) + str(getattr(element, "label", ""))
        for kind in kinds
        for element in app.get(kind)
    ]
    return "\n".join(parts)
