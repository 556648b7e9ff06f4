"""What an erasure of a person removed, what stays and on what ground: the certificate of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class Removed:
    """``kind`` is a code (``erasure.kind.<code>``). ``anonymised``: the rows stay without anything of the person."""

    kind: str
    count: int
    anonymised: bool = False


class Ground(StrEnum):
    """Why something stays (``erasure.ground.<code>``)."""

    SUPPRESSION = "suppression"
    PROOF = "proof"
    STATISTICS = "statistics"
    SHARED_SOUND = "shared_sound"
    SHARED_DEAL = "shared_deal"
    BACKUPS = "backups"


@dataclass(frozen=True, slots=True)
class RemainingBackup:
    """A backup made before: it still holds the person. ``is_there``: it was found where it had been put."""

    made_at: datetime
    name: str
    encrypted: bool
    is_there: bool


@dataclass(frozen=True, slots=True)
class Certificate:
    """Proof of an erasure. ``phones`` are masked unless somebody asked for them in clear; ``keyed_hashes`` name the
    person to the workspace alone. ``sha256`` is over everything else."""

    certificate_id: str
    erased_at: datetime
    by: str
    reason: str
    operator: str
    system: str
    phones: tuple[str, ...]
    keyed_hashes: tuple[str, ...]
    removed: tuple[Removed, ...]
    kept: tuple[Ground, ...]
    backups: tuple[RemainingBackup, ...]
    sha256: str = ""

    def sealed(self) -> Certificate:
        """With the hash of what it says."""
        return replace(self, sha256=self._hash())

    @property
    def is_intact(self) -> bool:
        return self.sha256 == self._hash()

    def _hash(self) -> str:
        data = {key: value for key, value in self.as_json().items() if key != "sha256"}
        text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def as_json(self) -> dict[str, Any]:
        return {
            "certificate_id": self.certificate_id,
            "erased_at": self.erased_at.isoformat(),
            "by": self.by,
            "reason": self.reason,
            "operator": self.operator,
            "system": self.system,
            "subject": {"phones": list(self.phones), "keyed_hashes": list(self.keyed_hashes)},
            "removed": [asdict(item) for item in self.removed],
            "kept": [item.value for item in self.kept],
            "backups": [{**asdict(item), "made_at": item.made_at.isoformat()} for item in self.backups],
            "sha256": self.sha256,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Certificate:
        """Raises ``KeyError``, ``TypeError`` or ``ValueError`` for anything that is no certificate."""
        return cls(
            certificate_id=data["certificate_id"],
            erased_at=datetime.fromisoformat(data["erased_at"]),
            by=data["by"],
            reason=data["reason"],
            operator=data["operator"],
            system=data["system"],
            phones=tuple(data["subject"]["phones"]),
            keyed_hashes=tuple(data["subject"]["keyed_hashes"]),
            removed=tuple(Removed(**item) for item in data["removed"]),
            kept=tuple(Ground(item) for item in data["kept"]),
            backups=tuple(
                RemainingBackup(**{**item, "made_at": datetime.fromisoformat(item["made_at"])})
                for item in data["backups"]
            ),
            sha256=data["sha256"],
        )
