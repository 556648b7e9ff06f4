"""Sheets of any make: encodings, delimiters, quotes, merged cells, and files that mean harm."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from qc_workbench.domain.file_mapping import RowKind
from qc_workbench.errors import ImportFailed
from qc_workbench.sources import csv_sheets
from qc_workbench.sources.file_reading import open_guessed
from qc_workbench.sources.file_words import file_words
from qc_workbench.sources.sheet_layout import RawRow, guess_header, header_of, kind_of
from qc_workbench.sources.sheets import Merged, filled_in, open_book

ROWS = [
    ["Дата", "Сумма; руб", "Клиент"],
    ["02.09.2026", "1 200,50", "ООО «Ромашка»"],
    ["03.09.2026", "7", "ИП, Петров"],
]


def csv_file(folder: Path, encoding: str, mark: str) -> Path:
    path = folder / "file.csv"
    text = "\r\n".join(mark.join(f'"{cell}"' if mark in cell else cell for cell in row) for row in ROWS)
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16", "cp866", "koi8-r"])
@pytest.mark.parametrize("mark", [";", ",", "\t", "|"])
def test_csv_of_any_encoding_and_delimiter_gives_the_same_cells(tmp_path: Path, encoding: str, mark: str) -> None:
    if encoding in ("cp866", "koi8-r"):
        rows = [[cell.replace("«", "").replace("»", "") for cell in row] for row in ROWS]
        path = tmp_path / "file.csv"
        text = "\r\n".join(mark.join(f'"{cell}"' if mark in cell else cell for cell in row) for row in rows)
        path.write_bytes(text.encode(encoding))
    else:
        rows, path = ROWS, csv_file(tmp_path, encoding, mark)
    book = open_book(path)
    assert [list(row.cells) for row in book.rows("")] == rows
    assert book.delimiter == mark


def test_a_byte_that_is_no_letter_is_seen_and_can_be_kept(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes("Менеджер;Заметка\nАнна;".encode("cp1251") + "😀 согласна\n".encode())  # typed into a cp1251 file
    (_, row) = open_book(path).rows("")
    assert row.cells[0] == "Анна"
    assert "�" in str(row.cells[1])
    str(row.cells[1]).encode()


def test_a_quote_never_closed_costs_its_own_line_and_numbers_stay_those_of_the_editor() -> None:
    lines = ["a;b\n", '1;"x\n', "2;y\n", '3;"two\n', 'lines"\n', "4;z\n"]
    found = list(csv_sheets.split_records(iter(lines), ";", "f"))
    assert [(row.number, row.cells, row.problem) for row in found if not row.problem][-1] == (6, ("4", "z"), "")
    assert [row.number for row in found if row.problem] == [2]


def test_a_hint_of_excel_names_the_delimiter(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("sep=|\nДата|Сумма\n01.01.2026|5\n", encoding="utf-8")
    assert [row.cells for row in open_book(path).rows("")] == [("Дата", "Сумма"), ("01.01.2026", "5")]


def test_merged_cells_fill_down_in_data_and_also_to_the_right_in_the_header() -> None:
    rows = iter([RawRow(1, ("A", None, "B")), RawRow(2, ("x", None, 1)), RawRow(3, (None, None, 2))])
    merged = (Merged(1, 0, 1, 1), Merged(2, 0, 3, 1))
    assert [row.cells for row in filled_in(rows, merged, 1)] == [("A", "A", "B"), ("x", None, 1), ("x", None, 2)]


def test_formulas_are_the_values_that_were_saved_and_are_never_computed(tmp_path: Path) -> None:
    path = tmp_path / "file.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Лист")
        sheet.write_row(0, 0, ["Дата", "Сумма"])
        sheet.write_row(1, 0, ["01.01.2026"])
        sheet.write_formula(1, 1, '=HYPERLINK("http://x";1)', value=125.5)
    assert [row.cells for row in open_book(path).rows("Лист")] == [("Дата", "Сумма"), ("01.01.2026", 125.5)]


def test_levels_of_grouped_rows_are_told(tmp_path: Path) -> None:
    path = tmp_path / "file.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for row, level in enumerate([0, 1, 2, 1, 0]):
            sheet.write_row(row, 0, [str(row), row])
            sheet.set_row(row, None, None, {"level": level})
    found = list(open_book(path).rows("Sheet1"))
    assert [(row.level, row.heads_group) for row in found] == [(0, True), (1, True), (2, False), (1, False), (0, False)]


def zipped(path: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in parts.items():
            packed.writestr(name, data)
    return path


def code_of(path: Path) -> str:
    with pytest.raises(ImportFailed) as error:
        list(open_book(path).rows(open_book(path).sheets[0]))
    return error.value.code


def test_a_bomb_is_refused_unread(tmp_path: Path) -> None:
    bomb = zipped(tmp_path / "a.xlsx", {"xl/workbook.xml": b"<x/>", "xl/worksheets/sheet1.xml": b" " * (80 << 20)})
    assert code_of(bomb) == "file_bomb"


def test_entities_that_multiply_are_refused_unread(tmp_path: Path) -> None:
    text = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    assert code_of(zipped(tmp_path / "a.xlsx", {"xl/workbook.xml": text})) == "file_bomb"


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.xlsx", b"PK\x03\x04 broken off", "file_damaged"),
        ("a.csv", b"", "file_empty_all"),
        ("a.csv", b"%PDF-1.7 ...", "file_no_table"),
        ("a.csv", b"<!DOCTYPE html><html>", "file_no_table"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "file_damaged"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "file_locked"),
    ],
)
def test_what_is_no_table_says_so(tmp_path: Path, name: str, data: bytes, code: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    assert code_of(path) == code


def test_other_zip_files_are_no_tables(tmp_path: Path) -> None:
    assert code_of(zipped(tmp_path / "a.xlsx", {"word/document.xml": b"<x/>"})) == "file_no_table"


def test_a_sheet_with_more_rows_than_are_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_sheets, "MOST_ROWS", 10)
    path = tmp_path / "a.csv"
    path.write_text("a;b\n" * 20)
    assert code_of(path) == "file_too_many_rows"


def test_a_cell_in_the_last_corner_of_a_sheet_neither_fills_the_memory_nor_hides_the_table(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Дата", "Сумма"])
        sheet.write_row(1, 0, ["01.01.2026", 5])
        sheet.write(5000, 16_383, " ")
    found = [row.cells for row in open_book(path).rows("Sheet1") if row.cells]
    assert found == [("Дата", "Сумма"), ("01.01.2026", 5)]


def test_the_part_of_shared_texts_may_be_named_as_1c_once_named_it(tmp_path: Path) -> None:
    path, renamed = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet().write_row(0, 0, ["Дата", "Сумма"])
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(renamed, "w") as new:
        for item in old.infolist():
            new.writestr(item.filename.replace("sharedStrings", "SharedStrings"), old.read(item))
    assert [row.cells for row in open_book(renamed).rows("Sheet1")] == [("Дата", "Сумма")]


def header(*rows: tuple[object, ...]) -> tuple[int, int]:
    return guess_header([RawRow(n, row) for n, row in enumerate(rows, 1)], file_words().knows)  # type: ignore[arg-type]


def test_titles_above_the_header_are_not_the_header() -> None:
    assert header(("Отчёт",), (), ("Период", "сентябрь"), ("Дата", "Сумма", "Контрагент"), ("01.01.2026", 5, "x")) == (
        3,
        1,
    )


def test_a_file_without_a_header_does_not_lose_its_first_row_to_a_guess_of_two() -> None:
    assert header(("01.01.2026", "5", "Иванов"), ("02.01.2026", "6", "Петров")) == (0, 1)


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (("Итого", None, None, "12 000,00"), RowKind.TOTAL),
        (("ИТОГО по Иванову:", 5, None, 7.5), RowKind.TOTAL),
        (("Всего", None, None, None), RowKind.TOTAL),
        (("01.09.2026", "5", "ООО «Итого»", 7), RowKind.DATA),
        (("Итого Плюс", "5", "ООО", 7), RowKind.DATA),
        (("Иванова Анна", None, None, None), RowKind.GROUP),
        ((None, "", None, None), RowKind.BLANK),
        (("Дата", "Номер", "Клиент", "Сумма"), RowKind.HEADER_AGAIN),
    ],
)
def test_rows_that_belong_to_no_table_are_told_apart(cells: tuple[object, ...], kind: RowKind) -> None:
    head = header_of([RawRow(1, ("Дата", "Номер", "Клиент", "Сумма"))], 0, 1)
    assert kind_of(RawRow(9, cells), head, (0, 1, 2, 3)) is kind  # type: ignore[arg-type]


def test_columns_of_the_same_name_are_told_apart_and_their_order_does_not_matter_to_the_print() -> None:
    first = header_of([RawRow(1, ("Сумма", "Дата", "Сумма"))], 0, 1)
    second = header_of([RawRow(3, ("Дата", "СУММА:", " сумма "))], 0, 1)
    assert first.keys == ("сумма", "дата", "сумма (2)")
    assert first.print == second.print


def test_the_first_sheet_that_is_not_empty_is_taken(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.create_sheet("Данные").append(["Дата", "Сумма"])
    out = io.BytesIO()
    book.save(out)
    (tmp_path / "a.xlsx").write_bytes(out.getvalue())
    assert open_guessed(tmp_path / "a.xlsx").sheet == "Данные"
