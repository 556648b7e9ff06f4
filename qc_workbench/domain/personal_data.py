"""Kinds of personal data that a workspace keeps, and whose they are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Category(StrEnum):
    """``data.<code>.what``, ``.why``, ``.basis``, ``.who``"""

    RECORDINGS = "recordings"
    TRANSCRIPTS = "transcripts"
    SUSPICIONS = "suspicions"
    SCORES = "scores"
    CRM = "crm"
    BONUS = "bonus"
    LETTERS = "letters"
    ACCOUNTS = "accounts"
    AUDIT = "audit"
    MAIL = "mail"


#: What of it is about clients; everything is about employees.
OF_CLIENTS = frozenset(
    {Category.RECORDINGS, Category.TRANSCRIPTS, Category.SUSPICIONS, Category.CRM, Category.AUDIT, Category.MAIL}
)


class SubjectKind(StrEnum):
    """``access_report.subject.<code>``"""

    CLIENT = "client"
    EMPLOYEE = "employee"


@dataclass(frozen=True, slots=True)
class KeptData:
    """One category as it is told. ``months``: 0 is until erased; ``basis_is_draft``: nobody has filled it in yet."""

    category: Category
    purpose: str
    basis: str
    basis_is_draft: bool
    months: int
