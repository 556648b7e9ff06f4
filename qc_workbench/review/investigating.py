"""Rules of an investigation: what may be claimed and when, who is a violator, whether a claim held, what is proposed.

A claim made after looking at the data proves nothing, so it is fixed before (Wagenmakers and others, "An agenda for
purely confirmatory research", *Perspectives on Psychological Science* 7, 2012) and hashed. With twenty agents looked at
once, one is above any line by luck: each bound is exact (Clopper and Pearson, *Biometrika* 26, 1934) at a level shared
by the agents judged, step by step (Holm, *Scandinavian Journal of Statistics* 6, 1979): whoever is found frees a share
for the others. The chance that anybody at all is accused wrongly is held, not the share of wrong ones among the accused
(Benjamini and Hochberg, 1995): one wrong accusation is one too many, and the others being right doesn't help them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from qc_workbench.domain.investigation import (
    AgentFigures,
    CaseCount,
    CaseRef,
    Examination,
    Hypothesis,
    HypothesisState,
    HypothesisVerdict,
    InvestigationStep,
    Metric,
    RepeatCheck,
    Scope,
    Standing,
    VerdictKind,
)
from qc_workbench.domain.letter import Letter
from qc_workbench.domain.measure import Measure
from qc_workbench.errors import UsageError

#: Characters of a claim: a sentence or two.
LONGEST_CLAIM = 400
#: Chance that anybody at all is called a violator by luck. A claim says "above", so all of it is on that side; as much
#: again is the chance that anybody is called within by luck.
ERROR = 0.05


@dataclass(frozen=True, slots=True)
class Claim:
    """What is to be fixed: see :class:`Hypothesis`. ``text``: the claim in the words of whoever makes it."""

    month: date
    metric: Metric
    threshold: float
    text: str = ""
    scope: Scope = field(default_factory=Scope)
    least_of: int = 30
    least_cases: int = 3
    agents_needed: int = 1
    line: float | None = None


# Fixing ----------------------------------------------------------------------


def canonical(claim: Claim) -> str:
    """All that is claimed as JSON with one spelling: keys sorted, no spaces, lists sorted, shares with six digits."""
    scope = claim.scope
    content = {
        "month": claim.month.replace(day=1).isoformat(),
        "metric": claim.metric.value,
        "claim": " ".join(claim.text.split()),
        "threshold": round(float(claim.threshold), 6),
        "scope": {
            "agents": sorted(set(scope.agents)),
            "directions": sorted({item.value for item in scope.directions}),
            "sources": sorted(set(scope.sources)),
            "random_only": scope.random_only,
        },
        "least_of": claim.least_of,
        "least_cases": claim.least_cases,
        "agents_needed": claim.agents_needed,
        "line": None if claim.line is None else round(float(claim.line), 6),
    }
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def fixed(claim: Claim, by: str, at: datetime, lock_day: int, zone: ZoneInfo) -> Hypothesis:
    """The claim, fixed. ``lock_day``: last day of its month on which it counts as said in advance.

    Raises :class:`UsageError`: ``hypothesis_needs_name``, ``hypothesis_empty``, ``hypothesis_too_long``,
    ``hypothesis_threshold`` (outside 0..1), ``hypothesis_counts``, ``hypothesis_line``, ``hypothesis_month_over``.
    """
    if not by.strip():
        raise UsageError("hypothesis_needs_name")
    if not claim.text.strip():
        raise UsageError("hypothesis_empty")
    if len(claim.text) > LONGEST_CLAIM:
        raise UsageError("hypothesis_too_long", length=len(claim.text), most=LONGEST_CLAIM)
    if not 0 <= claim.threshold < 1:
        raise UsageError("hypothesis_threshold", threshold=claim.threshold)
    if min(claim.least_of, claim.least_cases, claim.agents_needed) < 1:
        raise UsageError("hypothesis_counts")
    if (claim.metric is Metric.LOW_SCORES) is (claim.line is None):
        raise UsageError("hypothesis_line")
    month, today = claim.month.replace(day=1), at.astimezone(zone).date()
    if month < today.replace(day=1):
        raise UsageError("hypothesis_month_over", month=month.isoformat())
    content = canonical(claim)
    content_hash = hash_of(content)
    scope = json.loads(content)["scope"]
    return Hypothesis(
        hypothesis_id=content_hash[:32],
        month=month,
        claim=" ".join(claim.text.split()),
        metric=claim.metric,
        threshold=round(float(claim.threshold), 6),
        scope=replace(
            claim.scope,
            agents=tuple(scope["agents"]),
            directions=tuple(sorted(set(claim.scope.directions), key=lambda item: item.value)),
            sources=tuple(scope["sources"]),
        ),
        least_of=claim.least_of,
        least_cases=claim.least_cases,
        agents_needed=claim.agents_needed,
        line=None if claim.line is None else round(float(claim.line), 6),
        fixed_by=by.strip(),
        fixed_at=at,
        content_hash=content_hash,
        fixed_late=today > month + timedelta(days=lock_day - 1),
    )


def hash_of(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def is_intact(hypothesis: Hypothesis, content: str) -> bool:
    """Whether what is kept is what was fixed: the values say the same as the text, and the text has the hash."""
    claim = Claim(
        hypothesis.month,
        hypothesis.metric,
        hypothesis.threshold,
        hypothesis.claim,
        hypothesis.scope,
        hypothesis.least_of,
        hypothesis.least_cases,
        hypothesis.agents_needed,
        hypothesis.line,
    )
    again = canonical(claim)
    # What is kept may have been written with other spaces: JSON says the same.
    return json.loads(content) == json.loads(again) and hash_of(again) == hypothesis.content_hash


# Examining -------------------------------------------------------------------


def exact_interval(bad: int, of: int, error: float = ERROR) -> tuple[float, float]:
    """Clopper and Pearson's two-sided interval; nothing counted gives (0, 1)."""
    if of == 0:
        return 0.0, 1.0
    from scipy.special import betaincinv

    low = 0.0 if bad == 0 else float(betaincinv(bad, of - bad + 1, error / 2))
    high = 1.0 if bad == of else float(betaincinv(bad + 1, of - bad, 1 - error / 2))
    return low, high


