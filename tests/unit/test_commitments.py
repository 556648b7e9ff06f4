"""Promises in made-up conversations of Tuesday 6 October 2026, noon in Moscow."""

from __future__ import annotations

from datetime import date

import pytest

from qc_workbench.config import Company
from qc_workbench.detection.commitments import find_commitments
from qc_workbench.domain.commitment import Action, Promiser, SpokenCommitment
from qc_workbench.domain.transcript import Suspicion
from tests.unit.spoken_calls import call_at, dialogue


def found(*lines: str, started_at: str = "2026-10-06T12:00:00+03:00") -> tuple[SpokenCommitment, ...]:
    return find_commitments(call_at(started_at), dialogue("A: Алло, добрый день.", *lines), Company())


def day(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


@pytest.mark.parametrize(
    ("lines", "action", "first", "last"),
    [
        (["A: Наберу вас в четверг утром.", "C: Хорошо."], Action.CALLBACK, "10-08", "10-08"),
        (["A: В пятницу утром подошлю к вам слесаря.", "C: Пусть едет."], Action.VISIT, "10-09", "10-09"),
        (["A: Во вторник выйду с вами на повторную связь.", "C: Добро."], Action.CALLBACK, "10-13", "10-13"),
        (["A: К четвергу бумага придёт вам на почту.", "C: Жду."], Action.SEND_DOCUMENT, "10-06", "10-08"),
        (["C: Наберите после завтра.", "A: Хорошо."], Action.CALLBACK, "10-08", "10-08"),
        (["C: Звякните мне 15-го, после обеда.", "A: Договорились."], Action.CALLBACK, "10-15", "10-15"),
        (["C: Вы мне звякните через недельку.", "A: Ладно."], Action.CALLBACK, "10-12", "10-15"),
        (["C: Жду вашего звонка в пятницу.", "A: Принято."], Action.CALLBACK, "10-09", "10-09"),
        (["A: Давайте созвонимся в понедельник?", "C: Давайте."], Action.CALLBACK, "10-12", "10-12"),
        (["A: Менеджер с вами завтра свяжется.", "C: Спасибо."], Action.CALLBACK, "10-07", "10-07"),
        (["A: Сегодня вышлю вам смету на почту.", "C: Жду."], Action.SEND_OFFER, "10-06", "10-06"),
        (["C: Скиньте договор до четверга.", "A: Хорошо, скину."], Action.SEND_DOCUMENT, "10-06", "10-08"),
        (["A: Замерщик к вам приедет в субботу.", "C: Отлично."], Action.VISIT, "10-10", "10-10"),
        (["A: До пятницы мы вам предоплату вернём.", "C: Надеюсь."], Action.PAY, "10-06", "10-09"),
        (["A: К среде директор примет решение по скидке.", "C: Жду."], Action.DECIDE, "10-06", "10-07"),
        (["A: I'll give you a bell on Thursday.", "C: Lovely."], Action.CALLBACK, "10-08", "10-08"),
        (["C: Could you ring me back tomorrow?", "A: Sure."], Action.CALLBACK, "10-07", "10-07"),
        (["A: You will have the estimate by Friday.", "C: Great."], Action.SEND_OFFER, "10-06", "10-09"),
        (["A: Our surveyor will come on Monday.", "C: Fine."], Action.VISIT, "10-12", "10-12"),
        (["A: Let's catch up next week.", "C: Yes, let's."], Action.CALLBACK, "10-12", "10-16"),
        (["C: Выходите на связь после двенадцатого.", "A: Ладно."], Action.CALLBACK, "10-13", "10-16"),
        (["C: Потревожьте меня в следующий вторник.", "A: Потревожу."], Action.CALLBACK, "10-13", "10-13"),
        (["C: Дайте знать в понедельник.", "A: Дам."], Action.CALLBACK, "10-12", "10-12"),
        (["A: Послезавтра с утра пораньше вам маякну.", "C: Жду."], Action.CALLBACK, "10-08", "10-08"),
        (["A: Завтра до обеда скажу вам точную сумму.", "C: Хорошо."], Action.CALLBACK, "10-07", "10-07"),
        (["A: После ноябрьских отзвонюсь.", "C: Отлично."], Action.CALLBACK, "11-05", "11-11"),
        (["A: The fitter will pop by on Friday, if that's all right.", "C: Fine."], Action.VISIT, "10-09", "10-09"),
        (["C: Drop me a line on Monday.", "A: Will do."], Action.CALLBACK, "10-12", "10-12"),
        (["C: Get hold of me tomorrow.", "A: Okay."], Action.CALLBACK, "10-07", "10-07"),
    ],
)
def test_a_promise_is_found_with_its_action_and_window(lines: list[str], action: Action, first: str, last: str) -> None:
    (promise,) = found("C: Алло, слушаю.", *lines)
    assert promise.action is action
    assert (promise.due.due_from, promise.due.due_to) == (day(first), day(last))


@pytest.mark.parametrize(
    ("lines", "action", "first", "last"),
    [
        # A word cut in two, glued together, spelt as it sounds, or a verb lost altogether.
        (["C: В пятницу меня по тривожте.", "A: Ага."], Action.CALLBACK, "10-09", "10-09"),
        (["C: Пере звоните в субботу.", "A: Ага."], Action.CALLBACK, "10-10", "10-10"),
        (["A: После на ибрьских наберу.", "C: Ага."], Action.CALLBACK, "11-05", "11-11"),
        (["A: Всётакивышлю вам договор завтра.", "C: Ага."], Action.SEND_DOCUMENT, "10-07", "10-07"),
        (["A: Я с вами вяжусь в четверг.", "C: Ага."], Action.CALLBACK, "10-08", "10-08"),
        (["A: Замерщик к вам подменит в среду.", "C: Ага."], Action.VISIT, "10-07", "10-07"),
        (["A: Подкрину вам смету завтра.", "C: Ага."], Action.SEND_OFFER, "10-07", "10-07"),
        (["A: В концу недели дам знать.", "C: Ага."], Action.CALLBACK, "10-06", "10-09"),
        (["C: Девятого октября с утра я дома.", "A: 9 с утра набирала."], Action.CALLBACK, "10-09", "10-09"),
    ],
)
def test_a_promise_is_found_in_words_that_were_misheard(
    lines: list[str], action: Action, first: str, last: str
) -> None:
    (promise,) = found("C: Алло, слушаю.", *lines)
    assert (promise.action, promise.due.due_from, promise.due.due_to) == (action, day(first), day(last))


@pytest.mark.parametrize(
    "lines",
    [
        ["C: Извините меня, в среду не смог.", "A: Ничего."],
        ["C: Сам выйду на связь в пятницу.", "A: Хорошо."],
        ["A: Скажу честно, в четверг у нас завал.", "C: Понимаю."],
        ["C: I'll be in touch on Monday.", "A: Lovely."],
        ["C: Вы обещали перезвонить в среду и не перезвонили.", "A: Простите нас."],
        ["C: Мне сказали: звоните в четверг. И тишина.", "A: Разберёмся."],
        ["C: Я сама вас наберу в пятницу.", "A: Хорошо."],
        ["A: Если что, звоните в любой день.", "C: Спасибо."],
        ["C: Если что-то поменяется, звоните.", "A: Конечно."],
        ["A: Может, набрать вас в четверг?", "C: Нет, не надо, я сам позвоню."],
        ["A: Давайте весной вам позвоню?", "C: Не нужно, спасибо."],
        ["A: Сейчас позвоню на склад, минутку.", "C: Жду."],
        ["C: Я с мужем в субботу поговорю.", "A: Конечно."],
        ["C: Another firm said they would call on Monday.", "A: Oh dear."],
        ["C: I'll ring you on Friday.", "A: Fine."],
        ["A: Shall I call you on Thursday?", "C: No, please don't."],
        ["C: If you get a free slot, call me.", "A: Sure."],
        ["A: Вчера вам звонил, не дозвонился.", "C: Я на работе была."],
        ["C: Больше никаких звонков, пожалуйста.", "A: Понял."],
    ],
)
def test_what_obliges_nobody_here_is_no_promise(lines: list[str]) -> None:
    assert found("C: Алло, слушаю.", "A: Добрый день.", *lines) == ()


def test_a_promise_moved_in_the_call_has_its_last_day() -> None:
    (promise,) = found(
        "C: Наберите меня завтра.",
        "A: Завтра наберу.",
        "C: Ой, стойте, завтра я в дороге. Давайте лучше в пятницу звоните.",
        "A: В пятницу, хорошо.",
    )
    assert promise.due.due_from == day("10-09")


def test_a_promise_taken_back_is_none() -> None:
    assert (
        found(
            "A: Перезвоню вам в четверг.",
            "C: Хорошо.",
            "C: Хотя нет, звонить не надо, отменяйте.",
            "A: Понял, не звоню.",
        )
        == ()
    )


def test_a_ban_on_one_hour_takes_nothing_back() -> None:
    (promise,) = found("C: Перезвоните в четверг.", "A: Хорошо.", "C: Только до десяти не звоните.", "A: Понял.")
    assert promise.due.due_from == day("10-08")


def test_two_promises_of_one_call_are_both_found() -> None:
    send, call_back = found(
        "A: Завтра отправлю вам расчёт.", "C: Спасибо.", "A: А в пятницу позвоню, обсудим.", "C: Договорились."
    )
    assert (send.action, send.due.due_from) == (Action.SEND_OFFER, day("10-07"))
    assert (call_back.action, call_back.due.due_from) == (Action.CALLBACK, day("10-09"))


def test_the_day_may_be_named_by_the_other_side() -> None:
    (promise,) = found(
        "A: Когда вам удобно, чтобы я перезвонил?", "C: В четверг после обеда.", "A: Договорились, спасибо."
    )
    assert (promise.action, promise.due.due_from) == (Action.CALLBACK, day("10-08"))
    assert promise.due.time_from is not None
    assert promise.quote == "В четверг после обеда."


def test_a_repeated_promise_is_one_and_narrower() -> None:
    (promise,) = found("C: Позвоните на следующей неделе.", "A: Хорошо, в среду на следующей неделе наберу.")
    assert (promise.due.due_from, promise.due.due_to) == (day("10-14"), day("10-14"))
    assert promise.by is Promiser.BOTH


def test_a_day_taken_over_is_agreed_even_when_the_verb_was_garbled() -> None:
    (promise,) = found("C: На берите миня в четверг вечером.", "A: В четверг вечером, записала.", "C: Спасибо.")
    assert (promise.action, promise.due.due_from) == (Action.CALLBACK, day("10-08"))


def test_a_goodbye_until_a_day_is_an_agreement_to_speak() -> None:
    (promise,) = found(
        "C: Мне удобно на берите завтра днём.", "A: Добро, понял вас.", "C: Спасибо.", "A: Ну, до завтра."
    )
    assert (promise.due.due_from, promise.due.due_to) == (day("10-07"), day("10-07"))


def test_what_others_said_does_not_hide_a_request_that_follows_from_it() -> None:
    (promise,) = found("C: They said Wednesday at the latest so give me a ring on Thursday.", "A: Sure.")
    assert promise.due.due_from == day("10-08")


def test_a_promise_tied_to_another_shares_its_window() -> None:
    pay, tell = found(
        "A: Бухгалтерия до пятницы деньги вам перечислит.",
        "C: Хорошо бы. Я тогда буду спокоен за ремонт и за всё остальное тоже, вы же понимаете.",
        "A: Как только платёж уйдёт, я вам отзвонюсь.",
    )
    assert tell.action is Action.CALLBACK
    assert tell.due == pay.due


def test_a_promise_without_a_time_is_due_by_the_next_working_day() -> None:
    (promise,) = found("A: Уточню и вам перезвоню.", "C: Жду.", started_at="2026-10-09T15:00:00+03:00")
    assert (promise.due.due_from, promise.due.due_to) == (day("10-09"), day("10-12"))


def test_an_explicit_refusal_ends_what_was_promised() -> None:
    assert found("A: В четверг позвоню с ценой.", "C: Знаете, мы отказались, взяли в другом месте.", "A: Жаль.") == ()


def test_machines_make_and_hear_no_promises() -> None:
    assert found("M: Оставьте сообщение, мы вам перезвоним завтра.", "A: Перезвоню вам в среду.") == ()
    assert find_commitments(call_at(), dialogue("C: Говорите после сигнала.", "A: Перезвоню в среду."), Company()) == ()


def test_text_that_may_be_invented_is_never_quoted() -> None:
    invented = dialogue("C: Алло.", "A: Наберу вас в четверг.", suspicion=Suspicion.NO_VOICE)
    assert find_commitments(call_at(), invented, Company()) == ()


def test_in_mono_a_question_to_send_something_is_not_taken_for_the_clients() -> None:
    assert find_commitments(call_at(), dialogue("?: Снимок пришлёте?", "?: В субботу мы дома."), Company()) == ()


def test_in_mono_an_unknown_speaker_may_promise() -> None:
    (promise,) = found("?: Алло.", "?: Давайте я вам в четверг перезвоню.", "?: Хорошо.")
    assert promise.due.due_from == day("10-08")


def test_the_quote_has_the_times_of_its_words() -> None:
    (promise,) = found("C: Алло, слушаю вас.", "A: Добрый день.", "A: Перезвоню в четверг.", "C: Да.")
    assert promise.quote == "Перезвоню в четверг."
    assert 15.0 <= promise.start_s < promise.end_s <= 19.0


def test_the_same_call_gives_the_same_identifiers() -> None:
    lines = ("C: Алло.", "A: Перезвоню в четверг.", "C: Да.")
    assert [item.commitment_id for item in found(*lines)] == [item.commitment_id for item in found(*lines)]


def test_a_call_for_a_day_is_taken_back_by_saying_that_day_again() -> None:
    agreed = ["C: Позвоните в понедельник.", "A: В понедельник позвоню."]
    assert len(found(*agreed)) == 1
    assert found(*agreed, "A: Тогда и звонить в понедельник не нужно.", "C: Не нужно.") == ()


def test_a_ban_on_another_day_leaves_the_promise() -> None:
    lines = ["C: Позвоните в понедельник.", "A: В понедельник позвоню.", "C: Только в среду звонить не надо, я в пути."]
    assert [item.due.due_from for item in found(*lines)] == [day("10-12")]


# --- whose promise it is ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "by"),
    [
        (["A: Завтра вам позвоню.", "C: Хорошо."], Promiser.AGENT),
        (["C: Позвоните завтра.", "A: Хорошо, позвоню завтра."], Promiser.BOTH),
        (["C: Наберите меня в пятницу.", "A: В пятницу, записала."], Promiser.BOTH),
        (["C: Давайте во вторник, часиков в шесть.", "A: Во вторник в шесть мастер приедет."], Promiser.BOTH),
        (["A: Давайте через недельку вас потревожу?", "C: Давайте."], Promiser.BOTH),
        (["C: Позвоните завтра.", "A: А какой у вас этаж?"], Promiser.CUSTOMER),
    ],
)
def test_a_wish_taken_up_is_of_both_and_a_pledge_is_the_agents_own(lines: list[str], by: Promiser) -> None:
    assert [item.by for item in found("C: Слушаю.", *lines)] == [by]


