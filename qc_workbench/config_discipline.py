"""Settings of the order in the CRM: which rules are judged, how grave a breach is, and what it costs.

A rule is named by its code (:class:`~qc_workbench.domain.violation.ViolationKind`) and told in docs/discipline.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from pydantic import Field, field_validator

from qc_workbench.config_section import Section
from qc_workbench.domain.violation import Severity, ViolationKind


class Rule(Section):
    """What the company makes of a rule. ``tariff``: what a confirmed breach takes from the discipline bonus, in the
    company's currency; 0 costs nothing and is shown all the same."""

    enabled: bool = Field(True, description="Whether the rule is judged.")
    severity: Severity = Field(Severity.MAJOR, description="How grave a breach is.")
    tariff: Decimal = Field(
        Decimal(0), ge=0, max_digits=12, decimal_places=2, description="What a confirmed breach takes from the bonus."
    )


def _rule(severity: Severity, tariff: int) -> Rule:
    return Rule(enabled=True, severity=severity, tariff=Decimal(tariff))


#: What stands where the settings say nothing. A tariff is a proposal of the order of 1 % of a bonus of 10 000; the
#: grave ones lose a client or hide money. It is 0 where the same deed is counted by another rule (``dragged_task``:
#: its moves are), where it is somebody else's duty (``unreviewed_refusal``: the head of sales reviews), and where it
#: is a list of work and no deed (``over_open_deals``).
DEFAULT_RULES: Final[Mapping[ViolationKind, Rule]] = MappingProxyType(
    {
        ViolationKind.NO_TASK: _rule(Severity.MAJOR, 100),
        ViolationKind.OVERDUE_TASK: _rule(Severity.MAJOR, 100),
        ViolationKind.NO_NOTE: _rule(Severity.MAJOR, 100),
        ViolationKind.NO_RESULT: _rule(Severity.MINOR, 50),
        ViolationKind.UNREVIEWED_REFUSAL: _rule(Severity.MAJOR, 0),
        ViolationKind.STAGE_LIMIT: _rule(Severity.MAJOR, 100),
        ViolationKind.DUE_DATE_MOVED: _rule(Severity.MINOR, 50),
        ViolationKind.CALL_NOT_LOGGED: _rule(Severity.MAJOR, 100),
        ViolationKind.NO_DEAL: _rule(Severity.CRITICAL, 300),
        ViolationKind.DRAGGED_TASK: _rule(Severity.MAJOR, 0),
        ViolationKind.NOTE_NOT_PINNED: _rule(Severity.MINOR, 20),
        ViolationKind.OVER_OPEN_DEALS: _rule(Severity.MINOR, 0),
        ViolationKind.SALE_NOT_IN_CRM: _rule(Severity.CRITICAL, 500),
        ViolationKind.ANONYMOUS_SALE: _rule(Severity.CRITICAL, 300),
        ViolationKind.MISSED_WITHOUT_DEAL: _rule(Severity.MAJOR, 100),
        ViolationKind.LATE_CALLBACK: _rule(Severity.MAJOR, 100),
        ViolationKind.LOST_WITHOUT_REFUSAL: _rule(Severity.CRITICAL, 500),
    }
)

#: What each rule says, as the commented settings have it.
_SAYS: Final[Mapping[ViolationKind, str]] = {
    ViolationKind.NO_TASK: "An open deal has no step left to do.",
    ViolationKind.OVERDUE_TASK: "A task is not done by the evening control of its day.",
    ViolationKind.NO_NOTE: "A conversation left no words in the CRM.",
    ViolationKind.NO_RESULT: "A task was marked done without a result.",
    ViolationKind.UNREVIEWED_REFUSAL: "A lost deal was looked at by nobody but its own agent.",
    ViolationKind.STAGE_LIMIT: "An open deal stands in a stage longer than stage_limits_days.",
    ViolationKind.DUE_DATE_MOVED: "A due date was moved to a later day; each move.",
    ViolationKind.CALL_NOT_LOGGED: "A connected call left no trace in the CRM.",
    ViolationKind.NO_DEAL: "A client was talked to and has no deal.",
    ViolationKind.DRAGGED_TASK: "A task was moved again and again, by more than dragged_days_at_most; once a task.",
    ViolationKind.NOTE_NOT_PINNED: "An open deal has notes and none is pinned.",
    ViolationKind.OVER_OPEN_DEALS: "A deal beyond open_deals_at_most: to be returned to the lead exchange.",
    ViolationKind.SALE_NOT_IN_CRM: "A sale of the accounting system has no won deal.",
    ViolationKind.ANONYMOUS_SALE: "A sale to a client without a number and a name.",
    ViolationKind.MISSED_WITHOUT_DEAL: "A new caller was missed and has no deal.",
    ViolationKind.LATE_CALLBACK: "A missed caller was not called back within callback_within_minutes.",
    ViolationKind.LOST_WITHOUT_REFUSAL: "A deal was closed as lost and its client refused in no call.",
}


class Discipline(Section):
    stage_limits_days: dict[str, int] = Field(
        default_factory=lambda: {"КП отправлено": 5},
        description="Longest stay of an open deal in a stage, in days; then the head of sales is warned.",
    )
    note_within_hours: float = Field(
        24, gt=0, description="A conversation needs a note in its deal within this many hours."
    )
    callback_within_minutes: int = Field(
        30, ge=1, le=480, description="A missed caller is called back within this many minutes of working time."
    )
    open_deals_at_most: int = Field(
        60, ge=1, description="Open deals that an agent may hold; those beyond go back to the lead exchange."
    )
    dragged_days_at_most: int = Field(
        7, ge=0, description="Days in all that a task may be moved by when it is moved more than once."
    )
    rules: dict[ViolationKind, Rule] = Field(
        default_factory=lambda: dict(DEFAULT_RULES),
        description="Rules of order: whether each is judged, how grave a breach is (minor, major, critical), and what "
        "a confirmed one takes from the discipline bonus. What is left out keeps its default. See docs/discipline.md.",
        json_schema_extra={"each": {kind.value: text for kind, text in _SAYS.items()}},
    )

    @field_validator("rules", mode="before")
    @classmethod
    def _over_the_defaults(cls, value: Any) -> Any:
        """A table that names some rules, or some keys of a rule, leaves all others as they are."""
        if not isinstance(value, Mapping):
            return value
        defaults: dict[Any, Any] = {kind.value: rule for kind, rule in DEFAULT_RULES.items()}
        written = {str(getattr(kind, "value", kind)): rule for kind, rule in value.items()}
        merged = {
            kind: {**defaults[kind].model_dump(), **rule} if kind in defaults and isinstance(rule, Mapping) else rule
            for kind, rule in written.items()
        }
        return {**defaults, **merged}

    @property
    def judged(self) -> tuple[ViolationKind, ...]:
        """Rules that are on, in their order."""
        return tuple(kind for kind in ViolationKind if self.rules[kind].enabled)
