"""The room of connections: how each source stands, what is wrong in words, and what its buttons do."""

from __future__ import annotations

import logging
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pipelines.connections import reading_by_itself
from qc_workbench.domain.connection import Family, Health, SourceFacts, SyncRun
from qc_workbench.errors import QcwError, UsageError
from qc_workbench.reporting.connections import EARLIEST_LATE, budget_used, health, lag
from qc_workbench.sources.connector import CrmCapabilities
from qc_workbench.sources.crm_registry import CRM_CAPABILITIES
from qc_workbench.sources.registry import CAPABILITIES
from qc_workbench.sources.secrets_file import FILE_NAME, SecretsFile
from qc_workbench.store import schedule
from qc_workbench.ui.connection_words import PRODUCTS, capability_lines, lacking_lines, took_text
from qc_workbench.ui.i18n import LANGUAGES, Translator, catalogue
from qc_workbench.ui.views.connections import connections, read_now, set_paused
from qc_workbench.ui.views.new_connection import add, source_forms
from qc_workbench.workspace import Workspace
from tests.browser.department_connections import write_readings, write_sources
from tests.stand_ins.ringostat import KEY, RingostatStandIn
from tests.stand_ins.serving import Fault, serving
from tests.ui import sample_company as company
from tests.ui.test_pages_open import enter, read, start

NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def _own_key_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def empty(tmp_path: Path) -> Workspace:
    """With stand-ins at this machine, which a person has named."""
    home = company.sample_company(tmp_path / "office").home
    with (home / "qcw.toml").open("a", encoding="utf-8") as settings:
        settings.write('\n[serve]\ninner_hosts = ["127.0.0.1"]\n')
    return Workspace.open(home)


@pytest.fixture
def office(tmp_path: Path) -> Workspace:
    home = company.sample_company(tmp_path / "office").home
    write_sources(home)
    workspace = Workspace.open(home)
    write_readings(workspace, NOW)
    return workspace


def room(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, language: str = "ru", who: str = "h1") -> AppTest:
    return enter(start(workspace.home, language, monkeypatch, who), "connections")


# --- rules -----------------------------------------------------------------------------------------------------------


def ran(ago: timedelta, error: str | None = None, **counts: int) -> SyncRun:
    return SyncRun(NOW - ago - timedelta(seconds=10), NOW - ago, counts, error_code=error)


@pytest.mark.parametrize(
    ("facts", "every", "expected"),
    [
        (SourceFacts(), timedelta(minutes=30), Health.NEVER),
        (SourceFacts(last=ran(timedelta(minutes=5))), timedelta(minutes=30), Health.OK),
        (SourceFacts(last=ran(timedelta(minutes=5), "source_refused")), timedelta(minutes=30), Health.FAILED),
        (SourceFacts(last=ran(timedelta(minutes=95))), timedelta(minutes=30), Health.LATE),
        (SourceFacts(last=ran(timedelta(minutes=55))), timedelta(minutes=1), Health.OK),
        (SourceFacts(last=ran(EARLIEST_LATE * 2)), timedelta(minutes=1), Health.LATE),
        (SourceFacts(last=ran(timedelta(days=9))), None, Health.OK),
    ],
)
def test_how_a_source_stands(facts: SourceFacts, every: timedelta | None, expected: Health) -> None:
    assert health(facts, NOW, every) is expected


def test_the_share_of_the_pace_and_the_lag() -> None:
    assert budget_used(ran(timedelta(), requests=6), per_s=1.0, burst=2) == 0.5
    assert budget_used(ran(timedelta(), requests=99), per_s=1.0, burst=2) == 1.0
    assert budget_used(ran(timedelta()), per_s=1.0, burst=2) is None
    assert budget_used(ran(timedelta(), requests=6), per_s=0, burst=0) is None
    assert lag(SourceFacts(done_until=NOW - timedelta(hours=1)), NOW) == timedelta(hours=1)
    assert lag(SourceFacts(), NOW) is None


# --- the page --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ru", ("отказал", "401", "Проверьте ключ", "Новых за сутки", "загружено 139", "не удалось 2",
                "Пауза. Кто: Павел Админ", "4 источника", "раз в 30 мин")),
        ("en", ("refused", "401", "Check the key", "139 fetched", "2 failed", "Paused by Павел Админ", "4 sources")),
    ],
)  # fmt: skip
def test_it_says_how_each_source_stands_and_what_to_do(
    office: Workspace, monkeypatch: pytest.MonkeyPatch, language: str, words: tuple[str, ...]
) -> None:
    app = room(office, monkeypatch, language)
    assert app.selectbox(key="connections_details").value == "ringostat", "the one that needs a look"
    app.selectbox(key="connections_details").select("binotel").run()
    said = read(app)
    assert [word for word in words if word not in said] == []
    tables = " ".join(str(table.value.to_dict()) for table in app.dataframe)
    assert "startTime" in tables, "what was rejected, by the vendor's name of the field"
    assert "records.example.net" in said, "which host a link led to"
    for place in ("env:BINOTEL_KEY", "secret:binotel.secret"):
        assert place in said


