"""What was heard in a call, kept under its fingerprint: rows of ``detected`` to values and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, time
from typing import Any

from qc_workbench.detection.refusals import Said
from qc_workbench.domain.commitment import Action, ClientSaid, DueWindow, Promiser, SpokenCommitment
from qc_workbench.store.database import from_json, to_json


@dataclass(frozen=True, slots=True)
class Heard:
    """Promises spoken in a call and what the client said; ``said`` is None where there was no transcript."""

    call_id: str
    fingerprint: str
    spoken: tuple[SpokenCommitment, ...]
    said: Said | None
    has_client: bool = False


def heard_row(heard: Heard) -> Mapping[str, Any]:
    return {
        "call_id": heard.call_id,
        "fingerprint": heard.fingerprint,
        "spoken": to_json([_spoken_json(item) for item in heard.spoken]),
        "said": to_json({"has_client": heard.has_client, "said": asdict(heard.said) if heard.said else None}),
    }


def heard_of(row: Mapping[str, Any]) -> Heard:
    said = from_json(row["said"])
    return Heard(
        call_id=row["call_id"],
        fingerprint=row["fingerprint"],
        spoken=tuple(_spoken_of(item) for item in from_json(row["spoken"])),
        said=Said(**{**said["said"], "said": ClientSaid(said["said"]["said"])}) if said["said"] else None,
        has_client=said["has_client"],
    )


def _spoken_json(spoken: SpokenCommitment) -> dict[str, Any]:
    due = spoken.due
    return {
        **asdict(spoken),
        "due": [
            due.due_from.isoformat(),
            due.due_to.isoformat(),
            due.time_from.isoformat() if due.time_from else None,
            due.time_to.isoformat() if due.time_to else None,
        ],
    }


def _spoken_of(item: Mapping[str, Any]) -> SpokenCommitment:
    first, last, time_from, time_to = item["due"]
    window = DueWindow(
        date.fromisoformat(first),
        date.fromisoformat(last),
        time.fromisoformat(time_from) if time_from else None,
        time.fromisoformat(time_to) if time_to else None,
    )
    return SpokenCommitment(**{**item, "by": Promiser(item["by"]), "action": Action(item["action"]), "due": window})
