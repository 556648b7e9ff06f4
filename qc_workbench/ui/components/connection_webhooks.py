"""What came of a source's webhooks: taken, refused and why, waiting. Its address is shown by a command only."""

from __future__ import annotations

import streamlit as st

from qc_workbench.ui.components.blocks import nothing
from qc_workbench.ui.labels import plain
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.connections import Connection
from qc_workbench.ui.views.webhooks import DAYS, webhooks_of


def webhooks_tab(room: Room, item: Connection) -> None:
    t = room.t
    found = webhooks_of(room.workspace, room.viewer, item.name, room.now)
    if found is None:
        nothing(t("webhook.tab.unsupported"))
        return
    state = "off" if not found.is_on else "no_secret" if not found.is_ready else "signed" if found.is_signed else "on"
    st.markdown(t(f"webhook.tab.{state}", source=plain(item.name)))
    refused = found.refused or {}
    if not (found.is_on or found.received or refused):
        return
    amounts = {"received": found.received, "repeated": found.repeated, "refused": sum(refused.values()),
               "waiting": found.waiting}  # fmt: skip
    for place, (name, amount) in zip(st.columns(5), amounts.items(), strict=False):
        place.metric(t(f"webhook.column.{name}"), t.number(amount))
    last = t("webhook.column.last")
    st.caption(f"{t('webhook.days', n=DAYS)} {last}: {t.moment(found.last_at) if found.last_at else '—'}.")
    if refused:
        st.dataframe(
            [
                {t("webhook.tab.reason"): t(f"webhook.refused.{reason}"), t("webhook.tab.amount"): t.number(amount)}
                for reason, amount in refused.items()
            ],
            hide_index=True,
            alt=t("webhook.column.refused"),
        )
