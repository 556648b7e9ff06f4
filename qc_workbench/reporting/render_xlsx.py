"""A document as a workbook: a summary and a sheet for each table, with real numbers, dates and filters."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter

from qc_workbench.reporting.document import Cell, Document, Form, Notice, Paragraph, Plot, Table, Tiles, Words

_NUMBER_FORMATS = {
    Form.INTEGER: "#,##0",
    Form.NUMBER: "#,##0.0",
    Form.PERCENT: "0{percent_sign}",
    Form.MONEY: "#,##0.00",
    Form.MOMENT: "yyyy-mm-dd hh:mm",
    Form.DATE: "yyyy-mm-dd",
}


def render_xlsx(document: Document, words: Words, zone: ZoneInfo) -> bytes:
    """The file's bytes. Times are written in ``zone``, because a sheet knows no zones.

    Text is always written as text: nothing of the data becomes a formula or a link.
    """
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as workbook:
        formats = {
            form: workbook.add_format({"num_format": code.format(percent_sign=words.percent_sign), "valign": "top"})
            for form, code in _NUMBER_FORMATS.items()
        }
        formats[Form.TEXT] = workbook.add_format({"text_wrap": True, "valign": "top", "indent": 1})
        header = workbook.add_format({"bold": True, "bottom": 1, "bg_color": "#F3F5F8", "text_wrap": True, "indent": 1})
        title = workbook.add_format({"bold": True, "font_size": 14})
        _summary(workbook, document, words, formats, header, title, zone)
        for section in document.sections:
            for block in section.blocks:
                if isinstance(block, Table):
                    _table(workbook, block, formats, header, zone)
        _charts(workbook, document, words, header)
    return out.getvalue()


def _summary(
    workbook: Any,
    document: Document,
    words: Words,
    formats: Mapping[Form, Any],
    header: Any,
    title: Any,
    zone: ZoneInfo,
) -> None:
    sheet = _sheet(workbook, words("report.sheet.summary"))
    widths = (44, 22, 90)
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    sheet.write_string(0, 0, f"{document.title} {document.subtitle}".strip(), title)
    sheet.write_string(1, 0, document.made)
    sheet.write_row(3, 0, [words("report.metric"), words("report.value"), ""], header)
    sheet.freeze_panes(4, 0)
    row = 4
    for section in document.sections:
        for block in section.blocks:
            if isinstance(block, Tiles):
                for tile in block.tiles:
                    sheet.write_string(row, 0, tile.label, formats[Form.TEXT])
                    _write(sheet, row, 1, tile.cell, formats, zone)
                    beside = "; ".join(filter(None, (tile.note, tile.change)))
                    sheet.set_row(row, _height([tile.label, "", beside], widths))
                    sheet.write_string(row, 2, beside, formats[Form.TEXT])
                    row += 1
            elif isinstance(block, Paragraph | Notice):
                sheet.set_row(row, _height([section.title, "", block.text], widths))
                sheet.write_string(row, 2, block.text, formats[Form.TEXT])
                sheet.write_string(row, 0, section.title, formats[Form.TEXT])
                row += 1


def _sheet(workbook: Any, name: str) -> Any:
    """On paper: A4 lying, all columns on one page."""
    sheet = workbook.add_worksheet(name)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    return sheet


def _height(texts: Sequence[str], widths: Sequence[int]) -> int:
    """Points of a row whose texts are wrapped: programs other than Excel don't work it out themselves."""
    lines = (len(textwrap.wrap(text, width - 2)) for text, width in zip(texts, widths, strict=True))
    return 15 * max(1, *lines)


def _row(sheet: Any, position: int, names: Sequence[str], widths: Sequence[int], header: Any) -> None:
    sheet.set_row(position, _height(names, [width - 2 for width in widths]))
    for column, name in enumerate(names):
        sheet.write_string(position, column, name, header)


