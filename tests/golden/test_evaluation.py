"""The whole evaluation of a few calls is what it was: figures, intervals, kinds of calls, confusion, mistakes."""

from __future__ import annotations

from tests.golden.make_evaluation import FILE, evaluation


def test_an_evaluation_is_what_it_was() -> None:
    assert evaluation() == FILE.read_text(encoding="utf-8")
