"""What a document and its twin in the other language must share: headings, tables, code, figures, where links lead.

``docs/ru/queue.md`` is the Russian twin of ``docs/queue.md``. Nobody compares two texts word by word at each
change; what can be compared without knowing either language is compared here, and a test holds all twins to it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from os.path import relpath
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

FOLDER: Final = Path("docs") / "ru"
#: Comments of TOML, YAML, shell and SQL: words for a reader, translated like the text around.
_COMMENT: Final = re.compile(r"[ \t]*(?:#|-- ).*$", re.MULTILINE)
_NUMBER: Final = re.compile(r"(?<!\w)\d+(?:[.:]\d+)*")


@dataclass(frozen=True, slots=True)
class Outline:
    """``levels``, ``titles``: of the headings in order; ``rows``: cells in each row of every table, in order;
    ``blocks``: of code, without comments, a drawing (```` ```text ````) as nothing; ``numbers``: in text, 1000000 for
    "1 000 000", 3.3 for "3,3"; ``links``: as written."""

    levels: tuple[int, ...]
    titles: tuple[str, ...]
    rows: tuple[int, ...]
    blocks: tuple[str, ...]
    code: frozenset[str]
    numbers: Counter[str]
    links: tuple[str, ...]


def twins(root: Path) -> tuple[tuple[Path, Path], ...]:
    """Originals and their Russian twins, relative to ``root``; the original of a stray twin is not there."""
    found = sorted(path.relative_to(root) for path in (root / FOLDER).rglob("*.md"))
    return tuple((Path("docs") / twin.relative_to(FOLDER), twin) for twin in found)


@lru_cache(maxsize=256)
def outline(text: str, *, decimal_comma: bool = False) -> Outline:
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    spans = [child for token in tokens if token.type == "inline" for child in token.children or ()]
    titles = [after.content for token, after in pairwise(tokens) if token.type == "heading_open"]
    words = (_words(token.children or ()) for token in tokens if token.type == "inline")
    return Outline(
        levels=tuple(int(token.tag[1:]) for token in tokens if token.type == "heading_open"),
        titles=tuple(titles),
        rows=tuple(_cells(tokens)),
        blocks=tuple(_block(token) for token in tokens if token.type in ("fence", "code_block")),
        code=frozenset(span.content for span in spans if span.type == "code_inline"),
        numbers=Counter(number for part in words for number in numbers(part, decimal_comma=decimal_comma)),
        links=tuple(unquote(str(span.attrs["href"])) for span in spans if span.type == "link_open"),
    )


def numbers(text: str, *, decimal_comma: bool = False) -> list[str]:
    """Numbers as English writes them: ``23,124`` and ``23 124`` are 23124; with ``decimal_comma`` 3,3 is 3.3."""
    text = re.sub(r"(?<=\d)[ \u00a0\u202f](?=\d{3}(?!\d))", "", text)
    text = re.sub(r"(?<=\d),(?=\d)", ".", text) if decimal_comma else re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)
    return _NUMBER.findall(text)


def anchors(titles: tuple[str, ...]) -> tuple[str, ...]:
    """What follows ``#`` in a link to each heading, as the site and code hosts make it."""
    seen: Counter[str] = Counter()
    made = []
    for title in titles:
        plain = re.sub(r"!?\[([^]]*)\]\([^)]*\)|`", r"\1", title).strip().lower().replace(" ", "-")
        anchor = re.sub(r"[^\w\-]", "", plain)
        made.append(f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor)
        seen[anchor] += 1
    return tuple(made)


def differences(root: Path, original: Path, twin: Path) -> list[str]:
    """What is in one document and not in the other, in words; nothing for true twins."""
    if not (root / original).is_file():
        return [f"{original} is not there"]
    here = outline((root / original).read_text("utf-8"))
    there = outline((root / twin).read_text("utf-8"), decimal_comma=True)
    found = [
        f"{name}: {_first_unlike(getattr(here, name), getattr(there, name))}"
        for name in ("levels", "rows", "blocks")
        if getattr(here, name) != getattr(there, name)
    ]
    found += [f"code only in the {side}: {only}" for side, only in _only(here.code, there.code) if only]
    more = (("original", here.numbers - there.numbers), ("twin", there.numbers - here.numbers))
    found += [f"numbers only in the {side}: {sorted(only.elements())}" for side, only in more if only]
    leads, dead = _leads(root, original, here.links, original)
    twin_leads, twin_dead = _leads(root, twin, there.links, original)
    found += [f"dead: {link}" for link in (*dead, *twin_dead)]
    found += [f"linked only in the {side}: {only}" for side, only in _only(leads, twin_leads) if only]
    up = "../" * (len(original.parts) - 1)
    ways = (f"{up[3:]}ru/{original.relative_to('docs').as_posix()}", f"{up}{original.relative_to('docs').as_posix()}")
    found += [
        f"no link [{name}]({way})"
        for name, way, links in (("По-русски", ways[0], here.links), ("In English", ways[1], there.links))
        if way not in links
    ]
    return found


def translate_links(text: str, page: Path, twin_of: Callable[[Path], Path], root: Path) -> str:
    """The links of ``page`` (as in the repository) led to the twins of what they link to, headings too.

    A link between a page and its own twin stays: it is the way to the other language.
    """

    def led(found: re.Match[str]) -> str:
        target, anchor = found[1], found[2] or ""
        if "://" in target or not target.endswith(".md"):
            return found[0]
        path = _inside(root, page, target)
        twin = path and twin_of(path)
        if path is None or twin is None or twin == path or page in (path, twin):
            return found[0]
        if anchor:
            known = anchors(_titles(root / path))
            if anchor[1:] in known:
                anchor = "#" + anchors(_titles(root / twin))[known.index(anchor[1:])]
        return f"]({relpath(twin, page.parent)}{anchor})"

    return re.sub(r"\]\(([^)#\s]+)(#[^)\s]*)?\)", led, text)


def _titles(path: Path) -> tuple[str, ...]:
    return outline(path.read_text("utf-8")).titles


def _words(spans: list[Token] | tuple[Token, ...]) -> str:
    """What is read: code and pictures leave a gap that keeps numbers apart."""
    gaps = {"softbreak": "\n"}
    return "".join(span.content if span.type == "text" else gaps.get(span.type, " ; ") for span in spans)


def _cells(tokens: list[Token]) -> Iterator[int]:
    cells = 0
    for token in tokens:
        cells = 0 if token.type == "tr_open" else cells + (token.type in ("th_open", "td_open"))
        if token.type == "tr_close":
            yield cells


def _block(token: Token) -> str:
    return "" if token.info.strip() == "text" else _COMMENT.sub("", token.content)


def _first_unlike(here: tuple[object, ...], there: tuple[object, ...]) -> str:
    unlike = (n for n, (one, other) in enumerate(zip(here, there, strict=False)) if one != other)
    place = next(unlike, min(len(here), len(there)))
    one, other = here[place : place + 1], there[place : place + 1]
    return f"{len(here)} and {len(there)}; number {place + 1} is {one} and {other}"


def _only(here: frozenset[object], there: frozenset[object]) -> tuple[tuple[str, list[str]], ...]:
    return ("original", sorted(map(str, here - there))), ("twin", sorted(map(str, there - here)))


def _leads(
    root: Path, page: Path, links: tuple[str, ...], original: Path
) -> tuple[frozenset[tuple[str, int]], list[str]]:
    """Where links lead, as originals with the number of the heading (-1: none), and those that lead nowhere."""
    leads, dead = set(), []
    for link in links:
        target, _, anchor = link.partition("#")
        if "://" in link or link.startswith("mailto:"):
            leads.add((link, -1))
            continue
        path = _inside(root, page, target) if target else page
        if path is None:
            dead.append(f"{page}: {link}")
            continue
        heading = -1
        if anchor:
            known = anchors(_titles(root / path))
            if anchor not in known:
                dead.append(f"{page}: {link}")
                continue
            heading = known.index(anchor)
        own = path.relative_to(FOLDER) if path.is_relative_to(FOLDER) else None
        base = path if own is None else Path("docs") / own
        if base != original or heading >= 0:
            leads.add((base.as_posix(), heading))
    return frozenset(leads), dead


def _inside(root: Path, page: Path, target: str) -> Path | None:
    """What a relative link leads to, relative to ``root``; None where there is nothing."""
    path = (root / page.parent / target).resolve()
    return path.relative_to(root.resolve()) if path.exists() and path.is_relative_to(root.resolve()) else None
