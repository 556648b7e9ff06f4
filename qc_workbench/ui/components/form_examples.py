"""Example clips of a question: chosen from the library by ear, played, with a note; in the editor and in the trial."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import streamlit as st

from qc_workbench.domain.coaching import Clip
from qc_workbench.domain.forms import Example, Form, Question, Text
from qc_workbench.review import form_editing
from qc_workbench.ui.clips import clip_address
from qc_workbench.ui.components.form_pen import Pen
from qc_workbench.ui.components.form_rows import of_question, put_number, remove_button, with_words
from qc_workbench.ui.components.passage import silence_text, silent
from qc_workbench.ui.components.player import quote_button
from qc_workbench.ui.form_words import both, words_of
from qc_workbench.ui.i18n import Translator, clock
from qc_workbench.ui.labels import plain
from qc_workbench.ui.navigation import link
from qc_workbench.ui.state import Room, enter
from qc_workbench.ui.views.form_examples import (
    HEARD_S,
    ClipChoice,
    ExampleSound,
    Silence,
    clip_choice,
    example_sounds,
)


def example_rows(pen: Pen, form: Form, question: Question) -> None:
    """What is there, then the library to choose from."""
    room, t, put = enter(), pen.t, of_question(question.code, "examples")
    sounds = example_sounds(room.workspace, room.viewer, form)
    for place, example in enumerate(question.examples):
        row = f"example_{place}"
        with st.container(horizontal=True, vertical_alignment="center"):
            example_button(room, example, sounds.get(example), t, pen.key(f"{row}_play"))
            st.caption(t("form_editor.example_at", call=plain(example.call_id)), width="stretch")
            remove_button(pen, put, place, row)
        cells = st.columns([4, 4, 2], gap="small", vertical_alignment="bottom")
        for cell, language in zip(cells, ("ru", "en"), strict=False):
            with cell:
                pen.line(
                    f"{t('form_editor.note')} · {t(f'form_editor.in_{language}')}",
                    example.note.of(language),
                    f"{row}_{language}",
                    lambda form, words, at=place, language=language: put(  # type: ignore[misc]
                        form, with_words(at, "note", language, words)
                    ),
                )
        with cells[2]:
            pen.number(
                t("form_field.second"),
                example.second_s,
                f"{row}_second",
                partial(put_number, put, place, "second_s"),
                least=0.0,
            )
    _library(room, pen, question)
    _by_hand(pen, question)


def example_button(room: Room, example: Example, sound: ExampleSound | None, t: Translator, key: str) -> None:
    """Plays an example; in words why it can't be heard."""
    if sound is None or sound.silent is not None:
        silent(_silence(sound, t))
    elif sound.clip is not None:
        quote_button(clip_address(sound.clip.clip_id), 0.0, sound.clip.to_s - sound.clip.from_s, t, key=key)
    else:
        begins = float(example.second_s)
        quote_button(room.address(sound.recording), begins, begins + HEARD_S, t, key=key)


def _silence(sound: ExampleSound | None, t: Translator) -> str:
    if sound is None or sound.silent is None:
        return t(f"example_silent.{Silence.NO_CALL.value}")
    if sound.silent is Silence.NO_RECORDING:
        return silence_text(sound.recording, t)
    return t(f"example_silent.{sound.silent.value}")


def _library(room: Room, pen: Pen, question: Question) -> None:
    """A clip of the library, heard before it is taken."""
    t, find_key = pen.t, pen.still("clip_find")
    found = clip_choice(room.workspace, room.viewer, question.code, str(st.session_state.get(find_key) or ""))
    is_long = found.total > len(found.clips) or bool(st.session_state.get(find_key))
    if not found.clips and not is_long:
        st.caption(t("form_editor.no_clips"))
        link("coaching", t, t("form_editor.to_clips"))
        return
    if is_long:
        st.text_input(t("clip_library.find"), key=find_key)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            t("form_editor.from_library"),
            list(found.clips),
            index=None,
            placeholder=t("form_editor.choose_clip"),
            format_func=lambda clip_id: _named(found.clips[clip_id], t),
            key=pen.still("clip_chosen"),
        )
    if chosen is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        _take_chosen(pen, question, found, chosen)


def _take_chosen(pen: Pen, question: Question, found: ClipChoice, chosen: str) -> None:
    t, clip, sound = pen.t, found.clips[chosen], found.sounds[chosen]
    if sound.silent is not None:
        silent(_silence(sound, t))
    else:
        quote_button(clip_address(clip.clip_id), 0.0, clip.to_s - clip.from_s, t, key=pen.still(f"clip_{chosen}"))

    def press() -> None:
        note = Text(clip.title, clip.title)
        _add(pen, question.code, clip.call_id, clip.from_s, note)
        st.session_state[pen.still("clip_chosen")] = None

    st.button(
        t("form_editor.take_clip"),
        key=pen.still("clip_take"),
        on_click=press,
        icon=":material/add:",
        disabled=sound.silent is Silence.NO_RECORDING,
    )


def _by_hand(pen: Pen, question: Question) -> None:
    """A moment of a call that is not in the library."""
    t, call_key, second_key = pen.t, pen.still("example_call"), pen.still("example_second")
    with st.popover(t("form_editor.example_by_hand"), type="tertiary"):
        st.caption(t("form_editor.example_by_hand_says"))
        st.text_input(t("form_field.call"), key=call_key)
        st.number_input(t("form_field.second"), min_value=0.0, step=1.0, format="%g", key=second_key)

        def press() -> None:
            call = str(st.session_state[call_key] or "").strip()
            if call:
                _add(pen, question.code, call, float(st.session_state[second_key]), both("form_editor.new_example"))
                st.session_state[call_key] = ""

        st.button(t("form_editor.add_example"), key=pen.still("example_add"), on_click=press)


def _add(pen: Pen, code: str, call_id: str, second_s: float, note: Text) -> None:
    put = of_question(code, "examples")
    pen.write(lambda form: put(form, lambda items: form_editing.added_example(items, call_id, second_s, note)))


def _named(clip: Clip, t: Translator) -> str:
    return f"{clip.title} · {t(f'clip.{clip.kind.value}')} · {clock(clip.to_s - clip.from_s)}"


def examples_heard(
    room: Room, question: Question, sounds: Mapping[Example, ExampleSound], t: Translator, key: str
) -> None:
    """The examples of a question as whoever scores has them."""
    for place, example in enumerate(question.examples):
        with st.container(horizontal=True, vertical_alignment="center"):
            example_button(room, example, sounds.get(example), t, f"{key}_{place}_{example.call_id}_{example.second_s}")
            st.caption(plain(words_of(example.note, t)), width="stretch")
