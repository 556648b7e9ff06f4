"""The shipped classifier: made of the corpora that ship, small enough, and better than nothing where it counts."""

from __future__ import annotations

import json
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.train_refusals import SECOND, corpora_hash, labelled
from qc_workbench.detection.refusal_classifier import CLASSES, refusal_classifier
from qc_workbench.detection.refusals import client_said
from qc_workbench.domain.commitment import ClientSaid
from tests.unit.spoken_calls import dialogue


def test_the_model_was_trained_on_the_corpora_that_ship() -> None:
    card = json.loads((resources.files("models") / "refusal_classifier.json").read_text(encoding="utf-8"))["card"]
    assert card["corpora_sha256"] == corpora_hash(), "run: python -m pipelines.train_refusals"
    assert card["on_second_author_without_them"]["accuracy"] >= 0.9
    assert card["examples"]["second_author"] == len(labelled(SECOND))


@given(st.sets(st.sampled_from(sorted(refusal_classifier().weights)[:500]) | st.text(max_size=8), max_size=30))
def test_probabilities_are_probabilities_whatever_is_true(features: set[str]) -> None:
    likely = refusal_classifier().probabilities(features)
    assert set(likely) == set(CLASSES)
    assert sum(likely.values()) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("asked", "answer", "said"),
    [
        ("Так вы отказываетесь?", "Да, отказываемся.", ClientSaid.EXPLICIT),
        ("Москитную сетку добавляем?", "Нет, не надо.", ClientSaid.NONE),
        ("Оформляем?", "Да, оформляйте.", ClientSaid.NONE),
        ("Готовы подписать?", "Пока нет, надо подумать.", ClientSaid.POSTPONED),
    ],
)
def test_a_short_answer_means_what_was_asked(asked: str, answer: str, said: ClientSaid) -> None:
    assert client_said(dialogue(f"A: {asked}", f"C: {answer}")).said is said


def test_what_sounds_like_a_refusal_but_not_surely_raises_doubt() -> None:
    said = client_said(dialogue("A: Что решили?", "C: Да не знаю, наверное, не станем связываться, или как."))
    assert said.said is ClientSaid.EXPLICIT or said.doubt == "refusal_may_be_heard"
