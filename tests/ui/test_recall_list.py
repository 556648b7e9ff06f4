"""The list of lost deals to call back: order, entries, undo, export; and promises told in a sentence."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from pipelines.export import records
from qc_workbench.domain.access import AccessRole, Account, Person
from qc_workbench.domain.commitment import Commitment, CommitmentOutcome, PromiseStory
from qc_workbench.domain.crm import Deal, DealStatus
from qc_workbench.domain.lost_deal import DealFinding, LostDeal, RecallResult
from qc_workbench.errors import UsageError
from qc_workbench.reporting.export_fields import What
from qc_workbench.store import crm, verdicts
from qc_workbench.store.lost_deals import lost_deal_row
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.promise_story import story_sentence
from qc_workbench.ui.views.recalls import RecallList, recall_page, recalls, write_recall
from qc_workbench.workspace import Workspace
from tests.ui.sample_company import sample_company
from tests.unit.test_reconciliation import CALL, at, promise

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
OLGA = Viewer.of_program("Ольга")


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = sample_company(tmp_path_factory.mktemp("recalls") / "company")
    deals = [
        Deal(f"x-{number}", (f"+7900000010{number}",), "m2", "КП", DealStatus.LOST, amount=amount)
        for number, amount in enumerate((Decimal(200_000), Decimal(60_000), None, Decimal(900_000)))
    ]
    workspace.store.insert_many("deals", [crm.deal_row(deal) for deal in deals])
    findings = (
        (DealFinding.UNSURE, 0.4), (DealFinding.AGENT_REFUSED, 0.7), (DealFinding.NO_CONVERSATION, 0.6),
        (DealFinding.CLIENT_REFUSED, 0.1),
    )  # fmt: skip
    workspace.store.insert_many(
        "deal_findings",
        [
            lost_deal_row(LostDeal(deal.deal_id, finding, None, None, 0, certainty))
            for deal, (finding, certainty) in zip(deals, findings, strict=True)
        ],
    )
    return workspace


def _listed(workspace: Workspace, which: RecallList, finding: DealFinding | None = None) -> list[str]:
    return [case.deal.deal_id for case in recall_page(workspace, OLGA, which, finding, 1).cases]


def test_the_list_begins_with_most_to_win_and_leaves_out_clients_who_refused(company: Workspace) -> None:
    # 200 000 × 0.4, 60 000 × 0.7, 45 000 × 0.9, then what has no amount
    assert _listed(company, RecallList.WAITING) == ["x-0", "x-1", "deal-2", "x-2"]
    assert _listed(company, RecallList.WAITING, DealFinding.AGENT_REFUSED) == ["x-1"]
    assert recalls(company, OLGA).count(RecallList.WAITING) == 4


def test_an_answer_moves_a_deal_to_the_done_ones_and_an_undo_brings_it_back(company: Workspace) -> None:
    write_recall(company, OLGA, "x-1", RecallResult.NO_CONTACT, NOW)
    assert "x-1" in _listed(company, RecallList.WAITING)  # to be tried again
    later = RecallResult.BUYS_LATER
    write_recall(company, OLGA, "x-1", later, NOW + timedelta(hours=1), "Ждёт премию", date(2026, 12, 1))
    assert _listed(company, RecallList.DONE) == ["x-1"]
    (record,) = [row for row in records(company, What.RECALLS) if row["deal_id"] == "x-1"]
    assert (record["result"], record["buy_from"], record["called_by"]) == ("buys_later", date(2026, 12, 1), "Ольга")
    write_recall(company, OLGA, "x-1", RecallResult.WITHDRAWN, NOW + timedelta(hours=2))
    assert _listed(company, RecallList.DONE) == []
    (record,) = [row for row in records(company, What.RECALLS) if row["deal_id"] == "x-1"]
    assert record["result"] == "no_contact"


def _viewer(person_id: str, role: AccessRole, agent_id: str | None = None, team: str = "near") -> Viewer:
    person = Person(person_id, frozenset({role}), agent_id, frozenset({team}))
    return Viewer(Account(person, person_id, person_id, NOW), {"m2": "near"})


def test_quality_control_writes_down_what_a_client_said_and_sees_the_number_to_dial(company: Workspace) -> None:
    nina = _viewer("Нина", AccessRole.QC)
    page = recall_page(company, nina, RecallList.WAITING, None, 1)
    assert "x-1" in page.to_dial
    assert not page.people.names_clients
    write_recall(company, nina, "x-1", RecallResult.NEVER_REFUSED, NOW + timedelta(days=1))
    assert "x-1" in _listed(company, RecallList.DONE)
    write_recall(company, nina, "x-1", RecallResult.WITHDRAWN, NOW + timedelta(days=2))


def test_nobody_calls_back_about_the_own_deal_or_another_teams(company: Workspace) -> None:
    own = _viewer("Илья", AccessRole.QC, "m2")
    stranger = _viewer("Пётр", AccessRole.HEAD, team="far")
    for viewer in (own, stranger):
        with pytest.raises(UsageError):
            write_recall(company, viewer, "x-1", RecallResult.NEVER_REFUSED, NOW)
    assert "x-1" not in recall_page(company, own, RecallList.WAITING, None, 1).to_dial


def test_the_export_of_refusals_says_what_was_found_of_the_deal(company: Workspace) -> None:
    assert {row["deal_finding"] for row in records(company, What.REFUSALS)} == {"client_postponed"}


STORY = PromiseStory(at("10-29T10:00"), at("10-15T10:00"), None, "k-2", at("10-20T11:00"))


@pytest.mark.parametrize(
    ("commitment", "ru", "en"),
    [
        (
            Commitment(
                promise(first="10-15"), CommitmentOutcome.DRAGGED, "a-1", None, 2, ("moved_past_window",), STORY
            ),
            "6 окт. менеджер обещал перезвонить 15 окт.; задачу перенесли 2 раза, теперь она на 29 окт.; "
            "до 20 окт. никто не звонил.",
            "The agent promised on 6 Oct to call back on 15 Oct; the task was moved 2 times, to 29 Oct; "
            "nobody called until 20 Oct.",
        ),
        (
            Commitment(promise(), CommitmentOutcome.MISSING, story=PromiseStory()),
            "6 окт. менеджер обещал перезвонить с 14 окт. по 15 окт.; в CRM задачи об этом нет; "
            "никто так и не позвонил.",
            "The agent promised on 6 Oct to call back between 14 Oct and 15 Oct; the CRM has no task for it; "
            "nobody has called.",
        ),
        (
            Commitment(
                promise(first="10-15"), CommitmentOutcome.KEPT, "a-1", "k-2", 0, ("call_in_window",),
                PromiseStory(at("10-15T10:00"), call_id="k-2", call_at=at("10-15T10:05")),
            ),
            "6 окт. менеджер обещал перезвонить 15 окт.; задача стоит на 15 окт.; поговорили 15 окт.",
            "The agent promised on 6 Oct to call back on 15 Oct; the task is due 15 Oct; they talked on 15 Oct.",
        ),
    ],
)  # fmt: skip
def test_a_promise_is_told_in_one_sentence(commitment: Commitment, ru: str, en: str) -> None:
    assert story_sentence(commitment, CALL.started_at, Translator("ru")) == ru
    assert story_sentence(commitment, CALL.started_at, Translator("en")) == en


def test_the_story_is_kept_with_the_promise() -> None:
    commitment = Commitment(promise(), CommitmentOutcome.DRAGGED, "a-1", None, 2, (), STORY)
    assert verdicts.commitment_of(dict(verdicts.commitment_row(commitment, NOW))) == commitment
