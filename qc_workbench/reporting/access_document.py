"""The access report as a document a person can read: chapters of tables, then how long what is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from qc_workbench.domain.personal_data import KeptData, SubjectKind
from qc_workbench.reporting.access_words import value_text
from qc_workbench.reporting.document import (
    Block,
    Cell,
    Document,
    Heading,
    Notice,
    Paragraph,
    Section,
    Table,
    Words,
    text,
)


@dataclass(frozen=True, slots=True)
class AccessChapter:
    """``tables``: name -> columns and rows."""

    code: str
    tables: Mapping[str, tuple[tuple[str, ...], tuple[tuple[Any, ...], ...]]]


@dataclass(frozen=True, slots=True)
class AccessReport:
    """``left_out``: reason -> tables that are not in it."""

    kind: SubjectKind
    label: str
    company: str
    contact: str
    made_at: datetime
    program: str
    chapters: tuple[AccessChapter, ...]
    kept: tuple[KeptData, ...]
    left_out: Mapping[str, tuple[str, ...]]
    recordings: int


def access_document(report: AccessReport, words: Words) -> Document:
    t = words
    first: list[Block] = [Paragraph(t("access_report.says", company=report.company or "—"))]
    if report.contact:
        first.append(Paragraph(t("access_report.contact", contact=report.contact)))
    first.append(Notice(t("access_report.hidden")))
    if report.recordings:
        first.append(Paragraph(t("access_report.recordings", n=report.recordings)))
    return Document(
        language=t.language,
        title=t("access_report.title"),
        subtitle=t("access_report.about", kind=t(f"access_report.subject.{report.kind.value}"), who=report.label),
        made=t("access_report.made", moment=t.moment(report.made_at, "d MMMM y, HH:mm"), program=report.program),
        sections=(
            Section(t("access_report.what"), tuple(first)),
            *(_chapter(item, t) for item in report.chapters if item.tables),
            Section(t("access_report.kept"), (_kept(report, t),)),
            Section(
                t("access_report.left_out"),
                tuple(Paragraph(t(f"access_report.left_out.{reason}")) for reason in report.left_out),
            ),
        ),
    )


def _chapter(chapter: AccessChapter, t: Words) -> Section:
    blocks: list[Block] = []
    for name, (columns, rows) in chapter.tables.items():
        blocks.append(Heading(t("access_report.table", name=_named(t, "access_table", name), n=len(rows))))
        blocks.append(
            Table(
                name, tuple(_named(t, "access_column", column) for column in columns),
                tuple(tuple(_cell(name, *found, t) for found in zip(columns, row, strict=True)) for row in rows),
            )
        )  # fmt: skip
    return Section(t(f"access_report.chapter.{chapter.code}"), tuple(blocks))


def _named(t: Words, group: str, code: str) -> str:
    """The words of the catalogue; a column without any keeps its name."""
    return t(f"{group}.{code}") if t.knows(f"{group}.{code}") else code


def _cell(table: str, column: str, value: Any, t: Words) -> Cell:
    if value is None:
        return text("—")
    if isinstance(value, bool):
        return text(t("access_report.yes" if value else "access_report.no"))
    if isinstance(value, datetime):
        return Cell(t.moment(value, "d MMM y, HH:mm"), value)
    if isinstance(value, date):
        return Cell(t.day(value, "d MMM y"), value)
    if isinstance(value, float):
        return text(t.number(value, 1))
    return text(value_text(table, column, str(value), t))


def _kept(report: AccessReport, t: Words) -> Table:
    columns = tuple(t(f"data.column.{name}") for name in ("what", "why", "basis", "kept"))
    rows = tuple(
        (
            text(t(f"data.{item.category.value}.what")),
            text(item.purpose),
            text(item.basis),
            text(t("data.months", n=item.months) if item.months else t("data.until_erased")),
        )
        for item in report.kept
    )
    return Table("kept", columns, rows, widths=(2, 3, 3, 1))
