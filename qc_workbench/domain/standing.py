"""Which detector a flag came from, as its live precision is kept: by kind, name and version."""

from __future__ import annotations

from dataclasses import dataclass

from qc_workbench.domain.flag import Flag, FlagKind


@dataclass(frozen=True, slots=True, order=True)
class DetectorKey:
    kind: FlagKind
    detector: str
    version: str

    @property
    def text(self) -> str:
        """One word for the three, as the store compares it."""
        return f"{self.kind.value}/{self.detector}/{self.version}"


def key_of(flag: Flag) -> DetectorKey:
    return DetectorKey(flag.kind, flag.detector, flag.version)


#: Detectors whose flags are shown as "check" until people's rulings speak for them again.
Downgraded = frozenset[DetectorKey]
NONE_DOWNGRADED: Downgraded = frozenset()
