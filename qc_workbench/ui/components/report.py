"""A report document on a page: the same content as its HTML, PDF and XLSX."""

from __future__ import annotations

from typing import Any

import streamlit as st

from qc_workbench.reporting.document import (
    Block,
    Document,
    Heading,
    Notice,
    Paragraph,
    Plot,
    Table,
    Tiles,
)


def show_document(document: Document) -> None:
    st.header(document.title, anchor=False)
    st.caption(document.subtitle)
    for section in document.sections:
        st.subheader(section.title, anchor=False, divider="gray")
        for block in section.blocks:
            _show(block)
    st.caption(document.made)


def _show(block: Block) -> None:
    match block:
        case Paragraph(text):
            st.markdown(_plain(text))
        case Notice(text):
            st.info(_plain(text))
        case Heading(text):
            st.markdown(f"**{_plain(text)}**")
        case Tiles():
            _tiles(block)
        case Table():
            _table(block)
        case Plot():
            st.vega_lite_chart(spec=_fitting(block), alt=block.description)


def _tiles(tiles: Tiles) -> None:
    for cell, tile in zip(st.columns(max(1, len(tiles.tiles))), tiles.tiles, strict=False):
        with cell, st.container(border=True, height="stretch"):
            st.metric(tile.label, tile.cell.text)
            for note in (tile.note, tile.change):
                if note:
                    st.caption(_plain(note))


def _table(table: Table) -> None:
    if not table.rows:
        st.caption(_plain(table.empty))
        return
    rows = [{name: cell.text for name, cell in zip(table.columns, row, strict=True)} for row in table.rows]
    numeric = {
        table.columns[position]: st.column_config.TextColumn(alignment="right") for position in table.numeric_columns
    }
    st.dataframe(rows, hide_index=True, column_config=numeric, alt=table.sheet)


def _fitting(plot: Plot) -> dict[str, Any]:
    """The page gives the width and the colours of text and lines; the specification has them for paper."""
    return {key: value for key, value in plot.specification.items() if key not in ("width", "config", "background")}


def _plain(text: str) -> str:
    """Text of a report is not Markdown: what could be taken for it is escaped."""
    return "".join(f"\\{char}" if char in "\\*_`[]<>$#~:" else char for char in text)
