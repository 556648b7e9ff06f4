"""A document as PDF: typst sets it from data, so no text of the data is ever read as markup.

Fonts are those that typst carries (Libertinus Serif has Cyrillic), so that the file looks the same
on every machine.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import typst

from qc_workbench.reporting.document import Document, Heading, Notice, Paragraph, Plot, Table, Tiles
from qc_workbench.reporting.plots import to_svg

FONT = "Libertinus Serif"


def render_pdf(document: Document) -> bytes:
    """The file's bytes: A4, page numbers, plots as vectors."""
    files: dict[str, bytes] = {}
    sections: list[dict[str, Any]] = [
        {"title": section.title, "blocks": [_block(block, files) for block in section.blocks]}
        for section in document.sections
    ]
    data = {
        "language": document.language,
        "title": document.title,
        "subtitle": document.subtitle,
        "made": document.made,
        "sections": sections,
    }
    known = {code for section in document.sections for block in section.blocks if isinstance(block, Table)
             for code in block.proofs}  # fmt: skip
    for section in sections:
        for block in section["blocks"]:
            for tile in block.get("tiles", ()):
                # a link to what is not there would not be set
                tile["proof"] = tile["proof"] if tile["proof"] in known else None
    template = resources.files("qc_workbench.reporting") / "templates" / "document.typ"
    files["document.json"] = json.dumps(data, ensure_ascii=False).encode()
    files["main.typ"] = template.read_bytes()
    # A document in memory, file by file; the published types know only one file.
    source: Any = files
    return bytes(typst.compile(source, ignore_system_fonts=True))


def _block(block: object, files: dict[str, bytes]) -> dict[str, Any]:
    match block:
        case Paragraph(text):
            return {"kind": "paragraph", "text": text}
        case Notice(text):
            return {"kind": "notice", "text": text}
        case Heading(text):
            return {"kind": "heading", "text": text}
        case Tiles(tiles):
            return {
                "kind": "tiles",
                "tiles": [
                    {
                        "label": tile.label,
                        "value": tile.cell.text,
                        "note": tile.note,
                        "change": tile.change,
                        "proof": tile.proof,
                    }
                    for tile in tiles
                ],
            }
        case Table():
            return {
                "kind": "table",
                "columns": block.columns,
                "rows": [[cell.text for cell in row] for row in block.printed],
                "proofs": block.proofs,
                "cut": block.cut if block.is_cut else None,
                "numeric": sorted(block.numeric_columns),
                "widths": block.widths or [1] * len(block.columns),
                "empty": block.empty,
            }
        case Plot():
            name = f"plot-{len(files)}.svg"
            files[name] = to_svg(block.specification, FONT).encode()
            return {"kind": "plot", "file": name, "description": block.description}
    raise TypeError(f"no way to set {type(block).__name__}")
