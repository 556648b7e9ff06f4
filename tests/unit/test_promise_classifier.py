"""The promise classifier: its file, its part beside the rules, its features, and the slips it was trained with."""

from __future__ import annotations

import hashlib
import json
import math
import random
import subprocess
import sys
from dataclasses import replace
from datetime import date
from importlib import resources
from pathlib import Path

import pytest

from pipelines.promise_corpus import CORPORA, call_examples, whole_calls, written_calls
from pipelines.recognition_slips import Slips, learned, misheard
from pipelines.train_commitments import fold_of, pieces_of_corpora
from qc_workbench.config import Company
from qc_workbench.detection.commitment_classifier import (
    CARD_FILE,
    MODEL_FILE,
    DamagedClassifier,
    PromiseClassifier,
    checked,
    classifier_fingerprint,
    promise_classifier,
)
from qc_workbench.detection.commitment_context import heard_in
from qc_workbench.detection.commitment_features import SentencesSeen, tokens_of
from qc_workbench.detection.commitments import find_commitments, fingerprint
from qc_workbench.detection.due_dates import moment_of
from qc_workbench.domain.commitment import Action
from tests.unit.spoken_calls import call_at, dialogue

MODELS = Path(str(resources.files("models")))
GREETING = ("C: Алло, слушаю.", "A: Добрый день.")


def judge(bias: float) -> PromiseClassifier:
    """Believes everything (a large bias) or nothing."""
    return PromiseClassifier({}, bias, 1.0, 0.0, {"callback": {"": 0.0}}, 0.7, 0.15, "test")


# --- the file --------------------------------------------------------------------------------------------------------


def test_the_card_names_the_very_file_and_the_very_corpora() -> None:
    card = json.loads((MODELS / CARD_FILE).read_text(encoding="utf-8"))
    assert card["sha256"] == hashlib.sha256((MODELS / MODEL_FILE).read_bytes()).hexdigest()
    assert card["corpora"]
    for name, digest in card["corpora"].items():
        assert hashlib.sha256((CORPORA / name).read_bytes()).hexdigest() == digest, name


def test_a_damaged_file_is_refused_by_name() -> None:
    model, card = (MODELS / MODEL_FILE).read_bytes(), (MODELS / CARD_FILE).read_bytes()
    assert checked(model, card).fingerprint == classifier_fingerprint()
    with pytest.raises(DamagedClassifier, match=r"promise_classifier\.json is damaged.*Install the program again"):
        checked(model[:-2], card)


def test_the_coefficients_are_finite_and_every_action_is_known() -> None:
    model = promise_classifier()
    numbers = [*model.weights.values(), *(one for weights in model.actions.values() for one in weights.values())]
    assert all(math.isfinite(number) for number in numbers)
    assert {Action(name) for name in model.actions} == set(Action)
    assert 0 < model.drop_below < model.add_from < 1


def test_another_classifier_is_another_fingerprint_of_the_detector() -> None:
    assert classifier_fingerprint() in fingerprint()


def test_judging_needs_no_training_library() -> None:
    code = "import sys; from qc_workbench.detection import commitments; commitments.fingerprint(); "
    code += "from qc_workbench.detection.commitment_classifier import promise_classifier as p; p(); "
    code += "assert 'sklearn' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- beside the rules ------------------------------------------------------------------------------------------------


def test_the_classifier_adds_what_no_rule_finds_and_signs_it() -> None:
    words = dialogue(*GREETING, "C: Наш день — четверг, в обед.", "A: Принято.")
    assert find_commitments(call_at(), words, Company(), judge(-9.0)) == ()
    (promise,) = find_commitments(call_at(), words, Company(), judge(9.0))
    assert promise.rule.startswith("classifier_1.00/")


def test_the_classifier_may_drop_what_a_rule_finds() -> None:
    words = dialogue(*GREETING, "A: Наберу вас в четверг.", "C: Хорошо.")
    assert find_commitments(call_at(), words, Company(), judge(-9.0)) == ()
    assert len(find_commitments(call_at(), words, Company(), judge(9.0))) == 1


def test_what_stands_beside_a_promise_is_not_added_again() -> None:
    words = dialogue(*GREETING, "A: Наберу вас в четверг.", "C: В пятницу у нас гости, в субботу дача.")
    assert [item.rule.split("/")[0] for item in find_commitments(call_at(), words, Company(), judge(9.0))] == [
        "ru_agent_calls"
    ]


def test_what_is_tied_to_another_promise_stands_with_it() -> None:
    words = dialogue(
        *GREETING, "A: Деньги вернём до пятницы.", "C: Жду.", "A: Как только платёж уйдёт, я вам отзвонюсь."
    )
    assert [item.action for item in find_commitments(call_at(), words, Company(), judge(-9.0))] == [Action.CALLBACK]


def test_the_answer_of_the_other_side_is_seen() -> None:
    def seen(reply: str) -> frozenset[str]:
        heard = heard_in(
            dialogue("A: Наберу вас в четверг?", f"C: {reply}"), moment_of(call_at().started_at, Company())
        )
        return SentencesSeen(heard).features_of(0)

    assert "A? answer names the day" in seen("Да, в четверг.")
    assert "A? answer names another day" in seen("Нет, в пятницу.")
    assert "A? answer declines" in seen("Не надо, спасибо.")
    assert "A? answer positive" in seen("Хорошо.")


def test_chances_rise_with_the_evidence_and_stay_between_none_and_certain() -> None:
    model = replace(judge(0.0), weights={"w да": 2.0})
    assert 0 < model.chance(()) < model.chance(("w да",)) < 1


