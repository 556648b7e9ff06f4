"""Names of codes: kinds of evidence, outcomes, reasons."""

from __future__ import annotations

from qc_workbench.ui.i18n import Translator


def named(t: Translator, family: str, code: str) -> str:
    """The name of a code such as ``evidence.beep``.

    A detector of a newer version may have written a code this program does not know: it is shown as
    it is, which is better than a page that does not open. Tests hold the known ones complete.
    """
    full = f"{family}.{code}"
    return t(full) if t.knows(full) else code.replace("_", " ")
