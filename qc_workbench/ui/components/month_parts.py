"""«Месяц»: which month and revision, the signature, what changed since, the files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import streamlit as st

from qc_workbench.domain.signed_month import SignedMonth
from qc_workbench.errors import QcwError
from qc_workbench.ui.components import flash
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import plain
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.month import (
    FORMS,
    MonthPage,
    compared,
    difference_rows,
    file_name,
    month_file,
    month_page,
    month_revisions,
    sign,
    withdraw,
)


def choose(room: Room, known: Sequence[date]) -> MonthPage:
    """The month and the revision on the page, and its files."""
    t = room.t
    with st.container(horizontal=True, vertical_alignment="bottom"):
        month = st.selectbox(
            t("month.which"), known, format_func=lambda day: t.day(day, "LLLL y"), key="month", width=220
        )
        revisions = {item.revision: item for item in month_revisions(room.workspace, month)}
        revision: int | None = None
        if revisions:
            chosen = st.selectbox(
                t("month.revision"),
                [0, *sorted(revisions, reverse=True)],
                format_func=lambda number: _revision(revisions.get(number), t),
                key=f"month_revision_{month:%Y-%m}",
                width=420,
            )
            revision = chosen or None
        page = month_page(room.workspace, room.viewer, month, revision, room.now, t)
        for form in FORMS:
            st.download_button(
                t("month.download", form=form.upper()),
                data=month_file(room.workspace, room.viewer, page, form, t),
                file_name=file_name(page, form),
                key=f"month_{form}",
                on_click="ignore",
                type="primary" if form == "pdf" else "secondary",
            )
    return page


def _revision(item: SignedMonth | None, t: Translator) -> str:
    if item is None:
        return t("month.live_signed")
    if not item.stands:
        return t("month.revision_withdrawn", revision=item.revision)
    return t("month.revision_name", revision=item.revision, by=item.signed_by, at=t.moment(item.signed_at))


def signature(room: Room, page: MonthPage) -> None:
    """What the page stands on, and the signature: to give, to give anew, to take back."""
    t, shown, newest = room.t, page.shown, page.newest
    if shown is not None:
        said = t(
            "month.is_signed",
            revision=shown.revision,
            as_of=t.moment(shown.as_of, "d MMMM y, HH:mm"),
            hash=shown.sha256[:12],
        )
        st.info(said)
        if shown.withdrawn_at is not None:
            st.warning(
                t("month.is_withdrawn", by=plain(shown.withdrawn_by or ""), at=t.moment(shown.withdrawn_at)),
            )
    if newest is not None and page.since:
        st.warning(t("month.changed_since", n=len(page.since)))
        with st.expander(t("month.differs", n=len(page.since)), key="month_since"):
            st.dataframe(
                difference_rows(page.since, page.names, t),
                hide_index=True,
                height="content",
                alt=t("report.sheet.changes"),
            )
    elif newest is not None:
        st.caption(t("month.same"))
    if page.may_sign:
        _sign(room, page)


def _sign(room: Room, page: MonthPage) -> None:
    t, newest = room.t, page.newest
    with st.container(horizontal=True, vertical_alignment="center"):
        if not page.is_up_to_date:
            label = t("month.sign") if newest is None else t("month.sign_again")
            if st.button(label, key="month_sign", type="primary", icon=":material/draw:", help=t("month.sign_says")):
                try:
                    signed = sign(room.workspace, room.viewer, page.month, room.now)
                    flash.done(t("month.signed_done", revision=signed.revision))
                except QcwError as error:
                    flash.refused(error, room)
                st.rerun()
        may_undo = newest is not None and newest == page.revisions[-1]
        if may_undo and st.button(t("month.withdraw"), key="month_withdraw", type="tertiary", icon=":material/undo:"):
            assert newest is not None
            try:
                withdraw(room.workspace, room.viewer, page.month, newest.revision, room.now)
                flash.done(t("month.withdrawn_done"))
            except QcwError as error:
                flash.refused(error, room)
            st.rerun()


def comparison(room: Room, page: MonthPage) -> None:
    """What the report on the page says that another revision, or the data as they are now, do not."""
    t = room.t
    others = {item.revision: item for item in page.revisions if item != page.shown}
    choices = ([0] if page.shown is not None else []) + sorted(others, reverse=True)
    if not choices:
        return
    with st.expander(t("month.compare"), key="month_compare"):
        other = st.selectbox(
            t("month.compare"),
            choices,
            format_func=lambda number: _revision(others.get(number), t),
            key=f"month_other_{page.month:%Y-%m}",
            label_visibility="collapsed",
        )
        found = compared(room.workspace, page, other or None, room.now)
        if found:
            st.dataframe(
                difference_rows(found, page.names, t), hide_index=True, height="content", alt=t("report.sheet.changes")
            )
        else:
            st.caption(t("month.nothing_differs"))
