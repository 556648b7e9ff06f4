"""Which column is what: a line for each field, guessed, with how sure the guess is and why; every line by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import streamlit as st

from qc_workbench.domain.file_mapping import FIELDS, KEEPS_THE_REST, CellKind, DateOrder, Field, FileMapping, Made
from qc_workbench.sources.file_words import file_words
from qc_workbench.sources.guess_columns import LIKELY, MOST_WORDS, SURE, Guess, Suggestion
from qc_workbench.sources.sheet_layout import header_key
from qc_workbench.ui.labels import plain
from qc_workbench.ui.state import Room
from qc_workbench.ui.views import import_files as view

#: What a select box says for "no column" and "the same text in every row".
_NONE: Final = ""
_CONSTANT: Final = "\0constant"
#: Texts that a zone and a country are chosen from; more can be written into the settings of the company.
_ZONES: Final = (
    "", "Europe/Moscow", "Europe/Kyiv", "Europe/Minsk", "Asia/Almaty", "Asia/Tashkent", "Asia/Yekaterinburg",
    "Asia/Novosibirsk", "Asia/Vladivostok", "UTC",
)  # fmt: skip
_REGIONS: Final = ("", "RU", "UA", "BY", "KZ", "UZ", "AM", "GE", "AZ", "KG", "MD", "LV", "LT", "EE", "DE", "GB", "US")


@dataclass(frozen=True, slots=True)
class _Start:
    """Where the choice begins: a guess or a saved mapping. ``key``: widgets of another beginning are other widgets."""

    mapping: FileMapping
    suggestion: Suggestion | None
    key: str


def chosen_mapping(room: Room, found: view.Look) -> tuple[FileMapping, str]:
    """The mapping as it stands on the page, and the name of the saved one that it began with."""
    t = room.t
    st.header(t("files.what_is_what"), anchor=False)
    saved = {item.name: item for item in view.kept(room.workspace, room.viewer).mappings}
    names = [_NONE, *saved]
    first = names.index(found.saved.name) if found.saved and found.saved.name in saved else 0
    if found.saved and first:
        st.success(t("files.recognised", name=plain(found.saved.name)))
    with st.container(horizontal=True):
        name = st.selectbox(
            t("files.mapping"), names, index=first, key=f"files_mapping_{found.token}", width=320,
            format_func=lambda item: item or t("files.guess"),
        ) if saved else _NONE  # fmt: skip
        entities = list(FIELDS)
        guessed = saved[name].mapping.entity if name else found.suggestion.mapping.entity
        entity = st.selectbox(
            t("files.entity"), entities, index=entities.index(guessed), key=f"files_entity_{found.token}_{name}",
            format_func=lambda item: t(f"entity.{item}"), width=320,
        )  # fmt: skip
    start = _start(room, found, saved[name].mapping if name else None, entity, name)
    columns, times, constants = _fields(room, found, start, entity)
    words = _words(room, found, start, entity, columns)
    mapping = replace(
        start.mapping, entity=entity, columns=columns, times=times, constants=constants, words=words,
        sheet=found.opened.sheet if len(found.opened.book.sheets) > 1 else "",
        header_row=found.opened.header.row, header_rows=found.opened.header.rows,
        encoding=found.opened.book.encoding, delimiter=found.opened.book.delimiter,
    )  # fmt: skip
    return _reading(room, mapping, start, entity), name


def _start(room: Room, found: view.Look, saved: FileMapping | None, entity: str, name: str) -> _Start:
    key = f"files_{found.token}_{name}_{entity}"
    if saved is not None and saved.entity == entity:
        return _Start(saved, None, key)
    suggestion = view.suggested(room.workspace, found, entity)
    return _Start(suggestion.mapping, suggestion, key)


def _fields(
    room: Room, found: view.Look, start: _Start, entity: str
) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    t, header = room.t, found.opened.header
    shown = {key: text for key, text in zip(header.keys, header.shown, strict=True) if key}
    columns: dict[str, str] = {}
    times: dict[str, str] = {}
    constants: dict[str, str] = {}
    for item in FIELDS[entity]:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            with st.container(width=170, gap=None):
                star = " \\*" if item.required else ""
                st.markdown(f"**{t(f'files.field.{item.name}')}**{star}")
            choice = _column(room, item, start, shown)
            if choice == _CONSTANT:
                said = _constant(room, item, start)
                if said:
                    constants[item.name] = said
            elif choice:
                columns[item.name] = choice
                if item.kind is CellKind.MOMENT:
                    clock = _clock(room, item, start, shown)
                    if clock:
                        times[item.name] = clock
            with st.container(width="stretch"):
                st.caption(_why(room, item, start, choice, shown))
    return columns, times, constants


def _column(room: Room, item: Field, start: _Start, shown: dict[str, str]) -> str:
    t = room.t
    options = [_NONE, _CONSTANT, *shown]
    before = start.mapping.columns.get(item.name, _NONE)
    if item.name in start.mapping.constants:
        before = _CONSTANT
    none = t("files.made." + item.made.value) if item.made is not Made.NOTHING else t("files.no_column")

    def name_of(option: str) -> str:
        return none if option == _NONE else t("files.constant") if option == _CONSTANT else shown[option]

    return st.selectbox(
        t(f"files.field.{item.name}"), options, index=options.index(before) if before in options else 0,
        key=f"{start.key}_{item.name}", format_func=name_of, label_visibility="collapsed", width=240,
    )  # fmt: skip


def _constant(room: Room, item: Field, start: _Start) -> str:
    t, label = room.t, room.t("files.constant_text")
    before = start.mapping.constants.get(item.name, "")
    key = f"{start.key}_{item.name}_constant"
    if item.kind is CellKind.CHOICE:
        index = item.choices.index(before) if before in item.choices else 0
        return st.selectbox(
            label, item.choices, index=index, key=key, label_visibility="collapsed", width=190,
            format_func=lambda word: t(f"files.word.{item.name}.{word}"),
        )  # fmt: skip
    return st.text_input(
        label, value=before, key=key, label_visibility="collapsed", width=190, placeholder=label
    ).strip()


def _clock(room: Room, item: Field, start: _Start, shown: dict[str, str]) -> str:
    """The column with the time of day, where the date has none: offered where such a column is there."""
    t = room.t
    before = start.mapping.times.get(item.name, _NONE)
    likely = [key for key in shown if key in file_words().clocks or key == before]
    if not likely:
        return _NONE
    options = [_NONE, *likely]
    return st.selectbox(
        t("files.clock"), options, index=options.index(before), key=f"{start.key}_{item.name}_clock",
        format_func=lambda key: t("files.clock_of", column=shown.get(key, key)) if key else t("files.no_clock"),
        label_visibility="collapsed", width=160,
    )  # fmt: skip


def _why(room: Room, item: Field, start: _Start, choice: str, shown: dict[str, str]) -> str:
    """How sure the guess is and why; nothing about what was chosen by hand but that it was."""
    t = room.t
    if choice == _NONE:
        return t("files.needed") if item.required and item.made is Made.NOTHING else ""
    if choice == _CONSTANT:
        return ""
    if start.suggestion is None:
        return t("files.reason.saved") if start.mapping.columns.get(item.name) == choice else t("files.reason.by_hand")
    guess = start.suggestion.guesses.get(item.name)
    if guess is None or guess.header != choice:
        return t("files.reason.by_hand")
    reasons = ", ".join(_reason(room, guess, reason.value) for reason in guess.reasons)
    how = "sure" if guess.sureness >= SURE else "likely" if guess.sureness >= LIKELY else "weak"
    _ = shown
    return f"{t(f'files.sureness.{how}')}: {reasons}" if reasons else t(f"files.sureness.{how}")


def _reason(room: Room, guess: Guess, code: str) -> str:
    share = room.t.percent(guess.share) if guess.share is not None else ""
    return room.t(f"files.reason.{code}", share=share)


def _words(
    room: Room, found: view.Look, start: _Start, entity: str, columns: dict[str, str]
) -> dict[str, dict[str, str]]:
    """What the texts of a column mean, where only some of them are known words."""
    t, known = room.t, file_words().words
    said: dict[str, dict[str, str]] = {}
    for item in FIELDS[entity]:
        if item.kind is not CellKind.CHOICE or item.name not in columns:
            continue
        before = dict(start.mapping.words.get(item.name, {}))
        texts = {header_key(text): text for text in view.texts_of(found, columns[item.name], MOST_WORDS)}
        asked = {key: text for key, text in texts.items()
                 if key not in known.get(item.name, {}) and key not in item.choices} | {
                     key: texts.get(key, key) for key in before}  # fmt: skip
        if not asked:
            continue
        st.markdown(t("files.words_of", field=t(f"files.field.{item.name}")))
        with st.container(horizontal=True):
            for key, text in asked.items():
                before[key] = _word(room, item, plain(view.seen(room.viewer, text)), before.get(key, ""), start, key)
        told = {key: meant for key, meant in before.items() if meant}
        if told:
            said[item.name] = told
    return said


def _word(room: Room, item: Field, label: str, before: str, start: _Start, key: str) -> str:
    t, options = room.t, ["", *item.choices]

    def name_of(word: str) -> str:
        return t(f"files.word.{item.name}.{word}") if word else t("files.not_told")

    at = options.index(before) if before in options else 0
    return st.selectbox(
        label, options, index=at, key=f"{start.key}_{item.name}_word_{key}", width=210, format_func=name_of
    )


def _reading(room: Room, mapping: FileMapping, start: _Start, entity: str) -> FileMapping:
    """Order of dates, mark of decimals, zone, country, headings of groups, other columns."""
    t, key = room.t, start.key
    with st.expander(t("files.reading_title")):
        with st.container(horizontal=True):
            orders = [item.value for item in DateOrder]
            order = st.selectbox(
                t("files.date_order"), orders, index=orders.index(mapping.date_order.value), key=f"{key}_order",
                format_func=lambda code: t(f"files.order.{code}"), width=220,
            )  # fmt: skip
            marks = [",", ".", ""]
            decimal = st.selectbox(
                t("files.decimal"), marks, index=marks.index(mapping.decimal), key=f"{key}_decimal",
                format_func=lambda mark: {",": "1 234,50", ".": "1,234.50"}.get(mark, t("files.decimal_none")),
                width=220,
            )  # fmt: skip
            zones = list(dict.fromkeys([*_ZONES, mapping.timezone]))
            zone = st.selectbox(
                t("files.zone"), zones, index=zones.index(mapping.timezone), key=f"{key}_zone", width=220,
                format_func=lambda name: name or t("files.of_company"),
            )  # fmt: skip
            regions = list(dict.fromkeys([*_REGIONS, mapping.phone_region]))
            region = st.selectbox(
                t("files.region"), regions, index=regions.index(mapping.phone_region), key=f"{key}_region", width=220,
                format_func=lambda name: name or t("files.of_company"),
            )  # fmt: skip
            fields = ["", *(item.name for item in FIELDS[entity] if item.kind in (CellKind.TEXT, CellKind.MANAGER))]
            at = fields.index(mapping.group_field) if mapping.group_field in fields else 0
            group = st.selectbox(
                t("files.group_field"), fields, index=at, key=f"{key}_group", help=t("files.group_help"), width=220,
                format_func=lambda name: t(f"files.field.{name}") if name else t("files.group_skip"),
            )  # fmt: skip
        rest = entity in KEEPS_THE_REST and st.checkbox(
            t("files.keep_rest"), value=mapping.keep_rest, key=f"{key}_rest"
        )
    return replace(
        mapping, date_order=DateOrder(order), decimal=decimal, timezone=zone, phone_region=region, group_field=group,
        keep_rest=rest,
    )  # fmt: skip