# --- what is none, and what has no verb ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "A: Это насчёт балкона, Евгений вас беспокоит.",
        "A: Напомню, вывоз у вас каждую вторую среду.",
        "A: Монтажники к вам приедут? Они бывают по вторникам.",
    ],
)
def test_greetings_and_standing_schedules_are_no_promises(line: str) -> None:
    assert found("C: Слушаю.", line, "C: Понятно.") == ()


@pytest.mark.parametrize(
    ("offer", "answer"),
    [
        ("A: Давайте я вам завтра пришлю договор?", "C: Никакой почты, до свидания."),
        ("A: Shall I give you a shout tomorrow?", "C: Sure I'll ring yourself."),
    ],
)
def test_an_offer_that_is_not_taken_is_no_promise(offer: str, answer: str) -> None:
    assert found("C: Слушаю.", offer, answer) == ()


@pytest.mark.parametrize(
    ("lines", "action", "rule"),
    [
        (["C: Мне бы договор.", "A: Завтра к одиннадцати он у вас."], Action.SEND_DOCUMENT, "ru_is_with_you_then"),
        (["C: А шкаф когда?", "A: Привезём послезавтра."], Action.VISIT, "ru_at_yours_then"),
        (["C: Жду ответа.", "A: Я вам завтра, хотя нет, в пятницу до двенадцати позвонил."], Action.CALLBACK,
         "ru_called_tomorrow_then"),
    ],
)  # fmt: skip
def test_a_promise_needs_no_verb_of_promising(lines: list[str], action: Action, rule: str) -> None:
    (promise,) = found("C: Слушаю.", *lines, "C: Хорошо.")
    assert (promise.action, promise.rule.split("/")[0]) == (action, rule)


# --- where it is quoted ----------------------------------------------------------------------------------------------


def test_a_proposal_is_quoted_where_the_agent_settles_it() -> None:
    (promise,) = found(
        "C: Слушаю.", "A: Мастер подъедет в пятницу, устроит?", "C: Может, в субботу?", "A: В субботу к девяти, пишу."
    )
    assert promise.quote == "В субботу к девяти, пишу."
    assert promise.due.due_from == promise.due.due_to == day("10-10")


@pytest.mark.parametrize("today", ["10-05", "10-06", "10-07", "10-08", "10-09", "10-10", "10-11"])
def test_days_of_the_next_week_are_those_of_the_next_week_on_any_day(today: str) -> None:
    (promise,) = found(
        "C: Слушаю.", "A: Наберу вас на следующей неделе, в среду или в четверг.", "C: Хорошо.",
        started_at=f"2026-{today}T12:00:00+03:00",
    )  # fmt: skip
    assert (promise.due.due_from, promise.due.due_to) == (day("10-14"), day("10-15"))
