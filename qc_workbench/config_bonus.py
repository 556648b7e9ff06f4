"""Settings of the discipline bonus: how much it is, what faults cost, and the limits.

Tariffs of breaches in the CRM stand with their rules (:mod:`qc_workbench.config_discipline`). Amounts and limits are
the house's to choose: the defaults follow the example of a bonus of 10 000.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

from pydantic import Field, field_validator

from qc_workbench.config_section import Section
from qc_workbench.domain.bonus import BROKEN_PROMISE, FAULT_KINDS, Terms
from qc_workbench.domain.call import Manager, Role
from qc_workbench.domain.flag import FlagKind


class Bonus(Section):
    """The discipline bonus. Amounts are exact decimals in ``currency``."""

    currency: str = Field("RUB", pattern="^[A-Z]{3}$", description="Currency of the bonus (ISO 4217).")
    pool: Decimal = Field(
        Decimal(10000), ge=0, description="Discipline bonus of an agent and month, from which faults are taken off."
    )
    pool_by_role: dict[Role, Decimal] = Field(
        default_factory=dict, description="Bonus of employees with another role: manager, head, qc …"
    )
    pool_by_agent: dict[str, Decimal] = Field(
        default_factory=dict, description="Bonus of single agents, by their id; goes before the role's."
    )
    fixed: Decimal = Field(
        Decimal(0), ge=0, description="Fixed part of the pay, shown beside the bonus and never touched. 0: not shown."
    )
    fixed_by_agent: dict[str, Decimal] = Field(
        default_factory=dict, description="Fixed part of single agents, by their id."
    )
    padded_call: Decimal = Field(Decimal(500), ge=0, description="Tariff of a padded call that a person confirmed.")
    false_refusal: Decimal = Field(
        Decimal(1000), ge=0, description="Tariff of a false refusal that a person confirmed."
    )
    broken_promise: Decimal = Field(
        Decimal(300),
        ge=0,
        description="Tariff of a broken promise that a person confirmed. Tariffs of breaches in "
        "the CRM stand with their rules.",
    )
    most_by_kind: dict[str, Decimal] = Field(
        default_factory=dict,
        description="The most that faults of one kind cost in a month, by kind: overdue_task, fake_effective …",
    )
    most_a_day: Decimal = Field(
        Decimal(0), ge=0, description="The most that all faults of one day cost together. 0: no limit."
    )
    most_a_month: Decimal = Field(
        Decimal(0), ge=0, description="The most that all faults of a month cost together. 0: the whole bonus."
    )
    validity_days: int = Field(
        31,
        ge=0,
        description="A fault confirmed later than this many days after it happened costs nothing. 0: always valid.",
    )
    reply_days: int = Field(
        3,
        ge=0,
        le=30,
        description="Working days that an agent has to answer a suspicion, from the question. What is confirmed before "
        "an answer or that deadline takes nothing off the bonus. See docs/fairness.md. 0: no question is needed.",
    )
    dispute_days: int = Field(
        14, ge=0, description="Days that an agent may dispute a confirmed fault, from its confirmation. 0: always."
    )
    rounding: Decimal = Field(
        Decimal(1), gt=0, description="Bonus, tariffs and limits are rounded to whole multiples of this, halves up."
    )
    contest_calls: int = Field(
        30, ge=1, description="Calls with clients that an agent needs in a month to take part in the contest."
    )

    @field_validator("pool_by_role", "pool_by_agent", "fixed_by_agent", "most_by_kind")
    @classmethod
    def _none_is_negative(cls, value: dict[str, Decimal]) -> dict[str, Decimal]:
        if any(amount < 0 for amount in value.values()):
            raise ValueError("amounts of 0 or more are expected")
        return value

    @field_validator("most_by_kind")
    @classmethod
    def _known_kinds(cls, value: dict[str, Decimal]) -> dict[str, Decimal]:
        unknown = sorted(set(value) - set(FAULT_KINDS))
        if unknown:
            raise ValueError(f"{unknown[0]} is no kind of fault; one of {', '.join(FAULT_KINDS)} is expected")
        return value

    def terms(self, agent_id: str, manager: Manager | None, breaches: Mapping[str, Decimal]) -> Terms:
        """What an agent's bonus is counted by. ``manager``: their line in the list of employees, where there is one;
        ``breaches``: tariffs of the rules of order by kind."""
        role = self.pool_by_role.get(manager.role, self.pool) if manager else self.pool
        tariffs = {
            **breaches,
            FlagKind.FAKE_EFFECTIVE.value: self.padded_call,
            FlagKind.FALSE_REFUSAL.value: self.false_refusal,
            BROKEN_PROMISE: self.broken_promise,
        }
        return Terms(
            currency=self.currency,
            pool=self._rounded(self.pool_by_agent.get(agent_id, role)),
            fixed=self.fixed_by_agent.get(agent_id, self.fixed),
            tariffs={kind: self._rounded(amount) for kind, amount in tariffs.items()},
            most_by_kind={kind: self._rounded(amount) for kind, amount in self.most_by_kind.items()},
            most_a_day=self._rounded(self.most_a_day) or None,
            most_a_month=self._rounded(self.most_a_month) or None,
            validity_days=self.validity_days,
            step=self.rounding,
            reply_days=self.reply_days,
        )

    def _rounded(self, amount: Decimal) -> Decimal:
        return (amount / self.rounding).quantize(Decimal(1), ROUND_HALF_UP) * self.rounding
