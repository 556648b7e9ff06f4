"""What is made ready before the first visitor comes."""

from __future__ import annotations

from qc_workbench.detection.phrases import lexicon
from qc_workbench.domain.auto_answer import Question
from qc_workbench.ui import warming


def test_the_made_up_call_goes_through_every_question_of_the_program() -> None:
    assert warming.judge_a_made_up_call() == len(Question)
    assert lexicon.cache_info().currsize == 1


def test_every_module_of_the_pages_can_be_loaded_before_a_page_is_drawn() -> None:
    assert warming.load_pages() > 100