def test_nothing_connected_says_what_to_do(empty: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Пока не подключено ни одной системы" in read(room(empty, monkeypatch))


def test_reading_now_goes_through_the_schedule(office: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = room(office, monkeypatch)
    app.button(key="connections_read_now").click().run()
    assert app.button(key="connections_read_now").disabled, "it is asked for already"
    with office.store.reading() as reader:
        assert schedule.asked(reader)["import"][0].by == "Вера Главная"


def test_one_source_is_read_now_and_the_others_are_not(office: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = room(office, monkeypatch)
    app.button(key="connections_read_binotel").click().run()
    assert app.button(key="connections_read_binotel").disabled, "it is asked for already"
    assert app.button(key="connections_read_freepbx").disabled, "it is paused"
    assert not app.button(key="connections_read_ringostat").disabled
    assert not app.button(key="connections_read_now").disabled
    with office.store.reading() as reader:
        assert [asked.about for asked in schedule.asked(reader)["import"]] == ["binotel"]


def test_a_pause_keeps_the_schedule_from_reading_a_source(office: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = room(office, monkeypatch)
    app.button(key="connections_pause_binotel").click().run()
    assert "Пауза. Кто: Вера Главная" in read(app)
    assert [source.name for source in reading_by_itself(office)] == ["ringostat", "exports"]
    app.button(key="connections_pause_binotel").click().run()
    assert [source.name for source in reading_by_itself(office)] == ["binotel", "ringostat", "exports"]
    with office.store.reading() as reader:
        rows = reader.rows("select action, actor from audit where object = 'binotel' order by happened_at")
    assert [(row["action"], row["actor"]) for row in rows] == [
        ("source_paused", "Вера Главная"), ("source_resumed", "Вера Главная"),
    ]  # fmt: skip


def test_taking_a_source_out_can_be_undone_and_touches_nothing_else(
    office: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = office.settings_file.read_text(encoding="utf-8")
    app = room(office, monkeypatch)
    app.selectbox(key="connections_details").select("ringostat").run()
    app.button(key="connections_remove_ringostat").click().run()
    left = tomllib.loads(office.settings_file.read_text(encoding="utf-8"))
    assert [item["name"] for item in left["sources"]] == ["binotel", "freepbx", "exports"]
    app.button(key="connections_undo").click().run()
    again = tomllib.loads(office.settings_file.read_text(encoding="utf-8"))
    by_name = {item["name"]: item for item in again["sources"]}
    assert by_name == {item["name"]: item for item in tomllib.loads(before)["sources"]}


def test_only_an_administrator_may(office: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Эта страница не для вашей роли" in read(room(office, monkeypatch, who="q1"))
    reviewer = company.viewer(office, "q1")
    for forbidden in (
        lambda: connections(office, reviewer, NOW), lambda: read_now(office, reviewer, NOW),
        lambda: set_paused(office, reviewer, "binotel", True, NOW),
        lambda: add(office, reviewer, "csv", {"name": "x", "folder": "y"}, NOW),
    ):  # fmt: skip
        with pytest.raises(UsageError, match="not_allowed"):
            forbidden()


# --- adding and testing ----------------------------------------------------------------------------------------------


def test_a_source_is_added_by_its_form_tested_and_taken_back(
    empty: Workspace, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    text = empty.settings_file.read_text(encoding="utf-8") + "\n# моя пометка\n"
    empty.settings_file.write_text(text, encoding="utf-8")
    stand_in = RingostatStandIn()
    with serving(stand_in) as address:
        app = room(empty, monkeypatch)
        app.selectbox(key="connections_kind").select("ringostat").run()
        app.text_input(key="connections_ringostat_name").input("ringo")
        app.text_input(key="connections_ringostat_key").input(KEY)
        app.text_input(key="connections_ringostat_address").input(address)
        next(button for button in app.button if button.label == "Подключить").click().run()
        written = empty.settings_file.read_text(encoding="utf-8")
        assert written.startswith(text)
        (source,) = tomllib.loads(written)["sources"]
        assert source == {"kind": "ringostat", "name": "ringo", "key": "secret:ringo.key", "address": address}
        assert KEY not in {field.value for field in app.text_input}, "the form is empty again"
        app.button(key="connections_test_ringo").click().run()
        assert any("Подключение работает" in found.value for found in app.success)
        assert stand_in.asked[-1].headers["auth-key"] == KEY, "the very key that was typed"
        stand_in.spoil(Fault.REFUSED)
        app.button(key="connections_test_ringo").click().run()
        said = read(app)
        assert "отказал" in said
        assert "secret:ringo.key" in said, "which key was shown"
    app.button(key="connections_undo").click().run()
    assert empty.settings_file.read_text(encoding="utf-8") == text
    with empty.store.reading() as reader:
        audit = reader.rows("select action, object, detail from audit")
    assert {"source_added", "source_tried", "secret_kept", "source_removed"} <= {row["action"] for row in audit}
    logs = "".join(path.read_text(encoding="utf-8") for path in (empty.home / "logs").glob("*"))
    for place in (read(app), written, str(audit), caplog.text, logs):
        assert KEY not in place
    assert KEY.encode() not in (empty.home / FILE_NAME).read_bytes()


def test_a_system_that_does_not_answer_is_told_within_two_tries(
    empty: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in = RingostatStandIn()
    with serving(stand_in) as address:
        typed = {"name": "ringo", "key": KEY, "address": address}
        add(empty, company.viewer(empty), "ringostat", typed, NOW)
        stand_in.spoil(Fault.HTML, Fault.HTML)
        app = room(Workspace.open(empty.home), monkeypatch)
        app.button(key="connections_test_ringo").click().run()
        assert "HTML" in read(app)
        assert len(stand_in.asked) == 2


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ({"name": "binotel", "key": KEY}, "source_name_taken"),
        ({"name": "new", "key": KEY, "address": KEY}, "source_field_wrong"),
        ({"name": "a b", "key": KEY}, "source_field_wrong"),
        ({"name": "", "key": KEY}, "source_field_wrong"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_written(office: Workspace, typed: dict[str, str], code: str) -> None:
    before = office.settings_file.read_bytes()
    with pytest.raises(QcwError) as told:
        add(office, company.viewer(office), "ringostat", typed, NOW)
    assert told.value.code == code
    assert KEY not in str(told.value)
    assert office.settings_file.read_bytes() == before
    assert not (office.home / FILE_NAME).exists()


def test_a_name_in_russian_has_its_secret_too(empty: Workspace) -> None:
    add(empty, company.viewer(empty), "ringostat", {"name": "телефония", "key": KEY}, NOW)
    (name,) = SecretsFile.of(empty.home).names()
    assert SecretsFile.of(empty.home).get(name) == KEY
    assert Workspace.open(empty.home).settings.sources[0].name == "телефония"


def test_settings_that_cannot_be_written_are_told_and_nothing_changes(empty: Workspace) -> None:
    empty.settings_file.write_text("sources = []\n", encoding="utf-8")
    workspace = Workspace.open(empty.home)
    with pytest.raises(QcwError, match="settings_sources_inline"):
        add(workspace, company.viewer(workspace), "csv", {"name": "x", "folder": "y"}, NOW)
    assert workspace.settings_file.read_text(encoding="utf-8") == "sources = []\n"


# --- words -----------------------------------------------------------------------------------------------------------


def test_every_kind_and_field_has_a_name_in_words() -> None:
    known = catalogue()
    forms = source_forms()
    assert [form.kind for form in forms if form.kind not in PRODUCTS and f"source_kind.{form.kind}" not in known] == []
    fields = {field.name for form in forms for field in form.fields}
    assert sorted(name for name in fields if f"source_field.{name}" not in known) == []
    assert sorted(name for name in fields if f"source_field_says.{name}" not in known) == []


@pytest.mark.parametrize("kind", sorted(CAPABILITIES | CRM_CAPABILITIES))
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_system_can_and_cannot_give_is_said(kind: str, language: str) -> None:
    t = Translator(language)
    assert all(capability_lines(t, kind, CAPABILITIES.get(kind) or CRM_CAPABILITIES[kind]))
    assert lacking_lines(t, kind)


@pytest.mark.parametrize(("has_history", "word"), [(True, "хранит историю"), (False, "только различия между двумя")])
def test_it_says_whether_moves_of_due_dates_have_a_history(has_history: bool, word: str) -> None:
    told = CrmCapabilities(1.0, 1, 100, due_moves_have_history=has_history, stages_have_history=has_history)
    assert word in capability_lines(Translator("ru"), "crm", told)[0]


def test_families_are_told_apart() -> None:
    families = {form.kind: form.family for form in source_forms()}
    assert families["csv"] is Family.FILES
    assert families["asterisk_sql"] is families["binotel"] is Family.TELEPHONY


def test_an_amocrm_without_a_key_is_told_what_it_lacks(office: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = {"name": "amo", "address": "https://company.amocrm.ru"}
    with pytest.raises(QcwError, match="source_fields_apart") as told:
        add(office, company.viewer(office), "amocrm", typed, NOW)
    assert "Токен" in Translator("ru").error(told.value)


@pytest.mark.parametrize(
    ("seconds", "language", "said"),
    [(0.42, "ru", "0,4 с"), (12.2, "en", "12 s"), (59.9, "en", "60 s"), (125, "ru", "2 мин")],
)
def test_how_long_a_reading_took_is_said_in_seconds(seconds: float, language: str, said: str) -> None:
    assert took_text(Translator(language), seconds) == said


@pytest.mark.parametrize(
    ("kind", "example"),
    [("amocrm", "amocrm.ru"), ("pipedrive", "pipedrive.com"), ("odata_1c", "server.example.ru")],
)
def test_an_address_that_must_be_given_has_its_own_example(
    empty: Workspace, monkeypatch: pytest.MonkeyPatch, kind: str, example: str
) -> None:
    app = room(empty, monkeypatch)
    app.selectbox(key="connections_kind").select(kind).run()
    field = app.text_input(key=f"connections_{kind}_address")
    assert (field.label, example in field.help) == ("Адрес вашего аккаунта или базы *", True)
