from __future__ import annotations

import pytest

from qc_workbench.domain.sampling import Period, Queue
from qc_workbench.domain.violation import ViolationKind
from qc_workbench.sampling.draws import Discrepancy
from qc_workbench.store.integrity import _RULES
from qc_workbench.ui.i18n import LANGUAGES, Translator

CODES = [
    *(f"violation.{kind.value}" for kind in ViolationKind),
    *(f"violation.{kind.value}.why" for kind in ViolationKind),
    *(f"queue.{queue.value}" for queue in Queue),
    *(f"period.{period.value}" for period in Period),
    *(f"integrity.draw_{code.value}" for code in Discrepancy),
    *(f"integrity.{code}" for code in _RULES),
    *(f"integrity.media_{code}" for code in ("missing", "size", "changed", "unreadable", "outside")),
]


@pytest.mark.parametrize("code", CODES)
def test_every_code_of_sampling_has_a_text_in_both_languages(code: str) -> None:
    texts = [Translator(language)(code, subject="S-1", detail="D-1") for language in LANGUAGES]
    assert all(text.strip() for text in texts)
    assert texts[0] != texts[1]


@pytest.mark.parametrize("code", [code for code in CODES if code.startswith("integrity.")])
def test_every_integrity_problem_names_what_it_is_about(code: str) -> None:
    for language in LANGUAGES:
        assert "S-1" in Translator(language)(code, subject="S-1", detail="D-1")
