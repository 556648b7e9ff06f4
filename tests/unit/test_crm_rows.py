"""What modules of CRMs share: rows that can't be read, amounts, ids."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qc_workbench.errors import SourceRefused
from qc_workbench.sources import amocrm_rows
from qc_workbench.sources.crm_rows import id_number, money, understood
from qc_workbench.sources.problems import BadValueError
from tests.stand_ins import amocrm


@pytest.mark.parametrize(
    ("said", "meant"),
    [(None, None), ("", None), (12000, Decimal(12000)), ("99.5", Decimal("99.50")), (0, Decimal(0)), (-3, Decimal(-3))],
)
def test_an_amount_is_read_in_whole_cents(said: object, meant: Decimal | None) -> None:
    assert money({"sum": said}, "sum") == meant


@pytest.mark.parametrize("said", ["NaN", "Infinity", "-Infinity", "1e16", "1e999999", "twelve", True, [1]])
def test_what_no_column_of_amounts_can_hold_is_refused(said: object) -> None:
    with pytest.raises(BadValueError) as raised:
        money({"sum": said}, "sum")
    assert (raised.value.code, raised.value.params) == ("vendor_number", {"name": "sum"})


def test_a_deal_whose_price_is_no_number_is_told_and_holds_up_no_other() -> None:
    account = amocrm_rows.AmocrmAccount("RUB")
    page = [amocrm.lead(1, 1_772_000_000, price="NaN"), amocrm.lead(2, 1_772_000_000)]
    deals, (problem,) = understood("a", "leads", "id", page, lambda row: amocrm_rows.deal(row, account))
    assert [deal.key for deal in deals] == ["2"]
    assert (problem.code, problem.column, problem.value) == ("crm_entry", "price", "1")


@pytest.mark.parametrize("key", [None, "", "1a", "-1"])
def test_what_is_no_id_is_refused(key: str | None) -> None:
    with pytest.raises(SourceRefused):
        id_number(key)
