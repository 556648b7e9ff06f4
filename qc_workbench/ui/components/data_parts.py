"""What is kept of whom, for what and how long; a report about oneself or about who asks; erasing a client."""

from __future__ import annotations

import streamlit as st

from pipelines.erasure import ErasureReport
from qc_workbench.domain.erasure import Certificate
from qc_workbench.domain.personal_data import KeptData
from qc_workbench.errors import QcwError
from qc_workbench.store.calls import managers
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import error_text, plain
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.personal_data import (
    DataRoom,
    certificate_file,
    erase_client,
    erasure_preview,
    next_retention,
    own_report,
    report_about,
)

#: What was erased last in this session: its certificate can be taken until the page is left.
_CERTIFICATE, _REPORT = "data_certificate", "data_report"


def own(room: Room) -> None:
    """For an employee: everything kept about them as one file."""
    t = room.t
    if room.viewer.agent_id is None:
        return
    with st.container(border=True):
        st.markdown(t("data.own"))
        st.download_button(
            t("data.own_take"), data=own_report(room.workspace, room.viewer, t), file_name="my-data.zip",
            mime="application/zip", on_click="ignore", key="data_own",
        )  # fmt: skip


def what_is_kept(room: Room, view: DataRoom) -> None:
    t = room.t
    of_clients = {item.category for item in view.clients}
    for item in view.employees:
        _one(item, t("data.of_both" if item.category in of_clients else "data.of_employees"), t)
    if any(item.basis_is_draft for item in view.employees):
        st.caption(t("data.drafts"))
    st.markdown(plain(t("data.contact", contact=view.contact)) if view.contact else t("data.no_contact"))
    if view.erased_at is not None:
        st.caption(t("data.erased", n=view.erasures, moment=t.moment(view.erased_at)))


def _one(item: KeptData, of_whom: str, t: Translator) -> None:
    """A line to unfold: what, of whom and how long; inside why, on what basis and who sees it."""
    code = item.category.value
    kept = t("data.months", n=item.months) if item.months else t("data.until_erased")
    with st.expander(f"**{t(f'data.{code}.what')}** · {of_whom} · {kept}"):
        st.markdown(f"**{t('data.column.why')}.** {plain(item.purpose)}")
        draft = f" ({t('data.draft')})" if item.basis_is_draft else ""
        st.markdown(f"**{t('data.column.basis')}.** {plain(item.basis)}{draft}")
        st.markdown(f"**{t('data.column.who')}.** {t(f'data.{code}.who')}")


def retention(room: Room, view: DataRoom) -> None:
    """When old things last went, and what goes next."""
    t = room.t
    st.header(t("data.retention"), anchor=False)
    last = t("data.retained", moment=t.moment(view.retained_at)) if view.retained_at else t("data.never_retained")
    st.caption(f"{last} {t('data.retention_set' if view.is_limited else 'retention.nothing_set')}")
    if not view.is_limited or not st.button(t("data.retention_look"), key="data_retention"):
        return
    report = next_retention(room.workspace, room.viewer, room.now)
    rows = [
        {
            t("retention.column.what"): t(f"retention.kind.{item.kind.value}"),
            t("retention.column.kept"): t("retention.months", n=item.months)
            if item.months
            else t("retention.for_ever"),
            t("retention.column.goes"): t.number(item.count),
            t("retention.column.megabytes"): t.number(item.size_bytes / 1e6, 1),
            t("retention.column.held"): t.number(len(item.held)),
        }
        for item in report.kinds
    ]
    st.dataframe(rows, hide_index=True, key="data_retention_rows")
    st.caption(t("data.retention_goes"))


def reports(room: Room) -> None:
    """For whoever answers a person's question what is kept about them."""
    t = room.t
    st.header(t("data.reports"), anchor=False)
    st.caption(t("data.reports_say"))
    with room.workspace.store.reading() as reader:
        names = {key: item.name or key for key, item in managers(reader).items()}
    with st.form("data_reports", border=True, enter_to_submit=False):
        phone = st.text_input(t("data.phone"), key="data_report_phone", max_chars=40)
        agent = st.selectbox(
            t("data.or_employee"), [None, *sorted(names, key=names.__getitem__)],
            format_func=lambda key: names.get(key or "", "—"), key="data_report_agent",
        )  # fmt: skip
        pressed = st.form_submit_button(t("data.report_make"), key="data_report_make")
    if pressed:
        try:
            with st.spinner(t("data.working")):
                content = report_about(room.workspace, room.viewer, t, phone=phone.strip(), agent=agent or "")
        except QcwError as error:
            st.error(error_text(error, t))
            return
        st.download_button(
            t("data.report_take", n=max(1, len(content) // 1024)), data=content, file_name="access-report.zip",
            mime="application/zip", on_click="ignore", key="data_report_file",
        )  # fmt: skip


def erasing(room: Room) -> None:
    """Two steps: what would go, then the last digits once more. There is no way back, and it says so."""
    t = room.t
    st.header(t("data.erase"), anchor=False)
    st.caption(t("data.erase_says"))
    phone = st.text_input(t("data.phone"), key="data_erase_phone", max_chars=40).strip()
    if phone:
        _preview(room, phone)
    kept = st.session_state.get(_CERTIFICATE)
    if isinstance(kept, Certificate):
        with st.container(border=True):
            st.success(t("erasure.done", number=kept.certificate_id))
            for form in ("pdf", "json"):
                st.download_button(
                    t("data.certificate", form=form.upper()),
                    data=certificate_file(room.workspace, room.viewer, kept, form, t),
                    file_name=f"certificate-{kept.certificate_id}.{form}", on_click="ignore", key=f"data_cert_{form}",
                )  # fmt: skip


def _preview(room: Room, phone: str) -> None:
    t = room.t
    try:
        found = erasure_preview(room.workspace, room.viewer, phone)
    except QcwError as error:
        st.error(error_text(error, t))
        return
    if not found.removed:
        st.info(t("erasure.nothing"))
        return
    st.dataframe(_removed(found, t), hide_index=True, key="data_erase_rows")
    if found.other_phones:
        st.warning(t("erasure.other_phones", phones=", ".join(found.other_phones)))
    with st.form("data_erase", border=True, enter_to_submit=False):
        reason = st.text_input(t("data.erase_reason"), key="data_erase_reason", max_chars=500)
        digits = st.text_input(t("data.erase_digits"), key="data_erase_digits", max_chars=4)
        pressed = st.form_submit_button(t("data.erase_now"), type="primary", key="data_erase_now")
    if pressed:
        try:
            with st.status(t("data.working"), expanded=False):
                done = erase_client(room.workspace, room.viewer, phone, digits, reason)
        except QcwError as error:
            st.error(error_text(error, t))
            return
        st.session_state[_CERTIFICATE] = done.certificate
        st.rerun()


def _removed(found: ErasureReport, t: Translator) -> list[dict[str, str]]:
    return [
        {
            t("erasure.column.what"): t(f"erasure.kind.{item.kind}"),
            t("erasure.column.count"): t.number(item.count),
            t("erasure.column.how"): t("erasure.anonymised" if item.anonymised else "erasure.deleted"),
        }
        for item in found.removed
    ]