@pytest.mark.parametrize(
    "lines",
    [
        ["A: Оставлю за вами звонок на четверг, верно?", "C: Верно."],
        ["A: Итак, обратная связь от нас в среду.", "C: Годится."],
        ["A: I'll chase the warehouse and phone you on Friday.", "C: Good."],
        ["C: Скажите, чтобы Марина мне завтра перезвонила.", "A: Передам."],
        ["A: Тогда ждите звоночка во вторник.", "C: Жду."],
    ],
)
def test_unusual_wordings_are_found(lines: list[str]) -> None:
    assert len(find_commitments(call_at(), dialogue(*GREETING, *lines), Company())) == 1


# --- two promises of one kind ----------------------------------------------------------------------------------------


def test_one_more_call_on_another_day_is_another_promise() -> None:
    words = dialogue(
        *GREETING, "A: Завтра позвоню с ценой.", "C: Хорошо.", "A: И ещё раз позвоню через месяц.", "C: Ладно."
    )
    first, second = find_commitments(call_at(), words, Company())
    assert first.due.due_from == date(2026, 10, 7)
    assert second.due.due_from > date(2026, 10, 25)


def test_papers_and_prices_for_different_days_are_two_promises() -> None:
    words = dialogue(*GREETING, "A: Завтра вышлю вам смету.", "C: Жду.", "A: А договор пришлю в пятницу.", "C: Хорошо.")
    assert [item.action for item in find_commitments(call_at(), words, Company())] == [
        Action.SEND_OFFER,
        Action.SEND_DOCUMENT,
    ]


def test_a_moved_call_stays_one() -> None:
    words = dialogue(
        *GREETING, "C: Наберите завтра.", "A: Хорошо.", "C: Хотя нет, лучше в пятницу наберите.", "A: Ладно."
    )
    (promise,) = find_commitments(call_at(), words, Company())
    assert promise.due.due_from == date(2026, 10, 9)


# --- features --------------------------------------------------------------------------------------------------------


def test_days_are_signs_so_that_none_is_learned_by_heart() -> None:
    moment = moment_of(call_at().started_at, Company())
    one, other = (
        heard_in(dialogue(f"A: Наберу вас {day}."), moment)[0] for day in ("в четверг", "двадцать пятого октября")
    )
    assert tokens_of(one) == tokens_of(other) == ["#call/1", "вас", "DAY"]
    assert SentencesSeen([one]).features_of(0) == SentencesSeen([other]).features_of(0)


def test_who_speaks_is_a_feature() -> None:
    moment = moment_of(call_at().started_at, Company())
    agent, client = (heard_in(dialogue(f"{who}: Наберу вас в четверг."), moment) for who in "AC")
    assert "A #call/1" in SentencesSeen(agent).features_of(0)
    assert "C #call/1" in SentencesSeen(client).features_of(0)


# --- corpora and slips -----------------------------------------------------------------------------------------------


def test_every_piece_is_well_formed() -> None:
    pieces = pieces_of_corpora()
    assert len(pieces) > 900
    assert len({piece.name for piece in pieces}) == len(pieces)
    for piece in pieces:
        assert {who for who, _ in piece.lines} <= {"A", "C"}, piece.name
        assert bool(piece.carrying) == (piece.action is not None), piece.name
        assert piece.action is None or Action(piece.action), piece.name
        assert all(line < len(piece.lines) for line in piece.carrying), piece.name


def test_both_wordings_of_a_call_are_in_one_fold_and_none_is_a_development_call() -> None:
    calls = whole_calls()
    assert {call.words for call in calls} == {"said", "recognised"}
    assert not any(call.name.startswith("d-") for call in calls)
    folds: dict[str, set[int]] = {}
    for call in calls:
        folds.setdefault(call.name, set()).add(fold_of(call.name))
    assert all(len(of) == 1 for of in folds.values())


def test_an_author_of_whole_calls_is_left_out_as_a_whole() -> None:
    folds: dict[int | None, set[int]] = {}
    for call in written_calls():
        folds.setdefault(call.author, set()).add(fold_of(call.name, call.author))
    assert len(folds) == 6
    assert sorted(fold for of in folds.values() for fold in of) == [0, 1, 2, 3, 4, 5]


def test_a_written_call_teaches_its_labelled_line_and_what_is_far_from_it() -> None:
    call = next(call for call in written_calls() if call.name == "c1-002")
    taught = list(call_examples(call))
    assert [example.action for example in taught if example.is_promise] == ["callback"]
    assert any(not example.is_promise for example in taught)


def test_slips_are_drawn_from_their_seed_alone() -> None:
    slips, text = Slips.read(), "Позвоните мне в четверг после обеда, пожалуйста, я буду свободен"
    drawn = [misheard(text, slips, random.Random(3), 3.0) for _ in range(2)]
    assert drawn[0] == drawn[1] != text
    assert misheard(text, slips, random.Random(3), 0.0) == text


def test_slips_are_learned_from_aligned_words() -> None:
    said = [f"слово{number}а" for number in range(30)] + ["звоните"] * 30
    heard = said[:30] + ["званите"] * 30
    slips = learned([(said[index : index + 1], heard[index : index + 1]) for index in range(60)])
    assert slips.hit == pytest.approx(0.5)
    assert max(slips.letters["о"], key=lambda to: slips.letters["о"][to]) == "а"
    assert slips.letters["о"]["а"] == 1.0
