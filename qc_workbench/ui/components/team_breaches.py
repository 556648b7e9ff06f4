"""An agent's breaches of order in the CRM, those that the number in the team's table counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from qc_workbench.domain.violation import Violation, ViolationKind
from qc_workbench.store.scoping import Stretch
from qc_workbench.ui.address import code_of
from qc_workbench.ui.components.blocks import open_call, picked
from qc_workbench.ui.components.pager import page_of, pager
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.breaches import PAGE, Breaches, breaches

_ALL, _KIND = "all", "breach_kind"


def breach_list(room: Room, agent_id: str, within: Stretch) -> None:
    """All of them or those of one rule, the newest first; one about a call opens the call."""
    t, asked = room.t, code_of(ViolationKind, st.session_state.get(_KIND))
    key = f"breaches_{agent_id}_{within[0].date()}_{within[1].date()}_{asked}"
    found = breaches(room.workspace, room.viewer, agent_id, within, asked, page_of(key))
    title = t("breach.title", n=t.number(found.count(None)))
    st.header(title, anchor=False)
    if not found.counts:
        st.caption(t("breach.none"))
        return
    st.caption(t("breach.says"))
    st.session_state[_KIND] = found.kind.value if found.kind else _ALL
    st.segmented_control(
        t("breach.rule"), [_ALL, *found.counts], required=True, key=_KIND, label_visibility="collapsed", wrap=True,
        format_func=lambda code: _named(found, code_of(ViolationKind, code), t),
    )  # fmt: skip
    page = pager(found.count(found.kind), PAGE, t, key)
    rows = breach_rows(found, t)
    row = picked(rows, {}, f"{key}_rows_{page}", title)
    if row is not None and (call_id := found.listed[row].call_id) in found.heard:
        assert call_id is not None
        open_call(t, call_id)


def _named(found: Breaches, kind: ViolationKind | None, t: Translator) -> str:
    name = t("breach.all") if kind is None else t(f"violation.{kind.value}")
    return f"{name} · {t.number(found.count(kind))}"


def breach_rows(found: Breaches, t: Translator, name: Callable[[str], str] | None = None) -> list[dict[str, Any]]:
    """The breaches as lines of a table. ``name``: of an agent, where the list is of several. What no line has is no
    column: a narrow page has room for the rest."""
    rows = [_row(found, item, t, name) for item in found.listed]
    empty = [column for column in (t("breach.detail"), t("breach.call")) if all(row[column] == "—" for row in rows)]
    return [{column: said for column, said in row.items() if column not in empty} for row in rows]


def _row(found: Breaches, item: Violation, t: Translator, name: Callable[[str], str] | None) -> dict[str, Any]:
    whose = {} if name is None else {t("column.agent"): name(item.manager_id)}
    return {
        t("column.when"): t.moment(item.happened_at),
        **whose,
        t("breach.rule"): t(f"violation.{item.kind.value}"),
        t("breach.state"): t(f"breach_state.{found.state(item).value}"),
        t("breach.about"): breach_about(found, item),
        t("breach.detail"): item.detail or "—",
        t("breach.call"): t("breach.open") if item.call_id in found.heard else "—",
    }


def breach_about(found: Breaches, item: Violation) -> str:
    """The task, the client and the stage of the deal, as far as they are known."""
    deal = found.deals.get(item.deal_id or "")
    activity = found.activities.get(item.activity_id or "")
    about = [activity.subject if activity else None, deal.client_name if deal else None]
    about += [deal.stage if deal else item.deal_id]
    return " · ".join(part for part in about if part) or "—"
