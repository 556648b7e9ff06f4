"""The file of a case: against and for side by side, what would change the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from qc_workbench.detection.counterfactuals import Counterfactual
from qc_workbench.domain.flag import Side
from qc_workbench.review.casefile import Point
from qc_workbench.store.cases import Case
from qc_workbench.ui.components.blocks import call_link
from qc_workbench.ui.components.player import quote_button
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import plain
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.call import CallSound
from qc_workbench.ui.views.casefile import CaseFile, EvidenceLine, evidence_lines
from qc_workbench.ui.views.playback import CLIP_S, evidence_name

#: Pieces of evidence of one side shown at once; the rest unfolds.
SHOWN = 6


def both_sides(room: Room, case: Case, sound: CallSound, found: CaseFile, key: str = "") -> None:
    """Every piece of evidence with its seconds and words and, for the agent, what is known around the call. ``key``:
    of this case, where a page has several."""
    t, address = room.t, room.address(sound.recording)
    against, defence = st.columns(2, gap="medium", border=True)
    with against:
        st.markdown(t("suspicious.against"))
        lines = _readable(room, case, Side.AGAINST)
        _lines(lines, address, t, f"{key}against")
        if not lines:
            st.caption(t("casefile.nothing_against"))
    with defence:
        st.markdown(t("suspicious.for"))
        lines = _readable(room, case, Side.FOR)
        for number, point in enumerate(found.points):
            _point(room, point, address, f"{key}point_{number}")
        _lines(lines, address, t, f"{key}for")
        if not lines and not found.points:
            st.caption(t("suspicious.nothing_for"))


def _readable(room: Room, case: Case, side: Side) -> list[EvidenceLine]:
    """The evidence with quotes as the person at the screen may read them."""
    reading = room.reading(case.call)
    return [replace(line, quote=reading.quote(line.quote)) for line in evidence_lines(case.flag, side)]


def _lines(lines: Sequence[EvidenceLine], address: str | None, t: Translator, key: str) -> None:
    for number, line in enumerate(lines[:SHOWN]):
        _line(line, address, t, f"{key}_{number}")
    if len(lines) > SHOWN:
        with st.expander(t("casefile.more", count=t.number(len(lines) - SHOWN))):
            for number, line in enumerate(lines[SHOWN:]):
                _line(line, address, t, f"{key}_more_{number}")


def _line(line: EvidenceLine, address: str | None, t: Translator, key: str) -> None:
    quote = f" «{line.quote}»" if line.quote else ""
    times = (
        f" ({t('casefile.times', seconds=t.number(line.seconds), count=t.number(line.count))})"
        if line.count > 1
        else ""
    )
    text = f"{evidence_name(line.kind, t)}{times}{quote}"
    _heard(text, address, line.start_s, min(line.end_s, line.start_s + 2 * CLIP_S), t, key)


def _heard(text: str, address: str | None, start_s: float, end_s: float, t: Translator, key: str) -> None:
    """A text with a button that plays its seconds."""
    with st.container(horizontal=True, vertical_alignment="top", gap="small", wrap=False):
        quote_button(address, start_s, end_s, t, key=key, brief=True)
        st.text(text, width="stretch")


def _point(room: Room, point: Point, address: str | None, key: str) -> None:
    t = room.t
    from_s = room.workspace.settings.effective.conversation_from_s
    text = t(
        f"defence.{point.code.value}",
        n=point.count,
        count=t.number(point.count),
        seconds=_seconds(point.seconds, t),
        from_s=t.number(from_s),
        missing=_seconds(max(0.0, from_s - point.seconds), t),
        moment=t.moment(point.at) if point.at else "",
        who=point.by,
    )
    if point.start_s is not None:
        _heard(text, address, point.start_s, point.start_s + CLIP_S, t, key)
    else:
        st.text(text)
    if point.call_id:
        call_link(t, t("casefile.other_call"), point.call_id)


def what_would_change(room: Room, sound: CallSound, found: CaseFile) -> None:
    """The rule asked again with one thing changed: what would flip its verdict, and what would not."""
    t, address = room.t, room.address(sound.recording)
    with st.container(border=True):
        st.markdown(f"**{t('flips.title')}**")
        if not found.changes:
            st.caption(t("flips.other_rule"))
            return
        st.caption(t("flips.says"))
        for number, item in enumerate(found.flips):
            verdict = t(f"verdict_would.{item.verdict.value if item.verdict else 'none'}")
            text = t(f"flips.{item.change.value}", **_figures(item, t), verdict=verdict)
            if item.spans:
                start_s, end_s = item.spans[0]
                _heard(text, address, start_s, min(end_s, start_s + 2 * CLIP_S), t, f"flip_{number}")
            else:
                st.text(text)
        if found.steady:
            said = "; ".join(t(f"steady.{item.change.value}", **_figures(item, t)) for item in found.steady)
            st.caption(plain(f"{t('steady.title')} {said}"))


def _figures(item: Counterfactual, t: Translator) -> dict[str, str]:
    return {"seconds": _seconds(item.seconds, t), "conversation": _seconds(item.conversation_s, t)}


def _seconds(value: float, t: Translator) -> str:
    """Seconds as people say them: whole ones, and tenths where there are few."""
    return t.number(value, 1) if 0 < value < 10 and value != int(value) else t.number(value)
