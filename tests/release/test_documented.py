"""The documentation names everything that there is and its site holds every page; nothing in it leads nowhere."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import pytest

from pipelines.docs_reference import GUIDES, kinds, raised
from pipelines.lock_file import ROOT
from pipelines.make_docs import DOCS
from pipelines.make_site import make_site, navigation, pages_of
from pipelines.site_language import BothLanguages
from qc_workbench.errors import QcwError
from qc_workbench.ui.i18n import LANGUAGES, Language, catalogue
from qc_workbench.ui.navigation import ROOMS

NAVIGATION = (ROOT / "docs" / "site.toml").read_text(encoding="utf-8")


def test_every_error_code_is_documented_with_its_class_and_both_texts() -> None:
    text = (DOCS / "errors.md").read_text(encoding="utf-8")
    codes = {code.removeprefix("error.") for code in catalogue() if code.startswith("error.")}
    listed = re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)
    assert sorted(listed) == sorted(codes)
    unwritten = {code for code in raised() if code not in codes}
    assert unwritten == set(), "raised without a text in the catalogue"


def test_the_tree_of_errors_is_drawn_whole() -> None:
    """The docstring of qc_workbench/errors.py names every class; those with codes of their own have a section."""
    text = (DOCS / "errors.md").read_text(encoding="utf-8")
    assert QcwError.__name__ in kinds()
    drawn = text.split("```")[1]
    assert [name for name in kinds() if not re.search(rf"^\s*{name}\b", drawn, re.MULTILINE)] == []


def test_every_page_of_the_app_is_documented_with_its_guide() -> None:
    """A new room: name its page of docs/ in pipelines/docs_reference.py."""
    assert GUIDES.keys() == ROOMS.keys()
    text = (DOCS / "pages.md").read_text(encoding="utf-8")
    for room, guide in GUIDES.items():
        assert f"| `/{room}` |" in text
        assert (DOCS / guide).is_file(), room


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_navigation_of_the_site_holds_every_page_once(language: Language) -> None:
    pages = pages_of(ROOT)
    sections = navigation(pages, NAVIGATION, language)
    held = [page for section in sections for page in section.pages]
    assert len(held) == len(set(held))
    assert set(held) <= set(pages)
    either = {page for each in LANGUAGES for part in navigation(pages, NAVIGATION, each) for page in part.pages}
    assert set(pages) - either == set()
    assert all(section.title for section in sections)


SECTIONS = """
[[section]]
ru = "Роли"
en = "Roles"
pages = ["docs/owner.md", "docs/guide-*.md"]
"""


def test_a_page_with_a_twin_stands_in_the_language_of_the_site_and_one_without_as_it_is() -> None:
    pages = ("docs/owner.md", "docs/ru/owner.md", "docs/guide-a.md", "docs/guide-a.ru.md", "docs/guide-b.md")
    [russian] = navigation(pages, SECTIONS, "ru")
    [english] = navigation(pages, SECTIONS, "en")
    assert (russian.title, russian.pages) == ("Роли", ("docs/ru/owner.md", "docs/guide-a.ru.md", "docs/guide-b.md"))
    assert (english.title, english.pages) == ("Roles", ("docs/owner.md", "docs/guide-a.md", "docs/guide-b.md"))


def test_a_page_that_the_navigation_does_not_name_comes_last_in_its_own_language_only() -> None:
    pages = ("docs/owner.md", "docs/new.md", "docs/ru/only.md")
    [_, russian] = navigation(pages, SECTIONS, "ru")
    [_, english] = navigation(pages, SECTIONS, "en")
    assert (russian.pages, english.pages) == (("docs/new.md", "docs/ru/only.md"), ("docs/new.md",))


@pytest.mark.filterwarnings("ignore:'myst_parser")  # of the parser's own way with sphinx, theirs to renew
def test_the_frames_of_the_site_do_not_mix_their_languages_and_a_dead_link_ends_the_building(tmp_path: Path) -> None:
    root = tmp_path / "root"
    for name in ("README.md", "docs/owner.md", "docs/owner.ru.md", "samples/README.md"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"# {name}\n", encoding="utf-8")
    (root / "docs" / "site.toml").write_text(SECTIONS, encoding="utf-8")
    make_site(tmp_path / "site", root)
    start = {language: (tmp_path / "site" / language / "index.html").read_text("utf-8") for language in LANGUAGES}
    assert 'placeholder="Поиск"' in start["ru"]
    assert 'placeholder="Search"' in start["en"]
    assert "docs/owner.ru.html" in start["ru"]
    assert "docs/owner.ru.html" not in start["en"]
    (root / "docs" / "owner.md").write_text("# Owner\n\n[gone](gone.md)\n", encoding="utf-8")
    with pytest.raises(SystemExit, match=r"gone\.md"):
        make_site(tmp_path / "site", root)


def test_the_search_of_the_site_knows_the_forms_of_words_in_both_languages() -> None:
    search = BothLanguages({})
    assert search.stem("обещаниями") == search.stem("Обещание")
    assert search.stem("расчёт") == search.stem("расчета")
    assert search.stem("refusals") == search.stem("refusal")
    script = search.js_stemmer_code
    for name in ("RussianStemmer", "EnglishStemmer", "BaseStemmer"):
        assert name in script
    assert (resources.files("sphinx.search") / "minified-js" / "russian-stemmer.js").is_file()
