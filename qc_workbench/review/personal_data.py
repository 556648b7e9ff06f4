"""What is kept, for which purpose, on what basis and how long: words of the settings, or drafts, beside retention."""

from __future__ import annotations

from typing import Protocol

from qc_workbench.config import Settings
from qc_workbench.domain.personal_data import OF_CLIENTS, Category, KeptData, SubjectKind


class Words(Protocol):
    def __call__(self, code: str, **params: object) -> str: ...


def months_of(settings: Settings, category: Category) -> int:
    """Months that a category stays by the retention that is set; 0: until it is erased."""
    retention = settings.retention
    return {
        Category.RECORDINGS: retention.recordings_months,
        Category.TRANSCRIPTS: retention.transcripts_months,
        Category.AUDIT: retention.audit_months,
        Category.MAIL: retention.mail_months,
    }.get(category, 0)


def kept_data(settings: Settings, kind: SubjectKind, words: Words) -> tuple[KeptData, ...]:
    """Each category that holds such a person."""
    privacy = settings.privacy
    return tuple(
        KeptData(
            category,
            privacy.purposes.get(category) or words(f"data.{category.value}.why"),
            privacy.bases.get(category) or words(f"data.{category.value}.basis"),
            category not in privacy.bases,
            months_of(settings, category),
        )
        for category in Category
        if kind is SubjectKind.EMPLOYEE or category in OF_CLIENTS
    )
