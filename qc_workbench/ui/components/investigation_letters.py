"""Letters: their text before they are sent, how they left, what the agent says; and the agent's own."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from qc_workbench.domain.access import Action
from qc_workbench.domain.letter import DELIVERIES, Letter, LetterStep
from qc_workbench.ui.components.blocks import nothing
from qc_workbench.ui.components.investigation_parts import act
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import plain
from qc_workbench.ui.state import Room
from qc_workbench.ui.views import investigation as investigation_views
from qc_workbench.ui.views.investigation import InvestigationRoom


def letters_shown(room: Room, shown: InvestigationRoom) -> None:
    t = room.t
    if not shown.view.letters:
        return
    st.header(t("investigation_step.letters"), anchor=False)
    first = next((item for item in shown.view.letters if not item.events), None)
    for letter in shown.view.letters:
        state = t(f"letter_step.{letter.events[-1].kind.value}") if letter.events else t("inv.not_sent")
        label = plain(t("inv.letter_of", agent=shown.people.agent(letter.agent), state=state))
        waits = not letter.events
        with st.expander(label, expanded=letter is first, key=f"inv_letter_{letter.letter_id}"):
            may = room.viewer.may(Action.RULE_ON_FLAG, letter.agent)
            if waits and may:
                _draft(room, letter)
            else:
                _text(letter)
            _history(letter, t)
            if may and not letter.is_withdrawn:
                _keys(room, shown, letter, is_first=letter is first)


def _text(letter: Letter) -> None:
    st.markdown(f"**{plain(letter.subject)}**")
    st.text(letter.text)


def _draft(room: Room, letter: Letter) -> None:
    t, key = room.t, letter.letter_id
    subject, text = f"inv_subject_{key}", f"inv_text_{key}"
    st.text_input(t("inv.subject"), value=letter.subject, key=subject)
    st.text_area(t("inv.text"), value=letter.text, key=text, height=480)
    st.button(
        t("inv.save"),
        key=f"inv_save_{key}",
        on_click=act,
        args=(
            lambda who: investigation_views.edit(
                who.workspace, who.viewer, letter, st.session_state[subject], st.session_state[text], who.now
            ),
            "inv.saved",
        ),
        type="tertiary",
    )


def _history(letter: Letter, t: Translator) -> None:
    st.caption(t("inv.letter_hash", hash=letter.sha256[:12]))
    for item in letter.events:
        step = t(f"letter_step.{item.kind.value}")
        line = t("inv.step_line", step=step, who=item.by, moment=t.moment(item.at))
        st.caption(plain(f"{line} · {item.address}" if item.address else line))
        if item.text:
            st.text(item.text)


def _keys(room: Room, shown: InvestigationRoom, letter: Letter, *, is_first: bool) -> None:
    t, key = room.t, letter.letter_id
    address = f"inv_address_{key}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if not any(item.kind is LetterStep.SHOWN for item in letter.events):
            st.button(
                t("inv.show"), key=f"inv_show_{key}", on_click=act, args=(_sending(letter, LetterStep.SHOWN),),
                type="primary" if is_first else "secondary",
            )  # fmt: skip
        st.text_input(
            t("inv.address"), value=shown.addresses.get(letter.agent, ""), key=address, width=240,
            placeholder=t("inv.address"), label_visibility="collapsed",
        )  # fmt: skip
        st.button(
            t("inv.mail"), key=f"inv_mail_{key}", on_click=act, args=(_sending(letter, LetterStep.MAILED, address),)
        )
        st.download_button(
            t("inv.download"),
            data=f"{letter.subject}\n\n{letter.text}\n".encode(),
            file_name=f"{letter.month:%Y-%m}-{letter.agent}.txt",
            key=f"inv_file_{key}",
            on_click=act,
            args=(_sending(letter, LetterStep.DOWNLOADED),),
        )
        with st.popover(t("inv.withdraw_letter"), type="tertiary"):
            because = f"inv_letter_because_{key}"
            st.text_input(t("inv.because"), key=because)
            st.button(
                t("inv.withdraw_letter"),
                key=f"inv_letter_back_{key}",
                on_click=act,
                args=(
                    lambda who: investigation_views.take_back(
                        who.workspace, who.viewer, letter, str(st.session_state.get(because, "")), who.now
                    ),
                ),
            )


def _sending(letter: Letter, how: LetterStep, address: str = "") -> Callable[[Room], None]:
    """``address``: the field that holds it."""
    return lambda who: investigation_views.send(
        who.workspace, who.viewer, letter, how, who.now, str(st.session_state.get(address, "")) if address else ""
    )


# The agent's own -------------------------------------------------------------


def letters_to_me(room: Room) -> None:
    """Each letter with the place to say that it was read, and to answer."""
    t = room.t
    found = investigation_views.my_letters(room.workspace, room.viewer)
    if not found:
        nothing(t("inv.no_letters"))
    for letter in found:
        with st.container(border=True):
            _text(letter)
            delivered = [item for item in letter.events if item.kind not in DELIVERIES]
            for item in delivered:
                st.caption(
                    plain(
                        t(
                            "inv.step_line",
                            step=t(f"letter_step.{item.kind.value}"),
                            who=item.by,
                            moment=t.moment(item.at),
                        )
                    )
                )
                if item.text:
                    st.text(item.text)
            _answer_keys(room, letter)


def _answer_keys(room: Room, letter: Letter) -> None:
    t, key = room.t, letter.letter_id
    answer = f"my_letter_answer_{key}"
    if letter.acknowledged_at is None:
        st.button(
            t("inv.read"), key=f"my_letter_read_{key}", type="primary", on_click=act,
            args=(lambda who: investigation_views.acknowledge(who.workspace, who.viewer, key, who.now),),
        )  # fmt: skip
    st.text_area(t("inv.your_answer"), key=answer, height=100)
    st.button(
        t("inv.send_answer"), key=f"my_letter_send_{key}", on_click=act,
        args=(
            lambda who: investigation_views.answer(
                who.workspace, who.viewer, key, str(st.session_state.get(answer, "")), who.now
            ),
        ),
    )  # fmt: skip
