"""The one catalogue of texts, Russian and English, and the forms of numbers, dates and money.

``locales/<area>.json`` hold ``{"code": {"ru": "…", "en": "…"}}``. A text with a number has
plural forms instead of one string: ``{"ru": {"one": "{n} звонок", "few": "{n} звонка",
"many": "{n} звонков", "other": "{n} звонка"}, "en": {"one": "{n} call", "other": "{n} calls"}}``
chosen by CLDR rules (babel) on the parameter ``n``.
"""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Literal, cast
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_currency, format_decimal, format_percent

from qc_workbench.errors import Phrase, QcwError

Language = Literal["ru", "en"]
LANGUAGES: tuple[Language, ...] = ("ru", "en")
#: What a language calls itself.
LANGUAGE_NAMES: dict[Language, str] = {"ru": "Русский", "en": "English"}
#: A month by its name in a form of dates.
_MONTH = re.compile(r"M{3,}|L{3,}")
Entry = dict[str, str | dict[str, str]]


@cache
def catalogue() -> dict[str, Entry]:
    """All entries by code. A code in two files is an error: one meaning, one place."""
    entries: dict[str, Entry] = {}
    folder = resources.files("qc_workbench.ui") / "locales"
    for item in sorted(folder.iterdir(), key=lambda found: found.name):
        if item.name.endswith(".json"):
            for code, entry in json.loads(item.read_text(encoding="utf-8")).items():
                if code in entries:
                    raise ValueError(f"{item.name}: {code} is defined twice")
                entries[code] = entry
    return entries


class Translator:
    """Texts and formats of one language: ``t("page.queue.title")``, ``t("calls", n=3)``, ``t.day(date)``.

    ``today``: days of other years are said with their year; None (reports, which say their time themselves): only where
    the form asks for it.
    """

    def __init__(self, language: str, zone: ZoneInfo | None = None, today: date | None = None) -> None:
        self.language: Language = language if language in LANGUAGES else "ru"
        self.zone = zone or ZoneInfo("Europe/Moscow")
        self.today = today
        self._locale = Locale.parse(self.language)

    def __call__(self, code: str, **params: object) -> str:
        entry = catalogue()[code][self.language]
        params = {
            name: self(value.code, **value.params) if isinstance(value, Phrase) else value
            for name, value in params.items()
        }
        if isinstance(entry, dict):
            number = params["n"]
            form = self._locale.plural_form(cast(float, number))
            entry = entry.get(form) or entry["other"]
            params = params | {"n": self.number(cast(float, number))}
        return entry.format(**params) if params else entry

    def knows(self, code: str) -> bool:
        return code in catalogue()

    def error(self, error: QcwError) -> str:
        """What happened, where, what was expected and what to do next."""
        return self(f"error.{error.code}", **error.params)

    def number(self, value: float | Decimal, digits: int = 0) -> str:
        """With a minus where the locale's data has a hyphen."""
        said = format_decimal(value, format="#,##0" + ("." + "0" * digits if digits else ""), locale=self._locale)
        return said.replace("-", "−")

    def percent(self, share: float, digits: int = 0) -> str:
        """The sign stays on the line of its figure: «45 %», 45%."""
        decimals = "." + "0" * digits if digits else ""
        return format_percent(share, format="#,##0" + decimals + self.percent_sign, locale=self._locale)

    @property
    def percent_sign(self) -> str:
        """What stands behind a figure in hundredths, with the space that its language wants."""
        return str(self._locale.percent_formats[None].suffix[0])

    def money(self, amount: Decimal | float, currency: str = "RUB") -> str:
        return format_currency(amount, currency, format="#,##0 ¤", locale=self._locale, currency_digits=False)

    def day(self, value: date | datetime, form: str = "d MMMM") -> str:
        local = self._local(value)
        return format_date(local, format=self._with_year(local, form), locale=self._locale)

    def moment(self, value: datetime, form: str = "d MMM, HH:mm") -> str:
        local = value.astimezone(self.zone)
        return format_datetime(local, format=self._with_year(local, form), locale=self._locale)

    def time(self, value: datetime, form: str = "HH:mm") -> str:
        return format_time(value.astimezone(self.zone), format=form, locale=self._locale)

    def for_documents(self) -> Translator:
        """The same language without a present: the page, the file and the sheet say the same."""
        return Translator(self.language, self.zone)

    def _with_year(self, local: date, form: str) -> str:
        """The form with the year behind the month where that is not plain."""
        if self.today is None or local.year == self.today.year or "y" in form:
            return form
        return _MONTH.sub(r"\g<0> y", form, count=1)

    def _local(self, value: date | datetime) -> date | datetime:
        return value.astimezone(self.zone) if isinstance(value, datetime) else value


def clock(seconds: float) -> str:
    """Seconds as m:ss, the way players show them."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"
