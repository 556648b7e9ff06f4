"""What rows of Pipedrive mean, and that its own description allows what is asked, read and pretended."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from qc_workbench.domain.crm import ActivityType, DealStatus
from qc_workbench.sources.crm_values import CrmBatch, CrmEntity
from qc_workbench.sources.html_text import text_of_html
from qc_workbench.sources.pipedrive import CAPABILITIES, Pipedrive
from qc_workbench.sources.pipedrive_meaning import PipedriveMeaning, activity_type
from qc_workbench.sources.problems import BadValueError
from qc_workbench.sources.wire import Wire
from tests.stand_ins import pipedrive_contract as contract
from tests.stand_ins.pipedrive import KEY, PipedriveStandIn
from tests.stand_ins.serving import Question, QuickClock, serving

ROOT = Path(__file__).parents[2]
DOCUMENTED = ROOT / "tests" / "stand_ins" / "documented"
KYIV = ZoneInfo("Europe/Kyiv")
MEANING = PipedriveMeaning(KYIV)
NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)


def documented(name: str) -> Any:
    found = json.loads((DOCUMENTED / f"pipedrive__{name}.json").read_text(encoding="utf-8"))["payload"]
    return found["data"]


# --- meaning ---------------------------------------------------------------------------------------------------------


def test_a_documented_deal_is_understood() -> None:
    deal = MEANING.deal(documented("v2_deals")[0])
    assert (deal.key, deal.stage_key, deal.status, deal.currency) == ("1", "1", DealStatus.OPEN, "USD")
    assert deal.stage_since == datetime(2021, 1, 1, tzinfo=UTC)
    assert deal.closed_at is None, "a time of closing that an open deal still has is of the past"
    assert deal.person_keys == ("1",)


def test_a_documented_activity_is_understood() -> None:
    row = documented("v2_activities")[0]
    task = MEANING.activity(row)
    assert (task.key, task.type, task.owner_key) == (str(row["id"]), ActivityType.TASK, str(row["owner_id"]))
    assert task.type_raw == "activity_type"
    assert task.due_at is not None
    assert task.due_at.tzinfo is UTC


def test_documented_persons_notes_users_stages_and_changes_are_understood() -> None:
    person = MEANING.person(documented("v2_persons")[0])
    assert person.phones == ("12345", "54321")
    note = MEANING.note(documented("v1_notes")[0])
    assert note is not None
    assert note.text
    user = MEANING.user(documented("v1_users")[0])
    assert user.zone == documented("v1_users")[0]["timezone_name"]
    pipelines = {str(row["id"]): row for row in documented("v2_pipelines")}
    stage = MEANING.stage(documented("v2_stages")[0], pipelines)
    assert (stage.name, stage.pipeline) == ("Stage Name", "Pipeline Name")
    row = {**documented("v1_deal_changelog")[0], "field_key": "stage_id", "old_value": "1", "new_value": "2"}
    move = MEANING.stage_move("5", row)
    assert (move.at, move.old, move.new, move.by_key) == (datetime(2024, 2, 12, 9, 14, 35, tzinfo=UTC), "1", "2", "26")


@pytest.mark.parametrize(
    ("told", "due_at", "has_time"),
    [
        ("15:00:00", datetime(2026, 3, 2, 15, tzinfo=UTC), True),
        ("15:00", datetime(2026, 3, 2, 15, tzinfo=UTC), True),
        ({"value": "15:00:00", "timezone_id": None}, datetime(2026, 3, 2, 15, tzinfo=UTC), True),
        ({"value": "15:00:00", "timezone_id": "Europe/Kyiv"}, datetime(2026, 3, 2, 13, tzinfo=UTC), True),
        ({"value": "", "timezone_id": None}, datetime(2026, 3, 1, 22, tzinfo=UTC), False),
        ("", datetime(2026, 3, 1, 22, tzinfo=UTC), False),
        (None, datetime(2026, 3, 1, 22, tzinfo=UTC), False),
    ],
)
def test_a_time_is_utc_and_a_day_without_one_is_the_companys(told: Any, due_at: datetime, has_time: bool) -> None:
    assert MEANING.due({"due_date": "2026-03-02", "due_time": told}) == (due_at, has_time)


def test_an_activity_without_a_date_has_none() -> None:
    assert MEANING.due({"due_date": None, "due_time": "15:00:00"}) == (None, False)


@pytest.mark.parametrize("row", [{"due_date": "02.03.2026"}, {"due_date": "2026-03-02", "due_time": "25:00"}])
def test_a_date_that_cannot_be_read_is_told(row: Mapping[str, str]) -> None:
    with pytest.raises(BadValueError):
        MEANING.due(row)


@pytest.mark.parametrize(
    ("word", "found"),
    [("call", ActivityType.CALL), ("lunch", ActivityType.MEETING), ("kp_предложение", ActivityType.PROPOSAL),
     ("Перезвонить", ActivityType.CALL), ("zamer", ActivityType.TASK), ("deadline", ActivityType.TASK)],
)  # fmt: skip
def test_types_of_a_company_are_told_by_their_words(word: str, found: ActivityType) -> None:
    assert activity_type(word) is found


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Первая</p><p>вторая&nbsp;&amp; третья</p>", "Первая\n\nвторая & третья"),
        ("раз<br>два<br/>три", "раз\nдва\nтри"),
        ("<ul><li>окно</li><li>дверь</li></ul>", "окно\n\nдверь"),
        ("<script>alert(1)</script>текст<style>p{}</style>", "текст"),
        ("без разметки 2 < 3", "без разметки 2 < 3"),
        ("<b>оборвано", "оборвано"),
        ("", ""),
    ],
)
def test_notes_are_read_without_their_markup(html: str, text: str) -> None:
    assert text_of_html(html) == text


@pytest.mark.parametrize("row", [{"id": True}, {"id": None}, {"id": {}}, {}, {"id": " "}, {"id": 1.5}])
def test_a_row_without_an_id_is_told(row: Mapping[str, Any]) -> None:
    with pytest.raises(BadValueError, match="vendor_id"):
        MEANING.user(row)


@pytest.mark.parametrize("value", ["NaN", "много", float("inf"), 10**17])
def test_an_amount_that_is_none_is_told(value: object) -> None:
    with pytest.raises(BadValueError, match="vendor_number"):
        MEANING.deal({**documented("v2_deals")[0], "value": value})


# --- the description -------------------------------------------------------------------------------------------------


def furnished() -> PipedriveStandIn:
    stand_in = PipedriveStandIn(now=NOW - timedelta(days=3), page=2)
    stand_in.furnish()
    for number in range(1, 6):
        stand_in.person(number, f"067 000 00 0{number}")
        stand_in.deal(number, person_id=number, is_archived=number == 5)
        stand_in.activity(number, deal_id=number, person_id=number, due_date="2026-03-12", due_time="15:00:00")
        stand_in.note(number, "<p>текст</p>", deal_id=number)
    stand_in.passes(hours=1)
    stand_in.change(stand_in.deals[1], stage_id=2)
    stand_in.change(stand_in.deals[2], is_deleted=True)
    stand_in.passes(days=1)
    return stand_in


def everything_asked(pipedrive: Pipedrive) -> list[CrmBatch]:
    """Each kind of request that the module makes."""
    batches = [*pipedrive.changes(None), *pipedrive.changes(NOW - timedelta(days=30))]
    batches += [pipedrive.refetch(entity, "1") for entity in CrmEntity]
    batches.append(CrmBatch(moves=pipedrive.stage_history("1")))
    assert pipedrive.still_there(CrmEntity.ACTIVITY, ["1", "2", "99"]) == {"1", "2"}
    return batches


@pytest.fixture(scope="module")
def asked() -> list[Question]:
    """Every request of a first sync, a later one and messages."""
    stand_in = furnished()
    with serving(stand_in) as address:
        wire = Wire("p", address, CAPABILITIES, headers={"x-api-token": KEY}, clock=QuickClock(NOW))
        pipedrive = Pipedrive(wire, MEANING)
        try:
            everything_asked(pipedrive)
        finally:
            pipedrive.close()
    return stand_in.asked


def test_what_we_ask_is_described(asked: list[Question]) -> None:
    assert len({question.path for question in asked}) >= 12
    for question in asked:
        contract.check_question(question.method, question.path, question.params)


def test_what_the_stand_in_answers_is_described(asked: list[Question]) -> None:
    stand_in = furnished()
    for question in asked:
        answer = stand_in.answer(question)
        if question.path.endswith("/99"):  # asked for by itself before it is taken for deleted
            assert answer.status == 404
            continue
        assert answer.status == 200, question.path
        contract.check_answer(question.method, question.path, json.loads(answer.content))


def test_a_wrong_question_and_a_wrong_answer_are_noticed(asked: list[Question]) -> None:
    with pytest.raises(AssertionError, match="no parameter"):
        contract.check_question("GET", "/api/v2/deals", {"modified_since": "2026-03-02T08:00:00Z"})
    with pytest.raises(AssertionError, match="status"):
        contract.check_question("GET", "/api/v2/deals", {"status": "frozen"})
    with pytest.raises(LookupError):
        contract.check_question("GET", "/v1/deals", {})
    answer = json.loads(furnished().answer(next(item for item in asked if item.path == "/api/v2/deals")).content)
    answer["data"][0]["stage_id"] = "one"
    with pytest.raises(Exception, match="is not of type"):
        contract.check_answer("GET", "/api/v2/deals", answer)


class Watched(dict[str, Any]):
    """A row that remembers which of its fields are read."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        super().__init__(row)
        self.read: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.read.add(name)
        return super().get(name, default)


