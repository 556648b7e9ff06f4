"""How long monthly reports take: python -m pipelines.bench_reports HOME YYYY-MM … [--as-of ISO] [--out FOLDER].

Prints the seconds of each month, format and language, and of all. With ``--out`` the files are kept.
"""

from __future__ import annotations

import argparse
import time
from datetime import UTC, date, datetime
from pathlib import Path

from pipelines.build_report import build_month_report, render
from qc_workbench.reporting.month_document import month_document
from qc_workbench.ui.i18n import LANGUAGES, Translator
from qc_workbench.workspace import Workspace


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("months", nargs="+", metavar="YYYY-MM")
    parser.add_argument("--as-of", type=datetime.fromisoformat, default=None)
    parser.add_argument("--out", type=Path, default=None)
    asked = parser.parse_args()
    workspace = Workspace.open(asked.home)
    as_of = asked.as_of or datetime.now(UTC)
    as_of = as_of if as_of.tzinfo else as_of.replace(tzinfo=workspace.settings.company.zone)
    whole = time.perf_counter()
    for text in asked.months:
        began = time.perf_counter()
        month = build_month_report(workspace, date.fromisoformat(f"{text}-01"), as_of)
        print(f"{text}  read        {time.perf_counter() - began:6.2f} s")
        for language in LANGUAGES:
            words = Translator(language, workspace.settings.company.zone)
            began = time.perf_counter()
            document = month_document(month, words)
            print(f"{text}  {language} document {time.perf_counter() - began:6.2f} s")
            for form in ("html", "pdf", "xlsx"):
                began = time.perf_counter()
                content = render(document, f".{form}", words, workspace)
                print(
                    f"{text}  {language} {form:8} {time.perf_counter() - began:6.2f} s  {len(content) / 1024:7.0f} KiB"
                )
                if asked.out is not None:
                    asked.out.mkdir(parents=True, exist_ok=True)
                    (asked.out / f"{text}.{language}.{form}").write_bytes(content)
    print(f"all {time.perf_counter() - whole:.2f} s")
    workspace.store.release()


if __name__ == "__main__":
    main()
