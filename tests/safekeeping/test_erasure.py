"""A person who is erased is nowhere; the statistics stand; no import brings the person back."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.archive_keys import Keys
from pipelines.backup import backup
from pipelines.certificates import read_certificates, write_certificate
from pipelines.check_integrity import check
from pipelines.check_order import check_order
from pipelines.detect import detect
from pipelines.erasure import erase, finish, phones_of_certificates
from pipelines.erasure_tables import TREATMENT
from pipelines.ingest import ingest_csv
from pipelines.measure import measure
from pipelines.progress import Silent
from pipelines.restore import restore
from qc_workbench.domain.crm import Activity, ActivityType
from qc_workbench.domain.erasure import Certificate, Ground
from qc_workbench.domain.sampling import FrameItem, Period, Plan
from qc_workbench.errors import UsageError
from qc_workbench.sampling.draws import make_draw, redraw, verify
from qc_workbench.store import samples
from qc_workbench.store.calls import audit_entry
from qc_workbench.store.crm import activity_row
from qc_workbench.store.database import Statement, insert, insert_all
from qc_workbench.ui.i18n import Translator
from qc_workbench.workspace import Workspace
from tests.import_cases import DEALS_HEADER, GOOD_DEAL, calls_csv, folder_with, new_workspace, wav
from tests.safekeeping.companies import kept_company, sounds
from tests.ui.sample_company import OTHER_PHONE, PHONE, PROMISE, SPOKEN, TALK

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
DIGITS = PHONE[-10:]


@pytest.fixture
def company(tmp_path: Path) -> Workspace:
    return kept_company(tmp_path / "company")


def table(workspace: Workspace, name: str) -> list[dict[str, object]]:
    with workspace.store.reading() as reader:
        return reader.rows(f"select * from {name} order by all")


def counted(workspace: Workspace) -> list[dict[str, object]]:
    """What the statistics stand on."""
    with workspace.store.reading() as reader:
        return [
            *reader.rows(
                "select c.manager_id, c.direction, c.outcome, c.talk_s, date_trunc('hour', c.started_at) as hour, "
                "v.verified_effective, v.conversation_s, r.client_said, r.false_refusal "
                "from calls c left join conversations v using (call_id) left join refusals r using (call_id) "
                "order by all"
            ),
            *reader.rows("select kind, verdict, score, version from flags order by all"),
            *reader.rows("select outcome, action, due_to from commitments order by all"),
            *reader.rows("select queue, plan, stratum, inclusion_probability, status from sample order by all"),
            *reader.rows("select manager_id, stage, status, amount from deals order by all"),
        ]


def on_disk(home: Path) -> bytes:
    """Every byte of the workspace but those of backups."""
    files = [path for path in home.rglob("*") if path.is_file() and "backups" not in path.parts]
    return b"".join(path.read_bytes() for path in files)


def test_no_byte_of_the_person_is_left_and_every_figure_is_as_before(company: Workspace) -> None:
    company.store.write(
        audit_entry(NOW, "q1", "call_replaced", PROMISE, by=TALK, client=PHONE),
        Statement("update notes set text = 'Друг клиента ' || ? where note_id = 'note-1'", (PHONE,)),
        insert("notes", {"note_id": "n-2", "created_at": NOW, "text": f"Посоветовал {PHONE}", "deal_id": "deal-2",
                         "client_phone": OTHER_PHONE, "author_id": "m2", "pinned": False}),
        insert("applied_writes", {"key": f"replace:draw-1:{PROMISE}", "applied_at": NOW}),
        insert("agent_answers", {"answer_id": "an-1", "call_id": "call-padded", "kind": "fake_effective",
                                 "flag_id": "flag-padded", "answer": "Ирина искала паспорт", "given_by": "Алла",
                                 "given_at": NOW}),
    )  # fmt: skip
    names = ("file", "row", "column", "value", "expected", "message")
    with (company.home / "rejects.csv").open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([names, ("calls.csv", "3", "talk_s", "+7 (495) 000-00-01", "", ""),
                                    ("calls.csv", "4", "talk_s", "чужое", "", "")])  # fmt: skip
    before, files = counted(company), sounds(company.home)
    with company.store.reading() as reader:
        own = reader.rows("select content_hash, path from recordings where call_id in ('call-padded', ?)", PROMISE)
    said = [text for _, _, _, text in SPOKEN[PROMISE]]
    assert said[1].encode() in on_disk(company.home), "the text was there to be removed"

    report = erase(company, [PHONE], by="Вера Главная", reason="отзыв согласия", now=NOW)

    assert counted(company) == before
    assert [(row["answer"], row["given_by"]) for row in table(company, "agent_answers")] == [("", "Алла")]
    content = on_disk(company.home)
    left = [
        word for word in (*said, DIGITS, PHONE, "Ирина, квартира", "Ждёт расчёт", "искала паспорт", PROMISE,
                          "call-padded", "deal-1", *(row["content_hash"] for row in own))
        if word.encode() in content
    ]  # fmt: skip
    assert left == []
    assert not any((company.home / str(row["path"])).exists() for row in own)
    others = {name: data for name, data in files.items() if (company.home / name).exists()}
    assert sounds(company.home) == others
    assert len(others) == 2, "the other client's recordings are untouched"
    assert "чужое" in (company.home / "rejects.csv").read_text(encoding="utf-8-sig")
    assert [row["text"] for row in table(company, "notes")] == ["Посоветовал +70000000000"]
    assert [item for item in check(company, deep=True) if not item.code.startswith("draw_")] == []
    assert report.certificate is not None
    counts = {item.kind: item.count for item in report.certificate.removed}
    assert (counts["recordings"], counts["transcripts"], counts["calls"], counts["notes"]) == (3, 3, 4, 1)


@pytest.mark.slow
def test_later_steps_leave_what_was_judged_as_it_was(company: Workspace) -> None:
    # Somebody else's step: without any, the rules would take the CRM for one that was not imported.
    step = Activity("act-2", "m2", ActivityType.TASK, NOW, "deal-2", OTHER_PHONE, "Замер")
    company.store.write(insert("activities", activity_row(step)))
    measure(company, Silent())
    detect(company, NOW, Silent())
    erase(company, [PHONE], by="q", now=NOW)
    before = [table(company, name) for name in ("flags", "commitments", "refusals", "violations", "conversations")]
    measure(company, Silent())
    detect(company, NOW, Silent())
    after = [table(company, name) for name in ("flags", "commitments", "refusals", "violations", "conversations")]
    for old, new in zip(before, after, strict=True):
        assert new == old


def test_a_drawn_call_keeps_its_place_and_the_draw_can_still_be_made_again(company: Workspace) -> None:
    plan = Plan("all", Period.DAILY, {"inbound": 0.5, "outbound": 0.5})
    with company.store.reading() as reader:
        rows = reader.rows("select call_id, started_at from calls")
    frame = [FrameItem(row["call_id"], row["started_at"], f"direction=inbound;n={n % 2}", "m1")
             for n, row in enumerate(rows)]  # fmt: skip
    day = datetime(2026, 10, 7).date()  # noqa: DTZ001
    draw = make_draw(plan, "seed", (day, day), frame, NOW, "1")
    drawn = redraw(draw)
    company.store.write(
        Statement("delete from draws"), Statement("delete from sample"),
        insert("draws", samples.draw_row(draw)), *insert_all("sample", [samples.sampled_row(row) for row in drawn]),
    )  # fmt: skip
    before = sorted((row.stratum, row.inclusion_probability) for row in drawn)
    for phone in (PHONE, OTHER_PHONE):  # twice in the same draw
        erase(company, [phone], by="q", now=NOW)
        with company.store.reading() as reader:
            (kept,) = samples.draws(reader)
            rows_kept = samples.sampled(reader)
        assert verify(kept, rows_kept) == ()
        assert sorted((row.stratum, row.inclusion_probability) for row in rows_kept) == before
        assert {row.call_id for row in redraw(kept)} == {row.call_id for row in rows_kept}
    assert sum(item.call_id.startswith("erased-") for item in kept.frame) == 6
    assert (kept.frame_hash, kept.draw_id) == (draw.frame_hash, draw.draw_id)
    broken = samples.draw_row(kept) | {"amended_hash": "0" * 64}
    assert verify(samples.draw_of(broken | {"period_from": day, "period_to": day}), rows_kept) != ()


def test_a_recording_that_another_person_has_too_stays_for_them(company: Workspace) -> None:
    with company.store.reading() as reader:
        shared = reader.row("select content_hash, path, size_bytes from recordings where call_id = ?", PROMISE)
    assert shared is not None
    company.store.write(
        Statement("update recordings set content_hash = ?, path = ?, size_bytes = ? where call_id = ?",
                  (*shared.values(), TALK)),
    )  # fmt: skip
    report = erase(company, [PHONE], by="q", now=NOW)
    assert (company.home / shared["path"]).is_file()
    assert report.certificate is not None
    assert Ground.SHARED_SOUND in report.certificate.kept
    rows = {row["call_id"]: row for row in table(company, "recordings")}
    assert rows[TALK]["path"] == shared["path"]
    assert sum(row["state"] == "erased" for row in rows.values()) == 3


def test_a_look_changes_nothing_and_names_other_phones_of_the_deal_masked(company: Workspace) -> None:
    company.store.write(
        Statement("update deals set client_phones = ? where deal_id = 'deal-1'", (json.dumps([PHONE, OTHER_PHONE]),))
    )
    before = on_disk(company.home / "media"), table(company, "deals"), table(company, "calls")
    report = erase(company, ["8 (495) 000-00-01"], by="q", dry_run=True)
    assert (on_disk(company.home / "media"), table(company, "deals"), table(company, "calls")) == before
    assert {item.kind: item.count for item in report.removed}["deals"] == 1
    assert report.other_phones
    assert OTHER_PHONE not in report.other_phones[0]
    erase(company, [PHONE], by="q", now=NOW)
    (deal,) = [row for row in table(company, "deals") if row["deal_id"] == "deal-1"]
    assert (json.loads(str(deal["client_phones"])), deal["client_name"]) == ([OTHER_PHONE], None)


def test_every_table_of_the_schema_has_its_treatment(company: Workspace) -> None:
    with company.store.reading() as reader:
        names = {row["table_name"] for row in reader.rows("select table_name from duckdb_tables()")}
    assert names == set(TREATMENT)


def test_a_person_nobody_knows_changes_nothing_and_a_wrong_phone_is_refused(company: Workspace) -> None:
    report = erase(company, ["+79000009999"], by="q")
    assert report.certificate is None
    assert table(company, "erasures") == []
    with pytest.raises(UsageError) as error:
        erase(company, ["нет"], by="q")
    assert error.value.code == "phone_invalid"
    assert "нет" not in str(error.value), "what was typed may be a phone of somebody: it is not repeated"


# The way back is closed ------------------------------------------------------

PERSON = "+79000001234"
HEARD = f"heard,2026-09-03T10:25:00+03:00,outbound,m1,{PERSON},5,3,answered,a.wav,ru"
FILES: dict[str, str | bytes] = {
    "calls.csv": calls_csv(HEARD),
    "deals.csv": f"{DEALS_HEADER}\n{GOOD_DEAL}\ndeal-2,{PERSON},m1,Думают,open,1,2026-09-01T10:00:00+03:00\n",
    "notes.csv": "note_id,created_at,text,deal_id,client_phone,author_id\n"
    "n1,2026-09-04T10:00:00+03:00,Секретная заметка,deal-2,,m1\n"
    "n2,2026-09-04T10:00:00+03:00,Чужая заметка,deal-1,,m1\n",
    "recordings/a.wav": wav(),
}


def test_no_import_brings_the_person_back(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path / "home")
    folder = folder_with(tmp_path / "in", FILES)
    ingest_csv(workspace, folder, Silent())
    assert len(table(workspace, "calls")) == 3
    erase(workspace, [PERSON], by="q", now=NOW)
    before = {name: table(workspace, name) for name in ("calls", "deals", "notes", "recordings", "recording_files")}
    ingest_csv(workspace, folder, Silent())  # the same files
    (folder / "calls.csv").write_text(calls_csv(HEARD, HEARD.replace("heard,", "later,")), encoding="utf-8")
    (folder / "deals.csv").unlink()  # the notes come without the deal that says whose they are
    ingest_csv(workspace, folder, Silent())
    assert {name: table(workspace, name) for name in before} == before
    assert [row["text"] for row in before["notes"]] == ["Чужая заметка"]
    assert list((tmp_path / "home" / "media").rglob("*.wav")) == []
    assert PERSON[-10:].encode() not in on_disk(workspace.home)


def test_after_restoring_an_older_backup_the_certificate_erases_again(company: Workspace, tmp_path: Path) -> None:
    made = backup(company, tmp_path / "before.tar", Silent())
    report = erase(company, [PHONE], by="q", now=NOW)
    assert report.certificate is not None
    (remaining,) = [item for item in report.certificate.backups if item.name == "before.tar"]
    assert remaining.is_there
    write_certificate(company, report.certificate, tmp_path / "act.json", Translator("ru"))
    restore(made.file, tmp_path / "again", Keys(), Silent())
    again = Workspace.open(tmp_path / "again")
    phones = phones_of_certificates(again, read_certificates([tmp_path / "act.json"]))
    assert phones == [PHONE]
    erase(again, phones, by="q", now=NOW)
    assert DIGITS.encode() not in on_disk(again.home)


def test_an_erasure_interrupted_after_the_database_is_finished_by_the_next(company: Workspace) -> None:
    (company.home / "media" / "zz").mkdir()
    (company.home / "media" / "zz" / "left.wav").write_bytes(b"sound")
    company.store.write(
        insert("removals", {"path": "media/zz/left.wav", "since": NOW}),
        Statement("insert into erasures values ('e1', ?, 'q', '{}', null)", (NOW,)),
    )
    finish(company)
    assert not (company.home / "media" / "zz").exists()
    assert table(company, "removals") == []
    assert [row["finished_at"] is None for row in table(company, "erasures")] == [False]


# The certificate -------------------------------------------------------------


def test_the_certificate_says_everything_but_the_phone_and_shows_when_it_was_changed(
    company: Workspace, tmp_path: Path
) -> None:
    report = erase(company, [PHONE], by="Вера Главная", reason="отзыв согласия от 01.11.2026", now=NOW)
    certificate = report.certificate
    assert certificate is not None
    for language in ("ru", "en"):
        for ending in ("json", "html", "pdf"):
            out = tmp_path / f"{language}.{ending}"
            write_certificate(company, certificate, out, Translator(language))
            content = out.read_bytes()
            assert DIGITS.encode() not in content
            if ending != "pdf":
                assert certificate.sha256.encode() in content
                assert "Вера Главная".encode() in content
    page = (tmp_path / "ru.html").read_text(encoding="utf-8")
    for said in ("ч. 7 ст. 21", "№ 152-ФЗ", "№ 179", "отзыв согласия от 01.11.2026", "Записи разговоров"):
        assert said in page
    data = json.loads((tmp_path / "ru.json").read_text(encoding="utf-8"))
    assert Certificate.from_json(data) == certificate
    assert certificate.is_intact
    data["removed"][0]["count"] += 1
    assert not Certificate.from_json(data).is_intact
    (tmp_path / "changed.json").write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(UsageError) as error:
        read_certificates([tmp_path / "changed.json"])
    assert error.value.code == "certificate_invalid"
    (entry,) = [row for row in table(company, "audit") if row["action"] == "person_erased"]
    assert (entry["actor"], entry["object"]) == ("Вера Главная", certificate.certificate_id)
    assert json.loads(str(entry["detail"]))["sha256"] == certificate.sha256


def test_breaches_of_order_stay_without_the_person_and_are_not_found_again(company: Workspace) -> None:
    """Of a sale nothing but the breach's own id tells whose it is; what was erased is no anonymous sale."""
    sold = {"sold_at": NOW - timedelta(days=20), "amount": "100.50", "client_name": None, "manager_id": "m1"}
    company.store.write(
        insert("sales", {"sale_id": "sale-ира", "client_phone": PHONE, **sold}),
        insert("sales", {"sale_id": "sale-other", "client_phone": OTHER_PHONE, **sold}),
    )
    check_order(company, NOW)
    (breach,) = [row for row in table(company, "violations") if str(row["detail"]).startswith("sale-ира")]
    gap = {"violation_id": breach["violation_id"], "cleared_at": NOW - timedelta(days=2), "returned_at": NOW}
    company.store.write(insert("violation_gaps", gap))

    erase(company, [PHONE], by="q", now=NOW)

    assert not any("ира" in str(row) for row in table(company, "violations"))
    (renamed,) = table(company, "violation_gaps")
    assert renamed["violation_id"] != breach["violation_id"]
    assert renamed["violation_id"] in {row["violation_id"] for row in table(company, "violations")}
    assert check_order(company, NOW).new == 0
