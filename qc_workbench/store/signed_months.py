"""Signed months: rows and values. A revision is written once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from qc_workbench.domain.signed_month import FigureKey, SignedMonth
from qc_workbench.store.database import Reader, Row, Statement, from_json, insert, to_json


def signed_row(signed: SignedMonth, documents: Mapping[str, Any]) -> Mapping[str, Any]:
    """``documents``: the report as it was signed, by language."""
    figures = [[key.group, key.subject, key.name, value] for key, value in signed.figures.items()]
    return {
        "month": signed.month,
        "revision": signed.revision,
        "figures": to_json(figures),
        "sha256": signed.sha256,
        "documents": to_json(documents),
        "as_of": signed.as_of,
        "program": signed.program,
        "signed_by": signed.signed_by,
        "signed_at": signed.signed_at,
    }


def _signed_of(row: Row) -> SignedMonth:
    figures = {FigureKey(group, subject, name): value for group, subject, name, value in from_json(row["figures"])}
    return SignedMonth(**{**row, "figures": figures})


def revisions_of(reader: Reader, month: date) -> list[SignedMonth]:
    """Of a month, the first revision first, without their documents."""
    rows = reader.rows(
        """
        select s.month, s.revision, s.figures, s.sha256, s.as_of, s.program, s.signed_by, s.signed_at,
               w.withdrawn_by, w.withdrawn_at
        from signed_months s left join month_withdrawals w using (month, revision)
        where s.month = ? order by s.revision
        """,
        month,
    )
    return [_signed_of(row) for row in rows]


def document_of(reader: Reader, month: date, revision: int, language: str) -> Mapping[str, Any] | None:
    """The document that was signed, as ``reporting.document_json`` wrote it."""
    text = reader.value("select documents from signed_months where month = ? and revision = ?", month, revision)
    found: Mapping[str, Any] | None = None if text is None else from_json(text).get(language)
    return found


def withdrawal(month: date, revision: int, by: str, at: datetime) -> Statement:
    return insert("month_withdrawals", {"month": month, "revision": revision, "withdrawn_by": by, "withdrawn_at": at})
