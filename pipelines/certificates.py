"""Certificates of erasures as files: JSON for programs, HTML and PDF for people."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pipelines.build_report import render
from pipelines.whole_file import whole_file
from qc_workbench.domain.erasure import Certificate
from qc_workbench.errors import UsageError
from qc_workbench.reporting.certificate import certificate_document
from qc_workbench.ui.i18n import Translator
from qc_workbench.workspace import Workspace

ENDINGS: Final = (".json", ".html", ".pdf")


def check_certificate_file(out: Path) -> None:
    """That a certificate can be written, asked before anything is erased.

    Raises :class:`UsageError` ``report_ending``, ``certificate_exists`` or ``out_unwritable``.
    """
    if out.suffix.lower() not in ENDINGS:
        raise UsageError("report_ending", file=str(out), expected=", ".join(ENDINGS))
    if out.exists():
        raise UsageError("certificate_exists", file=str(out))
    try:
        out.touch(exist_ok=False)
        out.unlink()
    except OSError as error:
        raise UsageError("out_unwritable", file=str(out), detail=error.strerror or str(error)) from error


def write_certificate(workspace: Workspace, certificate: Certificate, out: Path, t: Translator) -> None:
    """Write it; the ending says as what. It is in the workspace too, should this fail."""
    content = certificate_bytes(workspace, certificate, out.suffix.lower(), t)
    with whole_file(out) as stream:
        stream.write(content)


def certificate_bytes(workspace: Workspace, certificate: Certificate, ending: str, t: Translator) -> bytes:
    """``ending``: one of :data:`ENDINGS`."""
    if ending == ".json":
        return json.dumps(certificate.as_json(), ensure_ascii=False, indent=1).encode() + b"\n"
    return render(certificate_document(certificate, t), ending, t, workspace)


def read_certificates(files: Sequence[Path]) -> list[Mapping[str, Any]]:
    """Certificates as JSON files. Raises :class:`UsageError` ``certificate_invalid``."""
    found: list[Mapping[str, Any]] = []
    for file in files:
        try:
            data = json.loads(file.read_text(encoding="utf-8"))
            if not Certificate.from_json(data).is_intact:
                raise ValueError("changed")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UsageError("certificate_invalid", file=str(file)) from error
        found.append(data)
    return found
