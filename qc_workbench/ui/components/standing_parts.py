"""The standing of a detector in words."""

from __future__ import annotations

import streamlit as st

from qc_workbench.domain.flag import FlagKind
from qc_workbench.review.standing import DetectorStanding
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.standing import newest_standing


def standing_sentence(standing: DetectorStanding, t: Translator) -> str:
    """The figures in one sentence, as Markdown; for a detector with rulings."""
    return t(
        "standing.share",
        confirmed=t.number(standing.confirmed + standing.carried_confirmed),
        ruled=t.number(standing.ruled + standing.carried),
        share=t.percent(standing.share or 0.0),
        low=t.percent(standing.interval[0]),
        high=t.percent(standing.interval[1]),
        target=t.percent(standing.target),
    )


def standing_notice(standing: DetectorStanding | None, t: Translator) -> None:
    """Said above a list when its detector is downgraded, with the figures; nothing otherwise."""
    if standing is not None and standing.is_downgraded:
        st.warning(f"{t(f'standing.notice.{standing.key.kind.value}')} {standing_sentence(standing, t)}")


def detector_notice(room: Room, kind: FlagKind) -> None:
    """The notice for a page that knows only the kind of flags it shows."""
    standing_notice(newest_standing(room.workspace, kind), room.t)
