"""The machine voice model: how it judges openings of the tests' own, its file, its card, its training."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from importlib import resources
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.machine_voice_calls import FOLDS, banks, invented_calls, misheard, said
from pipelines.machine_voice_card import card_of
from pipelines.train_machine_voice import keep, train
from qc_workbench.config import Effective
from qc_workbench.detection.answering import Answering
from qc_workbench.detection.effective import examine, with_the_model
from qc_workbench.detection.heard import hear
from qc_workbench.detection.machine_voice import FOLDER, Judgement, judge, model, parsed, words_log_odds
from qc_workbench.detection.machine_voice_features import word_features
from qc_workbench.detection.phrases import family_scores
from qc_workbench.domain.acoustics import SoundKind
from qc_workbench.domain.flag import AnsweredBy, Verdict
from qc_workbench.errors import ModelError
from qc_workbench.ui.i18n import catalogue
from tests.answering_cases import Story


def shipped(name: str) -> bytes:
    return (resources.files("models") / FOLDER / name).read_bytes()


def judged(story: Story) -> Judgement:
    found = judge(hear(story.recording(), story.acoustics(), story.transcript()))
    assert found is not None
    return found


def talk(*, mono: bool = False) -> Story:
    story = Story(mono=mono)
    for _ in range(3):
        story.far("Да, слушаю вас, рассказывайте про беседку").agent("Она выходит восемьдесят тысяч с доставкой")
    return story


def test_a_greeting_nobody_answers_is_likelier_a_machines_than_a_talk_is() -> None:
    greeting = (
        Story().far("Приветствую, до меня не достучались. Изложите дело после писка, отзвонюсь").beep().silence(40)
    )
    assert judged(greeting).probability > 0.8 > 0.3 > judged(talk()).probability


@pytest.mark.parametrize("mono", [False, True])
def test_turn_taking_speaks_for_a_person_whatever_the_first_words(mono: bool) -> None:
    words = "Компания Тихий створ, добрый день"
    alone = Story(mono=mono).far(words).silence(40)
    answered = Story(mono=mono).far(words)
    for _ in range(3):
        answered.agent("Здравствуйте, это насчёт вашей беседки").far("Да, конечно, рассказывайте")
    assert judged(answered).probability < judged(alone).probability


def test_the_words_are_told_apart_and_survive_letters_heard_wrong() -> None:
    machine = "Вы позвонили в мастерскую. Наговорите сообщение после короткого сигнала"
    person = "Да, алло, слушаю вас, кто это звонит?"
    assert words_log_odds(machine) > 2 > 0 > words_log_odds(person)
    assert words_log_odds("Вы пазвонили в мостерскую. Нагаварите саобщение после каротково сегнала") > 0
    assert words_log_odds("") == 0.0


def test_why_names_what_moved_the_answer_and_every_code_has_its_text() -> None:
    found = judged(Story().far("Оставьте сообщение после сигнала, мы перезвоним").beep().silence(40))
    assert "machine_beep" in found.why
    assert found.kind is AnsweredBy.VOICEMAIL
    texts = catalogue()
    for layout in (model().stereo, model().mono):
        for name in layout.names:
            assert f"reason.machine_{name}" in texts
            assert f"reason.person_{name}" in texts
    assert "reason.machine_doubtful" in texts
    assert "error.machine_voice_damaged" in texts


def test_a_call_without_a_voice_at_the_far_end_is_not_judged() -> None:
    story = Story().agent("Алло, вы слышите меня?").silence(40)
    assert judge(hear(story.recording(), story.acoustics(), story.transcript())) is None


@given(text=st.text(max_size=60), pauses=st.lists(st.floats(0.1, 20), min_size=1, max_size=6), mono=st.booleans())
@settings(max_examples=40, deadline=None)
def test_any_call_gets_a_probability_and_the_thresholds_never_contradict(
    text: str, pauses: list[float], mono: bool
) -> None:
    story = Story(mono=mono)
    for pause in pauses:
        story.far(text, 1.5, gap_s=pause)
    found = judged(story)
    assert 0.0 <= found.probability <= 1.0
    assert not (found.accuses and found.protects)
    assert found == judged(story)


def unknown_greeting() -> Story:
    """No phrase of the lexicon's is sure in it, and no beep follows."""
    story = Story().far("К нам сейчас никто не подойдёт: диспетчер вышел, бюро пропусков отдыхает до понедельника")
    return story.far("Изложите обращение и координаты: прочтём расшифровку и отзвонимся", gap_s=0.6)


def test_a_greeting_in_words_the_lexicon_lacks_and_without_a_beep_is_named_by_the_model() -> None:
    story = unknown_greeting().agent("Так, ну подождём").silence(45)
    found = story.examined()
    assert family_scores(" ".join(turn.text for turn in story.turns))["voicemail"] < 0.7
    assert found.conversation.answered_by is AnsweredBy.VOICEMAIL
    assert found.answering.by_model
    assert found.flag is not None
    assert found.flag.verdict is Verdict.FLAG


def test_what_the_rules_call_a_machine_and_the_model_a_person_is_unsure_with_its_reasons() -> None:
    story = unknown_greeting().agent("Так, ну подождём").silence(45)
    heard = hear(story.recording(), story.acoustics(), story.transcript())
    found = judge(heard)
    assert found is not None
    doubting = replace(found, protects=True, why=("person_words",))
    named = Answering(AnsweredBy.VOICEMAIL, found.opening.pieces, (), None, 0.7, doubting)
    line_held = (Verdict.FLAG, ("voicemail", "line_held"))
    assert with_the_model(heard, named, *line_held) == (Verdict.UNSURE, ("machine_doubtful", "person_words"))
    assert with_the_model(heard, replace(named, judgement=replace(doubting, protects=False)), *line_held) == line_held
    beeped = replace(named, beep_s=10.0)
    assert with_the_model(heard, beeped, *line_held) == line_held


