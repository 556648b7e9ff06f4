"""A source changed on the page: what was typed, and nothing else, is in qcw.toml, and it can be undone."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.connections import written
from qc_workbench.domain.call import Manager
from qc_workbench.errors import QcwError, UsageError
from qc_workbench.sources.secrets_file import SecretsFile
from qc_workbench.store.calls import manager_row
from qc_workbench.store.database import insert
from qc_workbench.ui.views.connection_change import Person, change, change_back, change_people, filled, people
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company
from tests.ui.test_connections_room import KEY, room

NOW, DAY = datetime.now(UTC), date(2026, 2, 1)
ENTRY = """
# наша АТС
[[sources]]
kind = "binotel"
name = "b"
key = "secret:b.key"  # от владельца
secret = "env:S"
webhook_secret = "file:hook"
history_days = 7
"""


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    home = company.sample_company(tmp_path / "office").home
    with (home / "qcw.toml").open("a", encoding="utf-8") as settings:
        settings.write(ENTRY)
    SecretsFile.of(home).put("b.key", "old key")
    return Workspace.open(home)


def typed(office: Workspace, **values: object) -> dict[str, Any]:
    """The form as it is filled, with these fields typed anew; secrets are never filled in."""
    form = filled(office, company.viewer(office), "b").form
    shown = {field.name: field.default for field in form.fields if field.kind != "secret"}
    lines = {name: "\n".join(value) for name, value in shown.items() if isinstance(value, tuple)}
    return {**shown, **lines, **values}


def text(office: Workspace) -> str:
    return office.settings_file.read_text(encoding="utf-8")


def test_the_form_shows_what_is_written_and_saving_it_as_it_is_changes_nothing(office: Workspace) -> None:
    found = filled(office, company.viewer(office), "b")
    assert {field.name: field.default for field in found.form.fields}["history_days"] == 7
    assert "name" not in {field.name for field in found.form.fields}, "it is part of ids"
    before = text(office)
    assert change(office, company.viewer(office), "b", typed(office), NOW) is None
    assert text(office) == before


def test_what_was_typed_changes_its_line_and_can_be_undone(office: Workspace) -> None:
    who, before = company.viewer(office), text(office)
    values = typed(office, history_days=14, timezone="Europe/Kyiv", webhook_from="203.0.113.0/24\n")
    entry = change(office, who, "b", values, NOW)
    assert text(office) == before.replace(
        "history_days = 7\n",
        'history_days = 14\ntimezone = "Europe/Kyiv"\nwebhook_from = ["203.0.113.0/24"]\n',
    )
    assert Workspace.open(office.home).settings.sources[0].name == "b"
    assert entry is not None
    change_back(office, who, "b", entry, NOW)
    assert text(office) == before
    with office.store.reading() as reader:
        assert reader.value("select count(*) from audit where action = 'source_changed' and object = 'b'") == 2


def test_a_value_put_back_to_the_default_is_not_written(office: Workspace) -> None:
    change(office, company.viewer(office), "b", typed(office, history_days=30), NOW)
    assert "history_days" not in text(office)


def test_a_new_key_stands_beside_the_old_one_so_that_undoing_brings_that_back(office: Workspace) -> None:
    entry = change(office, company.viewer(office), "b", typed(office, key=KEY), NOW)
    assert 'key = "secret:b.key.2"  # от владельца' in text(office)
    assert KEY not in text(office)
    assert SecretsFile.of(office.home).get("b.key.2") == KEY
    assert entry is not None
    assert KEY not in entry
    change_back(office, company.viewer(office), "b", entry, NOW)
    assert SecretsFile.of(office.home).get(written(office, "b")["key"].removeprefix("secret:")) == "old key"


def test_a_secret_goes_only_where_somebody_says_so(office: Workspace) -> None:
    values = typed(office, webhook_secret="", secret="")
    assert change(office, company.viewer(office), "b", values, NOW) is None
    change(office, company.viewer(office), "b", values, NOW, without=["webhook_secret"])
    said = written(office, "b")
    assert "webhook_secret" not in said
    assert said["secret"] == "env:S"


@pytest.mark.parametrize(
    ("values", "code"),
    [({"history_days": -1}, "source_field_wrong"), ({"address": f"no address {KEY}"}, "source_field_wrong")],
)
def test_what_is_wrong_is_said_and_nothing_is_written(office: Workspace, values: dict[str, Any], code: str) -> None:
    before = text(office)
    with pytest.raises(QcwError) as told:
        change(office, company.viewer(office), "b", typed(office, key=KEY, **values), NOW)
    assert told.value.code == code
    assert KEY not in str(told.value)
    assert text(office) == before
    assert SecretsFile.of(office.home).names() == ["b.key"]


def test_only_an_administrator_may(office: Workspace) -> None:
    reviewer = company.viewer(office, "q1")
    for forbidden in (
        lambda: filled(office, reviewer, "b"), lambda: change(office, reviewer, "b", {}, NOW),
        lambda: people(office, reviewer, "b"), lambda: change_people(office, reviewer, "b", [], NOW),
        lambda: change_back(office, reviewer, "b", "", NOW),
    ):  # fmt: skip
        with pytest.raises(UsageError, match="not_allowed"):
            forbidden()


# --- people ----------------------------------------------------------------------------------------------------------


def meet(office: Workspace, *met: Manager) -> None:
    office.store.write(*(insert("managers", manager_row(manager)) for manager in met))


def test_people_that_the_system_told_of_wait_for_a_person_of_ours(office: Workspace) -> None:
    who = company.viewer(office)
    meet(office, Manager("b:901", "Аня с АТС", extension="901"), Manager("own", "Олег Свой", extension="902"),
         Manager("b:902", "902", extension="902"))  # fmt: skip
    found = people(office, who, "b")
    assert [(person.agent, person.told, person.manager) for person in found.people] == [("901", "Аня с АТС", "")]
    assert found.strangers == 1
    assert found.managers["own"] == "Олег Свой"
    assert not [key for key in found.managers if key.startswith("b:")]
    before = text(office)
    entry = change_people(
        office, who, "b",
        [Person("901", "", "own", until=date(2026, 3, 1)), Person("901 ", "", "m1", date(2026, 3, 1)),
         Person("903", "", "")], NOW,
    )  # fmt: skip
    assert tomllib.loads(text(office))["sources"][0]["agents"] == [
        {"agent": "901", "manager": "own", "until": date(2026, 3, 1)},
        {"agent": "901", "manager": "m1", "since": date(2026, 3, 1)},
    ]
    again = people(Workspace.open(office.home), who, "b")
    assert [(person.manager, person.told) for person in again.people] == [("own", "Аня с АТС"), ("m1", "Аня с АТС")]
    assert change_people(office, who, "b", again.people, NOW) is None
    assert entry is not None
    change_back(office, who, "b", entry, NOW)
    assert text(office) == before


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ([Person(" ", "", "m1")], "source_agent_unnamed"),
        ([Person("1", "", "m1", date(2026, 2, 1), date(2026, 2, 1))], "source_agent_days"),
        ([Person("a", "", "m1"), Person("A", "", "m2", date(2026, 2, 1))], "source_agent_twice"),
        ([Person("a", "", "m1", None, date(2026, 2, 2)), Person("A", "", "m2", DAY)], "source_agent_twice"),
    ],
)  # fmt: skip
def test_people_who_cannot_be_told_apart_are_refused(office: Workspace, wanted: Sequence[Person], code: str) -> None:
    before = text(office)
    with pytest.raises(UsageError, match=code):
        change_people(office, company.viewer(office), "b", wanted, NOW)
    assert text(office) == before


# --- the page --------------------------------------------------------------------------------------------------------


def test_the_page_changes_a_source_and_takes_it_back(office: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    before = text(office)
    app = room(office, monkeypatch)
    key = next(field for field in app.text_input if "secret:b.key" in field.placeholder)
    assert key.value == "", "only its place is told"
    key.input(KEY)
    next(field for field in app.number_input if field.value == 7).set_value(9)
    next(button for button in app.button if button.label == "Сохранить изменения").click().run()
    assert written(office, "b") | {"history_days": 9, "key": "secret:b.key.2"} == written(office, "b")
    assert KEY not in {field.value for field in app.text_input}
    app.button(key="connections_undo").click().run()
    assert text(office) == before
