"""The rules of writing into the CRM do not depend on how what they know has come together."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.config import Company
from qc_workbench.config_crm_write import CrmWriting
from qc_workbench.domain.call import Direction, Outcome
from qc_workbench.domain.commitment import CommitmentOutcome, DueWindow
from qc_workbench.domain.crm import DealStatus
from qc_workbench.domain.crm_write import KeptWrite, WriteKind, WriteState
from qc_workbench.domain.missed_caller import MissedCaller, Reached
from qc_workbench.reporting.crm_write_words import crm_write
from qc_workbench.review.crm_writing import Known, wishes
from qc_workbench.ui.i18n import Translator
from tests.crm_write_cases import NOW, activity, call, deal, promise

PHONES = ("+79160000001", "+79160000002", "+79160000003", None)
SETTINGS = CrmWriting.model_validate(
    {"into": "crm", **{kind.value: {"mode": "approved"} for kind in WriteKind}}
    | {"tracking_fields": {"mode": "approved", "fields": {"source": "f_source"}}}
)
COMPANY = Company()


@st.composite
def known(draw: st.DrawFn) -> Known:
    calls = [
        call(
            number,
            client_phone=draw(st.sampled_from(PHONES)),
            direction=draw(st.sampled_from(list(Direction))),
            outcome=draw(st.sampled_from(list(Outcome))),
            started_at=NOW - timedelta(hours=draw(st.integers(0, 240))),
        )
        for number in range(draw(st.integers(0, 6)))
    ]
    promises = [
        promise(
            item.call_id,
            commitment_id=f"{item.call_id}-{place}",
            start_s=float(place * draw(st.integers(0, 40))),
            due=DueWindow(day := date(2026, 10, draw(st.integers(5, 9))), day),
            outcome=draw(st.sampled_from([CommitmentOutcome.MISSING, CommitmentOutcome.SCHEDULED])),
        )
        for item in calls
        for place in range(draw(st.integers(0, 2)))
    ]
    return Known(
        calls=calls,
        promises=promises,
        missed=[
            MissedCaller(0, item.call_id, item.client_phone, "m1", item.started_at, None, 1, Reached.NEVER)
            for item in calls
            if item.outcome is Outcome.MISSED
        ],
        deals=[
            deal(number, client_phones=(phone,), status=draw(st.sampled_from(list(DealStatus))))
            for number, phone in enumerate(PHONES)
            if phone and draw(st.booleans())
        ],
        activities=[activity(number, deal_id=f"crm:{number}") for number in range(draw(st.integers(0, 2)))],
        tracking={item.call_id: {"source": "google"} for item in calls if draw(st.booleans())},
        summed_up={item.call_id for item in calls if draw(st.booleans())},
        erased=set(draw(st.sets(st.sampled_from(PHONES[:3]), max_size=1))),
    )


@given(known(), st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(known: Known, random: Random) -> None:
    def mixed(items: object) -> list[object]:
        twice = [*items, *items]  # type: ignore[misc]
        random.shuffle(twice)
        return twice

    names = ("calls", "promises", "missed", "deals", "activities")
    shuffled = replace(known, **{name: mixed(getattr(known, name)) for name in names})
    assert wishes(shuffled, SETTINGS, COMPANY, NOW) == wishes(known, SETTINGS, COMPANY, NOW)


@given(known(), st.sampled_from([WriteState.WRITTEN, WriteState.DECLINED, WriteState.REFUSED]))
def test_what_is_settled_is_never_wished_again_and_the_rest_stays(known: Known, state: WriteState) -> None:
    t = Translator("ru")
    found = wishes(known, SETTINGS, COMPANY, NOW)
    writes = [crm_write(wish, "crm", "", COMPANY.zone, t) for wish in found]
    assert len({write.write_id for write in writes}) == len(writes)
    kept = [KeptWrite(write, state, NOW, NOW) for write in writes]
    assert wishes(replace(known, kept=kept), SETTINGS, COMPANY, NOW) == ()
    waiting = [KeptWrite(write, WriteState.PLANNED, NOW, NOW) for write in writes]
    assert wishes(replace(known, kept=waiting), SETTINGS, COMPANY, NOW) == found


@given(known())
def test_no_wish_is_about_an_erased_or_hidden_number_or_two_deals_of_one(known: Known) -> None:
    found = wishes(known, SETTINGS, COMPANY, NOW)
    assert all(wish.call.client_phone and wish.call.client_phone not in known.erased for wish in found)
    new = [wish.call.client_phone for wish in found if wish.kind is WriteKind.NEW_DEAL]
    assert len(new) == len(set(new))
    assert not set(new) & {phone for item in known.deals for phone in item.client_phones}
    assert all((wish.deal is None) is (wish.kind is WriteKind.NEW_DEAL) for wish in found)
