"""1C by OData: clients with phones, sales as deals won; pages, faults and documents that are taken back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.import_report import IngestReport
from pipelines.progress import Silent
from pipelines.sync_crm import sync_crm
from qc_workbench.config_sources import OneCSource
from qc_workbench.domain.crm import DealStatus
from qc_workbench.errors import SourceAnswerBroken, SourceError, SourceRefused
from qc_workbench.sources.odata_1c import OneCMeaning
from qc_workbench.sources.problems import BadValueError
from qc_workbench.store import crm
from qc_workbench.workspace import Workspace
from tests.import_cases import new_workspace
from tests.stand_ins.odata_1c import PASSWORD, PERSONS, SALES, USERS, OneCStandIn, documented, person, sale
from tests.stand_ins.serving import Fault, QuickClock, serving

NOW = datetime(2026, 9, 30, 12, 0, tzinfo=UTC)
KYIV = ZoneInfo("Europe/Kyiv")
SETTINGS = OneCSource(kind="odata_1c", name="c", address="http://h/base", user="u", password="env:X")


def workspace(home: Path, address: str, more: str = "") -> Workspace:
    made = new_workspace(
        home,
        '[company]\ntimezone = "Europe/Kyiv"\nphone_region = "UA"\n'
        f'[[sources]]\nkind = "odata_1c"\nname = "c"\naddress = "{address}/base"\n'
        f'user = "обмен"\npassword = "file:key"\n{more}',
    )
    (home / "key").write_text(PASSWORD)
    return made


@pytest.fixture
def one_c() -> Iterator[tuple[OneCStandIn, str]]:
    stand_in = OneCStandIn()
    stand_in.add(USERS, Ref_Key="u-1", Description="Анна Белова")
    stand_in.add(PERSONS, **person(1, "+380 67 111-22-33", "067 111 22 34"))
    stand_in.add(SALES, **sale(1, 1, "2026-09-02T12:00:00"))
    with serving(stand_in) as address:
        stand_in.address = address
        yield stand_in, address


def sync(opened: Workspace, at: datetime = NOW) -> IngestReport:
    (settings,) = opened.settings.sources
    assert settings.kind == "odata_1c"
    return sync_crm(opened, settings, Silent(), clock=QuickClock(at))


def deals(opened: Workspace) -> list[Any]:
    with opened.store.reading() as reader:
        return crm.deals(reader)


def test_the_documented_rows_are_understood() -> None:
    meaning = OneCMeaning(SETTINGS, KYIV)
    told = meaning.person(documented("counterparty"))
    assert (told.name, told.phones) == ("ТОВ Тест", ("380671112233",))
    deal = meaning.sale(documented("sale"), NOW)
    assert (deal.status, deal.amount, deal.person_keys) == (DealStatus.WON, Decimal(12000), (told.key,))
    assert deal.closed_at == datetime(2026, 3, 2, 10, 0, tzinfo=UTC)  # noon in Kyiv


def test_a_sale_becomes_a_deal_won_with_the_phones_of_its_client(
    one_c: tuple[OneCStandIn, str], tmp_path: Path
) -> None:
    opened = workspace(tmp_path / "home", one_c[1])
    sync(opened)
    (deal,) = deals(opened)
    assert deal.deal_id == "c:s-00001"
    assert deal.client_phones == ("+380671112233", "+380671112234")
    assert (deal.client_name, deal.status, deal.amount) == ("Клиент 1", DealStatus.WON, Decimal("12000.00"))
    assert deal.closed_at == datetime(2026, 9, 2, 9, 0, tzinfo=UTC)
    assert deal.manager_id == "c:u-1"
    before = deals(opened)
    sync(opened, NOW + timedelta(hours=1))
    assert deals(opened) == before


@pytest.mark.parametrize("links", [False, True])
@pytest.mark.parametrize("most", [1, 4, 1000])
def test_every_page_is_read_however_the_server_gives_them(
    one_c: tuple[OneCStandIn, str], tmp_path: Path, links: bool, most: int
) -> None:
    stand_in, address = one_c
    for number in range(2, 10):
        stand_in.add(PERSONS, **person(number, f"+38067{number:07d}"))
        stand_in.add(SALES, **sale(number, number, "2026-09-02T12:00:00"))
    stand_in.links, stand_in.most = links, most
    opened = workspace(tmp_path / "home", address, "page = 5\n")
    sync(opened)
    assert [deal.deal_id for deal in deals(opened)] == [f"c:s-{number:05d}" for number in range(1, 10)]
    assert all(deal.client_phones for deal in deals(opened))


def test_a_server_that_gives_the_first_page_for_ever_is_told(one_c: tuple[OneCStandIn, str], tmp_path: Path) -> None:
    one_c[0].ignores_skip = True
    with pytest.raises(SourceAnswerBroken) as error:
        sync(workspace(tmp_path / "home", one_c[1], "page = 1\n"))
    assert error.value.code == "source_answer_pages"


def test_the_password_never_follows_a_link_to_another_server(one_c: tuple[OneCStandIn, str], tmp_path: Path) -> None:
    stand_in, address = one_c
    stand_in.add(PERSONS, **person(2))
    stand_in.links, stand_in.most, stand_in.address = True, 1, "http://elsewhere.example"
    with pytest.raises(SourceAnswerBroken):
        sync(workspace(tmp_path / "home", address))


def test_a_document_that_is_unposted_or_deleted_is_a_sale_no_more(
    one_c: tuple[OneCStandIn, str], tmp_path: Path
) -> None:
    stand_in, address = one_c
    stand_in.add(SALES, **sale(2, 1, "2026-09-03T12:00:00"))
    stand_in.add(SALES, **sale(3, 1, "2026-09-03T12:00:00", Posted=False))
    opened = workspace(tmp_path / "home", address)
    sync(opened)
    assert [deal.deal_id for deal in deals(opened)] == ["c:s-00001", "c:s-00002"]
    stand_in.tables[SALES]["s-00001"]["Posted"] = False
    stand_in.tables[SALES]["s-00002"]["DeletionMark"] = True
    sync(opened, NOW + timedelta(hours=1))
    assert deals(opened) == []


def test_a_document_that_was_corrected_and_put_back_is_taken_over(
    one_c: tuple[OneCStandIn, str], tmp_path: Path
) -> None:
    stand_in, address = one_c
    opened = workspace(tmp_path / "home", address)
    sync(opened)
    stand_in.tables[SALES]["s-00001"] |= {"Date": "2026-08-31T12:00:00", "СуммаДокумента": 11000}
    sync(opened, NOW + timedelta(hours=1))
    (deal,) = deals(opened)
    assert (deal.amount, deal.closed_at) == (Decimal("11000.00"), datetime(2026, 8, 31, 9, 0, tzinfo=UTC))


def test_only_sales_of_the_last_weeks_are_asked_for_again(one_c: tuple[OneCStandIn, str], tmp_path: Path) -> None:
    stand_in, address = one_c
    opened = workspace(tmp_path / "home", address, "recheck_days = 10\n")
    sync(opened)
    stand_in.asked.clear()
    sync(opened, NOW + timedelta(days=1))
    asked = [question.params.get("$filter") for question in stand_in.asked if SALES in unquote(question.path)]
    assert set(asked) == {"Date ge datetime'2026-09-20T00:00:00'"}


@pytest.mark.parametrize(
    "fault", [Fault.HTML, Fault.TRUNCATED, Fault.ERROR_IN_SUCCESS, Fault.SERVER_ERROR, Fault.TOO_MANY, Fault.CUT]
)
@pytest.mark.slow
def test_no_broken_answer_is_taken_for_an_empty_one(
    one_c: tuple[OneCStandIn, str], tmp_path: Path, fault: Fault
) -> None:
    stand_in, address = one_c
    opened = workspace(tmp_path / "home", address)
    stand_in.spoil(*[fault] * 40)
    with pytest.raises(SourceError):
        sync(opened)
    with opened.store.reading() as reader:
        assert reader.value("select max(done_until) from source_state") is None
    stand_in.faults.clear()
    stand_in.spoil(fault)  # one that passes
    sync(opened)
    assert len(deals(opened)) == 1


def test_a_wrong_password_is_told_at_once_and_never_shown(one_c: tuple[OneCStandIn, str], tmp_path: Path) -> None:
    stand_in, address = one_c
    opened = workspace(tmp_path / "home", address)
    (opened.home / "key").write_text("very-secret-and-wrong")
    with pytest.raises(SourceRefused) as error:
        sync(opened)
    assert "very-secret" not in repr(error.value) + repr(error.value.params)
    assert len(stand_in.asked) == 1


def test_names_of_another_configuration_are_settings(one_c: tuple[OneCStandIn, str], tmp_path: Path) -> None:
    stand_in, address = one_c
    row = person(5)
    row.pop("КонтактнаяИнформация")
    stand_in.tables = {"Catalog_Клиенты": {}, "Document_Чек": {}}
    stand_in.add("Catalog_Клиенты", **row, Телефон="067 111 22 39")
    stand_in.add("Document_Чек", Ref_Key="s-00009", Number="9", Date="2026-09-05T10:00:00", Posted=True,
                 Клиент_Key="p-00005", Итого=150.5)  # fmt: skip
    more = (
        'persons = "Catalog_Клиенты"\ncontacts = ""\nphone_fields = ["Телефон"]\nsales = "Document_Чек"\nusers = ""\n'
        'sale_client = "Клиент_Key"\nsale_amount = "Итого"\nsale_owner = "Кассир_Key"\ncurrency = "UAH"\n'
    )
    opened = workspace(tmp_path / "home", address, more)
    sync(opened)
    (deal,) = deals(opened)
    assert (deal.client_phones, deal.amount, deal.currency) == (("+380671112239",), Decimal("150.50"), "UAH")


def test_a_row_that_makes_no_sense_is_told_and_loses_nobody_else(
    one_c: tuple[OneCStandIn, str], tmp_path: Path
) -> None:
    stand_in, address = one_c
    stand_in.add(SALES, **sale(2, 1, "не дата"))
    stand_in.add(SALES, **sale(3, 1, "2026-09-04T12:00:00", СуммаДокумента="много"))
    opened = workspace(tmp_path / "home", address)
    report = sync(opened)
    assert {problem.column for problem in report.rejects} == {"Date", "СуммаДокумента"}
    assert len(deals(opened)) == 1


VALUES = st.one_of(
    st.none(), st.text(max_size=8), st.integers(), st.floats(), st.booleans(), st.lists(st.text(max_size=3), max_size=2)
)


@given(
    st.dictionaries(
        st.sampled_from(["Ref_Key", "Date", "СуммаДокумента", "Контрагент_Key", "КонтактнаяИнформация", "Description"]),
        VALUES,
    )
)
def test_any_row_is_understood_or_told_and_nothing_else_is_raised(row: dict[str, Any]) -> None:
    meaning = OneCMeaning(SETTINGS, KYIV)
    for read in (meaning.person, meaning.user, lambda found: meaning.sale(found, NOW)):
        with suppress(BadValueError):
            read(row)
