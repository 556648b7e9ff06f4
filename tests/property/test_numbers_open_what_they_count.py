"""A number of the team's room and the list that it opens are the same, on companies full of borders."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qc_workbench.domain.access import AccessRole, Account, Person
from qc_workbench.reporting.facts import Facts
from qc_workbench.sampling.trends import Span
from qc_workbench.store.call_lists import Talk
from qc_workbench.ui.address import span_of
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.breaches import PAGE as BREACHES
from qc_workbench.ui.views.breaches import breaches
from qc_workbench.ui.views.call import call_list
from qc_workbench.ui.views.promises import Column, board, promise_page
from qc_workbench.ui.views.team import NOTHING_MORE, TeamChoice, counted_of_all
from qc_workbench.workspace import Workspace
from tests.property.test_tallies import AGENTS, OCTOBER, companies
from tests.report_cases import at
from tests.whole_store import write_facts

#: In the middle of the month, so that calls later than now are there too.
NOW = at(12, 9)
OWNER = Viewer(Account(Person("p1", frozenset({AccessRole.OWNER}), None, None), "p1", "Павел", NOW), {})


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    home: Path = tmp_path_factory.mktemp("numbers")
    (home / "qcw.toml").write_text("", encoding="utf-8")
    return Workspace.open(home)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(companies, st.sampled_from(Span), st.sampled_from(AGENTS))
def test_each_number_opens_what_it_counts(workspace: Workspace, company: Facts, period: Span, agent: str) -> None:
    write_facts(workspace, company)
    choice = TeamChoice(period, OCTOBER, (OCTOBER,), MappingProxyType({}), None, (), None, None)
    zone = workspace.settings.company.zone
    with workspace.store.reading() as reader:
        extra = counted_of_all(reader, workspace, choice, NOW).get(agent, NOTHING_MORE)
    within = span_of(choice.span_of(agent).address).moments(zone, NOW)  # as a list reads it from its address
    assert within is not None

    found = board(workspace, OWNER, within)
    assert (found.kept(agent), found.count(None, agent)) == (extra.promises.n, extra.promises.of)
    for column in (None, *(column for column in Column if found.count(column, agent))):
        listed = promise_page(workspace, OWNER, found, column, agent, 1).promises
        assert len(listed) == found.count(column, agent)

    totals = {talk: call_list(workspace, OWNER, agent, "", 1, within, talk) for talk in Talk}
    assert totals[Talk.EXAMINED].talks == {talk: view.total for talk, view in totals.items()}
    assert (totals[Talk.REAL].total, totals[Talk.EXAMINED].total) == (extra.verified.n, extra.verified.of)
    assert all(len(view.calls) == view.total for view in totals.values())

    broken = breaches(workspace, OWNER, agent, choice.moments(zone), None, 1)
    assert broken.count(None) == extra.violations == len(broken.listed) <= BREACHES
    for kind, number in broken.counts.items():
        assert len(breaches(workspace, OWNER, agent, choice.moments(zone), kind, 1).listed) == number
