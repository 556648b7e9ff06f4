"""A report document on a page: the same content as its HTML, PDF and XLSX."""

from __future__ import annotations

from collections.abc import Mapping
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
from qc_workbench.ui.components.plots import UNKNOWN
from qc_workbench.ui.labels import plain


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
            st.markdown(plain(text))
        case Notice(text):
            st.info(plain(text))
        case Heading(text):
            st.markdown(f"**{plain(text)}**")
        case Tiles():
            _tiles(block)
        case Table():
            _table(block)
        case Plot():
            st.vega_lite_chart(spec=_fitting(block), alt=block.description)


def _tiles(tiles: Tiles) -> None:
    grid = st.grid(max(1, len(tiles.tiles)), min_column_width=150)
    for tile in tiles.tiles:
        with grid.container(border=True, height="stretch"):
            st.metric(tile.label, tile.cell.text)
            for note in (tile.note, tile.change):
                if note:
                    st.caption(plain(note))


def _table(table: Table) -> None:
    if not table.rows:
        st.caption(plain(table.empty))
        return
    rows = [{name: cell.text for name, cell in zip(table.columns, row, strict=True)} for row in table.rows]
    numeric = {
        table.columns[position]: st.column_config.TextColumn(alignment="right") for position in table.numeric_columns
    }
    st.dataframe(rows, hide_index=True, column_config=numeric, alt=table.sheet)


#: Pixels of a plot's axis and legend: on paper they stand beside its height, on a page inside it.
_AROUND = 44


def _fitting(plot: Plot) -> dict[str, Any]:
    """The page gives the width and the colours of text and lines; the specification has them for paper."""
    given = {key: value for key, value in plot.specification.items() if key not in ("width", "config", "background")}
    given["height"] = given.get("height", 0) + _AROUND
    given["layer"] = [_readable(layer) for layer in given.get("layer", ())]
    return given


def _readable(layer: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers beside bars are black on paper; on a page this grey reads on light and on dark ground."""
    mark = layer["mark"]
    return {**layer, "mark": {**mark, "color": UNKNOWN}} if mark.get("type") == "text" else dict(layer)
