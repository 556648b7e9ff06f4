"""The outline of a room: there while a slow room is drawn for the first time, and only then."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from qc_workbench.ui import frame
from tests.browser.conftest import playwright
from tests.browser.serving import free_port

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

#: A room that takes its time: the program's own are drawn too fast on most machines for the outline to be sent at all.
_SLOW_ROOM = """
import time
import streamlit as st
from qc_workbench.ui.components.skeleton import room_place
from qc_workbench.ui.i18n import Translator

with room_place("team", Translator("ru")):
    st.button("anew")
    time.sleep(2)
    st.text(f"drawn {st.session_state.setdefault('times', 0) + 1}")
    st.session_state.times += 1
    st.stop()
"""
_STYLES = Path(frame.__file__).parent / "templates" / "frame.css"
_COUNT = """window.outlines = 0; new MutationObserver(() => {
  if (document.querySelector(".qcw-skeleton[role=status]")) window.outlines += 1;
}).observe(document, { childList: true, subtree: true });"""


@pytest.fixture
def slow_room(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "room.py").write_text(_SLOW_ROOM, encoding="utf-8")
    port = free_port()
    options = [f"--server.port={port}", "--server.headless=true", "--browser.gatherUsageStats=false",
               "--server.address=127.0.0.1"]  # fmt: skip
    process = subprocess.Popen([sys.executable, "-m", "streamlit", "run", str(tmp_path / "room.py"), *options],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(timeout=20)


def test_the_outline_stands_there_until_the_room_does_and_not_when_it_is_drawn_anew(
    chromium: playwright.Browser, slow_room: str
) -> None:
    page = chromium.new_page()
    page.add_init_script(_COUNT)
    for _ in range(100):
        try:
            page.goto(slow_room)
            break
        except playwright.Error:  # the server is not up yet
            page.wait_for_timeout(300)
    page.add_style_tag(path=_STYLES)
    playwright.expect(page.get_by_text("drawn 1")).to_be_visible()
    playwright.expect(page.locator(".qcw-skeleton")).to_be_hidden()
    seen = page.evaluate("window.outlines")
    assert seen > 0
    page.get_by_role("button", name="anew").click()
    playwright.expect(page.get_by_text("drawn 2")).to_be_visible()
    assert page.evaluate("window.outlines") == seen, "what is there stays until it is drawn anew"
    page.close()
