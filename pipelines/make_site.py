"""The documentation as a site that needs no network: ``python -m pipelines.make_site [FOLDER]``.

Once in Russian, once in English: frame, navigation and search; a page that has no twin in the language stands there as
it is. The pages are those of the repository, with the pictures and files that they link to. Any warning (a dead link, a
picture that is not there) ends it.
"""

from __future__ import annotations

import io
import re
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sphinx.application import Sphinx
from sphinx.locale import translators
from sphinx.util.docutils import docutils_namespace, patch_docutils

from pipelines import site_language
from pipelines.document_twins import translate_links
from pipelines.lock_file import ROOT
from qc_workbench import __version__
from qc_workbench.ui.i18n import LANGUAGE_NAMES, LANGUAGES, Language, Translator

_NAVIGATION: Final = "docs/site.toml"
#: Relative targets of links and pictures in Markdown.
_LINK: Final = re.compile(r"\]\(<?([^)#\s>]+)[^)]*\)")


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    pages: tuple[str, ...]


def pages_of(root: Path) -> tuple[str, ...]:
    """Every page: of the root, of docs/ and of the samples."""
    found = [*root.glob("*.md"), *(root / "docs").rglob("*.md"), root / "samples" / "README.md"]
    return tuple(sorted(page.relative_to(root).as_posix() for page in found))


def navigation(pages: Iterable[str], text: str, language: Language) -> tuple[Section, ...]:
    """The sections of a language's site: each page once, in its twin of the language where there is one."""
    known, left = frozenset(pages), dict.fromkeys(pages)
    sections = []
    for entry in tomllib.loads(text)["section"]:
        chosen: list[str] = []
        for pattern in entry["pages"]:
            for page in _matching(pattern, known):
                twin = _twin(page, known, language)
                if page in left and twin not in chosen:
                    chosen.append(twin)
                for other in {page, twin, *(_twin(page, known, each) for each in LANGUAGES)}:
                    left.pop(other, None)
        sections.append(Section(entry[language], tuple(chosen)))
    rest = tuple(page for page in left if _language_of(page) in (None, language))
    return (*sections, Section(Translator(language)("site.more"), rest)) if rest else tuple(sections)


def make_site(folder: Path, root: Path = ROOT) -> None:
    """Write the site into ``folder``: ``ru/``, ``en/`` and a start page that leads to them.

    Raises ``SystemExit`` with all warnings of the generator, if there are any.
    """
    site_language.install()
    shutil.rmtree(folder, ignore_errors=True)
    pages = pages_of(root)
    text = (root / _NAVIGATION).read_text(encoding="utf-8")
    for language in LANGUAGES:
        with tempfile.TemporaryDirectory(prefix="qcw-site-") as scratch:
            sources = Path(scratch) / "sources"
            _gather(root, pages, sources, language)
            sections = navigation(pages, text, language)
            (sources / "index.md").write_text(_start_page(sections, language), encoding="utf-8")
            _build(sources, folder / language, Path(scratch) / "kept", language)
    (folder / "index.html").write_text(_DOOR, encoding="utf-8")


def _matching(pattern: str, known: frozenset[str]) -> Iterator[str]:
    """The pages that a pattern means; translations are found by what they translate."""
    shape = re.compile(re.escape(pattern).replace(r"\*", "[^/]*"))
    yield from (page for page in sorted(known) if shape.fullmatch(page) and not _is_twin(page, known))


def _twin(page: str, known: frozenset[str], language: Language) -> str:
    folder, _, name = page.rpartition("/")
    stem = name.removesuffix(".md")
    inner = page.removeprefix("docs/")
    ways = (f"{folder}/{stem}.{language}.md".lstrip("/"), f"docs/{language}/{inner}")
    return next((way for way in ways if way in known), page)


def _is_twin(page: str, known: frozenset[str]) -> bool:
    plain = re.sub(r"\.(ru|en)\.md$", ".md", re.sub(r"^docs/(ru|en)/", "docs/", page))
    return plain != page and plain in known


def _language_of(page: str) -> str | None:
    found = re.search(r"^docs/(ru|en)/|\.(ru|en)\.md$", page)
    return (found[1] or found[2]) if found else None


def _gather(root: Path, pages: Iterable[str], target: Path, language: Language) -> None:
    """Copy the pages and what they link to, and what those link to in turn; links lead to the language's twins."""
    known = frozenset(pages)
    waiting, done = list(known), set()

    def twin_of(page: Path) -> Path:
        return Path(_twin(page.as_posix(), known, language))

    while waiting:
        name = waiting.pop()
        if name in done:
            continue
        done.add(name)
        source = root / name
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if source.suffix != ".md":
            shutil.copyfile(source, target / name)
            continue
        text = source.read_text(encoding="utf-8")
        (target / name).write_text(translate_links(text, Path(name), twin_of, root), encoding="utf-8")
        for link in _LINK.findall(text):
            linked = (source.parent / link).resolve()
            if "://" not in link and linked.is_file() and linked.is_relative_to(root.resolve()):
                waiting.append(linked.relative_to(root.resolve()).as_posix())


def _start_page(sections: Iterable[Section], language: Language) -> str:
    t = Translator(language)
    other: Language = "en" if language == "ru" else "ru"
    way = f'<p><a href="../{other}/index.html" lang="{other}">{LANGUAGE_NAMES[other]}</a></p>'
    lines = [f"# {t('site.title')}", "", t("site.about"), "", "```{raw} html", way, "```", ""]
    for section in sections:
        names = [page.removesuffix(".md") for page in section.pages]
        lines += ["```{toctree}", ":maxdepth: 1", f":caption: {section.title}", "", *names]
        lines += ["```", ""]
    return "\n".join(lines)


def _build(sources: Path, target: Path, kept: Path, language: Language) -> None:
    t = Translator(language)
    said = io.StringIO()
    settings = {
        "extensions": "myst_parser",
        "project": t("site.title"),
        "version": __version__,
        "release": __version__,
        "language": language,
        "html_theme": "furo",
        "html_title": f"QC Workbench {__version__}",
        "html_copy_source": False,
        "html_show_sourcelink": False,
        "html_show_sphinx": False,
        "html_last_updated_fmt": None,
        "myst_heading_anchors": 4,
        # a page in the other language, or one that only others link to, needs no place in the navigation
        "suppress_warnings": "toc.not_included",
    }
    translators.clear()  # else the words of the language built before stay
    with patch_docutils(str(sources)), docutils_namespace():
        app = Sphinx(sources, None, target, kept, "html", settings, status=None, warning=said, parallel=1)
        app.build(force_all=True)
    shutil.rmtree(target / ".doctrees", ignore_errors=True)
    shutil.rmtree(target / "_sources", ignore_errors=True)
    (target / ".buildinfo").unlink(missing_ok=True)
    if said.getvalue():
        raise SystemExit(f"{language}: {said.getvalue()}")


#: Where the site is entered: in the language of the browser.
_DOOR: Final = """<!doctype html>
<html lang="ru"><head><meta charset="utf-8"><title>QC Workbench</title>
<script>location.replace((/^ru|^be|^uk|^kk/.test(navigator.language) ? "ru" : "en") + "/index.html")</script></head>
<body><p><a href="ru/index.html" lang="ru">По-русски</a> · <a href="en/index.html" lang="en">In English</a></p></body>
</html>
"""


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "site"
    make_site(folder)
    print(folder / "index.html")


if __name__ == "__main__":
    main()
