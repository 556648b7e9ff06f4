"""A report document on a page: the same content as its HTML, PDF and XLSX."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from types import MappingProxyType
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
from qc_workbench.ui.components.blocks import picked, read_table
from qc_workbench.ui.components.plots import UNKNOWN
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import plain
from qc_workbench.ui.navigation import go, is_open, link


def show_document(document: Document, t: Translator, notes: Mapping[str, str] = MappingProxyType({})) -> None:
    """``notes``: how a figure was counted, by the code that its tile names."""
    st.header(document.title, anchor=False)
    st.caption(document.subtitle)
    for number, section in enumerate(document.sections):
        st.subheader(section.title, anchor=False, divider="gray")
        for place, block in enumerate(section.blocks):
            _show(block, t, notes, f"{number}_{place}")
    st.caption(document.made)


def _show(block: Block, t: Translator, notes: Mapping[str, str], key: str) -> None:
    match block:
        case Paragraph(text):
            st.markdown(plain(text))
        case Notice(text):
            st.info(plain(text))
        case Heading(text):
            st.markdown(f"**{plain(text)}**")
        case Tiles():
            _tiles(block, t, notes)
        case Table():
            _table(block, t, key)
        case Plot():
            show_plot(block)


def show_plot(plot: Plot) -> None:
    st.vega_lite_chart(spec=_fitting(plot), alt=plot.description)


def _tiles(tiles: Tiles, t: Translator, notes: Mapping[str, str]) -> None:
    grid = st.grid(max(1, min(4, len(tiles.tiles))), min_column_width=190)
    for tile in tiles.tiles:
        with grid.container(border=True, height="stretch"):
            st.metric(tile.label, tile.cell.text, help=notes.get(tile.proof or ""))
            for note in (tile.note, tile.change):
                if note:
                    st.caption(plain(note))
            if tile.opens:
                link(tile.opens.room, t, t("month.open_list"), **tile.opens.query)


def _table(table: Table, t: Translator, key: str) -> None:
    if not table.rows:
        st.caption(plain(table.empty))
        return
    rows = [{name: cell.text for name, cell in zip(table.columns, row, strict=True)} for row in table.printed]
    numeric = [table.columns[position] for position in sorted(table.numeric_columns)]
    opens = table.opens[: len(rows)]
    if any(item is not None and is_open(item.room) for item in opens):
        chosen = picked(rows, _fitted(table), f"report_{key}", table.sheet, row_px=_row_px(table))
        to = opens[chosen] if chosen is not None else None
        if to is not None:
            go(to.room, t, **to.query)
    else:
        read_table(rows, table.sheet, numeric)
    if table.is_cut:
        st.caption(plain(table.cut))


#: Pixels for the columns of a table beside the sidebar on a page of 1024: the box that marks a row has the rest.
_ROOM_PX = 680
#: Pixels of a letter and of a line in a table.
_LETTER_PX, _LINE_PX = 7, 21
#: More lines than this would hide the rows below: the rest is read in the call.
_MOST_LINES = 4
#: Lower rows keep texts on one line: Streamlit wraps them in rows of more than four rems.
_WRAPS_PX = 66
#: More columns than this would be too narrow for their names there.
_MOST_FITTED = 9


def _fitted(table: Table) -> dict[str, Any]:
    """Columns as wide as on paper, all in sight on a narrow page; a wider one gives each its part of the rest. A table
    with too many to fit is moved sideways, and its first column stays in sight."""
    widths = table.widths or (1.0,) * len(table.columns)
    fits = len(table.columns) <= _MOST_FITTED
    return {
        name: st.column_config.TextColumn(
            width=int(_ROOM_PX * width / sum(widths)) if fits else None,
            pinned=True if not fits and position == 0 else None,
            alignment="right" if position in table.numeric_columns else None,
        )
        for position, (name, width) in enumerate(zip(table.columns, widths, strict=True))
    }


def _row_px(table: Table) -> int | None:
    """So high that a quote is read whole on a narrow page; None where one line is enough."""
    widths = table.widths or (1.0,) * len(table.columns)
    if len(table.columns) > _MOST_FITTED:
        return None
    lines = max(
        ceil(len(cell.text) * _LETTER_PX * sum(widths) / (_ROOM_PX * width))
        for row in table.printed
        for cell, width in zip(row, widths, strict=True)
    )
    return None if lines <= 1 else max(_WRAPS_PX, min(lines, _MOST_LINES) * _LINE_PX + 14)


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
