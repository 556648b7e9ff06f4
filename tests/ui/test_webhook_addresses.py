"""Who may come in: addresses that are shown, renewed and closed, and what a person is told of it."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from pipelines.renew_webhook import renew_webhook
from qc_workbench.cli import application
from qc_workbench.config import load_settings, parse_settings
from qc_workbench.domain.webhooks import Refusal
from qc_workbench.errors import SettingsError, UsageError
from qc_workbench.store import webhooks
from qc_workbench.ui import webhook_doors
from qc_workbench.ui.i18n import Language, Translator
from qc_workbench.ui.traffic import route_pattern
from qc_workbench.ui.views.webhooks import webhooks_now
from qc_workbench.ui.webhook_doors import Allowance, Doors, doors
from qc_workbench.ui.webhook_follower import Follower
from qc_workbench.workspace import Workspace
from tests.stand_ins import ringostat
from tests.stand_ins.serving import QuickClock, serving
from tests.ui import sample_company as company
from tests.ui.test_pages_open import enter, read, start
from tests.webhook_cases import (
    NOW,
    TOKEN,
    address,
    calls,
    documented,
    hint,
    poll,
    serving_webhooks,
    source,
    wall,
    workspace,
)

PUBLIC = "https://qc.example.com"


def test_only_addresses_that_are_allowed_come_in(tmp_path: Path) -> None:
    opened = workspace(tmp_path / "W", source("binotel", "b", more='webhook_from = ["203.0.113.0/24", "2001:db8::1"]'))
    door = doors(opened.settings, opened.home)["b"]
    assert [door.lets_in(item) for item in ("203.0.113.9", "::ffff:203.0.113.9", "2001:db8::1")] == [True] * 3
    assert [door.lets_in(item) for item in ("203.0.114.1", "", "unix:", "2001:db8::2")] == [False] * 4


def test_another_address_is_told_nothing_but_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = workspace(tmp_path / "W", source("binotel", "b", more='webhook_from = ["203.0.113.0/24"]'))
    with serving_webhooks(opened.home, monkeypatch) as base:
        answer = httpx.post(address(base, "b"), json=documented("binotel__webhook_apiCallCompleted"))
    assert (answer.status_code, answer.text) == (403, "")


def test_a_secret_that_is_missing_or_short_opens_no_door(tmp_path: Path) -> None:
    opened = workspace(tmp_path / "W", source("binotel", "b"), source("ringostat", "r"))
    assert set(doors(opened.settings, opened.home)) == {"b", "r"}
    (opened.home / "place").write_text("short")
    assert doors(opened.settings, opened.home) == {}
    (opened.home / "place").unlink()
    assert doors(opened.settings, opened.home) == {}


def test_a_new_address_holds_at_once_and_the_old_one_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook_doors, "FRESH_S", 0.0)
    opened = workspace(tmp_path / "W", source("binotel", "b"), more="[schedule]\nenabled = false\n")
    body = documented("binotel__webhook_apiCallCompleted")
    with serving_webhooks(opened.home, monkeypatch) as base:
        assert httpx.post(address(base, "b"), json=body).status_code == 200
        token = renew_webhook(opened, "b", "Администратор", NOW)
        assert httpx.post(address(base, "b"), json=body).status_code == 404
        assert httpx.post(f"{base}/webhooks/b/{token}", json=body).status_code == 200
    assert token != TOKEN
    assert (opened.home / "place").stat().st_mode & 0o077 == 0
    with opened.store.reading() as reader:
        (line,) = reader.rows("select * from audit where action = 'webhook_renewed'")
    assert token not in str(line)


def test_an_address_from_the_environment_is_renewed_by_whoever_sets_it(tmp_path: Path) -> None:
    text = source("binotel", "b").replace('"file:place"', '"env:QCW_NO_SUCH_PLACE"')
    opened = workspace(tmp_path / "W", text, source("ringostat", "r").replace('webhook_secret = "file:place"', ""))
    for name, code in (("b", "webhook_place_not_ours"), ("r", "webhook_off")):
        with pytest.raises(UsageError) as raised:
            renew_webhook(opened, name, "Администратор", NOW)
        assert raised.value.code == code


def test_settings_that_cannot_be_read_leave_the_doors_as_they_were(tmp_path: Path) -> None:
    opened = workspace(tmp_path / "W", source("binotel", "b"))
    known = Doors(opened.home)
    assert not known.are_known
    known.read()
    (opened.home / "qcw.toml").write_text("[[sources]]\nkind = 1\n")
    known._read_at = -1e9
    known.read()
    assert known.at("b", TOKEN) is not None
    assert known.at("b", TOKEN[:-1]) is None
    with pytest.raises(SettingsError):
        load_settings(opened.home / "qcw.toml")


def test_a_secret_pasted_into_the_settings_is_refused_and_not_repeated() -> None:
    text = source("binotel", "b").replace('"file:place"', f'"{TOKEN}"')
    with pytest.raises(SettingsError) as raised:
        parse_settings(text, "qcw.toml")
    assert TOKEN not in str(raised.value.params)


def test_no_more_than_the_burst_comes_in_at_once() -> None:
    allowance = Allowance(per_s=2, burst=3)
    start = allowance._seen
    assert [allowance.take(start) for _ in range(4)] == [True, True, True, False]
    assert [allowance.take(start + 1) for _ in range(3)] == [True, True, False]


def test_the_log_names_the_route_and_never_the_secret() -> None:
    told = {route_pattern(f"/webhooks/b/{TOKEN}{tail}") for tail in ("", "/events/summary", "/")}
    assert told == {"/webhooks/{source}/{token}"}


def test_a_person_sees_how_many_came_and_why_some_were_refused(tmp_path: Path) -> None:
    opened = workspace(
        tmp_path / "W",
        source("binotel", "b"),
        source("mango", "m"),
        source("ringostat", "r").replace('webhook_secret = "file:place"', ""),
        '[[sources]]\nkind = "asterisk"\nname = "a"\nfile = "Master.csv"\n',
    )
    today = NOW.astimezone(UTC).date()
    opened.store.write(
        *webhooks.kept([hint(1, NOW - NOW, of="b"), hint(1, NOW - NOW, of="b")]),
        *webhooks.counted({("b", today, Refusal.SIGNATURE.value): 2, ("b", today, webhooks.NO_NEWS): 5}),
        *webhooks.counted({("", today, Refusal.STRANGER.value): 7, ("b", today, Refusal.SIGNATURE.value): 1}),
    )
    now = webhooks_now(opened, datetime.now(UTC))
    told = {item.source: item for item in now.standings}
    assert list(told) == ["b", "m", "r"], "a system without webhooks is not listed"
    assert (told["b"].received, told["b"].repeated, told["b"].waiting, told["b"].no_news) == (2, 1, 1, 5)
    assert told["b"].refused == {"signature": 3}
    assert [(item.is_on, item.is_ready, item.is_signed) for item in now.standings] == [
        (True, True, False), (True, True, True), (False, False, False),
    ]  # fmt: skip
    assert now.strangers == 7
    assert TOKEN not in str(now)


@pytest.mark.parametrize("language", ["ru", pytest.param("en", marks=pytest.mark.slow)])
def test_the_page_of_connections_says_what_came_of_webhooks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: Language
) -> None:
    home = company.sample_company(tmp_path / "office").home
    with (home / "qcw.toml").open("a", encoding="utf-8") as file:
        file.write(source("binotel", "b"))
    (home / "place").write_text(TOKEN)
    opened = Workspace.open(home)
    today = datetime.now(UTC).date()
    opened.store.write(
        *webhooks.kept([hint(1, NOW - NOW, of="b")]), *webhooks.counted({("b", today, Refusal.SIGNATURE.value): 41})
    )
    page = enter(start(home, language, monkeypatch, "h1"), "connections")
    assert not page.exception
    told = read(page)
    t = Translator(language)
    assert t("webhook.tab.on") in told
    assert t("webhook.refused.signature") in str([table.value.to_dict() for table in page.dataframe])
    assert "41" in told
    assert TOKEN not in told


def test_the_command_shows_addresses_and_renews_them(tmp_path: Path) -> None:
    opened = workspace(
        tmp_path / "W", source("binotel", "b"), source("mango", "m"), more=f'[serve]\npublic_address = "{PUBLIC}"\n'
    )
    today = NOW.astimezone(UTC).date()
    opened.store.write(*webhooks.counted({("b", today, Refusal.SIGNATURE.value): 2}))

    def qcw(*arguments: str) -> str:
        done = CliRunner().invoke(application("ru"), ["--home", str(opened.home), *arguments])
        assert done.exit_code == 0, done.output
        return done.stdout

    shown = qcw("webhooks")
    assert f"b: {PUBLIC}/webhooks/b/{TOKEN}" in shown
    assert "b — отклонено: подпись не сошлась 2." in shown
    told = json.loads(qcw("--json", "webhooks"))
    assert [(item["source"], item["is_signed"]) for item in told["sources"]] == [("b", False), ("m", True)]
    renewed = json.loads(qcw("--json", "webhooks", "renew", "b"))["address"]
    assert renewed.startswith(f"{PUBLIC}/webhooks/b/")
    assert TOKEN not in renewed
    assert json.loads(qcw("--json", "webhooks"))["sources"][0]["address"] == renewed
    assert "Ни один вебхук не ждёт." in qcw("webhooks", "follow")


def test_what_came_in_is_followed_within_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qc_workbench.ui.webhook_follower.GATHERED_FOR_S", 0.05)
    stand_in = ringostat.RingostatStandIn(calls=[dict(ringostat.row(1, wall(NOW - NOW)))])
    with serving(stand_in) as vendor:
        opened = workspace(tmp_path / "W", source("ringostat", "r", vendor))
        poll(opened, QuickClock(NOW - timedelta(hours=5)))
        with serving_webhooks(opened.home, monkeypatch) as base:
            body = {"uniqueid": "ua3-1", "calldate": str(wall(NOW - NOW))}
            assert httpx.post(address(base, "r"), json=body).status_code == 200
            for _ in range(200):
                if calls(opened):
                    break
                threading.Event().wait(0.05)
        assert [row["call_id"] for row in calls(opened)] == ["r:ua3-1"]


def test_where_something_else_runs_the_schedule_the_app_follows_nothing(tmp_path: Path) -> None:
    opened = workspace(tmp_path / "W", more="[schedule]\nenabled = false\n")
    done: list[Any] = []

    def work(workspace_of: Workspace) -> None:
        done.append(workspace_of)

    follower = Follower(opened.home, 0.01, work)
    follower.wake()
    threading.Event().wait(0.3)
    assert done == []
