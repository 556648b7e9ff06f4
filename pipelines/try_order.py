"""A changed rule on what is known already, before it counts: nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pyarrow.compute as pc

from pipelines.check_order import terms_at
from qc_workbench.config_discipline import Discipline
from qc_workbench.domain.violation import ViolationKind
from qc_workbench.store.database import Reader
from qc_workbench.store.order import Order, Terms
from qc_workbench.store.scoping import Stretch
from qc_workbench.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Tried:
    """Breaches of a rule that happened in a stretch, of one agent: under today's terms and under the changed ones."""

    manager_id: str
    now: int
    then: int


def tried(reader: Reader, kind: ViolationKind, terms: Terms, within: Stretch | None = None) -> dict[str, int]:
    """Agent -> how many breaches of a rule there are under some terms; of a stretch, if given.

    As with every check, only what still stands at ``terms.as_of`` counts: a task that is done by now is not overdue.
    """
    found = Order.at(reader, terms, [kind]).breaches(kind)
    if within is not None:
        happened = found.column("happened_at")
        inside = pc.and_(pc.greater_equal(happened, within[0]), pc.less(happened, within[1]))
        found = found.filter(inside)
    counted = found.group_by("manager_id").aggregate([([], "count_all")])
    return {str(row["manager_id"]): int(row["count_all"]) for row in counted.to_pylist()}


def try_rule(
    workspace: Workspace, kind: ViolationKind, changed: Discipline, as_of: datetime, within: Stretch
) -> tuple[Tried, ...]:
    """What a rule finds in a stretch as the settings are and as they would be, by agent; most changed first.

    ``changed``: the settings to try. A rule that they turn off finds nothing.
    """
    settings = workspace.settings
    with workspace.store.reading(heavy=True) as reader:
        counts = [
            tried(reader, kind, terms_at(reader, terms, settings.company, as_of), within)
            if terms.rules[kind].enabled
            else {}
            for terms in (settings.discipline, changed)
        ]
    now, then = counts
    rows = [Tried(name, now.get(name, 0), then.get(name, 0)) for name in now.keys() | then.keys()]
    return tuple(sorted(rows, key=lambda row: (-abs(row.then - row.now), -row.then, row.manager_id)))
