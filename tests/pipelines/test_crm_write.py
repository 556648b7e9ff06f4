"""Writing into the CRM: once, whoever is killed and whatever answers get lost; only what was approved."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.crm_write import LOOKED_FOR_AFTER, TRIES, PlanReport, SendReport, decide, plan_writes, send_writes
from pipelines.erasure import erase
from pipelines.forgotten_text import without_quotes
from qc_workbench.domain.call import Call
from qc_workbench.domain.crm_write import KeptWrite, WriteState, WriteVerdict
from qc_workbench.errors import NotConfigured, SourceRefused, SourceThrottled, SourceUnreachable, UsageError
from qc_workbench.store import calls as call_store
from qc_workbench.store import crm, crm_writes, verdicts
from qc_workbench.store.database import insert_all
from qc_workbench.workspace import Workspace
from tests.crm_write_cases import NOW, PHONE, DictionaryCrm, call, deal, no_answer, order_of, promise
from tests.import_cases import new_workspace

#: A source that exists; what it is matters only where a real CRM is opened.
SETTINGS = '[[sources]]\nkind = "csv"\nname = "crm"\nfolder = "in"\n\n[crm_write]\ninto = "crm"\nundo_min = 0\n'
TASKS = '[crm_write.callback_task]\nmode = "approved"\n[crm_write.call_activity]\nmode = "off"\n'


def company(home: Path, settings: str = TASKS, *calls: Call, undo: str = "") -> Workspace:
    """Calls with a promise each, and a deal of their number."""
    opened = new_workspace(home, SETTINGS + undo + settings)
    made = calls or (call(),)
    opened.store.write(
        *insert_all("calls", [call_store.call_row(item, NOW) for item in made]),
        *insert_all("commitments", [verdicts.commitment_row(promise(item.call_id), NOW) for item in made]),
        *insert_all("deals", [crm.deal_row(deal())]),
    )
    return opened


def writes(opened: Workspace) -> list[KeptWrite]:
    with opened.store.reading() as reader:
        return crm_writes.kept_writes(reader, "crm", NOW - timedelta(days=90))


def rows(opened: Workspace, sql: str) -> list[Mapping[str, Any]]:
    with opened.store.reading() as reader:
        return reader.rows(sql)


def approve(opened: Workspace, at: datetime = NOW) -> int:
    return decide(opened, writes(opened), WriteVerdict.APPROVED, "Ольга", at)


def send(opened: Workspace, there: DictionaryCrm, at: datetime = NOW) -> SendReport:
    return send_writes(opened, at, lambda: there, order_of)


def test_planning_again_changes_nothing(tmp_path: Path) -> None:
    opened = company(tmp_path / "W")
    assert plan_writes(opened, NOW) == PlanReport(new=1, waiting=1)
    before = writes(opened)
    assert plan_writes(opened, NOW + timedelta(minutes=5)) == PlanReport(waiting=1)
    assert writes(opened) == before


def test_only_what_was_approved_is_written_and_once(tmp_path: Path) -> None:
    opened, there = company(tmp_path / "W"), DictionaryCrm()
    plan_writes(opened, NOW)
    assert send(opened, there) == SendReport()
    assert approve(opened) == 1
    assert send(opened, there).written == 1
    assert send(opened, there, NOW + timedelta(hours=1)).written == 0
    (item,) = writes(opened)
    assert (item.state, item.crm_id, item.link, item.decided_by) == (
        WriteState.WRITTEN, "0", "https://crm.example/0", "Ольга",
    )  # fmt: skip
    assert [item.fields["due_at"] for item in there.there] == ["2026-10-08T12:00:00+00:00"]
    audited = rows(opened, "select actor, action, object from audit order by happened_at, action")
    assert [(row["actor"], row["action"]) for row in audited] == [
        ("Ольга", "crm_write_approved"), ("Ольга", "crm_written"),
    ]  # fmt: skip


def test_a_dry_run_sends_nothing_even_approved(tmp_path: Path) -> None:
    opened, there = company(tmp_path / "W", TASKS.replace("approved", "dry")), DictionaryCrm()
    plan_writes(opened, NOW)
    approve(opened)
    assert send(opened, there) == SendReport()
    assert there.there == []


def test_an_automatic_kind_asks_nobody(tmp_path: Path) -> None:
    opened, there = company(tmp_path / "W", TASKS.replace("approved", "automatic")), DictionaryCrm()
    assert send(opened, there).written == 1
    (line,) = rows(opened, "select actor from audit where action = 'crm_written'")
    assert line["actor"] == "qcw"


def test_an_approval_can_be_taken_back_until_it_is_sent(tmp_path: Path) -> None:
    opened, there = company(tmp_path / "W", undo=""), DictionaryCrm()
    plan_writes(opened, NOW)
    approve(opened)
    assert decide(opened, writes(opened), WriteVerdict.WITHDRAWN, "Ольга", NOW) == 1
    assert send(opened, there).written == 0
    approve(opened)
    send(opened, there)
    assert decide(opened, writes(opened), WriteVerdict.WITHDRAWN, "Ольга", NOW) == 0, "it has been sent"


def test_an_approval_waits_for_the_time_in_which_it_can_be_taken_back(tmp_path: Path) -> None:
    opened, there = company(tmp_path / "W"), DictionaryCrm()
    text = opened.settings_file.read_text().replace("undo_min = 0", "undo_min = 5")
    opened.settings_file.write_text(text)
    opened = Workspace.open(opened.home)
    plan_writes(opened, NOW)
    approve(opened)
    assert send(opened, there, NOW + timedelta(minutes=4)).written == 0
    assert send(opened, there, NOW + timedelta(minutes=5)).written == 1


def test_what_was_declined_is_neither_written_nor_planned_again(tmp_path: Path) -> None:
    opened, there = company(tmp_path / "W"), DictionaryCrm()
    plan_writes(opened, NOW)
    decide(opened, writes(opened), WriteVerdict.DECLINED, "Ольга", NOW)
    assert plan_writes(opened, NOW + timedelta(days=1)).waiting == 0
    assert send(opened, there).written == 0
    assert approve(opened) == 0, "a declined write is first taken back"


def test_a_person_decides_on_what_they_saw(tmp_path: Path) -> None:
    opened = company(tmp_path / "W")
    plan_writes(opened, NOW)
    seen = writes(opened)
    opened.store.write(*insert_all("deals", [crm.deal_row(deal(2, created_at=NOW))]))
    assert plan_writes(opened, NOW).changed == 1
    assert decide(opened, seen, WriteVerdict.APPROVED, "Ольга", NOW) == 0
    assert approve(opened) == 1
    opened.store.write(*insert_all("deals", [crm.deal_row(deal(3, created_at=NOW + timedelta(hours=1)))]))
    assert plan_writes(opened, NOW).changed == 0, "what was approved stays as it was approved"


def test_a_write_whose_reason_went_away_is_not_sent(tmp_path: Path) -> None:
    opened, there = company(tmp_path / "W"), DictionaryCrm()
    plan_writes(opened, NOW)
    approve(opened)
    kept = verdicts.commitment_row(promise(activity_id="crm:a9"), NOW)
    opened.store.write(*insert_all("commitments", [kept], replace=True))
    assert send(opened, there).written == 0
    assert [item.state for item in writes(opened)] == [WriteState.NOT_NEEDED]


def test_in_quiet_hours_nothing_is_sent(tmp_path: Path) -> None:
    opened, there = company(tmp_path / "W"), DictionaryCrm()
    plan_writes(opened, NOW)
    approve(opened)
    evening = NOW + timedelta(hours=8)  # 20:00 in Moscow
    assert send(opened, there, evening) == SendReport(is_quiet=True)
    assert send(opened, there, evening + timedelta(hours=12)).written == 1


def test_an_answer_that_never_came_is_looked_for_before_a_second_try(tmp_path: Path) -> None:
    opened, there = company(tmp_path / "W"), DictionaryCrm(then=no_answer)
    plan_writes(opened, NOW)
    approve(opened)
    assert send(opened, there).put_off == 1
    assert len(there.there) == 1, "the CRM has it, and nobody here knows"
    assert send(opened, there, NOW + timedelta(minutes=1)) == SendReport(unsettled=1)
    assert send(opened, there, NOW + LOOKED_FOR_AFTER) == SendReport(found=1)
    assert len(there.there) == 1
    (item,) = writes(opened)
    assert (item.state, item.crm_id) == (WriteState.WRITTEN, "0")


def test_what_did_not_arrive_is_sent_again(tmp_path: Path) -> None:
    lost = SourceUnreachable("source_unreachable", source="crm", detail="ReadTimeout")
    opened, there = company(tmp_path / "W"), DictionaryCrm(instead=[lost])
    plan_writes(opened, NOW)
    approve(opened)
    assert send(opened, there).put_off == 1
    assert send(opened, there, NOW + timedelta(minutes=3)).written == 0, "its pause is not over"
    assert send(opened, there, NOW + timedelta(minutes=6)).written == 1
    assert len(there.looked_for) == 3, "before the first try, after the doubt, before the second try"
    assert len(there.there) == 1


def test_a_store_from_before_a_write_finds_it_in_the_crm(tmp_path: Path) -> None:
    opened, there = company(tmp_path / "W"), DictionaryCrm()
    plan_writes(opened, NOW)
    approve(opened)
    (item,) = writes(opened)
    there.there.append(item.write)
    assert send(opened, there) == SendReport(found=1)
    assert len(there.there) == 1


def test_a_refused_write_holds_up_no_other_and_says_what_to_do(tmp_path: Path) -> None:
    opened = company(tmp_path / "W", TASKS, call(1), call(2), call(3))
    there = DictionaryCrm(instead=[SourceRefused("source_wrong_question", source="crm", status=422)])
    plan_writes(opened, NOW)
    approve(opened)
    report = send(opened, there)
    assert (report.written, report.refused) == (2, 1)
    (item,) = [item for item in writes(opened) if item.state is WriteState.REFUSED]
    assert (item.error_code, item.error_params) == ("crm_write_not_accepted", {"crm": "crm", "status": "422"})
    assert send(opened, there, NOW + timedelta(days=1)).written == 0
    assert decide(opened, [item], WriteVerdict.AGAIN, "Ольга", NOW) == 1
    assert send(opened, there, NOW + timedelta(minutes=1)).written == 1


def test_a_refused_key_stops_everything_and_refuses_no_write(tmp_path: Path) -> None:
    opened = company(tmp_path / "W", TASKS, call(1), call(2))
    there = DictionaryCrm(instead=[SourceRefused("source_refused", source="crm", status=401)])
    plan_writes(opened, NOW)
    approve(opened)
    assert send(opened, there) == SendReport(put_off=1, code="source_refused")
    assert {item.state for item in writes(opened)} == {WriteState.APPROVED}
    assert send(opened, there, NOW + timedelta(minutes=10)).written == 2


def test_a_crm_that_asks_for_a_pause_gets_it(tmp_path: Path) -> None:
    opened = company(tmp_path / "W", TASKS, call(1), call(2))
    there = DictionaryCrm(instead=[SourceThrottled("source_throttled", source="crm", wait_s=900.0)])
    plan_writes(opened, NOW)
    approve(opened)
    assert send(opened, there).code == "source_throttled"
    assert send(opened, there, NOW + timedelta(minutes=14)).written == 1, "only the other one"
    assert send(opened, there, NOW + timedelta(minutes=16)).written == 1


def test_after_many_tries_a_person_is_told(tmp_path: Path) -> None:
    opened = company(tmp_path / "W")
    there = DictionaryCrm(instead=[SourceThrottled("source_throttled", source="crm") for _ in range(TRIES)])
    plan_writes(opened, NOW)
    approve(opened)
    for attempt in range(TRIES):
        send(opened, there, NOW + timedelta(minutes=6 * attempt))
    (item,) = writes(opened)
    assert (item.state, item.error_code) == (WriteState.REFUSED, "crm_write_gave_up")


def test_erased_people_are_never_written_about(tmp_path: Path) -> None:
    opened, there = company(tmp_path / "W"), DictionaryCrm()
    plan_writes(opened, NOW)
    approve(opened)
    erase(opened, [PHONE], by="admin", now=NOW)
    assert rows(opened, "select * from crm_writes") == rows(opened, "select * from crm_write_decisions") == []
    opened.store.write(*insert_all("calls", [call_store.call_row(call(7), NOW)]))
    opened.store.write(*insert_all("deals", [crm.deal_row(deal(7))]))
    opened.store.write(*insert_all("commitments", [verdicts.commitment_row(promise("tel:7"), NOW)]))
    assert plan_writes(opened, NOW) == PlanReport()
    assert send(opened, there) == SendReport()


def test_when_the_words_of_a_call_are_removed_none_stay_in_its_writes(tmp_path: Path) -> None:
    opened, there = company(tmp_path / "W", TASKS, call(1), call(2)), DictionaryCrm()
    plan_writes(opened, NOW)
    first = min(writes(opened), key=lambda item: item.write.call_id)
    decide(opened, [first], WriteVerdict.APPROVED, "Ольга", NOW)
    assert send(opened, there).written == 1
    opened.store.write(*without_quotes(["tel:1", "tel:2"], {"flags": [], "detected": []}))
    kept = {item.write.call_id: item for item in writes(opened)}
    assert [kept[key].state for key in ("tel:1", "tel:2")] == [WriteState.WRITTEN, WriteState.NOT_NEEDED]
    assert all(not item.write.fields and item.write.quote is None for item in kept.values())
    assert plan_writes(opened, NOW) == PlanReport()


def test_a_crm_that_is_not_named_or_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotConfigured, match="crm_write_off"):
        plan_writes(new_workspace(tmp_path / "A"), NOW)
    with pytest.raises(NotConfigured, match="crm_write_unknown_crm"):
        plan_writes(new_workspace(tmp_path / "B", '[crm_write]\ninto = "crm"\n'), NOW)
    from pipelines.crm_write import crm_settings

    with pytest.raises(UsageError, match="crm_write_other_crm"):
        crm_settings(new_workspace(tmp_path / "C", SETTINGS), "other")
