from __future__ import annotations

from dataclasses import replace

import pytest

from qc_workbench.domain.sampling import Draw, FrameItem, Period, Plan, Queue, SampledCall
from qc_workbench.reporting.facts import Facts
from qc_workbench.reporting.month import SampleEstimate, build_month
from qc_workbench.reporting.month_document import month_document
from qc_workbench.ui.i18n import Translator
from tests.report_cases import AS_OF, at, call, conversation

PLAN = Plan("weekly", Period.WEEKLY, {"outbound": 0.5})
CALLS = tuple(call(f"c{number}", at(6, 9, number)) for number in range(10))


def drawn(call_id: str, queue: Queue = Queue.RANDOM) -> SampledCall:
    return SampledCall("d1", PLAN.name, "2026-W41", "outbound", call_id, 0.4, at(12), queue)


def department(verified: dict[str, bool | None], *sample: SampledCall) -> Facts:
    frame = tuple(FrameItem(item.call_id, item.started_at, "outbound", "m1") for item in CALLS)
    draw = Draw("d1", PLAN, at(5).date(), at(11).date(), "seed", "hash", frame, at(12), "1")
    conversations = {call_id: conversation(call_id, value) for call_id, value in verified.items()}
    return Facts(as_of=AS_OF, calls=CALLS, conversations=conversations, draws=(draw,), sample=sample)


def estimate(facts: Facts) -> SampleEstimate | None:
    return build_month(facts, at(6).date()).dynamics.verified_share


def test_the_share_of_live_conversations_comes_from_the_random_sample_alone() -> None:
    random = [drawn("c0"), drawn("c1"), drawn("c2"), drawn("c3")]
    judged = {"c0": True, "c1": True, "c2": True, "c3": False}
    alone = estimate(department(judged, *random))
    padded = dict.fromkeys(("c4", "c5", "c6", "c7", "c8"), False)
    with_suspicious = estimate(department(judged | padded, *random, *(drawn(name, Queue.TARGETED) for name in padded)))
    assert alone is not None
    assert alone.share.value == pytest.approx(0.75)
    assert alone.share.low is not None
    assert alone.share.high is not None
    assert alone.share.low < 0.75 < alone.share.high
    assert with_suspicious == alone


def test_without_an_examined_random_call_there_is_no_estimate() -> None:
    suspicious_only = department({"c1": False}, drawn("c0"), drawn("c1", Queue.TARGETED))
    abstained = department({"c0": None}, drawn("c0"))
    assert estimate(suspicious_only) is None
    assert estimate(abstained) is None


def test_plans_are_never_added_up_the_one_with_most_judged_calls_speaks() -> None:
    facts = department({"c0": True, "c1": False}, drawn("c0"), drawn("c1"))
    other = replace(facts.draws[0], draw_id="d2", plan=replace(PLAN, name="daily"))
    both = replace(
        facts, draws=(*facts.draws, other), sample=(*facts.sample, replace(drawn("c0"), draw_id="d2", plan="daily"))
    )
    found = estimate(both)
    assert found is not None
    assert (found.plan, found.share.judged, found.share.population) == ("weekly", 2, 10)


@pytest.mark.parametrize(("language", "plan"), [("ru", "Еженедельная выборка"), ("en", "Weekly sample")])
def test_the_report_names_plan_sample_population_and_interval(language: str, plan: str) -> None:
    month = build_month(department({"c0": True, "c1": False}, drawn("c0"), drawn("c1")), at(6).date())
    said = str(month_document(month, Translator(language)).sections[0].blocks)
    assert plan in said
    assert "95" in said
    assert "50" in said
