"""What changed in qcw.toml, by key: nothing is said of layout, order or new programs, and no secret is told."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.config import Settings, parse_settings
from qc_workbench.settings_changes import HIDDEN, SECRET, flat_settings, setting_changes, settings_digest
from qc_workbench.settings_text import all_settings

KEY = b"secret of the workspace"
DEFAULTS = flat_settings(Settings(), KEY)


def flat(text: str) -> dict[str, object]:
    return flat_settings(parse_settings(text, "qcw.toml"), KEY)


def changes(before: str, after: str) -> dict[str, tuple[object, object]]:
    found = setting_changes(flat(before), flat(after), DEFAULTS)
    return {item.key: (item.before, item.after) for item in found}


def test_a_changed_key_is_told_with_both_values() -> None:
    assert changes("[company]\nname = 'Окна'", "[company]\nname = 'Двери'") == {"company.name": ("Окна", "Двери")}


def test_a_plan_is_told_by_its_name_whatever_its_place() -> None:
    daily = "[[sampling.plans]]\nname = 'daily'\nperiod = 'daily'\nshares = {inbound = %s}\n"
    weekly = "[[sampling.plans]]\nname = 'weekly'\nperiod = 'weekly'\nshares = {inbound = 0.1}\n"
    assert changes(daily % "0.3" + weekly, weekly + daily % "0.5") == {
        "sampling.plans.daily.shares.inbound": (0.3, 0.5)
    }
    gone = changes(daily % "0.3" + weekly, daily % "0.3")
    assert gone["sampling.plans.weekly.period"] == ("weekly", None)
    assert all(key.startswith("sampling.plans.weekly.") for key in gone)


def test_the_layout_of_the_file_is_no_change() -> None:
    one, other = "[review]\nanswer_days = 5\ntargeted_days = 4\n", "# ours\n[review]\ntargeted_days=4\n"
    assert changes(one, other) == {}
    assert settings_digest(flat(one)) == settings_digest(flat(other))


def test_a_key_that_an_older_program_did_not_know_changes_only_away_from_its_default() -> None:
    older = {key: value for key, value in DEFAULTS.items() if key != "review.answer_days"}
    assert setting_changes(older, DEFAULTS, DEFAULTS) == ()
    (change,) = setting_changes(older, flat("[review]\nanswer_days = 9"), DEFAULTS)
    assert (change.key, change.before, change.after) == ("review.answer_days", 5, 9)


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_secret_is_never_told_but_its_change_is(before: str, after: str) -> None:
    one, other = (flat_settings(Settings.model_validate({"sampling": {"seed": seed}}), KEY) for seed in (before, after))
    found = setting_changes(one, other, DEFAULTS)
    assert [(item.before, item.after) for item in found] == ([(HIDDEN, HIDDEN)] if before != after else [])
    assert one["sampling.seed"] != before


def test_every_secret_key_is_a_setting() -> None:
    assert {f"{item.section}.{item.key}" for item in all_settings()} >= SECRET
