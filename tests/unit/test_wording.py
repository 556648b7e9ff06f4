"""What agents and owners read follows the labour code: a bonus may be smaller by its rules; nobody is fined.

The Russian labour code knows three disciplinary measures (article 192): a remark, a reprimand, dismissal. A fine is not
among them, and nothing may be taken off the wage but what article 137 lists. A bonus may be smaller where its rules say
so. Before a measure an explanation is asked for in writing, two working days (article 193). docs/fairness.md says more.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import qc_workbench.ui

LOCALES = Path(qc_workbench.ui.__file__).parent / "locales"
#: Beginning of a word -> why nobody reads it here.
FORBIDDEN = {
    "ru": {
        "штраф": "article 192 knows no fines",
        "оштраф": "article 192 knows no fines",
        "пени": "no debt of the employee",
        "взыска": "a disciplinary measure is another procedure; nothing is recovered from anybody",
        "вычет": "sounds like a deduction from the wage (article 137); the bonus is smaller by its rules",
        "вычита": "as above",
        "вычт": "as above",
        "удерж": "as above",
        "наказ": "a ruling on a fault is no punishment",
        "провин": "guilt is for courts",
        "санкци": "as a punishment",
        "виновен": "guilt is for courts",
        "виновн": "guilt is for courts",
    },
    "en": {
        "fine": "article 192 knows no fines",
        "fined": "article 192 knows no fines",
        "fines": "article 192 knows no fines",
        "penalt": "as above",
        "penalis": "as above",
        "penaliz": "as above",
        "punish": "a ruling on a fault is no punishment",
        "sanction": "as a punishment",
        "deduct": "sounds like a deduction from the wage",
        "guilt": "guilt is for courts",
    },
}
#: Texts in which the word means something else.
MEANS_ELSE = {
    ("calibration_advice_short.fine", "fine"): "in order",
    ("question.no_long_silence.help", "удерж"): "music on hold",
}
#: Whole words, not beginnings.
WHOLE = {"fine", "fined", "fines", "пени"}


def texts(language: str) -> Iterator[tuple[str, str]]:
    for file in sorted(LOCALES.glob("*.json")):
        for code, text in json.loads(file.read_text(encoding="utf-8")).items():
            forms = text[language]
            yield from ((code, form) for form in (forms.values() if isinstance(forms, dict) else [forms]))


@pytest.mark.parametrize("language", ["ru", "en"])
def test_no_text_speaks_of_fines_deductions_or_punishment(language: str) -> None:
    found = []
    for code, text in texts(language):
        for word in re.findall(r"[^\W\d_]+", re.sub(r"\{\w+\}", "", text.lower())):
            for stem, why in FORBIDDEN[language].items():
                said = word == stem if stem in WHOLE else word.startswith(stem)
                if said and (code, stem) not in MEANS_ELSE:
                    found.append(f"{code}: «{word}»: {why}")
    assert found == []


def test_a_letter_asks_for_a_written_explanation_names_a_day_and_leaves_measures_to_a_person() -> None:
    letter = {code: text for code, text in texts("ru") if code.startswith("letter.")}
    assert "объяснить" in letter["letter.answer"]
    assert "{day}" in letter["letter.answer"]
    assert "решает человек" in letter["letter.not_a_penalty"]
    assert "молчание не считается признанием" in letter["letter.not_a_penalty"]


def test_each_exception_is_still_needed() -> None:
    said = {(code, text.lower()) for language in FORBIDDEN for code, text in texts(language)}
    for code, stem in MEANS_ELSE:
        assert any(name == code and stem in text for name, text in said), (code, stem)
