"""A small folder, written by hand, against the values that must come of it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

from pipelines.import_report import EntityCounts
from pipelines.ingest import ingest_csv
from pipelines.progress import Silent
from qc_workbench.domain.call import Call, Direction, Manager, Outcome, Recording, RecordingState, Role
from qc_workbench.domain.crm import (
    Activity,
    ActivityChange,
    ActivityType,
    Deal,
    DealStatus,
    Note,
    Sale,
    StageChange,
)
from qc_workbench.store import calls as call_store
from qc_workbench.store import crm
from tests.import_cases import folder_with, new_workspace, wav

FOLDER: dict[str, str | bytes] = {
    "managers.csv": "manager_id;name;role;extension;group;hired_at;Оклад\nm1;Анна Белова;;100;север;2026-01-12;30000\n",
    "calls.csv": (
        "call_id,started_at,direction,manager_id,client_phone,talk_s,wait_s,outcome,recording,answered_by_role,utm\n"
        'c1,2026-09-02T10:25:00+03:00,Inbound,m1,8 (916) 000-00-01 доб. 5,"69,5",4,answered,Звонок 1.WAV,head,brand\n'
        "c2,2026-09-02T08:00:00Z,outbound,m1,+79160000002,0,30,busy,,,\n"
    ),
    "deals.csv": (
        "deal_id,client_phone,manager_id,stage,status,amount,currency,created_at,closed_at,lost_reason,city\n"
        'd1,"+79160000001; 8 916 000 00 03",m1,Отказ,lost,"132 000,50",RUB,2026-09-01T10:00:00+03:00,'
        "2026-09-05T10:00:00+03:00,дорого,Казань\n"
    ),
    "stage_changes.csv": "deal_id,changed_at,from_stage,to_stage,changed_by\n"
    "d1,2026-09-05T10:00:00+03:00,КП,Отказ,m1\n",
    "activities.csv": (
        "activity_id,manager_id,type,created_at,deal_id,due_at,subject\n"
        "a1,m1,call,2026-09-02T10:30:00+03:00,d1,2026-09-09T12:00:00+03:00,Перезвонить\n"
    ),
    "activity_changes.csv": (
        "activity_id,changed_at,field,old_value,new_value,changed_by\n"
        "a1,2026-09-08T10:00:00+03:00,due_at,2026-09-08T12:00:00+03:00,2026-09-09T12:00:00+03:00,m1\n"
    ),
    "notes.csv": "note_id,created_at,text,deal_id,author_id,pinned\n"
    'n1,2026-09-02T10:31:00+03:00,"Думает,\nсоветуется",d1,m1,да\n',
    "sales.csv": "sale_id,sold_at,amount,client_phone,client_name\ns1,2026-09-20,-500,+79160000001,Клиент\n",
    "recordings/звонок 1.wav": wav(69.0, channels=2),
}


def utc(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 9, day, hour, minute, tzinfo=UTC)


def test_a_folder_becomes_these_values(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path / "home")
    report = ingest_csv(workspace, folder_with(tmp_path / "in", FOLDER), Silent())
    assert (report.rejects, report.warnings) == ((), ())
    assert report.counts == {
        name: EntityCounts(new=2 if name == "calls" else 1)
        for name in (
            "managers", "calls", "deals", "stage_changes", "activities", "activity_changes", "notes", "sales"
        )
    }  # fmt: skip
    with workspace.store.reading() as reader:
        assert call_store.managers(reader) == {
            "m1": Manager(
                "m1", "Анна Белова", Role.MANAGER, "100", "север", datetime(2026, 1, 11, 21, tzinfo=UTC),
                attributes={"оклад": "30000"},
            )
        }  # fmt: skip
        assert call_store.calls(reader) == [
            Call(
                "c1", utc(2, 7, 25), Direction.INBOUND, "m1", "+79160000001", 69.5, Outcome.ANSWERED, wait_s=4,
                recording_name="Звонок 1.WAV", answered_by_role=Role.HEAD, attributes={"utm": "brand"},
            ),
            Call("c2", utc(2, 8), Direction.OUTBOUND, "m1", "+79160000002", 0, Outcome.BUSY, wait_s=30),
        ]  # fmt: skip
        assert crm.deals(reader) == [
            Deal(
                "d1", ("+79160000001", "+79160000003"), "m1", "Отказ", DealStatus.LOST, lost_reason="дорого",
                amount=Decimal("132000.50"), currency="RUB", created_at=utc(1, 7), closed_at=utc(5, 7),
                attributes={"city": "Казань"},
            )
        ]  # fmt: skip
        assert crm.stage_changes(reader) == [StageChange("d1", utc(5, 7), "Отказ", "КП", "m1")]
        assert crm.activities(reader) == [
            Activity("a1", "m1", ActivityType.CALL, utc(2, 7, 30), "d1", subject="Перезвонить", due_at=utc(9, 9))
        ]
        assert crm.activity_changes(reader) == [
            ActivityChange("a1", utc(8, 7), "due_at", "2026-09-08T12:00:00+03:00", "2026-09-09T12:00:00+03:00", "m1")
        ]
        assert crm.notes(reader) == [
            Note("n1", utc(2, 7, 31), "Думает,\nсоветуется", "d1", author_id="m1", pinned=True)
        ]
        assert crm.sales(reader) == [Sale("s1", utc(19, 21), Decimal("-500.00"), "+79160000001", "Клиент")]
        recordings = call_store.recordings(reader)
    sound = sha256(wav(69.0, channels=2)).hexdigest()
    assert recordings["c1"] == Recording(
        "c1", RecordingState.READY, sound, f"media/{sound[:2]}/{sound}.wav",
        69 * 8000 * 4 + 44, "wav", "pcm_s16le", 8000, 2, 69.0, 0,
    )  # fmt: skip
    assert recordings["c2"] == Recording("c2", RecordingState.ABSENT)
