"""Writes the golden texts of the daily mail: ``python -m tests.golden.make_day_mail``. Read what changed."""

from __future__ import annotations

from pathlib import Path

from qc_workbench.reporting.day_mail import day_mail
from qc_workbench.ui.i18n import Translator
from tests.today_cases import a_day

if __name__ == "__main__":
    for language in ("ru", "en"):
        mail = day_mail(a_day(), "owner@example.com", Translator(language))
        out = Path(__file__).parent / "reports" / f"day_mail.{language}.txt"
        out.write_text(f"{mail.subject}\n\n{mail.text}", encoding="utf-8")
