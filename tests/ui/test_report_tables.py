"""Tables of a report on a page: what is quoted is read whole."""

from __future__ import annotations

from qc_workbench.reporting.document import Table, text
from qc_workbench.ui.components.report import _MOST_LINES, _WRAPS_PX, _row_px

COLUMNS = ("Менеджер", "Цитата")


def table(*quotes: str) -> Table:
    return Table("Обещания", COLUMNS, tuple((text("Алла"), text(quote)) for quote in quotes), widths=(1, 3))


def test_rows_are_as_high_as_the_longest_quote_needs_on_a_narrow_page() -> None:
    assert _row_px(table("«Да»", "«Завтра»")) is None
    two_lines = _row_px(table("«Да»", "слово " * 16))
    assert two_lines == _WRAPS_PX
    longer, endless = _row_px(table("слово " * 40)), _row_px(table("слово " * 4000))
    assert longer is not None
    assert _WRAPS_PX < longer == endless
    assert longer > _MOST_LINES * 20