def test_fields_that_we_read_are_described() -> None:
    for path, read, row in (
        ("/api/v2/deals", MEANING.deal, {**documented("v2_deals")[0], "status": "lost"}),
        ("/api/v2/activities", MEANING.activity, {**documented("v2_activities")[0], "person_id": None, "done": True}),
        ("/api/v2/persons", MEANING.person, documented("v2_persons")[0]),
        ("/v1/notes", MEANING.note, documented("v1_notes")[0]),
        ("/v1/users", MEANING.user, documented("v1_users")[0]),
        ("/v1/deals/5/changelog", lambda row: MEANING.stage_move("5", row), documented("v1_deal_changelog")[0]),
    ):
        watched = Watched(row)
        read(watched)
        assert len(watched.read) >= 4
        assert watched.read <= contract.row_fields("GET", path), path


# --- Prism, a mock made of a description -----------------------------------------------------------------------------


def prism() -> str | None:
    """Where Prism is: ``QCW_PRISM``, or what .ci/run installs."""
    installed = ROOT / ".cache" / "prism" / "node_modules" / ".bin" / "prism"
    return os.environ.get("QCW_PRISM") or (str(installed) if installed.exists() and shutil.which("node") else None)


@pytest.fixture(scope="module")
def mocks() -> Iterator[Mapping[str, str]]:
    """Prism over both descriptions, the vendor's whole ones where ``QCW_PIPEDRIVE_SPECS`` names their folder."""
    command = prism()
    if command is None:
        pytest.skip("Prism is not installed: npm install --prefix .cache/prism @stoplight/prism-cli, or set QCW_PRISM")
    whole = os.environ.get("QCW_PIPEDRIVE_SPECS")
    running, addresses = [], {}
    try:
        for version in contract.PREFIXES:
            file = Path(whole) / f"pipedrive-{version}.openapi.yaml" if whole else contract.description_file(version)
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
            running.append(
                subprocess.Popen(
                    [command, "mock", "-h", "127.0.0.1", "-p", str(port), str(file)],
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                )
            )  # fmt: skip
            addresses[version] = f"http://127.0.0.1:{port}"
        for address in addresses.values():
            _wait_for(address)
        yield addresses
    finally:
        for process in running:
            process.terminate()
            process.wait(timeout=20)


