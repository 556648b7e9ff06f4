"""Codes and order of a form's lists: options and causes of a question, bands of the form.

Answers are kept under codes, so a code is made once, of the first words typed, and is changed only while no version
that calls were scored on has it. ``question`` None means the form's bands. ``settled``: the newest version that was
ever published, None before the first. Raises :class:`UsageError` ``form_part_gone``, ``form_code_wrong``,
``form_code_taken`` and ``form_code_used``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from qc_workbench.domain.forms import Band, Condition, Form
from qc_workbench.errors import UsageError
from qc_workbench.review.form_editing import free_code, new_code, question_named, set_form, set_question

#: What a code is called before anybody has typed words, by list.
STEMS: Final[Mapping[str, str]] = {"options": "option", "causes": "cause", "bands": "band"}


def items_of(form: Form, question: str | None, field: str) -> tuple[Any, ...]:
    """The list ``field`` of a question, or of the form itself."""
    return tuple(getattr(form if question is None else question_named(form, question), field))


def is_used(settled: Form | None, question: str | None, field: str, code: str) -> bool:
    """Whether scores may stand under this code."""
    if settled is None or (question is not None and settled.question(question) is None):
        return False
    return any(item.code == code for item in items_of(settled, question, field))


def worded(
    form: Form, question: str | None, field: str, place: int, language: str, words: str, settled: Form | None
) -> Form:
    """The item of this place with words in one language. The first words that are typed also make its code."""
    items = items_of(form, question, field)
    if place >= len(items):
        return form
    item = items[place]
    form = _put(form, question, field, place, text=replace(item.text, **{language: words}))
    is_placeholder = re.fullmatch(STEMS[field] + r"(_\d+)?", item.code) is not None
    if not words or not is_placeholder or is_used(settled, question, field, item.code):
        return form
    taken = {other.code for at, other in enumerate(items) if at != place}
    return _recoded(form, question, field, place, new_code(words, taken, STEMS[field]))


def recoded(form: Form, question: str | None, field: str, place: int, code: str, settled: Form | None) -> Form:
    """With another code, which conditions on the item follow."""
    items = items_of(form, question, field)
    if place >= len(items) or items[place].code == code:
        return form
    if is_used(settled, question, field, items[place].code):
        raise UsageError("form_code_used", value=items[place].code)
    free_code(code, {item.code for item in items} - {items[place].code})
    return _recoded(form, question, field, place, code)


def moved(items: tuple[Any, ...], place: int, by: int) -> tuple[Any, ...]:
    """One place up (-1) or down (1); at the end it stays."""
    target = place + by
    if not (0 <= place < len(items) and 0 <= target < len(items)):
        return items
    order = list(items)
    order.insert(target, order.pop(place))
    return tuple(order)


def in_order(bands: tuple[Band, ...]) -> tuple[Band, ...]:
    """Bands go up from zero."""
    return tuple(sorted(bands, key=lambda band: band.from_score))


def _recoded(form: Form, question: str | None, field: str, place: int, code: str) -> Form:
    old = items_of(form, question, field)[place].code
    form = _put(form, question, field, place, code=code)
    if field != "options":
        return form

    def follow(conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
        return tuple(
            replace(item, values=tuple(code if value == old else value for value in item.values))
            if item.question == question
            else item
            for item in conditions
        )

    return replace(
        form,
        sections=tuple(
            replace(
                section,
                show_when=follow(section.show_when),
                questions=tuple(replace(asked, show_when=follow(asked.show_when)) for asked in section.questions),
            )
            for section in form.sections
        ),
    )


def _put(form: Form, question: str | None, field: str, place: int, **changed: Any) -> Form:
    items = tuple(
        replace(item, **changed) if at == place else item for at, item in enumerate(items_of(form, question, field))
    )
    return set_form(form, **{field: items}) if question is None else set_question(form, question, **{field: items})