def _table(workbook: Any, table: Table, formats: Mapping[Form, Any], header: Any, zone: ZoneInfo) -> None:
    sheet = _sheet(workbook, _sheet_name(table.sheet, {item.name.casefold() for item in workbook.worksheets()}))
    sheet.repeat_rows(0)
    widths = []
    for column, name in enumerate(table.columns):
        longest = max((len(row[column].text) for row in table.rows), default=0)
        word = max((len(part) for part in name.split()), default=0) + 4  # the button of the filter stands beside it
        widths.append(min(60, max(12, longest + 2, word)))
        sheet.set_column(column, column, widths[-1])
    _row(sheet, 0, table.columns, widths, header)
    for position, row in enumerate(table.rows, start=1):
        sheet.set_row(position, _height([cell.text for cell in row], widths))
        for column, cell in enumerate(row):
            _write(sheet, position, column, cell, formats, zone)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(1, len(table.rows)), len(table.columns) - 1)


def _charts(workbook: Any, document: Document, words: Words, header: Any) -> None:
    """The plots, drawn by the workbook itself from the numbers beside them."""
    charts = [
        block.chart
        for section in document.sections
        for block in section.blocks
        if isinstance(block, Plot) and block.chart is not None and block.chart.groups
    ]
    if not charts:
        return
    sheet = _sheet(workbook, words("report.sheet.charts"))
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, max(len(plot.series) for plot in charts), 14)
    top = 0
    for plot in charts:
        names = list(plot.series)
        _row(sheet, top, [plot.title, *names], [34, *[14] * len(names)], header)
        for number, group in enumerate(plot.groups, start=1):
            sheet.write_string(top + number, 0, group)
            for column, name in enumerate(names, start=1):
                value = plot.series[name][number - 1]
                if value is not None:
                    sheet.write_number(top + number, column, value)
        last = top + len(plot.groups)
        chart = workbook.add_chart({"type": "bar" if plot.is_lying else "column"})
        for column, name in enumerate(names, start=1):
            series = {
                "name": name,
                "categories": [sheet.get_name(), top + 1, 0, last, 0],
                "values": [sheet.get_name(), top + 1, column, last, column],
                "data_labels": {"value": True},
            }
            if column <= len(plot.colours):
                series["fill"] = {"color": plot.colours[column - 1]}
            chart.add_series(series)
        chart.set_title({"name": plot.title, "name_font": {"size": 12}})
        chart.set_legend({"none": True} if len(names) == 1 else {"position": "bottom"})
        if plot.is_lying:
            chart.set_y_axis({"reverse": True})
        rows = max(15, len(plot.groups) + 2)
        chart.set_size({"width": 720, "height": rows * 20})
        sheet.insert_chart(top, len(names) + 2, chart)
        top = max(last, top + rows) + 2


def _write(sheet: Any, row: int, column: int, cell: Cell, formats: Mapping[Form, Any], zone: ZoneInfo) -> None:
    value = cell.value
    if value is None:
        sheet.write_blank(row, column, None)
    elif isinstance(value, datetime):
        sheet.write_datetime(row, column, value.astimezone(zone).replace(tzinfo=None), formats[cell.form])
    elif isinstance(value, int | float | Decimal):
        sheet.write_number(row, column, float(value), formats[cell.form])
    elif isinstance(value, str):
        sheet.write_string(row, column, value, formats[Form.TEXT])
    else:
        sheet.write_datetime(row, column, datetime(value.year, value.month, value.day), formats[cell.form])  # noqa: DTZ001


def _sheet_name(wanted: str, taken: set[str]) -> str:
    """Workbooks allow 31 characters, no two names alike and none of ``[]:*?/\\``."""
    name = "".join(character for character in wanted if character not in "[]:*?/\\")[:31] or "1"
    number = 2
    unique = name
    while unique.casefold() in taken:
        unique = f"{name[:28]} {number}"
        number += 1
    return unique
