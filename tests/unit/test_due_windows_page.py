"""docs/due-windows.md, row by row: what is said there is what the rules do."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from pathlib import Path

import pytest

from qc_workbench.config import Company
from qc_workbench.detection.due_dates import DATE_RULES, choose, find_mentions, moment_of, window
from qc_workbench.detection.due_times import TIME_RULES
from qc_workbench.detection.spoken_words import words_of
from qc_workbench.domain.commitment import DueWindow

PAGE = Path(__file__).parents[2] / "docs" / "due-windows.md"
#: The moment of the tables that name none, as the page says.
TUESDAY = "2026-10-06 12:00"


def rows() -> list[tuple[str, str, DueWindow, str, str]]:
    """(said, at, window, precision, rule) of every row of every table."""
    found = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) not in (6, 7) or not re.fullmatch(r"`[\w+]+`", cells[-1]):
            continue
        said, *rest = cells
        at = rest.pop(0) if len(cells) == 7 else TUESDAY
        first, last, hours, precision, rule = rest
        times = [time.fromisoformat(text) for text in hours.split("–")] if hours else [None, None]
        found.append(
            (
                said,
                at,
                DueWindow(date.fromisoformat(first), date.fromisoformat(last), *times),
                precision,
                rule.strip("`"),
            )
        )
    return found


@pytest.mark.parametrize(("said", "at", "expected", "precision", "rule"), rows(), ids=lambda value: str(value)[:40])
def test_a_row_of_the_page_is_what_the_rules_do(
    said: str, at: str, expected: DueWindow, precision: str, rule: str
) -> None:
    moment = moment_of(datetime.fromisoformat(f"{at}+03:00"), Company())
    due = choose(find_mentions(words_of(said), moment))
    assert due is not None
    assert window(due, moment) == expected
    assert expected.precision == precision
    assert due.rule == rule


def test_every_convention_stands_on_the_page() -> None:
    shown = {name for *_, rule in rows() for name in rule.split("+")}
    assert [row.name for row in (*DATE_RULES, *TIME_RULES) if row.name not in shown] == []
