"""Rulings on breaches of order and broken promises, one by one or many with one key; an undo takes the key back.

The logic of each ruling is that of flags (:mod:`qc_workbench.review.rulings`). What is new is that two hundred overdue
tasks of a day are one decision of the head of sales: the rulings made together carry one ``batch``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from qc_workbench.domain.bonus import Fault
from qc_workbench.domain.flag import Finding, Ruling
from qc_workbench.errors import UsageError
from qc_workbench.review.rulings import rule, standing, undo


@dataclass(frozen=True, slots=True)
class FaultRuling:
    """A ruling with what it was made about, as that looked then."""

    fault: Fault
    finding: Finding
    batch: str


def rule_together(
    faults: Sequence[Fault],
    ruling: Ruling,
    by: str,
    at: datetime,
    reason: str,
    earlier: Mapping[str, Sequence[Finding]],
) -> tuple[FaultRuling, ...]:
    """The same ruling on each fault. ``earlier``: rulings by fault_id, oldest first.

    Raises :class:`UsageError`: ``ruling_needs_name``, ``ruling_of_nothing``.
    """
    if not faults:
        raise UsageError("ruling_of_nothing")
    batch = _batch(faults, ruling, by, at)
    return tuple(
        FaultRuling(item, rule(item.fault_id, ruling, by, at, reason, earlier.get(item.fault_id, ())), batch)
        for item in faults
    )


def undo_together(rulings: Sequence[FaultRuling], batch: str, by: str, at: datetime) -> tuple[FaultRuling, ...]:
    """Take back what of a batch still stands. ``rulings``: all about its faults, oldest first.

    A fault that somebody ruled on again since keeps that ruling. Raises :class:`UsageError`
    ``ruling_nothing_to_undo``.
    """
    of_fault: dict[str, list[FaultRuling]] = {}
    for item in rulings:
        of_fault.setdefault(item.fault.fault_id, []).append(item)
    taken = []
    for fault_id, every in of_fault.items():
        findings = [item.finding for item in every]
        now = standing(findings).get(fault_id)
        made = next((item for item in every if now is not None and item.finding.finding_id == now.finding_id), None)
        if made is not None and made.batch == batch:
            taken.append((made.fault, undo(fault_id, by, at, findings)))
    if not taken:
        raise UsageError("ruling_nothing_to_undo")
    undoing = _batch([fault for fault, _ in taken], Ruling.WITHDRAWN, by, at)
    return tuple(FaultRuling(fault, finding, undoing) for fault, finding in taken)


def _batch(faults: Sequence[Fault], ruling: Ruling, by: str, at: datetime) -> str:
    content = "\n".join((ruling.value, by, at.isoformat(), *sorted(item.fault_id for item in faults)))
    return hashlib.sha256(content.encode()).hexdigest()[:32]
