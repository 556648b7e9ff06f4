"""The shipped classifier: made of the corpora that ship, whole, and better than nothing where it counts."""

from __future__ import annotations

import hashlib
import json
from importlib import resources
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.refusal_corpus import OWN_WHOLE, TALK, labelled, transcript_of
from pipelines.train_refusals import corpora_hashes
from qc_workbench.detection.refusal_classifier import CARD_FILE, CLASSES, MODEL_FILE, parsed, refusal_classifier
from qc_workbench.detection.refusals import client_said
from qc_workbench.domain.commitment import ClientSaid
from qc_workbench.errors import ModelError
from qc_workbench.ui.i18n import catalogue
from tests.unit.spoken_calls import dialogue


def shipped(name: str) -> bytes:
    return (resources.files("models") / name).read_bytes()


def card() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shipped(CARD_FILE))
    return found


def test_the_model_was_trained_on_the_corpora_that_ship() -> None:
    assert card()["corpora"] == corpora_hashes(), "run: python -m pipelines.train_refusals"


def test_the_card_says_how_it_does_on_authors_it_has_not_read() -> None:
    assert card()["figures"]["second_author_without_them"]["accuracy"] >= 0.9
    assert card()["figures"]["whole_calls_one_author_out"]["accuracy"] >= 0.85


def test_a_damaged_file_is_refused_before_it_judges_anybody() -> None:
    body = shipped(MODEL_FILE)
    assert card()["sha256"] == hashlib.sha256(body).hexdigest()
    with pytest.raises(ModelError) as refused:
        parsed(body + b" ", card()["sha256"])
    assert refused.value.code == "refusal_classifier_damaged"
    assert "error.refusal_classifier_damaged" in catalogue()


@given(st.sets(st.sampled_from(sorted(refusal_classifier().pieces.weights)[:500]) | st.text(max_size=8), max_size=30))
def test_probabilities_are_probabilities_whatever_is_true(features: set[str]) -> None:
    likely = refusal_classifier().pieces.of(features)
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


def test_the_same_words_are_a_refusal_or_none_by_how_the_call_goes_on() -> None:
    before = ("A: Здравствуйте, по заявке на ворота.", "C: Здравствуйте.", "A: Ставим ворота?")
    refused = client_said(
        dialogue(
            *before, "C: Нет, не надо, сосед сварил.", "A: Понял вас, закрываю заявку.", "C: Закрывайте.",
            "A: Жаль, всего доброго.",
        )
    )  # fmt: skip
    won_over = client_said(
        dialogue(
            *before, "C: Нет, не надо автоматику.", "A: Тогда без автоматики, мастера в среду в десять?",
            "C: Да, в среду удобно, жду.", "A: Записал, договор пришлю.",
        )
    )  # fmt: skip
    assert refused.said is ClientSaid.EXPLICIT
    assert won_over.said is ClientSaid.NONE


def test_a_refusal_is_quoted_from_the_client_never_from_the_agent() -> None:
    for item in labelled(OWN_WHOLE):
        said = client_said(transcript_of([(who, text.removeprefix("*")) for who, text in item.turns]))
        if said.quote is not None:
            clients = " ".join(text.removeprefix("*") for who, text in item.turns if who == "C")
            assert said.quote in clients


def test_ordinary_talk_is_no_refusal() -> None:
    accused = [item for item in labelled(TALK) if client_said(transcript_of(item.turns)).said is ClientSaid.EXPLICIT]
    assert len(accused) <= len(labelled(TALK)) * 0.01
