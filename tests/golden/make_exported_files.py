"""Writes files as people export them, and what is read of each: ``python -m tests.golden.make_exported_files``.

Title rows, merged cells, a header in two rows, grouped rows, «Итого», no-break spaces, dates of every kind, several
phones in a cell. Look at the difference of ``read.json`` before committing it. Nobody here exists.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, time
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from qc_workbench.sources.cells import Conventions
from qc_workbench.sources.file_reading import open_guessed
from qc_workbench.sources.file_words import file_words
from qc_workbench.sources.guess_columns import suggest
from qc_workbench.sources.mapped_rows import MappedReader, Staff, sample_rows

FOLDER = Path(__file__).parent / "exported_files"
READ = FOLDER / "read.json"
_NEAR = Conventions("RU", ZoneInfo("Europe/Moscow"))


def _book(fill: Callable[[Worksheet], None]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    fill(sheet)
    book.properties.created = book.properties.modified = datetime(2026, 9, 1)  # noqa: DTZ001 - of the file's own format
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _sales_of_1c(sheet: Worksheet) -> None:
    """Sales by agents: titles, a header of two rows with merged cells, groups with their sums, «Итого»."""
    sheet.title = "TDSheet"
    sheet.append(["Продажи по менеджерам"])
    sheet.merge_cells("A1:F1")
    sheet.append(["Период: сентябрь 2026 г."])
    sheet.append(["Отбор: Проведён Равно «Да»"])
    sheet.append([])
    sheet.append(["Дата", "Документ", "Контрагент", None, "Сумма", None])
    sheet.append([None, None, "Наименование", "Телефон", "с НДС", "Себестоимость"])
    for merged in ("A5:A6", "B5:B6", "C5:D5", "E5:F5"):
        sheet.merge_cells(merged)
    groups = (
        ("Иванова Анна", "25\xa0000,50", (
            ("02.09.2026", "РТУ-000041", "ООО «Ромашка»", "+7 (916) 111-22-33, 8 495 123-45-67", "12\xa0000,50",
             "9\xa0000"),
            ("03.09.2026 14:20", "РТУ-000042", "ИП Петров", "8 916 111 22 34 доб. 12", "13 000 руб.", 10000),
        )),
        ("Петров Борис", "1\xa0234,00", (
            (date(2026, 9, 4), "РТУ-000043", "ЗАО «Тест»", 79161112235, 1234, 900.5),
            ("05.09.2026", "РТУ-000044", "ООО «Возврат»", "тел. 8-916-111-22-36", "(500,00)", None),
            ("31.02.2026", "РТУ-000045", "ООО «Нет такого дня»", "+79161112237", "100", None),
        )),
    )  # fmt: skip
    for name, total, rows in groups:
        sheet.append([name, None, None, None, total])
        for row in rows:
            sheet.append(row)
            sheet.row_dimensions[sheet.max_row].outlineLevel = 1
    sheet.append(["Итого", None, None, None, "26\xa0234,50", 19900.5])


def _work_of_quick_sales(sheet: Worksheet) -> None:
    """Done work: date and time in two columns, a merged cell over the rows of one client, the header again, a blank."""
    header = ["Дата", "Время", "Клиент", "Контактное лицо", "Вид работы", "Содержание", "Результат", "Менеджер"]
    sheet.append(header)
    day = datetime(2026, 9, 2)  # noqa: DTZ001 - cells have no zone
    sheet.append([day, time(10, 25), "ООО «Ромашка»", "Мария", "Звонок", "=1+1", "Думают", "Иванова А."])
    sheet.append([day, time(11, 0), None, "Мария", "Отправка КП", "КП на двери", None, "Иванова А."])
    sheet.merge_cells("C2:C3")
    sheet.append([])
    sheet.append(header)
    sheet.append(["3 сентября 2026", "9:05", "ИП Петров", None, "Встреча", "Показ", "Заказ", "Петров Б."])
    sheet.append(["04.09.2026", "в обед", "ИП Петров", None, "Звонок", "Уточнить", None, "Петров Б."])
    sheet.append(["04.09.2026", "12:00", "ИП Петров", None, "Чаепитие", "Уточнить", None, "Петров Б."])


_CLIENTS = (
    "Название;Телефон;Менеджер;Состояние;Источник\r\n"
    "ООО «Ромашка»;+7 916 111-22-33, 8 (495) 123-45-67;Иванова А.;В работе;Сайт\r\n"
    "ИП Петров;8 916 111 22 34 и 8 916 111 22 35;Петров Б.;Отказ;Реклама\r\n"
    "ООО «Без телефона»;;Петров Б.;Новый;Сайт\r\n"
    'ООО "Кавычки";8-916-111-22-36;Петров Б.;Оплачено;Сайт\r\n'
)
_CALLS = (
    "Дата звонка\tНаправление\tНомер клиента\tСотрудник\tДлительность\tОжидание\tСтатус\n"
    "02.09.2026 10:25:11\tВходящий\t+79161112233\tИванова Анна\t0:03:25\t12\tОтвечен\n"
    "02.09.2026 10:40\tИсходящий\t89161112234\tПетров Борис\t0\t20\tНет ответа\n"
    "02.09.2026 10:41\tВходящий\tСкрытый номер\tПетров Борис\t1:05\t3\tОтвечен\n"
    "02.09.2026 10:42\tВходящий\t7,91611E+10\tПетров Борис\t1:05\t3\tОтвечен\n"
)

FILES: dict[str, Callable[[], bytes]] = {
    "1c_sales_by_agent.xlsx": lambda: _book(_sales_of_1c),
    "quick_sales_done.xlsx": lambda: _book(_work_of_quick_sales),
    "quick_sales_clients.csv": lambda: _CLIENTS.encode("cp1251"),
    "calls.csv": lambda: _CALLS.encode("utf-8-sig"),
}


def read(path: Path) -> dict[str, Any]:
    """What is guessed of a file and what is read of it, with nobody's help."""
    opened = open_guessed(path)
    guess = suggest(opened.header, sample_rows(opened.beginning, opened.header, 200), file_words(), "RU")
    reader = MappedReader(path.name, opened.header, guess.mapping, file_words(), _NEAR, Staff([]))
    rows = [reader.read(row) for row in opened.rows()]
    return {
        "entity": guess.mapping.entity,
        "header": {"row": opened.header.row, "rows": opened.header.rows, "shown": opened.header.shown},
        "columns": {name: [item.header, round(item.sureness, 2), [why.value for why in item.reasons]]
                    for name, item in sorted(guess.guesses.items())},
        "times": dict(guess.mapping.times),
        "encoding": opened.book.encoding, "delimiter": opened.book.delimiter,
        "rows": [
            {"row": row.number, "kind": row.kind.value, "good": row.entry is not None,
             "cells": {name: text for name, text in row.cells.items() if text},
             "problems": [[item.column, item.value, item.code, item.severity.value] for item in row.problems]}
            for row in rows
        ],
    }  # fmt: skip


def everything() -> str:
    found = {name: read(FOLDER / name) for name in sorted(FILES)}
    return json.dumps(found, ensure_ascii=False, indent=1, default=list) + "\n"


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, make in FILES.items():
        (FOLDER / name).write_bytes(make())
    READ.write_text(everything(), encoding="utf-8")


if __name__ == "__main__":
    main()
