"""A document as JSON and back: what was signed is shown again as it was, by whatever program version."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from qc_workbench.reporting.document import (
    Block,
    Cell,
    Chart,
    Document,
    Form,
    Heading,
    Link,
    Notice,
    Paragraph,
    Plot,
    Section,
    Table,
    Tile,
    Tiles,
)
from qc_workbench.reporting.plain import plain

_TEXTS: Final[Mapping[str, type[Paragraph] | type[Notice] | type[Heading]]] = {
    "paragraph": Paragraph, "notice": Notice, "heading": Heading,
}  # fmt: skip


def document_json(document: Document) -> dict[str, Any]:
    """Made of what JSON has. A cell is a list: text, value, form, and 1 where it is somebody's words."""
    return {
        "language": document.language,
        "title": document.title,
        "subtitle": document.subtitle,
        "made": document.made,
        "sections": [
            {"title": section.title, "blocks": [_block(block) for block in section.blocks]}
            for section in document.sections
        ],
    }


def _block(block: Block) -> dict[str, Any]:
    match block:
        case Tiles():
            tiles = [{**plain(tile), "cell": _cell(tile.cell), "opens": _link(tile.opens)} for tile in block.tiles]
            return {"kind": "tiles", "tiles": tiles}
        case Table():
            return {
                "kind": "table",
                "sheet": block.sheet,
                "columns": list(block.columns),
                "rows": [[_cell(cell) for cell in row] for row in block.rows],
                "empty": block.empty,
                "widths": list(block.widths),
                "opens": [_link(link) for link in block.opens],
                "proofs": list(block.proofs),
                "on_paper": block.on_paper,
                "cut": block.cut,
            }
        case Plot():
            return {
                "kind": "plot",
                "specification": plain(block.specification),
                "description": block.description,
                "chart": plain(block.chart),
            }
    return {"kind": next(kind for kind, made in _TEXTS.items() if isinstance(block, made)), "text": block.text}


def _cell(cell: Cell) -> list[Any]:
    said = [cell.text, plain(cell.value), cell.form.value]
    return [*said, 1] if cell.is_said else said


def _link(link: Link | None) -> list[Any] | None:
    return None if link is None else [link.room, dict(link.query)]


def document_from(found: Mapping[str, Any]) -> Document:
    """What :func:`document_json` wrote."""
    return Document(
        found["language"],
        found["title"],
        found["subtitle"],
        found["made"],
        tuple(
            Section(section["title"], tuple(_block_from(block) for block in section["blocks"]))
            for section in found["sections"]
        ),
    )


def _block_from(found: Mapping[str, Any]) -> Block:
    if found["kind"] == "tiles":
        return Tiles(
            tuple(
                Tile(
                    tile["label"], _cell_from(tile["cell"]), tile["note"], tile["change"], tile["proof"],
                    _link_from(tile["opens"]),
                )
                for tile in found["tiles"]
            )
        )  # fmt: skip
    if found["kind"] == "table":
        return Table(
            found["sheet"],
            tuple(found["columns"]),
            tuple(tuple(_cell_from(cell) for cell in row) for row in found["rows"]),
            found["empty"],
            tuple(found["widths"]),
            tuple(_link_from(link) for link in found["opens"]),
            tuple(found["proofs"]),
            found["on_paper"],
            found["cut"],
        )
    if found["kind"] == "plot":
        chart = found["chart"]
        return Plot(
            found["specification"],
            found["description"],
            None
            if chart is None
            else Chart(
                chart["title"],
                tuple(chart["groups"]),
                {name: tuple(row) for name, row in chart["series"].items()},
                tuple(chart["colours"]),
                chart["is_lying"],
            ),
        )
    return _TEXTS[found["kind"]](found["text"])


def _cell_from(found: list[Any]) -> Cell:
    text, value, form = found[0], found[1], Form(found[2])
    if value is not None and form is Form.MONEY and isinstance(value, str):
        value = Decimal(value)
    elif value is not None and form is Form.MOMENT:
        value = datetime.fromisoformat(value)
    elif value is not None and form is Form.DATE:
        value = date.fromisoformat(value)
    return Cell(text, value, form, len(found) > 3)


def _link_from(found: list[Any] | None) -> Link | None:
    return None if found is None else Link(found[0], found[1])


def without_person(found: Mapping[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
    """The document without a forgotten client: ``ids`` of calls, deals and activities become ids of chance, moments
    full hours, and what was said in the rows that name them goes. Figures stay: they name nobody.
    """
    return {
        **found,
        "sections": [
            {**section, "blocks": [_cleaned(block, ids) for block in section["blocks"]]}
            for section in found["sections"]
        ],
    }


def _cleaned(block: Mapping[str, Any], ids: Mapping[str, str]) -> Mapping[str, Any]:
    if block["kind"] != "table":
        return block
    rows, links = [], []
    opens = block["opens"] or [None] * len(block["rows"])
    for row, link in zip(block["rows"], opens, strict=True):
        is_theirs = any(cell[1] in ids for cell in row if isinstance(cell[1], str))
        rows.append([_forgotten(cell, ids) for cell in row] if is_theirs else row)
        links.append(None if is_theirs else link)
    return {**block, "rows": rows, "opens": links if block["opens"] else []}


def _forgotten(cell: list[Any], ids: Mapping[str, str]) -> list[Any]:
    if len(cell) > 3:
        return ["—", None, cell[2], 1]
    if cell[2] == Form.MOMENT.value and cell[1] is not None:
        hour = datetime.fromisoformat(cell[1]).replace(minute=0, second=0, microsecond=0)
        return [re.sub(r":\d\d$", ":00", cell[0]), hour.isoformat(), cell[2]]
    new = ids.get(cell[1]) if isinstance(cell[1], str) else None
    return [new, new, cell[2]] if new else cell
