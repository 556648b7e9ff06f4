"""What an administrator of the app alone gets at by connecting a system: no file, key or inner network of ours."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from pipelines.connections import written
from pipelines.try_source import try_source
from qc_workbench.errors import QcwError, SettingsError, SourceError, SourceRefused, UsageError
from qc_workbench.sources import table_access
from qc_workbench.sources.reachable import FOLDERS, WHERE, leads_outside, out_to
from qc_workbench.sources.recording_links import LinkRefusedError, LinkRules
from qc_workbench.sources.secrets_file import FILE_NAME, SecretsFile
from qc_workbench.sources.table_access import open_table
from qc_workbench.ui.views import new_connection
from qc_workbench.ui.views.connection_change import change, change_back
from qc_workbench.ui.views.new_connection import add, form_of, source_forms
from qc_workbench.workspace import Workspace
from tests.stand_ins.ringostat import KEY, RingostatStandIn
from tests.stand_ins.serving import serving
from tests.ui import sample_company as company

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ENTRY = """
[[sources]]
kind = "ringostat"
name = "tel"
key = "secret:tel.key"
recording_hosts = ["records.example.com"]
allow_private = true
"""


@pytest.fixture(autouse=True)
def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    """``outside.example`` is of the open internet, ``inside.example`` of the inner network; numbers are themselves."""
    real = socket.getaddrinfo
    known = {"outside.example": "93.184.216.34", "inside.example": "10.0.0.7"}

    def found(host: str, port: Any, *_: Any, **__: Any) -> Any:
        return real(known.get(host, host), port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)

    monkeypatch.setattr(socket, "getaddrinfo", found)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    home = company.sample_company(tmp_path / "office").home
    with (home / "qcw.toml").open("a", encoding="utf-8") as settings:
        settings.write(ENTRY)
    SecretsFile.of(home).put("tel.key", KEY)
    SecretsFile.of(home).put("spare", KEY)
    return Workspace.open(home)


def refused(office: Workspace, do: Callable[[], object]) -> str:
    """The code of what was said; nothing is written then."""
    before = office.settings_file.read_bytes(), (office.home / FILE_NAME).read_bytes()
    with pytest.raises(UsageError) as told:
        do()
    assert (office.settings_file.read_bytes(), (office.home / FILE_NAME).read_bytes()) == before
    return told.value.code


def adding(office: Workspace, kind: str = "ringostat", **typed: Any) -> Callable[[], str]:
    values = {"name": "new", "key": KEY, **typed}
    return lambda: add(office, company.viewer(office), kind, values, NOW)


@pytest.mark.parametrize("place", ["file:.address-secret", "file:/etc/passwd", "env:QCW_SECRETS_KEY", "secret:tel.key"])
def test_no_file_variable_or_key_of_another_source_is_sent_to_an_address_that_is_typed(
    office: Workspace, place: str
) -> None:
    elsewhere = "https://outside.example"
    assert refused(office, adding(office, key=place, address=elsewhere)) == "source_place_by_hand"
    typed = {"key": place if place != "secret:tel.key" else "secret:other", "address": elsewhere}
    if place != "secret:tel.key":
        who = company.viewer(office)
        assert refused(office, lambda: change(office, who, "tel", typed, NOW)) == "source_place_by_hand"


def test_a_secret_that_nothing_uses_may_be_named(office: Workspace) -> None:
    assert 'key = "secret:spare"' in adding(office, key="secret:spare")()


@pytest.mark.parametrize(("name", "value"), [("address", "https://outside.example"), ("address", "http://127.0.0.1:1")])
def test_a_key_is_not_sent_to_another_address_than_it_was_typed_for(office: Workspace, name: str, value: str) -> None:
    who = company.viewer(office)
    assert refused(office, lambda: change(office, who, "tel", {name: value}, NOW)) == "source_keys_again"
    assert refused(office, lambda: change(office, who, "tel", {name: value, "key": ""}, NOW)) == "source_keys_again"


def test_with_its_key_typed_anew_an_address_is_changed_and_undone(office: Workspace) -> None:
    who = company.viewer(office)
    entry = change(office, who, "tel", {"address": "https://outside.example", "key": "another key"}, NOW)
    said = written(office, "tel")
    assert (said["address"], said["public_only"], said["key"]) == ("https://outside.example", True, "secret:tel.key.2")
    assert entry is not None
    change_back(office, who, "tel", entry, NOW)
    assert written(office, "tel")["key"] == "secret:tel.key"
    assert "address" not in written(office, "tel")


def test_fields_that_say_where_are_known_of_every_kind() -> None:
    """A new kind of source whose place has another name needs it in the list."""
    fields = {field.name for form in source_forms() for field in form.fields}
    assert set(WHERE) <= fields
    telling = {name for name in fields if any(part in name for part in ("address", "host", "url", "server", "domain"))}
    assert telling == {"address", "host", "recording_hosts"}


INNER = ["http://127.0.0.1:8501", "http://10.0.0.7", "http://[::1]/", "http://169.254.169.254", "http://inside.example"]


@pytest.mark.parametrize("address", INNER)
def test_an_address_of_the_inner_network_is_not_connected_in_the_app(office: Workspace, address: str) -> None:
    assert refused(office, adding(office, address=address)) == "source_inner_network"
    bitrix = adding(office, "bitrix24", webhook=f"{address.rstrip('/')}/rest/1/key/")
    assert refused(office, bitrix) == "source_inner_network"
    who = company.viewer(office)
    typed = {"address": address, "key": "another key"}
    assert refused(office, lambda: change(office, who, "tel", typed, NOW)) == "source_inner_network"


def test_a_database_of_the_inner_network_is_not_connected_in_the_app(office: Workspace) -> None:
    typed = {"name": "new", "user": "u", "password": KEY, "host": "inside.example"}
    assert refused(office, adding(office, "asterisk_sql", **typed)) == "source_inner_network"


def test_a_host_that_a_person_named_by_hand_is_connected(office: Workspace) -> None:
    with office.settings_file.open("a", encoding="utf-8") as settings:
        settings.write('\n[serve]\ninner_hosts = [".example"]\n')
    entry = adding(Workspace.open(office.home), address="http://inside.example")()
    assert "public_only" not in entry
    assert leads_outside("http://outside.test", (".example",), lambda host, port: ["93.184.216.34"])


def test_a_name_that_leads_inside_later_is_not_followed(office: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was of the open internet when it was typed."""
    with serving(RingostatStandIn()) as address:
        port = address.rpartition(":")[2]
        adding(office, address=f"http://outside.example:{port}")()
        workspace = Workspace.open(office.home)
        real = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", lambda host, port, *a, **k: real("127.0.0.1", port, *a, **k))
        error = try_source(workspace, "new", "Вера", NOW).error
        assert isinstance(error, SourceRefused)
        assert error.code == "source_inner_network"


