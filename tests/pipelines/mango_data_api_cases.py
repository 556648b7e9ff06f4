"""What tests of Mango Office, UIS and Novofon 2 share: settings of each and a stand-in with calls."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tests.connected_cases import NOW
from tests.stand_ins import data_api, mango

MOSCOW = ZoneInfo("Europe/Moscow")
#: Several windows of each: seven days of Mango, one day of the Data API.
HISTORY_DAYS = {"mango": 22, "uis": 4, "novofon2": 4}
StandIn = mango.MangoStandIn | data_api.DataApiStandIn


def wall(ago: timedelta) -> datetime:
    return (NOW - ago).astimezone(MOSCOW).replace(tzinfo=None)


def unix(ago: timedelta) -> int:
    return int((NOW - ago).timestamp())


def settings(kind: str, address: str) -> str:
    path, secret = ("/vpbx", 'secret = "file:secret"\n') if kind == "mango" else ("/v2.0", "")
    head = f'[[sources]]\nkind = "{kind}"\nname = "s"\nkey = "file:key"\n'
    return f'{head}{secret}address = "{address}{path}"\nhistory_days = {HISTORY_DAYS[kind]}\n'


def stand_in_of(kind: str, count: int) -> StandIn:
    """Calls that two agents were rung for, spread over the days that are read."""
    # None at the edge of what is read first: a process that reads later has another edge.
    step = timedelta(days=HISTORY_DAYS[kind] - 1) / (count + 1)
    ages = [timedelta(hours=3) + n * step for n in range(count)]
    if kind == "mango":
        return mango.MangoStandIn(legs=[leg for n, age in enumerate(ages) for leg in mango.call(n, unix(age))])
    return data_api.DataApiStandIn(
        calls=[data_api.call(n, wall(age)) for n, age in enumerate(ages)],
        legs=[leg for n, age in enumerate(ages) for leg in data_api.legs(n, wall(age))],
    )
