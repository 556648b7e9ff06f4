"""Makes samples/ from a folder of labelled development calls.

    python -m pipelines.make_samples FOLDER samples

Takes the calls of ``CHOSEN`` with all that the CRM and the telephone system know about
their clients, replaces every phone by an evidently invented one (+7 900 000-NN-NN), and
adds what a development folder lacks and a department has: a QC specialist, a head of
sales, and calls without recordings: missed ones with and without a call back, short answered ones.
The result is the same for the same input.
"""

from __future__ import annotations

import csv
import json
import shutil
import sys
from datetime import datetime, timedelta
from pathlib import Path

Rows = list[dict[str, str]]

#: One of each kind of padded call, of innocent look-alike, of promise outcome and of refusal.
CHOSEN = [
    "d-003", "d-004", "d-006", "d-007", "d-009", "d-010", "d-011", "d-013",
    "d-014", "d-015", "d-018", "d-019", "d-020", "d-024", "d-029", "d-035",
    "d-036", "d-039", "d-041", "d-044", "d-047", "d-055", "d-059", "d-063",
]  # fmt: skip

#: Missed inbound calls: day and time, minutes until the department called back (None: never),
#: or "again" when the caller had to try a second time.
MISSED: tuple[tuple[str, int | str | None], ...] = (
    ("2026-10-07T12:48:00+03:00", None),
    ("2026-10-12T18:40:00+03:00", "again"),
    ("2026-10-15T09:31:00+03:00", 64),
    ("2026-10-23T17:05:00+03:00", 14),
    ("2026-10-30T19:02:00+03:00", None),
)

#: Short answered inbound calls without a recording, as every department has: "is my order ready".
SHORT_INBOUND = tuple(f"2026-10-{day:02d}T{9 + day % 9:02d}:{day * 7 % 60:02d}:00+03:00" for day in range(1, 31, 3))

STAFF = (
    {"manager_id": "q1", "name": "Ольга Ветрова", "role": "qc", "extension": "110"},
    {"manager_id": "h1", "name": "Виктор Громов", "role": "head", "extension": "120"},
)


class Phones:
    """Gives every phone the next of a row of evidently invented numbers, the same one each time."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def __call__(self, phones: str) -> str:
        return ";".join(self._one(phone) for phone in phones.split(";") if phone)

    def _one(self, phone: str) -> str:
        return self._known.setdefault(phone, f"+7900000{len(self._known) + 1:04d}")


def make_samples(source: Path, target: Path) -> None:
    """Write samples/ from the development folder ``source``. Raises KeyError when a chosen call is not in it."""
    truth = {line["id"]: line for line in _jsonl(source / "truth.jsonl")}
    calls = _read(source / "calls.csv")
    by_id = {call["call_id"]: call for call in calls}
    phones = {by_id[call_id]["client_phone"] for call_id in CHOSEN}
    kept_calls = [
        call
        for call in calls
        if call["client_phone"] in phones and (call["call_id"] in CHOSEN or not call["recording"])
    ]
    deals = [row for row in _read(source / "deals.csv") if phones & set(row["client_phone"].split(";"))]
    deal_ids = {deal["deal_id"] for deal in deals}
    activities = [row for row in _read(source / "activities.csv") if row["deal_id"] in deal_ids]
    activity_ids = {row["activity_id"] for row in activities}
    changes = [row for row in _read(source / "activity_changes.csv") if row["activity_id"] in activity_ids]
    notes = [row for row in _read(source / "notes.csv") if row["deal_id"] in deal_ids]
    managers = _read(source / "managers.csv") + [dict(person) for person in STAFF]

    shutil.rmtree(target / "recordings", ignore_errors=True)
    (target / "recordings").mkdir(parents=True)
    for call in kept_calls:
        if call["recording"]:
            shutil.copyfile(source / "recordings" / call["recording"], target / "recordings" / call["recording"])
    renumber = Phones()
    kept_calls = sorted(kept_calls + _unrecorded_calls(), key=lambda call: (call["started_at"], call["call_id"]))
    for row in [*kept_calls, *deals]:
        row["client_phone"] = renumber(row["client_phone"])
    for name, rows in {
        "calls": kept_calls,
        "deals": deals,
        "activities": activities,
        "activity_changes": changes,
        "notes": notes,
        "managers": managers,
    }.items():
        _write(target / f"{name}.csv", rows)
    with (target / "truth.jsonl").open("w", encoding="utf-8") as out:
        for call_id in CHOSEN:
            print(json.dumps(truth[call_id], ensure_ascii=False), file=out)


def _unrecorded_calls() -> Rows:
    rows: Rows = []
    for number, (started, called_back) in enumerate(MISSED, start=1):
        missed_at = datetime.fromisoformat(started)
        caller = f"missed-{number}"
        rows.append(_cdr(f"miss-{number:02d}", missed_at, "inbound", caller, 0, "missed"))
        if called_back == "again":
            rows.append(
                _cdr(f"miss-{number:02d}-again", missed_at + timedelta(minutes=7), "inbound", caller, 51, "answered")
            )
        elif isinstance(called_back, int):
            later = missed_at + timedelta(minutes=called_back)
            rows.append(_cdr(f"miss-{number:02d}-back", later, "outbound", caller, 74, "answered"))
    for number, started in enumerate(SHORT_INBOUND, start=1):
        answered_at = datetime.fromisoformat(started)
        rows.append(_cdr(f"short-{number:02d}", answered_at, "inbound", f"short-{number}", 18 + number, "answered"))
    return rows


def _cdr(call_id: str, at: datetime, direction: str, phone: str, talk_s: int, outcome: str) -> dict[str, str]:
    manager = f"m{1 + sum(map(ord, call_id)) % 6}"
    return {
        "call_id": call_id,
        "started_at": at.isoformat(),
        "direction": direction,
        "manager_id": manager,
        "client_phone": phone,
        "wait_s": "20",
        "talk_s": str(talk_s),
        "outcome": outcome,
        "recording": "",
        "source": "google",
        "language": "ru",
    }


def _read(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _jsonl(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def _write(path: Path, rows: Rows) -> None:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    make_samples(Path(sys.argv[1]), Path(sys.argv[2]))