@pytest.mark.parametrize("kind", ["mysql", "postgresql"])
def test_a_database_whose_name_leads_inside_later_is_not_connected_to(
    office: Workspace, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as inner:
        port = inner.getsockname()[1]
        typed = {"name": "new", "user": "u", "password": KEY, "host": "outside.example", "port": port}
        assert "public_only = true" in adding(office, "asterisk_sql", database_kind=kind, **typed)()
        real = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", lambda host, port, *a, **k: real("127.0.0.1", port, *a, **k))
        error = try_source(Workspace.open(office.home), "new", "Вера", NOW).error
        assert isinstance(error, SourceRefused)
        assert error.code == "source_inner_network"
        inner.setblocking(False)
        with pytest.raises(BlockingIOError):
            inner.accept()


@pytest.mark.parametrize("kind", ["mysql", "postgresql"])
def test_the_address_of_a_database_that_was_checked_is_the_one_connected_to(
    kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is resolved twice may say something else the second time."""
    with socket.create_server(("127.0.0.1", 0)) as there:
        monkeypatch.setattr(table_access, "outer_address", lambda source, host, port: "127.0.0.1")
        port = there.getsockname()[1]
        there.settimeout(20)
        login = {"database": "d", "user": "u", "password": KEY, "tls": False}
        ended = threading.Thread(target=lambda: there.accept()[0].close())
        ended.start()
        with pytest.raises(SourceError, match="source_unreachable"):
            open_table(kind, "new", "cdr", host="nowhere.invalid", port=port, public_only=True, **login)
        ended.join()


def test_each_system_that_is_asked_over_the_web_keeps_to_the_open_internet(
    office: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo
    for form in source_forms():
        fields = {field.name for field in form.fields}
        if not fields & {"address", "webhook"}:
            continue
        values: dict[str, Any] = {"name": f"s-{form.kind}"} | {
            field.name: {"account": "AC" + "0" * 32}.get(field.name, KEY) for field in form.fields if field.is_required
            and field.name not in ("name", "address", "webhook")
        }  # fmt: skip
        values |= {"address": "http://outside.example"} if "address" in fields else {}
        values |= {"webhook": "http://outside.example/rest/1/key/"} if "webhook" in fields else {}
        values |= {"token": KEY} if form.kind == "amocrm" else {}
        add(office, company.viewer(office), form.kind, values, NOW)
        office = Workspace.open(office.home)
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, port, *a, **k: real("127.0.0.1", port, *a, **k))
    added = [source for source in office.settings.sources if source.name.startswith("s-")]
    assert len(added) >= 12
    told = {source.kind: try_source(office, source.name, "Вера", NOW).error for source in added}
    assert {kind: error.code for kind, error in told.items() if error} == dict.fromkeys(told, "source_inner_network")


def test_recordings_of_such_a_source_come_from_the_open_internet_alone() -> None:
    own = "http://outside.example"
    LinkRules(own).check_addresses(f"{own}/a.mp3", ["10.0.0.7"])  # a person wrote the address by hand
    with pytest.raises(LinkRefusedError, match="inner_network"):
        LinkRules(own, public_only=True).check_addresses(f"{own}/a.mp3", ["10.0.0.7"])


def test_what_lets_more_in_is_written_by_hand_only(office: Workspace) -> None:
    for form in source_forms():
        assert not {field.name for field in form.fields} & {"public_only", "allow_private"}, form.kind
    assert "allow_private" not in adding(office, allow_private=True, public_only=False)()
    who = company.viewer(office)
    typed = {"recording_hosts": "records.example.com\ninside.example"}
    assert refused(office, lambda: change(office, who, "tel", typed, NOW)) == "source_hosts_by_hand"


@pytest.mark.parametrize("file", ["secrets.toml", "/etc/passwd", "qcw.toml", ".address-secret"])
def test_no_file_of_the_server_is_shown_as_broken_lines_of_calls(office: Workspace, file: str) -> None:
    assert refused(office, adding(office, "asterisk", file=file)) == "source_file_no_csv"
    assert form_of("asterisk").kind == "asterisk"
    adding(office, "asterisk", file="/var/log/asterisk/cdr-csv/Master.csv")()


def test_fields_that_name_a_place_on_this_machine_are_known_of_every_kind() -> None:
    """A new kind of source whose folder has another name needs it in the list."""
    paths = {
        name
        for model in new_connection._models()
        for name, info in model.model_fields.items()
        if "Path" in str(info.annotation)
    }
    assert paths == set(FOLDERS)
    fields = {field.name for form in source_forms() for field in form.fields}
    assert {name for name in fields if "file" in name or "folder" in name} == set(FOLDERS) - {"monitor"}


OTHERS: Final = ["/etc", "/var/lib/mysql", "/proc/self", "/home/somebody/exports", "~somebody/x", "a\0b"]
OWN: Final = ["media", "logs/x", "cache", ".locks", "in/.hidden", "in/../media"]


@pytest.mark.parametrize("folder", [*OTHERS, *OWN, "/", "/var", ".", ".."])
def test_no_folder_of_the_system_of_others_or_of_the_workspace_is_read_as_tables_or_sound(
    office: Workspace, folder: str
) -> None:
    assert refused(office, adding(office, "csv", folder=folder)) == "source_folder_by_hand"
    assert refused(office, adding(office, "files", folder=folder, mapping="m")) == "source_folder_by_hand"
    monitor = adding(office, "asterisk", file="/var/log/asterisk/cdr-csv/Master.csv", monitor=folder)
    assert refused(office, monitor) == "source_folder_by_hand"


@pytest.mark.parametrize("folder", [*OTHERS, *OWN])
def test_no_file_in_such_a_folder_is_read_as_calls(office: Workspace, folder: str) -> None:
    assert refused(office, adding(office, "asterisk", file=f"{folder}/Master.csv")) == "source_folder_by_hand"


def test_a_link_to_such_a_folder_is_that_folder(office: Workspace) -> None:
    (office.home / "incoming").symlink_to("/etc")
    assert refused(office, adding(office, "csv", folder="incoming")) == "source_folder_by_hand"


def test_a_source_is_not_led_elsewhere_by_a_change(office: Workspace) -> None:
    adding(office, "csv", folder="incoming")()
    changed = Workspace.open(office.home)
    who = company.viewer(changed)
    assert refused(changed, lambda: change(changed, who, "new", {"folder": "/etc"}, NOW)) == "source_folder_by_hand"


@pytest.mark.parametrize("folder", ["incoming", "/srv/exports", "/var/spool/asterisk/monitor", "/mnt/1c"])
def test_an_ordinary_folder_is_connected(office: Workspace, folder: str) -> None:
    assert folder in adding(office, "csv", folder=folder)()


def test_where_folders_are_named_by_hand_no_other_is_connected(office: Workspace) -> None:
    with office.settings_file.open("a", encoding="utf-8") as settings:
        settings.write('\n[serve]\nsource_folders = ["exchange", "/root/exports"]\n')
    (office.home / "exchange").mkdir()
    (office.home / "exchange" / "out").symlink_to("/srv")
    office = Workspace.open(office.home)
    for folder in ("/srv/exports", "incoming", "exchange/../media", "exchange/out"):
        assert refused(office, adding(office, "csv", folder=folder)) == "source_folder_by_hand"
    assert "exchange/1c" in adding(office, "csv", name="a", folder="exchange/1c")()
    assert "/root/exports" in adding(office, "csv", name="b", folder="/root/exports")()


def test_the_tokens_of_another_source_are_not_sent_to_an_address_that_is_typed(office: Workspace) -> None:
    """A file of tokens was named in the app, beside any address: its access token went there."""
    typed = {"address": "https://outside.example", "tokens_file": "amo.json", "client_id": "c", "secret": KEY}
    with pytest.raises(SettingsError, match="source_fields_apart"):
        adding(office, "amocrm", redirect_uri="https://r", **typed)()
    assert "amo.json" not in office.settings_file.read_text("utf-8")


def test_a_proxy_decides_by_itself_where_it_goes(office: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    adding(office, address="https://outside.example")()
    [source] = [item for item in Workspace.open(office.home).settings.sources if item.name == "new"]
    monkeypatch.setenv("no_proxy", "inside.example")
    assert out_to(source, "https://outside.example") is not None, "no proxy at all"
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    assert out_to(source, "https://outside.example") is None
    assert out_to(source, "http://outside.example") is not None, "a proxy of the other scheme"
    assert out_to(source, "https://inside.example") is not None, "past the proxy"


def test_nobody_but_an_administrator_connects_anything(office: Workspace) -> None:
    for who in ("m1", "q1"):
        with pytest.raises(QcwError, match="not_allowed"):
            add(office, company.viewer(office, who), "ringostat", {"name": "new", "key": KEY}, NOW)
