"""The site of the documentation is built without a warning, asks nothing of the network, and its search finds words."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.lock_file import ROOT
from pipelines.make_site import pages_of
from qc_workbench.ui.i18n import LANGUAGES

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
#: Runs the builder in a process that cannot open a connection.
WITHOUT_NETWORK = """
import socket, sys
def refuse(*given, **named): raise AssertionError("the network was asked")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
from pathlib import Path
from pipelines.make_site import make_site
make_site(Path(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "site"
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_NETWORK, str(folder)],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


def test_every_page_with_its_pictures_is_there_in_both_frames(site: Path) -> None:
    for language in LANGUAGES:
        for page in pages_of(ROOT):
            assert (site / language / Path(page).with_suffix(".html")).is_file(), page
        assert any((site / language / "_images").glob("call-*.png"))
        frame = (site / language / "index.html").read_text(encoding="utf-8")
        assert f'<html class="no-js" lang="{language}"' in frame


def test_nothing_is_fetched_from_elsewhere_and_no_link_within_is_dead(site: Path) -> None:
    fetched, dead = set(), set()
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        fetched |= set(re.findall(r"<(?:script|img|iframe|source)\b[^>]*\bsrc=\"((?:https?:)?//[^\"]+)", text))
        fetched |= set(re.findall(r"<link\b[^>]*\bhref=\"((?:https?:)?//[^\"]+)", text))
        for target in re.findall(r"\b(?:href|src)=\"([^\"#?]+)", text):
            if not re.match(r"[a-z]+:|//", target) and not (page.parent / target).exists():
                dead.add((page.relative_to(site).as_posix(), target))
    for style in site.rglob("*.css"):
        fetched |= set(re.findall(r"url\([\"']?((?:https?:)?//[^)]+)", style.read_text(encoding="utf-8")))
    assert fetched == set()
    assert dead == set()


@pytest.mark.browser
@pytest.mark.parametrize(
    ("language", "asked", "page"),
    [("ru", "refusals", "Refusal control"), ("ru", "страницами", "Страницы"), ("en", "promises", "Promises")],
)
def test_from_the_disk_the_search_finds_a_word_in_another_form(
    site: Path, language: str, asked: str, page: str
) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    from tests.browser.serving import CHROMIUM_OPTIONS, chromium_path

    path = chromium_path()
    if path is None:
        pytest.skip("no Chromium on this machine: install it or name it in QCW_CHROMIUM")
    with playwright.sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=path, args=CHROMIUM_OPTIONS)
        opened, asked_outside = browser.new_page(), []
        opened.on("request", lambda request: asked_outside.append(request.url))
        opened.goto(f"{(site / language / 'search.html').as_uri()}?q={asked}")
        opened.locator("ul.search li", has_text=page).first.wait_for(timeout=60_000)
        browser.close()
    assert [url for url in asked_outside if not url.startswith(("file:", "data:"))] == []


def test_no_machine_is_named_in_the_site(site: Path) -> None:
    """No paths and names of whoever built it."""
    marks = (str(ROOT), socket.gethostname())
    found = [page for page in site.rglob("*.html") if any(mark in page.read_text(encoding="utf-8") for mark in marks)]
    assert [page.relative_to(site).as_posix() for page in found if len(socket.gethostname()) > 8] == []
