"""A document as a workbook: a summary and a sheet for each table, with real numbers, dates and filters."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter

from qc_workbench.reporting.document import Cell, Document, Form, Notice, Paragraph, Table, Tiles, Words

_NUMBER_FORMATS = {
    Form.INTEGER: "#,##0",
    Form.NUMBER: "#,##0.0",
    Form.PERCENT: "0 %",
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
        formats = {form: workbook.add_format({"num_format": code}) for form, code in _NUMBER_FORMATS.items()}
        formats[Form.TEXT] = workbook.add_format({"text_wrap": True, "valign": "top"})
        header = workbook.add_format({"bold": True, "bottom": 1, "bg_color": "#F3F5F8", "text_wrap": True})
        title = workbook.add_format({"bold": True, "font_size": 14})
        _summary(workbook, document, words, formats, header, title, zone)
        for section in document.sections:
            for block in section.blocks:
                if isinstance(block, Table):
                    _table(workbook, block, formats, header, zone)
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
    sheet = workbook.add_worksheet(words("report.sheet.summary"))
    sheet.set_column(0, 0, 44)
    sheet.set_column(1, 1, 22)
    sheet.set_column(2, 2, 60)
    sheet.write_string(0, 0, f"{document.title} {document.subtitle}".strip(), title)
    sheet.write_string(1, 0, document.made)
    sheet.write_row(3, 0, [words("report.metric"), words("report.value"), ""], header)
    sheet.freeze_panes(4, 0)
    row = 4
    for section in document.sections:
        for block in section.blocks:
            if isinstance(block, Tiles):
                for tile in block.tiles:
                    sheet.write_string(row, 0, tile.label)
                    _write(sheet, row, 1, tile.cell, formats, zone)
                    sheet.write_string(row, 2, "; ".join(filter(None, (tile.note, tile.change))))
                    row += 1
            elif isinstance(block, Paragraph | Notice):
                sheet.write_string(row, 2, block.text, formats[Form.TEXT])
                sheet.write_string(row, 0, section.title)
                row += 1


def _table(workbook: Any, table: Table, formats: Mapping[Form, Any], header: Any, zone: ZoneInfo) -> None:
    sheet = workbook.add_worksheet(_sheet_name(table.sheet, {item.name.casefold() for item in workbook.worksheets()}))
    for column, name in enumerate(table.columns):
        sheet.write_string(0, column, name, header)
        longest = max((len(row[column].text) for row in table.rows), default=0)
        sheet.set_column(column, column, min(60, max(12, longest + 2)))
    for position, row in enumerate(table.rows, start=1):
        for column, cell in enumerate(row):
            _write(sheet, position, column, cell, formats, zone)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(1, len(table.rows)), len(table.columns) - 1)


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
