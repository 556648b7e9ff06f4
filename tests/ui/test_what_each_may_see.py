"""What each role is shown: lists of a team's head hold that team, an agent's calls are the own, names of clients go to
whoever deals with them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from qc_workbench.domain.access import AccessRole, Account, Person, Team
from qc_workbench.domain.crm import Note
from qc_workbench.domain.flag import FlagKind, Ruling
from qc_workbench.errors import UsageError
from qc_workbench.review.coaching import CommentedCall, comment
from qc_workbench.store import cases, crm, people
from qc_workbench.store.calls import call as call_of
from qc_workbench.store.coaching import comment_row
from qc_workbench.store.database import Statement, insert
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.navigation import ROOMS, may_enter
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.call import agents, call_list, call_view
from qc_workbench.ui.views.desk import desk
from qc_workbench.ui.views.greetings import sound_elsewhere
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


def test_what_the_crm_says_of_a_client_has_neither_name_nor_number_for_a_specialist(workspace: Workspace) -> None:
    said = "Ирина просит: +7 (495) 000-00-01 или 234-56-78, irina@example.com, @irina_okna. Смета 84 000 до 05.10.2026"
    note = Note("note-2", company.AS_OF, said, "deal-1", company.PHONE, "m2")
    workspace.store.insert_many("notes", [crm.note_row(note)])
    seen = {}
    for employee in ("q1", "m2"):
        view = call_view(workspace, company.viewer(workspace, employee), company.PROMISE)
        assert view is not None
        seen[employee] = next(item.text for item in view.client.notes if item.note_id == "note-2")
        assert any(deal.client_name for deal in view.client.deals) is (employee == "m2")
    assert seen["m2"] == said
    assert seen["q1"] == "····· просит: ····· или ·····, ·····, ·····. Смета 84 000 до 05.10.2026"


def test_a_number_is_not_found_out_by_looking_for_its_digits(workspace: Workspace) -> None:
    """Whoever sees +7495·····01 would need some dozens of searches for the five digits between."""
    vera, gleb = (company.viewer(workspace, employee) for employee in ("h1", "q1"))
    for text in ("4950000", company.PHONE, "Ирина"):
        assert call_list(workspace, vera, None, text).calls, text
        assert not call_list(workspace, gleb, None, text).calls, text
    assert [call.call_id for call in call_list(workspace, gleb, None, company.TALK).calls] == [company.TALK]


def test_an_agent_who_also_reviews_is_not_told_other_agents_clients(workspace: Workspace) -> None:
    """Two roles add up to what each gives: the clients of the own calls and the calls of everybody."""
    roles = frozenset({AccessRole.AGENT, AccessRole.QC})
    both = Viewer(Account(Person("both", roles, "m1"), "both", "Оба", company.AS_OF), {})
    assert not both.sees_clients
    view = call_view(workspace, both, company.PROMISE)  # of m2
    assert view is not None
    assert view.people.client(company.PHONE, Translator("ru")) == "+7495·····01"
    own = call_view(workspace, both, company.PADDED)
    assert own is not None
    assert own.people.client(company.PHONE, Translator("ru")) == "Ирина, квартира"


def test_an_agent_sees_no_trace_of_a_colleagues_calls_with_the_same_client(workspace: Workspace) -> None:
    def others(employee: str) -> set[str]:
        view = call_view(workspace, company.viewer(workspace, employee), company.PROMISE)
        assert view is not None
        return {call.manager_id for call in (*view.client.earlier, *view.client.later)}

    assert others("h1") == {"m1", "m2"}
    assert others("m2") == {"m2"}


def test_of_calls_with_the_same_recording_an_agent_is_told_the_own_ones(workspace: Workspace) -> None:
    with workspace.store.reading() as reader:
        row = reader.row("select * from recordings where call_id = ?", company.TALK)  # of m2
    assert row is not None
    workspace.store.write(
        Statement("update recordings set content_hash = ? where call_id = ?", (row["content_hash"], company.UNSURE))
    )
    shared = {
        employee: [item.other_call_id for item in sound_elsewhere(workspace, viewer, company.TALK).shared]
        for employee in ("h1", "m2")
        if (viewer := company.viewer(workspace, employee))
    }
    assert shared == {"h1": [company.UNSURE], "m2": []}


def test_whoever_scores_blindly_reads_no_comments_of_others(workspace: Workspace) -> None:
    """A call served again, or of a calibration: what others said of it would be the answer."""
    about = CommentedCall(company.TALK, "m2", 30.0)
    for by in ("account-h1", "account-q1"):
        made = comment(about, f"Сказано {by}", by, company.AS_OF)
        workspace.store.write(insert("comments", comment_row(made)))
    with workspace.store.reading() as reader:
        call = call_of(reader, company.TALK)
    assert call is not None

    def read_by(employee: str) -> set[str]:
        found = desk(workspace, company.viewer(workspace, employee), call, Translator("ru"))
        return {item.text for item in found.comments}

    both = {"Сказано account-h1", "Сказано account-q1"}
    assert read_by("q1") == read_by("h1") == read_by("m2") == both
    look = {
        "call_id": company.TALK,
        "reviewer": "q1",
        "kind": "other",
        "first_reviewer": "h1",
        "period": "2026-10",
        "inclusion_probability": 0.05,
        "from_at": company.AS_OF,
        "served_at": company.AS_OF,
        "due": company.AS_OF.date(),
    }
    workspace.store.write(insert("second_looks", look))
    assert read_by("q1") == {"Сказано account-q1"}
    assert read_by("h1") == read_by("m2") == both


@pytest.mark.parametrize("employee", list(company.ROLES))
def test_a_room_of_others_says_why_it_stays_shut(
    workspace: Workspace, employee: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer = company.viewer(workspace, employee)
    app = start(workspace.home, "ru", monkeypatch, employee)
    for room in ROOMS:
        page = shown(enter(app, room))
        assert ("Эта страница не для вашей роли" in page) is not may_enter(viewer, room), room


def test_no_address_shows_an_agent_anything_of_a_colleague(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Алла tries the addresses that somebody else was sent."""
    app = start(workspace.home, "ru", monkeypatch, "m1")
    asked = {"id": company.TALK, "at": "5", "agent": "m2", "call": company.TALK, "clip_of": company.TALK, "q": "двери",
             "score": "1", "session": "1", "form": "inbound_lead"}  # fmt: skip
    for room in ROOMS:
        page = shown(enter(app, room, **asked))
        for secret in ("Борис", "две двери", "вы оставляли заявку", company.OTHER_PHONE):
            assert secret not in page, room


