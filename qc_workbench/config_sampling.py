"""Settings of ``[sampling]``: which share of the calls is drawn, how often, and within what."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from qc_workbench.config_section import Section


class SamplingPlan(Section):
    name: str = Field(min_length=1, description="Name of the plan, unique.")
    period: Literal["daily", "weekly"] = Field(description="How often calls are drawn.")
    shares: dict[Literal["inbound", "outbound", "internal"], float] = Field(
        description="Share of the calls of each direction, 0 to 1; rounded up."
    )
    strata: tuple[str, ...] = Field(
        ("direction", "manager_id"),
        description="Fields within which the share is taken: direction, manager_id, group_id, source, language "
        "or any attribute.",
    )
    minimum_per_agent: int = Field(1, ge=0, description="At least this many calls of each agent who has them.")
    minimum_talk_s: float = Field(
        0, ge=0, description="Only calls with at least this many connected seconds are in the frame."
    )

    @field_validator("shares")
    @classmethod
    def _shares_are_fractions(cls, value: dict[str, float]) -> dict[str, float]:
        if not value or any(not 0 <= share <= 1 for share in value.values()):
            raise ValueError("at least one direction with a share from 0 to 1 is expected")
        return value


def _default_plans() -> tuple[SamplingPlan, ...]:
    return (
        SamplingPlan(name="daily", period="daily", shares={"inbound": 0.3, "outbound": 0.3}),
        SamplingPlan(name="weekly", period="weekly", shares={"inbound": 0.1, "outbound": 0.05}),
    )


class Sampling(Section):
    seed: str = Field(
        "qc", min_length=1, description="Secret of the draws; the same seed and frame give the same calls."
    )
    plans: tuple[SamplingPlan, ...] = Field(default_factory=_default_plans, description="Plans that run side by side.")

    @field_validator("plans")
    @classmethod
    def _unique_names(cls, value: tuple[SamplingPlan, ...]) -> tuple[SamplingPlan, ...]:
        names = [plan.name for plan in value]
        if len(names) != len(set(names)):
            raise ValueError("plan names must differ")
        return value
