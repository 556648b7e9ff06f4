"""``qcw sources`` and ``qcw secrets``, and what a pause and a missing key do to reading by itself."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines import scheduled
from pipelines.connections import remove_secret, set_paused
from pipelines.progress import Silent
from pipelines.run import run
from pipelines.scheduled import Turn
from qc_workbench.cli import main
from qc_workbench.errors import NotConfigured, UsageError
from qc_workbench.sources.secrets_file import SecretsFile
from qc_workbench.ui.i18n import Translator
from qc_workbench.workspace import Workspace
from tests.import_cases import new_workspace
from tests.stand_ins.ringostat import KEY, RingostatStandIn, row
from tests.stand_ins.serving import Fault, serving

NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def _own_key_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def qcw(home: Path, *line: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["--home", str(home), *line])
    return int(str(ended.value.code or 0))


def sources_of(*addresses: str) -> str:
    return "".join(
        f'[[sources]]\nkind = "ringostat"\nname = "r{number}"\nkey = "secret:ringo"\naddress = "{address}"\n'
        for number, address in enumerate(addresses)
    )


def with_secret(home: Path, settings: str) -> Workspace:
    opened = new_workspace(home, settings)
    SecretsFile.of(home).put("ringo", KEY)
    return opened


def test_a_secret_is_kept_from_standard_input_listed_by_name_and_never_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = new_workspace(tmp_path / "W", "").home
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{KEY}\n"))
    assert qcw(home, "secrets", "set", "ringo") == 0
    assert qcw(home, "--json", "secrets", "list") == 0
    assert SecretsFile.of(home).get("ringo") == KEY
    assert qcw(home, "secrets", "remove", "ringo") == 0
    assert qcw(home, "secrets", "remove", "ringo") == 2
    told = capsys.readouterr()
    assert KEY not in told.out + told.err
    assert '"names": ["ringo"]' in told.out
    assert "secrets.key" in told.out, "where its key is, to be kept"
    with Workspace.open(home).store.reading() as reader:
        found = reader.rows("select * from audit where action like 'secret%' order by happened_at")
    assert [item["action"] for item in found] == ["secret_kept", "secret_removed"]
    assert KEY not in str(found)


def test_a_secret_that_a_source_needs_is_not_removed(tmp_path: Path) -> None:
    opened = with_secret(tmp_path / "W", sources_of("http://127.0.0.1:9"))
    with pytest.raises(UsageError, match="secret_in_use"):
        remove_secret(opened, "ringo", "admin", NOW)
    assert SecretsFile.of(opened.home).names() == ["ringo"]


def test_sources_are_listed_and_tested(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stand_in = RingostatStandIn()
    with serving(stand_in) as address:
        home = with_secret(tmp_path / "W", sources_of(address)).home
        assert qcw(home, "sources", "test", "r0") == 0
        stand_in.spoil(Fault.REFUSED)
        capsys.readouterr()
        assert qcw(home, "--json", "sources", "test", "r0") == 1
        told = json.loads(capsys.readouterr().out)
        assert (told["code"], told["places"]) == ("source_refused", {"key": "secret:ringo"})
        assert qcw(home, "sources", "pause", "r0") == 0
        capsys.readouterr()
        assert qcw(home, "--json", "sources") == 0
        (listed,) = json.loads(capsys.readouterr().out)["sources"]
        assert (listed["name"], listed["health"]) == ("r0", "paused")
        assert qcw(home, "--lang", "ru", "sources") == 0
        assert "пауза" in capsys.readouterr().out
        assert qcw(home, "sources", "test", "nobody") == 2


def imported(opened: Workspace) -> int:
    return int(scheduled._import(Turn(opened, NOW, NOW))["calls"])


def test_the_schedule_leaves_out_a_paused_source_and_reads_on_afterwards(tmp_path: Path) -> None:
    stand_in = RingostatStandIn(calls=[dict(row(1, (NOW - timedelta(hours=3)).replace(tzinfo=None)))])
    with serving(stand_in) as address:
        opened = with_secret(tmp_path / "W", sources_of(address))
        set_paused(opened, "r0", True, "admin", NOW)
        assert imported(opened) == 0
        assert stand_in.asked == []
        set_paused(opened, "r0", False, "admin", NOW + timedelta(seconds=1))
        assert imported(opened) == 1


def test_a_source_without_its_key_holds_up_only_itself(tmp_path: Path) -> None:
    stand_in = RingostatStandIn(calls=[dict(row(1, (NOW - timedelta(hours=3)).replace(tzinfo=None)))])
    with serving(stand_in) as address:
        settings = sources_of(address, address).replace("secret:ringo", "env:QCW_TEST_NO_SUCH_KEY", 1)
        opened = with_secret(tmp_path / "W", settings)
        with pytest.raises(NotConfigured, match="secret_missing"):
            imported(opened)
        with opened.store.reading() as reader:
            assert reader.value("select count(*) from calls where call_id like 'r1:%'") == 1
            found: Sequence[dict[str, object]] = reader.rows("select error_code from source_runs where source = 'r0'")
        assert [item["error_code"] for item in found] == ["secret_missing"]


def test_the_whole_run_goes_on_without_the_source_whose_key_is_missing(tmp_path: Path) -> None:
    stand_in = RingostatStandIn(calls=[dict(row(1, (NOW - timedelta(hours=3)).replace(tzinfo=None)))])
    with serving(stand_in) as address:
        settings = sources_of(address, address).replace("secret:ringo", "secret:nowhere", 1)
        report = run(with_secret(tmp_path / "W", settings), NOW, Silent())
    assert report.unread["r0"].code == "secret_missing"
    assert report.ingested["r1"].counts["calls"].new == 1
    assert "qcw secrets set" in Translator("en").error(report.unread["r0"])
