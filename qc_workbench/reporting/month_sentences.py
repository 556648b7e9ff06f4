"""The month in words. Every sentence is made from numbers and says no more than they do."""

from __future__ import annotations

from qc_workbench.reporting import document as doc
from qc_workbench.reporting.document import Words
from qc_workbench.reporting.month import SampleEstimate
from qc_workbench.reporting.month_figures import Figures


def in_words(now: Figures, verified_share: SampleEstimate | None, words: Words) -> str:
    """The month in three or four sentences."""
    sentences = [
        words("report.say.calls", n=now.calls)
        + " "
        + words("report.say.split", inbound=words.number(now.inbound), outbound=words.number(now.outbound))
    ]
    if now.lost_calls.of:
        sentences.append(
            words(
                "report.say.lost",
                n=now.lost_calls.count,
                of=words.number(now.lost_calls.of),
                share=words.percent(now.lost_calls.value or 0.0),
            )
        )
    if now.crm_effective:
        sentences.append(words("report.say.crm_effective", n=now.crm_effective))
        if now.examined:
            sentences.append(words("report.say.verified", n=now.examined, verified=words.number(now.verified)))
        else:
            sentences.append(words("report.say.none_examined"))
        if verified_share is not None:
            sentences.append(_sample_says(verified_share, words))
    sentences.append(
        words(
            "report.say.deals",
            won=words.number(now.deals_won),
            won_amount=doc.money(words, now.amount_won).text,
            lost=words.number(now.deals_lost),
            lost_amount=doc.money(words, now.amount_lost).text,
        )
    )
    return " ".join(sentences)


def _sample_says(estimate: SampleEstimate, words: Words) -> str:
    """«По случайной выборке …»: the estimate with its interval, or that a whole count needs none."""
    share = estimate.share
    plan = f"plan.{estimate.plan}"
    return words(
        "report.say.sample",
        n=share.judged,
        plan=words(plan) if words.knows(plan) else estimate.plan,
        population=words.number(share.population),
        share=words.percent(share.value or 0.0),
        interval=doc.interval(words, (share.low or 0.0, 1.0 if share.high is None else share.high)),
    )
