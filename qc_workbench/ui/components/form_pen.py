"""The pen of the form editor: fields that write their change into the draft the moment it is made.

A change is made in the draft as it is in the store by then, so that two people may write in one form. What others
changed meanwhile is said; every change can be taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, TypeVar

import streamlit as st

from qc_workbench.domain.forms import Form, Text
from qc_workbench.errors import QcwError
from qc_workbench.review.form_differences import differences
from qc_workbench.sources.form_files import form_text, read_draft
from qc_workbench.ui.form_words import change_text
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import error_text, plain
from qc_workbench.ui.state import enter, remember, remembered
from qc_workbench.ui.views import form_drafts

_Value = TypeVar("_Value")
#: Changes of others that are told one by one.
_TOLD = 8
#: Between two things that are said.
_APART = "\x1e"


@dataclass(frozen=True)
class Pen:
    """Writes in one draft. ``place``: what is open; part of the keys of its fields. ``settled``: the newest version
    that was ever published: scores stand under its codes."""

    t: Translator
    code: str
    version: int
    place: str = ""
    settled: Form | None = None

    @property
    def name(self) -> str:
        return f"{self.code}_{self.version}"

    def key(self, field: str) -> str:
        """Of a field: another one after an undo, so that it shows the draft and not what was typed."""
        return f"forms_{self.name}_{remembered(f'forms_turn_{self.name}') or '0'}_{self.place}_{field}"

    def still(self, field: str) -> str:
        """Of a button, which shows nothing of the draft: the same after a change, so that it keeps the focus."""
        return f"forms_{self.name}_{self.place}_{field}"

    def at(self, place: str) -> Pen:
        return replace(self, place=place)

    # what is open, what is said ---------------------------------------------

    @property
    def open(self) -> str:
        return remembered(f"forms_open_{self.name}") or ""

    def turn_to(self, part: str) -> None:
        remember(f"forms_open_{self.name}", part)

    def say(self, text: str, *, is_error: bool = False) -> None:
        """To be shown at the next drawing, below what waits to be said already."""
        key = f"forms_said_{self.name}"
        waiting = remembered(key)
        line = ("!" if is_error else " ") + text
        remember(key, f"{waiting}{_APART}{line}" if waiting else line)

    def said(self) -> None:
        """Show once what the last change had to say."""
        key = f"forms_said_{self.name}"
        for line in (remembered(key) or "").split(_APART):
            if line:
                (st.error if line[0] == "!" else st.info)(line[1:])
        remember(key, None)

    def afresh(self) -> None:
        """Fields show the draft again."""
        turn = int(remembered(f"forms_turn_{self.name}") or 0)
        remember(f"forms_turn_{self.name}", str(turn + 1))

    def notice(self, form: Form, by: str, is_mine: bool = False) -> None:
        """Compare what this page showed last with the draft that is there, and say what others changed."""
        key = f"forms_seen_{self.name}"
        text, seen = form_text(form), remembered(key)
        remember(key, text)
        if seen is None or seen == text or is_mine:
            return
        found = [change_text(item, self.t) for item in differences(read_draft(seen, self.code), form)]
        lines = found[:_TOLD] + (["…"] if len(found) > _TOLD else [])
        head = self.t("form_editor.others_changed", who=plain(by))
        self.say("\n".join((head, "", *(f"- {line}" for line in lines))))
        self.afresh()

    # writing ------------------------------------------------------------------

    def write(self, made: Callable[[Form], Form]) -> bool:
        """Make a change now (a callback of a widget). What went wrong is said at the next drawing."""
        room = enter()
        try:
            done = form_drafts.change(room.workspace, room.viewer, self.code, self.version, made, room.now)
        except QcwError as error:
            self.say(error_text(error, room.t), is_error=True)
            self.afresh()
            return False
        self.notice(done.before.form, done.before.changed_by)
        self.notice(done.after, room.who, is_mine=True)
        return True

    def take_back(self, place: int) -> None:
        room = enter()
        try:
            form = form_drafts.undo(room.workspace, room.viewer, self.code, self.version, place, room.now)
        except QcwError as error:
            self.say(error_text(error, room.t), is_error=True)
        else:
            self.notice(form, room.who, is_mine=True)
        self.afresh()

    def button(
        self, label: str, made: Callable[[Form], Form], field: str, *, then: str | None = None, **more: Any
    ) -> None:
        """A button that changes the draft; ``then``: what is open afterwards."""

        def press() -> None:
            if self.write(made) and then is not None:
                self.turn_to(then)

        st.button(label, key=self.key(field), on_click=press, **more)

    # fields -------------------------------------------------------------------

    def _saver(self, field: str, made: Callable[[Form, Any], Form], read: Callable[[Any], Any]) -> Callable[[], None]:
        key = self.key(field)

        def save() -> None:
            given = st.session_state[key]
            value = read(given)
            if not self.write(lambda form: made(form, value)) and isinstance(given, str) and given:
                self.say(self.t("form_editor.not_kept", words=plain(given)))

        return save

    def line(
        self, label: str, value: str, field: str, made: Callable[[Form, str], Form], *, tall: bool = False, **more: Any
    ) -> None:
        save = self._saver(field, made, lambda text: (text or "").strip())
        if tall:
            st.text_area(label, value, key=self.key(field), on_change=save, height=80, **more)
        else:
            st.text_input(label, value, key=self.key(field), on_change=save, **more)

    def words(
        self, label: str, value: Text | None, field: str, made: Callable[[Form, str, str], Form], *, tall: bool = True
    ) -> None:
        """Both languages beside each other. ``made(form, language, words)``."""
        left, right = st.columns(2, gap="small")
        for column, language in ((left, "ru"), (right, "en")):
            with column:
                self.line(
                    f"{label} · {self.t(f'form_editor.in_{language}')}",
                    value.of(language) if value else "",
                    f"{field}_{language}",
                    lambda form, words, language=language: made(form, language, words),  # type: ignore[misc]
                    tall=tall,
                )

    def number(
        self,
        label: str,
        value: Decimal | None,
        field: str,
        made: Callable[[Form, Any], Form],
        *,
        least: float | None = None,
        most: float | None = None,
        step: float = 1,
        **more: Any,
    ) -> None:
        """A number, or None where the field is emptied; numbers have six decimals at most, as in files."""
        save = self._saver(field, made, _decimal)
        shown = None if value is None else float(value)
        st.number_input(
            label,
            value=shown,
            min_value=None if least is None else min(float(least), shown if shown is not None else float(least)),
            max_value=None if most is None else max(float(most), shown if shown is not None else float(most)),
            step=float(step),
            format="%g",
            key=self.key(field),
            on_change=save,
            **more,
        )

    def choice(
        self,
        label: str,
        options: Sequence[_Value],
        value: _Value,
        field: str,
        made: Callable[[Form, _Value], Form],
        name: Callable[[_Value], str],
        **more: Any,
    ) -> None:
        place = options.index(value) if value in options else None
        st.selectbox(
            label,
            options,
            index=place,
            format_func=name,
            key=self.key(field),
            on_change=self._saver(field, made, lambda found: found),
            **more,
        )

    def several(
        self,
        label: str,
        options: Sequence[_Value],
        values: Sequence[_Value],
        field: str,
        made: Callable[[Form, tuple[_Value, ...]], Form],
        name: Callable[[_Value], str],
        **more: Any,
    ) -> None:
        st.multiselect(
            label,
            options,
            [value for value in values if value in options],
            format_func=name,
            key=self.key(field),
            on_change=self._saver(field, made, tuple),
            **more,
        )

    def tick(self, label: str, value: bool, field: str, made: Callable[[Form, bool], Form], **more: Any) -> None:
        st.checkbox(label, value, key=self.key(field), on_change=self._saver(field, made, bool), **more)


def _decimal(value: float | None) -> Decimal | None:
    if value is None:
        return None
    plain_digits = f"{value:.6f}".rstrip("0").rstrip(".")
    return Decimal(plain_digits if plain_digits not in ("", "-0") else "0")
