"""Pieces of layout that several rooms use."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

import streamlit as st

from qc_workbench.domain.call import REMOVED_STATES, Call, Recording
from qc_workbench.domain.commitment import DueWindow
from qc_workbench.domain.crm import Deal
from qc_workbench.ui.i18n import Translator, clock
from qc_workbench.ui.labels import plain
from qc_workbench.ui.navigation import go, link
from qc_workbench.ui.views.people import Directory


def heading(title: str, says: str | None = None) -> None:
    """The name of the room and the one question it answers."""
    st.title(title, anchor=False)
    if says:
        st.caption(says)


def nothing(text: str) -> None:
    """A list that is empty, and why that is so."""
    with st.container(border=True):
        st.markdown(text)


def picked(
    rows: Sequence[Mapping[str, Any]],
    columns: Mapping[str, Any],
    key: str,
    alt: str,
    at: int | None = None,
    row_px: int | None = None,
) -> int | None:
    """A table of which one row may be opened; the number of the row that was clicked. ``at``: the row marked at first,
    which is the answer while no other is clicked. ``row_px``: the height of a row whose texts take several lines."""
    chosen = st.dataframe(
        list(rows),
        hide_index=True,
        height="content",  # pages are short: a window within a window hides rows, and paper can't scroll
        row_height=row_px,
        column_config=dict(columns),
        on_select="rerun",
        selection_mode="single-row",
        selection_default=None if at is None else {"selection": {"rows": [at], "columns": [], "cells": []}},
        key=key,
        alt=alt,
    )
    selected = chosen["selection"]["rows"]
    return int(selected[0]) if selected else None


def read_table(rows: Sequence[Mapping[str, str]], alt: str, numeric: Collection[str] = ()) -> None:
    """A table that is only read: texts wrap, so that a narrow page cuts no column off. ``numeric``: columns of figures.

    Texts are taken as they are, never as Markdown.
    """
    from pandas import DataFrame  # Streamlit has it loaded; only its tables know how cells are aligned

    told = DataFrame([{plain(name): plain(text) for name, text in row.items()} for row in rows])
    right = "text-align: right !important"  # Streamlit's own alignment is an inline style: all texts to the left
    places = [place for place, name in enumerate(rows[0]) if name in numeric]
    heads = [{"selector": f".col{place}", "props": right} for place in places]
    st.table(told.style.set_table_styles(heads), hide_index=True, alt=alt)


def picked_cell(
    rows: Sequence[Mapping[str, Any]], columns: Mapping[str, Any], key: str, alt: str
) -> tuple[int, str | None] | None:
    """A table of which a row or a cell may be opened: the number of the row, and the column of a cell clicked."""
    chosen = st.dataframe(
        list(rows), hide_index=True, height="content", column_config=dict(columns), on_select="rerun",
        selection_mode=["single-row", "single-cell"], key=key, alt=alt,
    )  # fmt: skip
    for row, column in chosen["selection"]["cells"]:
        return int(row), str(column)
    return next(((int(row), None) for row in chosen["selection"]["rows"]), None)


def open_call(t: Translator, call_id: str, at_s: float | None = None) -> None:
    go("call", t, id=call_id, **({"at": f"{at_s:.1f}"} if at_s else {}))


def call_link(t: Translator, label: str, call_id: str, at_s: float | None = None) -> None:
    link("call", t, label, id=call_id, **({"at": f"{at_s:.1f}"} if at_s else {}))


def call_row(call: Call, people: Directory, recording: Recording | None, t: Translator) -> dict[str, Any]:
    """A call as a line of a table, by names of columns."""
    return {
        t("column.when"): t.moment(call.started_at),
        t("column.agent"): people.agent(call.manager_id),
        t("column.client"): people.client(call.client_phone, t),
        t("column.direction"): t(f"direction.{call.direction.value}"),
        t("column.connected"): clock(call.talk_s),
        t("column.recording"): recording_state(recording, t),
    }


def recording_state(recording: Recording | None, t: Translator) -> str:
    if recording is not None and recording.state in REMOVED_STATES and recording.detail:
        return t(
            f"recording_removed.{recording.state.value}", day=t.day(date.fromisoformat(recording.detail), "d MMMM y")
        )
    return t(f"recording_state.{recording.state.value}" if recording else "recording_state.absent")


def due_text(due: DueWindow, t: Translator) -> str:
    """A window as people say it: one day, or from … to …, with the hours where they were said."""
    days = t.day(due.due_from) if due.due_from == due.due_to else f"{t.day(due.due_from)} – {t.day(due.due_to)}"
    if due.time_from and due.time_to:
        return f"{days}, {_hours(due.time_from)}–{_hours(due.time_to)}"
    if due.time_from or due.time_to:
        known = due.time_from or due.time_to
        assert known is not None
        return f"{days}, {t('due.from_time' if due.time_from else 'due.to_time', time=_hours(known))}"
    return days


def _hours(value: time) -> str:
    return value.strftime("%H:%M")


def deal_text(deal: Deal | None, t: Translator) -> str:
    """The deal in a line: stage, state, amount."""
    if deal is None:
        return t("deal.none")
    parts = [deal.stage, t(f"deal_status.{deal.status.value}")]
    if deal.amount is not None:
        parts.append(t.money(deal.amount, deal.currency or "RUB"))
    return " · ".join(part for part in parts if part)


def moment_or_dash(value: datetime | None, t: Translator) -> str:
    return t.moment(value) if value else "—"
