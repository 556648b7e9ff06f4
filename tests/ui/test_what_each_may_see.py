"""What each role is shown: lists of a team's head hold that team, an agent's calls are the own, names of clients go to
whoever deals with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from qc_workbench.domain.access import AccessRole, Account, Person, Team
from qc_workbench.domain.flag import FlagKind, Ruling
from qc_workbench.errors import UsageError
from qc_workbench.store import cases, people
from qc_workbench.ui.navigation import ROOMS, may_enter
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.call import agents, call_list, call_view
from qc_workbench.ui.views.promises import board
from qc_workbench.ui.views.recalls import RecallList, recall_page, recalls
from qc_workbench.ui.views.refusals import RefusalList, refusals
from qc_workbench.ui.views.suspicious import suspicious_calls, write_ruling
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company
from tests.ui.test_pages_open import enter, read, start


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Борис (m2) is in the northern team, which Нина heads; Алла (m1) is in none."""
    found = company.sample_company(tmp_path_factory.mktemp("seen"))
    found.store.write(*people.team_saved(Team("north", "Север"), ["m2"]))
    person = Person("account-n1", frozenset({AccessRole.HEAD}), None, frozenset({"north"}))
    found.store.apply(people.saved(Account(person, "n1", "Нина Северная", company.AS_OF)))
    return found


@pytest.fixture(scope="module")
def nina(workspace: Workspace) -> Viewer:
    return company.viewer(workspace, "n1")


def test_lists_of_a_head_hold_the_calls_of_the_own_team(workspace: Workspace, nina: Viewer) -> None:
    vera = company.viewer(workspace)
    assert suspicious_calls(workspace, vera).agents == ("m1",)
    assert suspicious_calls(workspace, nina).agents == ()
    assert {call.manager_id for call in call_list(workspace, nina, None, "").calls} == {"m2"}
    assert call_list(workspace, nina, "m1", "").calls == ()
    assert set(agents(workspace, nina)) == {"m2"}
    assert board(workspace, nina).agents == ("m2",)
    north = refusals(workspace, nina)
    assert {case.call.manager_id for listed in north.lists.values() for case in listed} == {"m2"}
    everything = refusals(workspace, vera)
    assert north.totals[RefusalList.DOUBTFUL] == everything.totals[RefusalList.DOUBTFUL] == 1
    assert {case.deal.manager_id for case in recall_page(workspace, nina, RecallList.WAITING, None, 1).cases} <= {"m2"}
    assert recalls(workspace, nina).count(RecallList.WAITING) <= recalls(workspace, vera).count(RecallList.WAITING)


def test_a_call_of_another_team_is_not_there_even_by_its_address(workspace: Workspace, nina: Viewer) -> None:
    assert call_view(workspace, nina, company.TALK) is not None
    assert call_view(workspace, nina, company.PADDED) is None
    assert call_view(workspace, company.viewer(workspace, "m2"), company.PADDED) is None
    assert call_view(workspace, company.viewer(workspace, "m1"), company.PADDED) is not None


def test_a_ruling_on_another_teams_call_is_refused_by_the_store_side(workspace: Workspace, nina: Viewer) -> None:
    with workspace.store.reading() as reader:
        case = cases.case_of_call(reader, company.PADDED, FlagKind.FAKE_EFFECTIVE)
    assert case is not None
    for who in (nina, company.viewer(workspace, "q1"), company.viewer(workspace, "m1")):
        with pytest.raises(UsageError, match="not_allowed"):
            write_ruling(workspace, who, case.flag, Ruling.CONFIRMED, company.AS_OF, "")
    with workspace.store.reading() as reader:
        assert reader.value("select count(*) from findings") == 0


def shown(app: AppTest) -> str:
    return read(app).replace("\xa0", " ")


def test_a_qc_specialist_hears_the_client_without_the_name_and_number(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = start(workspace.home, "ru", monkeypatch, "q1")
    page = shown(enter(app, "call", id=company.PROMISE))
    assert "Ирина" not in page
    assert company.PHONE not in page
    assert "Борис Образцов" in page
    for room in ("promises", "suspicious", "refusals", "queue"):
        assert "Ирина, квартира" not in shown(enter(app, room)), room


@pytest.mark.parametrize("employee", list(company.ROLES))
def test_a_room_of_others_says_why_it_stays_shut(
    workspace: Workspace, employee: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer = company.viewer(workspace, employee)
    app = start(workspace.home, "ru", monkeypatch, employee)
    for room in ROOMS:
        page = shown(enter(app, room))
        assert ("Эта страница не для вашей роли" in page) is not may_enter(viewer, room), room


def test_without_a_session_no_page_shows_anything(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QCW_HOME", str(workspace.home))
    app = AppTest.from_file(str(Path("qc_workbench/ui/entry/script.py").resolve()), default_timeout=60).run()
    page = shown(app)
    assert "Сеанс закончился" in page or "The session has ended" in page
    assert "Алла" not in page