def _wait_for(address: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            httpx.get(address, timeout=5)
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise TimeoutError(address)


def ask_mock(mocks: Mapping[str, str], question: Question, key: str = KEY) -> httpx.Response:
    version, prefix = next(item for item in contract.PREFIXES.items() if question.path.startswith(item[1] + "/"))
    return httpx.request(
        question.method, mocks[version] + question.path.removeprefix(prefix), params=dict(question.params),
        headers={"x-api-token": key} if key else {}, timeout=30,
    )  # fmt: skip


@pytest.mark.timeout(120)
def test_prism_accepts_every_request_and_its_answers_are_understood(
    mocks: Mapping[str, str], asked: list[Question]
) -> None:
    read = {
        "/api/v2/deals": MEANING.deal, "/api/v2/deals/archived": MEANING.deal, "/api/v2/activities": MEANING.activity,
        "/api/v2/persons": MEANING.person, "/v1/notes": MEANING.note, "/v1/users": MEANING.user,
    }  # fmt: skip
    understood = set()
    kinds = {(question.path, tuple(sorted(question.params))): question for question in asked}
    for question in kinds.values():
        answer = ask_mock(mocks, question)
        assert answer.status_code == 200, (question.path, question.params, answer.text[:300])
        if question.path in read:
            for row in answer.json()["data"]:
                assert read[question.path](row) is not None
            understood.add(question.path)
    assert understood == set(read)


def test_prism_refuses_a_request_without_a_key_and_one_that_is_wrong(mocks: Mapping[str, str]) -> None:
    question = Question("GET", "/api/v2/deals", {}, {}, None)
    assert ask_mock(mocks, question, key="").status_code == 401
    assert ask_mock(mocks, Question("GET", "/api/v2/deals", {"status": "frozen"}, {}, None)).status_code == 422
