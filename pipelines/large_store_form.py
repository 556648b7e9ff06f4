"""The form that the large invented company scores its calls on: eight questions, one of them critical."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from qc_workbench.domain.forms import Band, Critical, Form, Kind, Question, Section, Text

CRITICAL: Final = "promise"
_QUESTIONS: Final = (
    ("promise", 15, "Не обещал того, чего не будет", "Promised nothing that will not be"),
    ("greeting", 10, "Поздоровался и назвал компанию", "Greeted and named the company"),
    ("name", 10, "Узнал имя клиента", "Asked the client's name"),
    ("need", 20, "Узнал, что нужно клиенту", "Found out what the client needs"),
    ("offer", 15, "Предложил подходящее", "Offered what fits"),
    ("price", 10, "Назвал цену и объяснил её", "Named the price and explained it"),
    ("objection", 10, "Ответил на возражение", "Answered the objection"),
    ("next_step", 10, "Договорился о следующем шаге", "Agreed on the next step"),
)

FORM: Final = Form(
    "phone_talk",
    Text("Разговор по телефону", "Talk on the phone"),
    (
        Section(
            "talk",
            Text("Разговор", "Talk"),
            tuple(
                Question(
                    code,
                    Kind.YES_NO,
                    Text(ru, en),
                    Decimal(points),
                    critical=Critical.FORM if code == CRITICAL else None,
                )
                for code, points, ru, en in _QUESTIONS
            ),
        ),
    ),
    bands=(
        Band("low", Text("Плохо", "Poor"), Decimal(0)),
        Band("middle", Text("Средне", "Fair"), Decimal(60)),
        Band("high", Text("Хорошо", "Good"), Decimal(85)),
    ),
)
