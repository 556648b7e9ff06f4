"""Master.csv as Asterisk writes it: a line a pair of channels, appended when the pair is over; rotated now and then."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

COLUMNS = (
    "accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata", "start", "answer",
    "end", "duration", "billsec", "disposition", "amaflags", "uniqueid", "userfield", "peeraccount", "linkedid",
    "sequence",
)  # fmt: skip


def line(fields: Mapping[str, Any]) -> str:
    """Text quoted, whole numbers bare, as cdr_csv does."""
    return ",".join(_cell(fields.get(name, "")) for name in COLUMNS) + "\n"


def _cell(value: Any) -> str:
    return str(value) if isinstance(value, int) else '"' + str(value).replace('"', '""') + '"'


def append(path: Path, *rows: Mapping[str, Any]) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.writelines(line(row) for row in rows)


def queue_call(number: int, at: datetime, client: str = "380671112233") -> list[dict[str, Any]]:
    """Three rows: an attempt that nobody took, the agent who answered, and the queue's own row that repeats the talk.

    20 s of music before the answer, 60 s of talk.
    """
    linked = f"{1_772_400_000 + number}.1"

    def row(
        sequence: int, start: int, wait: int, talk: int, channel: str, dstchannel: str, app: str, dst: str
    ) -> dict[str, Any]:
        began = at + timedelta(seconds=start)
        told = {
            "src": client, "dst": dst, "dcontext": "ext-queues", "clid": f'"{client}" <{client}>', "channel": channel,
            "dstchannel": dstchannel, "lastapp": app, "start": f"{began:%Y-%m-%d %H:%M:%S}",
            "duration": wait + talk, "billsec": talk, "disposition": "ANSWERED" if talk else "NO ANSWER",
            "amaflags": "DOCUMENTATION", "uniqueid": f"{1_772_400_000 + number}.{sequence}", "linkedid": linked,
            "sequence": sequence,
        }  # fmt: skip
        if talk:
            told["answer"] = f"{began + timedelta(seconds=wait):%Y-%m-%d %H:%M:%S}"
        return told

    trunk, code = f"PJSIP/trunk-{number:08x}", f"{number:08x}"
    return [
        row(2, 2, 12, 0, f"Local/102@from-queue-{code};2", f"PJSIP/102-{code}", "Dial", "102"),
        row(3, 14, 6, 60, f"Local/101@from-queue-{code};2", f"PJSIP/101-{code}", "Dial", "101"),
        row(1, 0, 0, 80, trunk, f"Local/101@from-queue-{code};1", "Queue", "600"),
    ]