def test_two_voices_that_take_turns_are_no_machine_in_mono_whatever_one_sentence_says() -> None:
    story = Story(mono=True).says(1, "Оставьте ваш номер, мастер вам перезвонит, ручка есть", pitch_hz=210)
    for line in range(4):
        story.says(0, f"Хорошо, это насчёт беседки номер {line}, записывайте", pitch_hz=115)
        story.says(1, "Так, пишу, дальше, слушаю вас", pitch_hz=210)
    found = story.silence(10).examined(talk_s=48)
    assert found.conversation.answered_by is AnsweredBy.HUMAN
    assert found.flag is None or found.flag.verdict is not Verdict.FLAG


def test_special_information_tones_tell_the_operator_whatever_the_sentence() -> None:
    words = "Оставьте сообщение после сигнала"
    announced = Story().sound(SoundKind.SIT, 1.0, 950.0).far(words).silence(45)
    assert announced.examined().conversation.answered_by is AnsweredBy.OPERATOR_ANNOUNCEMENT
    assert Story().far(words).silence(45).examined().conversation.answered_by is AnsweredBy.VOICEMAIL


@pytest.mark.parametrize("mono", [False, True])
def test_people_of_the_banks_who_talk_at_length_are_never_accused(mono: bool) -> None:
    """Whole invented calls of people, with recognition errors: the rule and the model together."""
    counted = 0
    for call in invented_calls(70, mono=mono, seed=4242):
        voices = [sound for sound in call.acoustics.sounds if sound.kind is SoundKind.VOICE]
        if call.machine or call.scene not in ("talk", "holds", "quiet", "long_winded") or len(voices) < 6:
            continue
        if sum(sound.duration_s for sound in voices) < 15 or call.acoustics.duration_s < 32:
            continue
        story = Story(mono=mono)
        found = examine(
            story.call(max(call.acoustics.duration_s, 40.0)),
            call.recording,
            call.acoustics,
            call.transcript,
            Effective(),
        )
        counted += 1
        assert found.flag is None or found.flag.verdict is not Verdict.FLAG, call.transcript.turns
    assert counted >= 8


def test_a_damaged_file_is_refused_before_it_judges_anybody() -> None:
    body = shipped("model.json")
    with pytest.raises(ModelError) as refused:
        parsed(body + b" ", hashlib.sha256(body).hexdigest())
    assert refused.value.code == "machine_voice_damaged"


def test_the_checksum_beside_the_file_and_in_the_card_is_the_files() -> None:
    digest = hashlib.sha256(shipped("model.json")).hexdigest()
    assert shipped("model.sha256").decode().split()[0] == digest
    assert json.loads(shipped("figures.json"))["sha256"] == digest


def test_the_card_is_what_the_training_script_makes_of_its_figures() -> None:
    figures = json.loads(shipped("figures.json"))
    assert shipped("card.md").decode() == card_of(figures)
    assert f"{figures['stereo']['auc']}" in card_of(figures)


def test_thresholds_of_the_file_are_those_of_the_card_and_precision_comes_first() -> None:
    kept, figures = json.loads(shipped("model.json")), json.loads(shipped("figures.json"))
    for layout in ("stereo", "mono"):
        for name in ("accuse_from", "protect_below"):
            assert kept[layout][name] == figures[layout][name]
        accused, people, *_ = figures[layout]["people_accused"]
        assert accused <= 0.002 * people
        assert kept[layout]["protect_below"] <= 0.5 < kept[layout]["accuse_from"]


def test_no_pickle_is_read_from_the_models_folder() -> None:
    names = [item.name for item in (resources.files("models") / FOLDER).iterdir()]
    assert [name for name in names if name.endswith((".pkl", ".pickle", ".joblib"))] == []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_training_makes_the_same_small_model_again_and_writes_all_its_files(tmp_path: Path) -> None:
    first, second = (train(3, 60, 120, trees=False) for _ in range(2))
    assert first == second
    keep(tmp_path, *first)
    made = parsed((tmp_path / "model.json").read_bytes(), (tmp_path / "model.sha256").read_text().split()[0])
    assert made.words.shape == model().words.shape
    assert (tmp_path / "card.md").read_text() == card_of(json.loads((tmp_path / "figures.json").read_text()))


def test_folds_share_no_template() -> None:
    for bank in banks():
        for family, lines in bank.families.items():
            if len(lines) >= FOLDS:
                folds = [set(bank.fold(family, fold)) for fold in range(FOLDS)]
                assert set().union(*folds) == set(lines)
                assert sum(map(len, folds)) == len(lines)


@given(seed=st.integers(0, 10_000), rate=st.floats(0, 1))
@settings(max_examples=40, deadline=None)
def test_every_template_makes_clean_sentences_and_mishearing_keeps_its_seed(seed: int, rate: float) -> None:
    for bank in banks():
        random = Random(seed)
        family = random.choice(sorted(bank.families))
        text = said(bank, random.choice(bank.families[family]), random)
        assert not set(text) & set("()[]{}|")
        assert misheard(text, rate, Random(seed)) == misheard(text, rate, Random(seed))
        assert misheard(text, 0.0, random) == text


def test_features_of_words_do_not_depend_on_case_and_punctuation() -> None:
    assert word_features("ОСТАВЬТЕ, сообщение!") == word_features("оставьте сообщение")
