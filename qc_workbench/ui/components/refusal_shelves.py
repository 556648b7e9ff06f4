"""The shelves of refusal control: which part is open, which list of it, how much each holds."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import streamlit as st

from qc_workbench.domain.flag import FlagKind
from qc_workbench.ui.components.blocks import nothing
from qc_workbench.ui.components.decision_card import decision_list
from qc_workbench.ui.components.reason_parts import reason_table
from qc_workbench.ui.components.recall_card import recall_list
from qc_workbench.ui.components.refusal_card import refusal_list, refusals_shown
from qc_workbench.ui.components.standing_parts import detector_notice
from qc_workbench.ui.state import Room, remember, remembered
from qc_workbench.ui.views.deal_decisions import DecisionList, decisions
from qc_workbench.ui.views.recalls import RecallList, recalls
from qc_workbench.ui.views.refusals import RefusalList

Shelf = DecisionList | RecallList | RefusalList


#: What the address asked for when it was last read.
_ASKED: Final = "refusals_asked"


class Part(StrEnum):
    """``refusal_part.<code>``"""

    DECISIONS = "decisions"
    RECALLS = "recalls"
    HEARD = "heard"
    REASONS = "reasons"


_SHELVES: Final[Mapping[Part, tuple[Shelf, ...]]] = {
    Part.DECISIONS: tuple(DecisionList),
    Part.RECALLS: tuple(RecallList),
    Part.HEARD: (RefusalList.DOUBTFUL, RefusalList.RULED, RefusalList.GENUINE),
}


def _code(shelf: Shelf) -> str:
    return f"{type(shelf).__name__}.{shelf.value}"


def refusal_room(room: Room) -> None:
    """The part asked for in the address (``list=<code>``) at first, then the one that was chosen."""
    t = room.t
    asked = st.query_params.get("list", "")
    by_code = {_code(shelf): part for part, shelves in _SHELVES.items() for shelf in shelves}
    first = by_code.get(asked) or next((part for part in Part if part.value == asked), Part.DECISIONS)
    if remembered(_ASKED) != asked:  # a link from elsewhere: it opens what it counts, whatever was open before
        remember(_ASKED, asked)
        st.session_state["refusals_part"] = first
        if asked in by_code:
            st.session_state[f"refusals_shelf_{first.value}"] = asked
    st.session_state.setdefault("refusals_part", first)
    part = st.segmented_control(
        t("refusals.filter"), list(Part), required=True,
        format_func=lambda one: t(f"refusal_part.{one.value}"), key="refusals_part", label_visibility="collapsed",
        wrap=True,
    ) or first  # fmt: skip
    if part is Part.REASONS:
        reason_table(room)
        return
    decided, called, heard = (
        decisions(room.workspace, room.viewer),
        recalls(room.workspace, room.viewer),
        refusals_shown(room),
    )
    totals: dict[str, int] = {
        **{_code(shelf): decided.count(shelf) for shelf in DecisionList},
        **{_code(shelf): called.count(shelf) for shelf in RecallList},
        **{_code(shelf): heard.totals[shelf] for shelf in RefusalList},
    }
    codes = {_code(shelf): shelf for shelf in _SHELVES[part]}
    st.session_state.setdefault(f"refusals_shelf_{part.value}", next(iter(codes)))
    code = st.segmented_control(
        t("refusals.filter"), list(codes), required=True,
        format_func=lambda one: f"{t(f'refusal_shelf.{one}')} · {t.number(totals[one])}",
        key=f"refusals_shelf_{part.value}", label_visibility="collapsed", wrap=True,
    ) or next(iter(codes))  # fmt: skip
    shelf = codes[code]
    if part is not Part.RECALLS:
        detector_notice(room, FlagKind.FALSE_REFUSAL)
    st.caption(t(f"refusal_shelf_says.{code}"))
    if not totals[code]:
        nothing(t(f"refusal_shelf_none.{code}"))
        return
    match shelf:
        case DecisionList():
            decision_list(room, decided, shelf)
        case RecallList():
            recall_list(room, called, shelf)
        case RefusalList():
            refusal_list(room, heard, shelf)
