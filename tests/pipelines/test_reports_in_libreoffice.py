"""The workbook of a month, opened by LibreOffice and saved again, holds the same figures."""

from __future__ import annotations

import io
import shutil
import subprocess
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook

from qc_workbench.reporting.month import build_month
from qc_workbench.reporting.month_document import month_document
from qc_workbench.reporting.render_xlsx import render_xlsx
from qc_workbench.ui.i18n import Translator
from tests.report_cases import facts

SOFFICE = shutil.which("soffice")


@pytest.mark.slow
@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not on this machine")
@pytest.mark.parametrize("language", ["ru", "en"])
def test_libreoffice_reads_the_figures_that_were_written(tmp_path: Path, language: str) -> None:
    zone = ZoneInfo("Europe/Moscow")
    words = Translator(language, zone)
    content = render_xlsx(month_document(build_month(facts(), date(2026, 10, 1)), words), words, zone)
    (tmp_path / "month.xlsx").write_bytes(content)
    assert SOFFICE is not None
    subprocess.run(
        [SOFFICE, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "xlsx",
         "--outdir", str(tmp_path / "again"), str(tmp_path / "month.xlsx")],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    ours, theirs = load_workbook(io.BytesIO(content)), load_workbook(tmp_path / "again" / "month.xlsx")
    assert theirs.sheetnames == ours.sheetnames
    figures = 0
    for sheet in ours:
        for row in sheet.iter_rows():
            for cell in row:
                found = theirs[sheet.title][cell.coordinate].value
                if isinstance(cell.value, int | float):
                    figures += 1
                    assert found == pytest.approx(cell.value), (sheet.title, cell.coordinate)
                else:
                    assert found == (cell.value or None), (sheet.title, cell.coordinate)
    assert figures > 50