def figures(
    hypothesis: Hypothesis, counts: Iterable[CaseCount], cases: Mapping[str, Sequence[CaseRef]] | None = None
) -> tuple[AgentFigures, ...]:
    """Every agent of one stretch against the threshold, the worst first.

    Holm's steps: the agent least likely to be below the threshold is judged at ``ERROR`` by the number of agents, the
    next at ``ERROR`` by one less, until somebody is not above it; that level is all others' too. The upper end is at
    ``ERROR`` by all of them: else one agent's worse figures could make another one "within".
    """
    mine = sorted(counts, key=lambda item: (exact_chance(item.bad, item.of, hypothesis.threshold), item.agent))
    judged = left = max(1, sum(item.of >= hypothesis.least_of for item in mine))
    found = []
    for item in mine:
        one = figures_of(hypothesis, item, ERROR / max(1, left), ERROR / judged, (cases or {}).get(item.agent, ()))
        found.append(one)
        left -= item.of >= hypothesis.least_of and one.low > hypothesis.threshold
    order = list(Standing)
    return tuple(sorted(found, key=lambda item: (order.index(item.standing), -(item.share or 0), item.agent)))


def exact_chance(bad: int, of: int, threshold: float) -> float:
    """Chance of as many bad ones or more, of an agent exactly at the threshold."""
    if bad == 0 or threshold <= 0:
        return float(bad == 0)
    from scipy.special import betainc

    return float(betainc(bad, of - bad + 1, threshold))


def figures_of(
    hypothesis: Hypothesis, count: CaseCount, above: float, within: float, cases: Sequence[CaseRef] = ()
) -> AgentFigures:
    """One agent. ``above``: chance that the lower end is above the true share; ``within``: the upper one below it."""
    low, high = exact_interval(count.bad, count.of, 2 * above)[0], exact_interval(count.bad, count.of, 2 * within)[1]
    if count.of < hypothesis.least_of:
        standing = Standing.TOO_FEW
    elif low > hypothesis.threshold and count.bad >= hypothesis.least_cases:
        standing = Standing.VIOLATOR
    elif high < hypothesis.threshold:
        standing = Standing.WITHIN
    else:
        standing = Standing.UNCLEAR
    return AgentFigures(count.agent, count.bad, count.of, count.confirmed, low, high, standing, tuple(cases))


