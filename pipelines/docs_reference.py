"""Generated pages that list what there is: every error by its code, every page of the app by its address."""

from __future__ import annotations

import ast
import inspect
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import pipelines
import qc_workbench
from qc_workbench import errors
from qc_workbench.domain.access import TABLE, AccessRole, Scope
from qc_workbench.errors import QcwError
from qc_workbench.ui.i18n import Entry, Translator, catalogue
from qc_workbench.ui.navigation import ROOMS

_PREFIX = "error."
#: Sections of a page's guide: room -> page of docs/ that says most about it.
GUIDES: Mapping[str, str] = {
    "overview": "day.md", "queue": "queue.md", "my": "roles/agent.md", "call": "scoring-calls.md",
    "search": "search.md", "suspicious": "detectors.md", "promises": "detectors-promises.md",
    "crm_writes": "write-back.md",
    "refusals": "refusal-control.md", "disputes": "disputes-and-coaching.md", "coaching": "disputes-and-coaching.md",
    "discipline": "discipline.md", "team": "scoring-statistics.md", "calibration": "calibration.md",
    "month": "month-report.md", "investigation": "investigation.md", "bonus": "bonus.md", "data": "privacy.md",
    "people": "access.md",
    "audit": "access.md", "quality": "evaluation.md", "import_files": "import-files.md", "work": "jobs.md",
    "schedule": "schedule.md", "connections": "connections.md", "forms": "scoring.md",
}  # fmt: skip


def kinds() -> dict[str, type[QcwError]]:
    """Every class of errors by its name, the general before the special."""
    found: dict[str, type[QcwError]] = {}
    waiting: list[type[QcwError]] = [QcwError]
    while waiting:
        kind = waiting.pop(0)
        if kind.__module__ == errors.__name__:
            found[kind.__name__] = kind
        waiting[:0] = kind.__subclasses__()
    return found


@cache
def raised() -> dict[str, set[str]]:
    """Code -> the classes it is raised with, where the source names it beside the class."""
    names = kinds()
    calls = re.compile(rf"\b(?:{'|'.join(names)})\(")  # reading a file into a tree takes long: only where it pays
    codes: dict[str, set[str]] = defaultdict(set)
    for package in (qc_workbench, pipelines):
        for path in sorted(Path(package.__file__ or "").parent.rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            if not calls.search(text):
                continue
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                    for code in _literals(node.args[:1]):
                        codes[code].add(node.func.id)
    return codes


def errors_page(generated: str) -> str:
    entries = {code.removeprefix(_PREFIX): entry for code, entry in catalogue().items() if code.startswith(_PREFIX)}
    by_kind: dict[str, list[str]] = defaultdict(list)
    classes = raised()
    for code in sorted(entries):
        by_kind[min(classes.get(code, {""}))].append(code)
    lines = [_ERRORS_HEAD.format(generated=generated, tree="\n".join(_tree()))]
    for name, kind in kinds().items():
        if by_kind[name]:
            lines += [f"## {name}", "", f"Exit code {kind.exit_code}. {_said(name)}", ""]
            lines += [*_table(by_kind[name], entries), ""]
    lines += [_ELSEWHERE, *_table(by_kind[""], entries)]
    return "\n".join(lines) + "\n"


_ERRORS_HEAD: Final = """\
# Errors · Ошибки

{generated}

Every refusal and failure that the program tells a person has a code. It stands in the log (`error`), in `/healthz`
(`code`) and in `--json` (`error.code`); the text says what happened, where, what was expected and the next step. Words
in braces are filled in. The most frequent ones on a server are explained in [operations](operations.md#trouble). /
У каждого отказа есть код: он в журнале, в `/healthz` и в `--json`; текст говорит, что случилось, где, что ожидалось и
что делать дальше. Слова в фигурных скобках подставляются.

```text
{tree}
```
"""
_ELSEWHERE: Final = """\
## Where the code is put together

By rules of pages, routes and connectors; the class is that of the place, most often `UsageError` or `SourceError`.
"""


def rooms_page(generated: str) -> str:
    en, ru = Translator("en"), Translator("ru")
    lines = [
        "# Pages of the app · Страницы", "", generated, "",
        "Each by its address (`/queue`), with those whose page it is. A role sees its own, its team's or all; what",
        "that means is in [access](access.md), how each looks in [pictures](screenshots.md). / Адрес, чья это страница",
        "и где о ней рассказано.",
        "",
    ]  # fmt: skip
    roles = list(AccessRole)
    lines += [
        f"| address | page | страница | {' | '.join(en(f'access_role.{role.value}') for role in roles)} | guide |",
        f"|---|---|---|{'---|' * len(roles)}---|",
    ]
    reach = {Scope.NONE: "", Scope.OWN: "own", Scope.TEAM: "team", Scope.ALL: "all"}
    for name, room in ROOMS.items():
        cells = []
        for role in roles:
            widest = max([TABLE[room.action][role] if TABLE[room.action][role] >= room.least else Scope.NONE,
                          *(TABLE[action][role] for action in room.also)])  # fmt: skip
            cells.append(reach[widest])
        guide = GUIDES.get(name, "architecture.md")
        lines.append(
            f"| `/{name}` | {en(f'room.{name}')} | {ru(f'room.{name}')} | {' | '.join(cells)} | [{guide}]({guide}) |"
        )
    lines += ["", "`/home` sends each person to the first page of theirs. / `/home` ведёт на первую свою страницу."]
    return "\n".join(lines) + "\n"


def _literals(arguments: Iterable[ast.expr]) -> Iterator[str]:
    for argument in arguments:
        if isinstance(argument, ast.IfExp):
            yield from _literals((argument.body, argument.orelse))
        elif isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            yield argument.value


def _tree() -> Iterator[str]:
    """The classes as the docstring draws them."""
    for line in (inspect.getdoc(errors) or "").splitlines()[2:]:
        if not line.strip():
            return
        yield line.removeprefix("    ")


def _said(name: str) -> str:
    """What the tree says of a class."""
    found = re.search(rf"^\s+{name}\s+(.+?)(?:\s+\(exit \d\))?$", errors.__doc__ or "", re.MULTILINE)
    said = found[1].strip() if found else ""
    return said[:1].upper() + said[1:] + "." if said else ""


def _table(codes: list[str], entries: Mapping[str, Entry]) -> Iterator[str]:
    yield "| code | по-русски | in English |"
    yield "|---|---|---|"
    for code in codes:
        yield f"| `{code}` | {_cell(entries[code]['ru'])} | {_cell(entries[code]['en'])} |"


def _cell(text: str | Mapping[str, str]) -> str:
    said = text if isinstance(text, str) else text["other"]
    said = re.sub(r"\{([^}:!]*)[^}]*\}", r"`{\1}`", said.replace("\n", " "))
    return re.sub(r"[|<>*_](?=[^`]*(?:`[^`]*`[^`]*)*$)", lambda found: "\\" + found[0], said)
