"""Tables of the monthly report: named, headed and excused where they are empty by codes of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable

from qc_workbench.reporting.document import Cell, Link, Table, Words


def month_table(
    words: Words,
    sheet: str,
    columns: Iterable[str],
    rows: Iterable[tuple[Cell, ...]],
    widths: tuple[float, ...] = (),
    *,
    empty: str | None = None,
    opens: tuple[Link | None, ...] = (),
    proofs: tuple[str, ...] = (),
    on_paper: int | None = None,
    cut: str = "",
) -> Table:
    """``report.sheet.<sheet>`` with the columns ``report.<column>``; without rows ``report.empty.<empty>``, or nothing.

    The rest is that of :class:`~qc_workbench.reporting.document.Table`.
    """
    return Table(
        words(f"report.sheet.{sheet}"),
        tuple(words(f"report.{name}") for name in columns),
        tuple(rows),
        words(f"report.empty.{empty}") if empty else "",
        widths,
        opens=opens,
        proofs=proofs,
        on_paper=on_paper,
        cut=cut,
    )