def examined(
    hypothesis: Hypothesis,
    agents: Sequence[AgentFigures],
    starts_at: datetime,
    ends_at: datetime,
    by: str,
    at: datetime,
    versions: Mapping[str, str],
    kind: str = "examination",
) -> Examination:
    """The same question asked again of the same data is the same examination: its id says what was found."""
    found = [
        (item.agent, item.bad, item.of, item.confirmed, item.standing.value) for item in sorted(agents, key=_by_agent)
    ]
    examination_id = _id(
        kind, hypothesis.hypothesis_id, starts_at.isoformat(), ends_at.isoformat(), json.dumps(found),
        json.dumps(dict(versions), sort_keys=True),
    )  # fmt: skip
    return Examination(
        examination_id, hypothesis.hypothesis_id, starts_at, ends_at, by, at, tuple(agents), dict(versions)
    )


def _by_agent(item: AgentFigures) -> str:
    return item.agent


# Verdicts --------------------------------------------------------------------


def verdict_kind(agents: Iterable[AgentFigures], needed: int) -> tuple[VerdictKind, int, int, int]:
    """Whether the claim held on the whole month, and violators, possible ones, judged ones.

    Confirmed: at least ``needed`` agents are above the threshold by more than chance. Rejected: even if everybody who
    may be above it were, they would be fewer. Anything else, and fewer than ``needed`` agents with enough cases, is
    not enough data. So more violations never turn "confirmed" into "rejected".
    """
    judged = [item for item in agents if item.standing is not Standing.TOO_FEW]
    violators = sum(item.standing is Standing.VIOLATOR for item in judged)
    possible = sum(item.standing is not Standing.WITHIN for item in judged)
    if violators >= needed:
        kind = VerdictKind.CONFIRMED
    elif len(judged) >= needed and possible < needed:
        kind = VerdictKind.REJECTED
    else:
        kind = VerdictKind.NOT_ENOUGH_DATA
    return kind, violators, possible, len(judged)


def verdict_of(hypothesis: Hypothesis, whole: Examination, checks: Sequence[RepeatCheck]) -> HypothesisVerdict:
    kind, violators, possible, judged = verdict_kind(whole.agents, hypothesis.agents_needed)
    said = [(item.letter_id, item.outcome.value, item.after_bad, item.after_of, item.before_bad) for item in checks]
    verdict_id = _id(whole.examination_id, kind.value, json.dumps(said))
    return HypothesisVerdict(
        verdict_id,
        hypothesis.hypothesis_id,
        kind,
        replace(whole, examination_id=verdict_id),
        violators,
        possible,
        judged,
        hypothesis.agents_needed,
        tuple(checks),
        whole.made_by,
        whole.made_at,
    )


# The month -------------------------------------------------------------------


def next_step(
    states: Sequence[HypothesisState], letters: Sequence[Letter], measures: Sequence[Measure]
) -> InvestigationStep:
    """What is to be done next in the month.

    Violators without a letter keep it at the letters, also those about whom nobody has confirmed a case yet; who goes
    on without them just checks again.
    """
    alive = [item for item in states if item.hypothesis.withdrawn_at is None]
    if not alive:
        return InvestigationStep.FIX
    if all(item.verdict is not None for item in alive):
        undecided = any(item.decided is None for item in measures)
        return InvestigationStep.MEASURES if undecided else InvestigationStep.DONE
    if any(item.examination is None for item in alive):
        return InvestigationStep.EXAMINE
    standing = [item for item in letters if not item.is_withdrawn]
    written = {item.agent for item in letters}
    unwritten = {
        agent.agent for item in alive if item.examination is not None for agent in item.examination.violators
    } - written
    if unwritten or any(item.sent_at is None for item in standing):
        return InvestigationStep.LETTERS
    return InvestigationStep.CHECK


def _id(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
