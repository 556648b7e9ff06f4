"""investigate: the steps of the month's investigation that need no decision, for a schedule or by hand."""

from __future__ import annotations

from typing import Annotated

import typer

from qc_workbench.commands.frame import Command
from qc_workbench.commands.reports import month_of
from qc_workbench.commands.session import Done, Session, Table, person


def examine(session: Session, month: Annotated[str, typer.Argument(metavar="YYYY-MM")]) -> Done:
    from pipelines import investigate
    from qc_workbench.domain.investigation import Standing

    t, first = session.t, month_of(month)
    found = investigate.examine(session.workspace, first, person(), session.as_of)
    view = investigate.read_investigation(session.workspace, first)
    claims = {item.hypothesis.hypothesis_id: item.hypothesis.claim for item in view.hypotheses}
    rows = tuple(
        (claims[item.hypothesis_id], *(
            t.number(sum(agent.standing is standing for agent in item.agents)) for standing in Standing
        ))
        for item in found
    )  # fmt: skip
    columns = (t("cli.investigate.claim"), *(t(f"case_standing.{item.value}") for item in Standing))
    data = {
        "month": month,
        "examinations": [
            {
                "hypothesis_id": item.hypothesis_id,
                "examination_id": item.examination_id,
                "violators": [agent.agent for agent in item.violators],
            }
            for item in found
        ],
    }
    if not found:
        return Done(data=data, lines=(t("cli.investigate.none"),))
    return Done(data=data, tables=(Table("", columns, rows),))


def check(session: Session, month: Annotated[str, typer.Argument(metavar="YYYY-MM")]) -> Done:
    from pipelines import investigate

    t, first = session.t, month_of(month)
    found = investigate.check_again(session.workspace, first, person(), session.as_of)
    view = investigate.read_investigation(session.workspace, first)
    claims = {item.hypothesis.hypothesis_id: item.hypothesis.claim for item in view.hypotheses}
    rows = tuple((claims[item.hypothesis_id], t(f"hypothesis_verdict.{item.kind.value}")) for item in found)
    waiting = [item for item in view.measures if item.decided is None]
    data = {
        "month": month,
        "verdicts": [{"hypothesis_id": item.hypothesis_id, "verdict": item.kind.value} for item in found],
        "letters": [{"agent": item.agent, "outcome": item.outcome.value} for item in view.checks],
        "measures": [{"agent": item.agent, "proposed": item.proposed.value} for item in view.measures],
    }
    if not found:
        return Done(data=data, lines=(t("cli.investigate.none"),))
    columns = (t("cli.investigate.claim"), t("cli.investigate.verdict"))
    lines = (t("cli.investigate.waiting", n=len(waiting)),) if waiting else ()
    return Done(data=data, tables=(Table("", columns, rows),), lines=lines)


COMMANDS = (Command(("investigate", "examine"), examine), Command(("investigate", "check"), check))
