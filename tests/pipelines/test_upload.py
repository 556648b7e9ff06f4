"""Reports handed over: to a folder, an S3-compatible store, Google Drive; once, whole, and by themselves."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.drive import ONE_REQUEST_BYTES, PIECE_BYTES, Drive
from pipelines.run_scheduled import due_jobs, perform
from pipelines.scheduled import job_with
from pipelines.sign_month import sign_month, withdraw_signature
from pipelines.upload import upload_day, upload_due, upload_month
from pipelines.upload_places import Folder, ObjectStore, open_place
from qc_workbench.cli import main
from qc_workbench.config_upload import Upload
from qc_workbench.domain.schedule import Due, Outcome
from qc_workbench.errors import NotConfigured, UploadFailed
from qc_workbench.store.audit_log import AuditQuestion, audit_entries
from qc_workbench.ui.i18n import LANGUAGES, Translator
from qc_workbench.workspace import Workspace
from tests.stand_ins.google_drive import FOLDER, DriveStandIn
from tests.stand_ins.serving import Fault, serving
from tests.ui import sample_company as company

DAY = date(2026, 10, 7)
#: A Wednesday evening after the daily page is sent, 20:00 in Moscow.
EVENING = datetime(2026, 10, 7, 17, tzinfo=UTC)
MONTH_OVER = datetime(2026, 11, 2, 9, tzinfo=UTC)


def with_settings(tmp_path: Path, text: str) -> Workspace:
    made = company.sample_company(tmp_path / "W")
    file = made.home / "qcw.toml"
    file.write_text(file.read_text(encoding="utf-8") + f"\n[upload]\n{text}\n", encoding="utf-8")
    return Workspace.open(made.home)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    found = with_settings(
        tmp_path,
        'to = "folder"\nfolder = "out"\nreports = ["day", "month"]\nformats = ["html"]\nlanguages = ["ru", "en"]',
    )
    (found.home / "out").mkdir()
    return found


def ledger(opened: Workspace) -> list[Mapping[str, Any]]:
    with opened.store.reading() as reader:
        return reader.rows("select * from uploads order by name, uploaded_at")


def names(opened: Workspace) -> list[str]:
    return sorted(path.name for path in (opened.home / "out").iterdir())


def test_the_day_and_signed_months_are_handed_over_once(workspace: Workspace) -> None:
    first = upload_due(workspace, "qcw", EVENING)
    assert first.uploaded == (f"{DAY}.ru.html", f"{DAY}.en.html")
    assert upload_due(workspace, "qcw", EVENING).uploaded == ()
    sign_month(workspace, DAY, "Вера Главная", MONTH_OVER)
    evening = MONTH_OVER - timedelta(hours=1)
    assert upload_due(workspace, "qcw", evening).uploaded == ("2026-10-r1.ru.html", "2026-10-r1.en.html")
    assert upload_month(workspace, DAY, "qcw", evening).already == 2
    assert names(workspace) == ["2026-10-07.en.html", "2026-10-07.ru.html", "2026-10-r1.en.html", "2026-10-r1.ru.html"]
    assert {row["place"] for row in ledger(workspace)} == {f"folder:{workspace.home / 'out'}"}
    assert {row["about"] for row in ledger(workspace)} == {"day:2026-10-07", "month:2026-10:r1"}
    with workspace.store.reading() as reader:
        noted = audit_entries(reader, AuditQuestion(action="report_exported"), 50)
    assert len(noted) == 4


def test_what_says_the_same_is_not_handed_over_again_and_what_changed_replaces_the_file(workspace: Workspace) -> None:
    upload_day(workspace, DAY, "qcw", EVENING)
    again = upload_day(workspace, DAY, "qcw", EVENING)
    assert (again.uploaded, again.already) == ((), 2)
    before = (workspace.home / "out" / f"{DAY}.ru.html").read_bytes()
    later = upload_day(workspace, DAY, "qcw", EVENING + timedelta(hours=1))
    assert len(later.uploaded) == 2, "the page names its moment"
    assert (workspace.home / "out" / f"{DAY}.ru.html").read_bytes() != before
    assert len(names(workspace)) == 2
    assert len(ledger(workspace)) == 4


def test_a_run_that_was_killed_before_the_ledger_leaves_one_file(workspace: Workspace) -> None:
    place = open_place(workspace.settings.upload, workspace.home)
    place.deliver(f"{DAY}.ru.html", b"half of a run")
    upload_due(workspace, "qcw", EVENING)
    assert len(names(workspace)) == 2
    assert (workspace.home / "out" / f"{DAY}.ru.html").read_bytes() != b"half of a run"


def test_only_a_signature_that_stands_is_handed_over(workspace: Workspace) -> None:
    sign_month(workspace, DAY, "Вера Главная", MONTH_OVER)
    withdraw_signature(workspace, DAY, 1, "Вера Главная", MONTH_OVER)
    assert upload_month(workspace, DAY, "qcw", MONTH_OVER).uploaded == ()


def test_the_schedule_hands_over_and_its_history_says_what_went_wrong(workspace: Workspace) -> None:
    job = job_with("upload")
    assert job
    (workspace.home / "out").rmdir()
    run = perform(workspace, job, Due(EVENING, 1), clock=lambda: EVENING)
    assert run
    assert (run.outcome, run.error_code) == (Outcome.FAILED, "upload_no_folder")
    for language in LANGUAGES:
        assert str(workspace.home / "out") in Translator(language)(f"error.{run.error_code}", **run.error_params)
    (workspace.home / "out").mkdir()
    run = perform(workspace, job, Due(EVENING, 2), clock=lambda: EVENING)
    assert run
    assert (run.outcome, run.report) == (Outcome.DONE, {"uploaded": 2})
    due_jobs(workspace, EVENING, [job])  # seen for the first time: what was due before is not caught up
    assert due_jobs(workspace, EVENING + timedelta(minutes=20), [job]) == [], "nothing is left to hand over"
    assert names(workspace) == ["2026-10-07.en.html", "2026-10-07.ru.html"]


def test_where_nothing_is_set_up_the_schedule_stays_still_and_the_command_says_so(tmp_path: Path) -> None:
    workspace = with_settings(tmp_path, "")
    job = job_with("upload")
    assert job
    due_jobs(workspace, EVENING, [job])
    assert due_jobs(workspace, EVENING + timedelta(minutes=20), [job]) == []
    with pytest.raises(NotConfigured) as raised:
        upload_due(workspace, "qcw", EVENING)
    assert raised.value.code == "upload_nowhere"


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"to": "folder"}, "upload_incomplete"),
        ({"to": "s3", "bucket": "b"}, "upload_incomplete"),
        ({"to": "drive", "drive_folder": "x", "service_account": "file:none"}, "secret_missing"),
        ({"to": "drive", "drive_folder": "x", "service_account": "file:broken"}, "upload_account_broken"),
    ],
)
def test_what_is_missing_is_named_and_no_key_is(settings: dict[str, str], code: str, tmp_path: Path) -> None:
    (tmp_path / "broken").write_text('{"private_key": "very-secret"}')
    with pytest.raises(NotConfigured) as raised:
        open_place(Upload(**settings), tmp_path)  # type: ignore[arg-type]
    assert raised.value.code == code
    assert "very-secret" not in repr(raised.value) + repr(raised.value.__cause__)


def test_a_file_in_a_folder_is_whole_or_not_there(tmp_path: Path) -> None:
    Folder(tmp_path).deliver("a.pdf", b"1")
    Folder(tmp_path).deliver("a.pdf", b"22")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"22"]


# --- S3 --------------------------------------------------------------------------------------------------------------


def test_an_object_store_gets_files_with_the_keys_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("s3fs", reason="the cluster extra is not installed")
    moto = pytest.importorskip("moto.server", reason="moto and flask are not installed: no S3-compatible server to ask")
    import fsspec

    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        address = f"http://{host}:{port}"
        monkeypatch.setenv("QCW_S3_KEY", "key")
        monkeypatch.setenv("QCW_S3_SECRET", "secret")
        workspace = with_settings(
            tmp_path,
            f'to = "s3"\nbucket = "reports/отчёты"\nendpoint = "{address}"\nregion = "us-east-1"\nformats = ["pdf"]\n'
            'reports = ["day"]\nkey = "env:QCW_S3_KEY"\nsecret = "env:QCW_S3_SECRET"',
        )
        with pytest.raises(UploadFailed) as raised:
            upload_due(workspace, "qcw", EVENING)
        assert raised.value.code == "upload_no_bucket"
        files = fsspec.filesystem("s3", key="key", secret="secret", client_kwargs={"endpoint_url": address})
        files.mkdir("reports")
        report = upload_due(workspace, "qcw", EVENING)
        assert report.uploaded == (f"{DAY}.ru.pdf",)
        assert files.cat(f"reports/отчёты/{DAY}.ru.pdf").startswith(b"%PDF")
        assert upload_due(workspace, "qcw", EVENING).uploaded == ()
    finally:
        server.stop()
    settings = Upload(to="s3", bucket="b", endpoint="http://127.0.0.1:9", region="us-east-1")
    with pytest.raises(UploadFailed) as raised:
        ObjectStore(settings, "key", "secret").deliver("a", b"1")
    assert raised.value.code == "upload_unreachable"
    assert "secret" not in repr(raised.value)


# --- Google Drive ----------------------------------------------------------------------------------------------------


@pytest.fixture
def drive() -> Iterator[DriveStandIn]:
    stand_in = DriveStandIn()
    with serving(stand_in) as address:
        stand_in.address = address
        yield stand_in


def to_drive(drive: DriveStandIn, slept: list[float] | None = None) -> Drive:
    return Drive(FOLDER, drive.address, drive.account(), sleep=(slept if slept is not None else []).append)


def test_a_small_file_goes_in_one_request_and_replaces_the_one_of_its_name(drive: DriveStandIn) -> None:
    place = to_drive(drive)
    first = place.deliver("2026-10-r1.ru.pdf", b"%PDF-1")
    assert place.deliver("2026-10-r1.ru.pdf", b"%PDF-2\r\n--x") == first
    other = place.deliver("2026-10-r1.en.pdf", b"%PDF-3")
    place.close()
    assert {key: item["content"] for key, item in drive.files.items()} == {
        first: b"%PDF-2\r\n--x", other: b"%PDF-3",
    }  # fmt: skip
    assert drive.tokens == 1, "a token is used for as long as it holds"
    assert not [question for question in drive.asked if "uploadType=resumable" in question.target]


def test_a_large_file_goes_in_pieces_and_goes_on_where_the_connection_broke(drive: DriveStandIn) -> None:
    content = bytes(range(256)) * ((ONE_REQUEST_BYTES + 3 * PIECE_BYTES) // 256) + b"end"
    drive.lose_pieces = 2
    slept: list[float] = []
    place = to_drive(drive, slept)
    place.deliver("big.xlsx", content)
    place.deliver("big.xlsx", content[:-3] + b"END")
    place.close()
    (item,) = drive.files.values()
    assert item["content"] == content[:-3] + b"END"
    assert len(slept) >= 2


def test_the_pieces_go_to_no_other_host(drive: DriveStandIn) -> None:
    drive.elsewhere = "http://127.0.0.1:1"
    place = to_drive(drive)
    with pytest.raises(UploadFailed) as raised:
        place.deliver("big.pdf", bytes(ONE_REQUEST_BYTES + 1))
    place.close()
    assert (raised.value.code, raised.value.params["detail"]) == ("upload_answer_broken", "location")


@pytest.mark.parametrize("fault", [Fault.TOO_MANY, Fault.SERVER_ERROR])
def test_a_server_in_trouble_is_asked_again(drive: DriveStandIn, fault: Fault) -> None:
    place = to_drive(drive)
    place.deliver("a.pdf", b"1")  # with a token
    drive.spoil(fault)
    assert place.deliver("b.pdf", b"2")
    drive.spoil(*[fault] * 5)
    with pytest.raises(UploadFailed) as raised:
        place.deliver("c.pdf", b"3")
    assert raised.value.code == "upload_unreachable"
    place.close()
    assert sorted(item["content"] for item in drive.files.values()) == [b"1", b"2"]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.HTML, "upload_answer_broken"),
        (Fault.TRUNCATED, "upload_answer_broken"),
        (Fault.REFUSED, "upload_refused"),
    ],
)
def test_a_broken_answer_is_no_success(drive: DriveStandIn, fault: Fault, code: str) -> None:
    place = to_drive(drive)
    place.deliver("a.pdf", b"1")
    drive.spoil(None, fault)  # of the upload itself
    with pytest.raises(UploadFailed) as raised:
        place.deliver("b.pdf", b"2")
    place.close()
    assert raised.value.code == code


def test_reports_go_to_drive_by_settings_alone(drive: DriveStandIn, tmp_path: Path) -> None:
    workspace = with_settings(
        tmp_path,
        f'to = "drive"\ndrive_folder = "{FOLDER}"\nservice_account = "file:account.json"\nreports = ["day"]\n'
        f'formats = ["html"]\ndrive_address = "{drive.address}"',
    )
    (workspace.home / "account.json").write_text(drive.account(), encoding="utf-8")
    assert upload_due(workspace, "qcw", EVENING).uploaded == (f"{DAY}.ru.html",)
    (row,) = ledger(workspace)
    assert (row["place"], row["remote_id"]) == (f"drive:{FOLDER}", "file-1")
    assert b"<html" in drive.files["file-1"]["content"].lower()


def test_the_command_says_why_nothing_was_handed_over(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--home", str(workspace.home), "--lang", "en", "upload", "--month", "2026-09"])
    assert not ended.value.code
    assert "2026-09 is not signed" in capsys.readouterr().out
