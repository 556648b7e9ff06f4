"""Settings of the rules of order: what is left out keeps its default, and mistakes name their place."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qc_workbench.config import Settings, parse_settings
from qc_workbench.config_discipline import DEFAULT_RULES
from qc_workbench.domain.violation import Severity, ViolationKind
from qc_workbench.errors import SettingsError


def test_every_rule_has_a_default_and_is_on() -> None:
    assert tuple(DEFAULT_RULES) == tuple(Settings().discipline.rules)
    assert Settings().discipline.judged == tuple(ViolationKind)


def test_what_is_left_out_of_a_rule_keeps_its_default() -> None:
    text = "[discipline.rules]\nno_task = { tariff = 12.50 }\nno_deal = { enabled = false }\n"
    found = parse_settings(text, "qcw.toml").discipline
    task = found.rules[ViolationKind.NO_TASK]
    assert (task.enabled, task.severity, task.tariff) == (True, Severity.MAJOR, Decimal("12.5"))
    assert found.rules[ViolationKind.NO_DEAL].tariff == DEFAULT_RULES[ViolationKind.NO_DEAL].tariff
    assert ViolationKind.NO_DEAL not in found.judged
    others = set(ViolationKind) - {ViolationKind.NO_TASK, ViolationKind.NO_DEAL}
    assert all(found.rules[kind] == DEFAULT_RULES[kind] for kind in others)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ('no_task = { severity = "mayor" }', "discipline.rules.no_task.severity"),
        ("no_task = { tariff = -1 }", "discipline.rules.no_task.tariff"),
        ("no_task = { tariff = 0.001 }", "discipline.rules.no_task.tariff"),
        ("no_task = { tarif = 1 }", "discipline.rules.no_task.tarif"),
        ("no_tsk = { tariff = 1 }", "discipline.rules.no_tsk"),
        ("no_task = 100", "discipline.rules.no_task"),
    ],
)
def test_a_mistake_in_a_rule_names_its_place(written: str, key: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_settings(f"[discipline.rules]\n{written}\n", "qcw.toml")
    assert caught.value.params["key"] == key
    assert caught.value.params["line"] == 2
