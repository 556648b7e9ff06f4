"""Words that tell what a dictated number is: a card, a telephone, an order, a code from a message …

A number means what was asked for last: of all cues before it, in both parties' words, the nearest decides.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final


class Cue(StrEnum):
    CARD = "card"
    CARD_CODE = "card_code"
    CARD_EXPIRY = "card_expiry"
    ONE_TIME_CODE = "one_time_code"
    PASSWORD = "password"  # noqa: S105 - the name of a cue
    PASSPORT = "passport"
    SERIES = "series"  # of a passport, where numbers of its length follow
    PHONE = "phone"
    OTHER = "other"  # orders, contracts, accounts, dates, addresses


_SMS: Final = r"(?:смс\w*|эсэмэс\w*|sms|сообщени\w*|пуш\w*|push|телеграм\w*)"
_CODE: Final = r"(?:код(?:а|у|ом|ы|ик|ика)?|цифры|цифр|парол\w*)"
_CAME: Final = (
    r"(?:приш\w+|прид\w+|прихо\w+|выслал\w*|отправ\w+|подтвержд\w+|одноразов\w*|проверочн\w*|получ\w+|прислал\w*)"
)

#: In this order: where two cues are the same words, the first counts.
PATTERNS: Final[tuple[tuple[Cue, re.Pattern[str]], ...]] = tuple(
    (cue, re.compile(rf"(?<!\w)(?:{pattern})(?!\w)"))
    for cue, pattern in (
        (
            Cue.OTHER,
            r"код\w* (?:города|страны|товара|заказа|домофона|оператора|подразделени\w*|модели|клиента|региона|краски|"
            r"позиции|номенклатуры|от домофона|на подъезде)|промокод\w*|штрих\s?код\w*|qr\w*|кьюар\w*|domain|"
            r"(?:скидочн|бонусн|дисконтн|подарочн|клубн|топливн|накопительн|медицинск|гарантийн|сим|sim|proximity)"
            r"\w*[ -]карт\w*|карт\w* (?:лояльности|клиента|памяти|постоянного)|по карте проезда|"
            r"(?:gift|loyalty|business|sim|discount|membership|bonus|memory|library|graphics) card|"
            r"(?:promo|discount|zip|postal|post|area|country|dress|source|product|item|gate|door|bar) code",
        ),
        (
            Cue.CARD_CODE,
            r"cv[vc]2?|cvn|цв[вц]|ц в ц|си ?ви ?(?:ви|си)|сиви[вс]и|цэ вэ цэ|цевеце|код\w* (?:с |на |со? )?обр\w+|"
            r"(?:обратной|оборотной|задней) сторон\w*|на обороте|с оборота|сзади|(?:три|3) (?:последние )?цифры|"
            r"код\w* безопасности|код\w* карты|тр[её]хзначн\w*(?: код\w*)?|security code|(?:three|3) digit(?:s| code)?|"
            r"digits on the back|card verification\w*|on the back|c v [vc]",
        ),
        (
            Cue.CARD_EXPIRY,
            r"срок\w*(?: действия)?|действ\w+ до|действительн\w+ до|истекает|годна до|expir\w*|exp date|exp|"
            r"valid (?:thru|through|until|till|to)|good (?:thru|through)|месяц(?:а)? (?:и )?год(?:а)?",
        ),
        (
            Cue.ONE_TIME_CODE,
            rf"{_CODE}(?: \w+){{0,4}} (?:{_SMS}|{_CAME})|(?:{_SMS}|{_CAME})(?: \w+){{0,4}} {_CODE}|"
            r"проверочн\w+ код\w*|(?:verification|confirmation|authentication|security|sms|one-time|onetime) "
            r"(?:code|passcode|password|number)|one time (?:code|passcode|password)|passcode|otp|"
            r"(?:code|digits|number)(?: [\w']+){0,5} (?:text\w*|sms|message|sent|received|got)|"
            r"(?:texted|text|sms|sent|received|got)(?: [\w']+){0,5} code",
        ),
        (
            Cue.PASSWORD,
            r"парол\w*|пин[- ]?код\w*|пин|кодов\w+ слов\w+|контрольн\w+ слов\w+|секретн\w+ слов\w+|пас+ворд\w*|"
            r"password|pass word|passphrase|pin(?: code| number)?|secret word|code word|codeword|memorable word",
        ),
        (Cue.OTHER, r"(?:технич\w*|энергетическ\w*) паспорт\w*|паспорт\w* (?:изделия|качества|безопасности|объекта|"
                    r"проекта|оборудования|отходов)|с паспортом|"
                    r"паспортн\w* (?:контрол\w*|стол\w*)|passport (?:of the|control)"),
        (Cue.PASSPORT, r"паспорт\w*|passport"),
        (Cue.SERIES, r"сери[яиюй]"),
        (
            Cue.PHONE,
            r"телефон\w*|мобильн\w*|сотов\w*|(?:пере|по|на|до)?звон\w*|[вw][ао][тц]+с?ап\w*|whats?app|phone|mobile|"
            r"cell(?:phone)?|call (?:me|us|back)|reach me|дозвон\w*|телеграм\w*|telegram|viber|вайбер\w*",
        ),
        (
            Cue.OTHER,
            r"заказ\w*|договор\w*|накладн\w*|трек\w*|отправлени\w*|посылк\w*|сч[её]т\w*|инн|огрн\w*|бик|кпп|снилс\w*|"
            r"артикул\w*|заявк\w*|полис\w*|лицев\w*|серийн\w*|imei|vin|вин|штрих\w*|инвойс\w*|кадастр\w*|товар\w*|"
            r"модел\w*|цен\w*|стоимост\w*|сумм\w*|стои[тл]\w*|рубл\w*|дат[аы]\w*|выдан\w*|рожд\w*|родил\w*|адрес\w*|"
            r"дом|квартир\w*|офис\w*|индекс\w*|встреч\w*|доставк\w*|самолет\w*|рейс\w*|билет\w*|order\w*|"
            r"invoice\w*|contract\w*|tracking|account\w*|policy|serial\w*|sku|ticket\w*|reference|booking|confirmation "
            r"number|price\w*|cost\w*|amount\w*|total\w*|meeting|issued|birth\w*|address|flight|delivery|quote\w*|"
            r"part number|model|routing|vat|extension",
        ),
        (
            Cue.CARD,
            r"карт(?:а|ы|е|у|ой|очк\w+)?|виз[аыуе]|visa|master ?card|мастер ?кард\w*|маэстро|(?:credit |debit |bank )?"
            r"card|amex|american express",
        ),
    )
)  # fmt: skip

#: Words that people put between the digits of one number.
FILLERS: Final = frozenset(
    """так дальше далее потом затем еще раз повторяю повторю угу ага да ну и э эм м мм вот значит пробел тире дефис
    номер запятая точка слеш дробь записываю записал записала пишу слушаю хорошо верно понял поняла правильно
    next then and um uh er dash space okay ok yes yeah right got it so hyphen comma repeat again number slash
    mhm секунду сейчас""".split()  # noqa: SIM905 - a list of words is read as a text
)
#: What follows a number that counts something.
_UNITS: Final = re.compile(
    r"(?:руб\w*|р|₽|миллион\w*|млн|копе\w+|процент\w*|%|минут\w*|мин|час(?:а|ов|у|ам)?|сек\w*|дн(?:я|ей|ю)|"
    r"день|сут\w+|недел\w*|месяц\w*|лет|год(?:а|у|ов)?|штук\w*|шт|раз(?:а)?|метр\w*|квадрат\w*|кв|кил\w+|кг|грамм\w*|"
    r"литр\w*|тонн\w*|числ[аоу]|цифр\w*|знак\w*|символ\w*|букв\w*|доллар\w*|евро|человек\w*|этаж\w*|позици\w*|"
    r"январ\w*|феврал\w*|март\w*|апрел\w*|ма[яйею]|июн\w*|июл\w*|август\w*|сентябр\w*|октябр\w*|ноябр\w*|декабр\w*|"
    r"градус\w*|коробк?\w*|палет\w*|упаков\w*|комплект\w*|вариант\w*|"
    r"dollars?|bucks|euros?|pounds?|rubles?|percent|minutes?|hours?|seconds?|days?|weeks?|months?|years?|pieces?|"
    r"units?|digits?|times|people|floors?|boxes|o'clock|am|pm|characters?|letters?|cents?|grand|million|"
    r"january|february|march|april|may|june|july|august|september|october|november|december)"
)
#: What stands before an hour or a border in time: «в 15 00», "until 5".
BEFORE_TIME: Final = frozenset(
    """в во до к около at by until till around after после""".split()  # noqa: SIM905 - a list of words is read as a text
)
MONTH: Final = re.compile(
    r"январ\w*|феврал\w*|март\w*|апрел\w*|ма[яйею]|июн\w*|июл\w*|август\w*|сентябр\w*|октябр\w*|ноябр\w*|декабр\w*|"
    r"january|february|march|april|may|june|july|august|september|october|november|december"
)


def is_unit(low: str) -> bool:
    return bool(_UNITS.fullmatch(low))