def test_names_and_notes_are_text_wherever_they_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture in a name would tell its site who looks at whom; a link would lead from here."""
    evil = "![я](https://evil.example/a.png) [б](https://evil.example) <script>alert(1)</script> :red[в] $x$"
    workspace = company.sample_company(tmp_path / "evil")
    about = CommentedCall(company.PROMISE, "m2", 30.0)
    made = comment(about, evil, "account-q1", company.AS_OF, for_coaching=True)
    workspace.store.write(
        Statement("update managers set name = ? where manager_id = 'm2'", (evil,)),
        Statement("update people set name = ? where person_id = 'account-h1'", (evil,)),
        Statement("update deals set client_name = ?, stage = ?, lost_reason = ?", (evil, evil, evil)),
        Statement("update notes set text = ?", (evil,)),
        Statement("update activities set subject = ?", (evil,)),
        Statement("update commitments set quote = ?", (evil,)),
        Statement("update refusals set quote = ?", (evil,)),
        insert("teams", {"team_id": "t", "name": evil}),
        insert("comments", comment_row(made)),
    )
    app, named = start(workspace.home, "ru", monkeypatch), set()
    for room in ROOMS:
        page = enter(app, room, id=company.PROMISE)
        assert not page.exception, room
        kinds = ("title", "header", "subheader", "markdown", "caption", "info", "warning", "error", "success")
        read_as_markdown = [str(element.value) for kind in kinds for element in page.get(kind)]
        read_as_markdown += [element.label for element in (*page.button, *page.checkbox, *page.metric, *page.expander)]
        for text in read_as_markdown:
            assert not re.search(r"(?<!\\)\]\(https|(?<!\\)<script|(?<!\\):red\[в", text), (room, text)
            named |= {room} if "evil" in text else set()
        assert not any("<script>alert" in element.proto.body for element in page.get("html")), room
    assert {"call", "promises", "refusals", "coaching"} <= named


def test_without_a_session_no_page_shows_anything(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QCW_HOME", str(workspace.home))
    app = AppTest.from_file(str(Path("qc_workbench/ui/entry/script.py").resolve()), default_timeout=60).run()
    page = shown(app)
    assert "Сеанс закончился" in page or "The session has ended" in page
    assert "Алла" not in page
