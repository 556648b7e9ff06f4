"""Rulings counted by detector, from which its standing follows: :mod:`qc_workbench.review.standing`."""

from __future__ import annotations

from qc_workbench.config import Detectors
from qc_workbench.domain.flag import FlagKind
from qc_workbench.domain.standing import DetectorKey, Downgraded
from qc_workbench.review.standing import DetectorStanding, RulingCount, standings
from qc_workbench.store.database import Reader, from_json
from qc_workbench.store.verdicts import STANDING_FINDINGS


def ruling_counts(reader: Reader) -> list[RulingCount]:
    """Standing confirmations and rejections by detector and reasons, of flags that stand and of those that did."""
    rows = reader.rows(
        f"""
        with ruled as ({STANDING_FINDINGS})
        select f.kind, f.detector, f.version, f.reasons::varchar as reasons, min(f.created_at) as first_at,
               count(*) filter (r.ruling = 'confirmed') as confirmed,
               count(*) filter (r.ruling = 'rejected') as rejected
        from flags f left join ruled r using (flag_id) where f.verdict = 'flag'
        group by f.kind, f.detector, f.version, f.reasons::varchar
        """  # noqa: S608 - a constant of the store
    )
    return [
        RulingCount(
            DetectorKey(FlagKind(row["kind"]), row["detector"], row["version"]),
            tuple(from_json(row["reasons"])),
            row["first_at"],
            row["confirmed"],
            row["rejected"],
        )
        for row in rows
    ]


def detector_standings(reader: Reader, settings: Detectors) -> tuple[DetectorStanding, ...]:
    """How every detector stands by the rulings made so far."""
    return standings(ruling_counts(reader), settings.targets, settings.rulings_needed)


def downgraded(reader: Reader, settings: Detectors) -> Downgraded:
    """The detectors whose flags are to be shown as "check" now."""
    return frozenset(item.key for item in detector_standings(reader, settings) if item.is_downgraded)
