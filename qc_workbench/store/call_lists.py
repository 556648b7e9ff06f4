"""The list of calls: which are looked for, the newest of them, how many there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from qc_workbench.domain.call import Call
from qc_workbench.store.calls import call_of
from qc_workbench.store.database import Reader
from qc_workbench.store.scoping import COUNTED, WITH_CLIENTS, Agents, Stretch, among


class Talk(StrEnum):
    """Of calls with clients that the CRM counts as effective: those that were examined, those heard to be
    conversations, those heard to be none."""

    EXAMINED = "examined"
    REAL = "real"
    NOT_REAL = "not_real"


#: Parameter: seconds from which the CRM counts.
_COUNTED: Final = f"{WITH_CLIENTS} and {COUNTED}"
_HEARD: Final[Mapping[Talk, str]] = {
    Talk.EXAMINED: "verified_effective is not null",
    Talk.REAL: "verified_effective",
    Talk.NOT_REAL: "not verified_effective",
}


@dataclass(frozen=True, slots=True)
class CallSearch:
    """What calls are looked for, as :func:`call_search` makes it of what was typed.

    ``is_all``: nothing was typed. Else the call ``call_id``, if there is one, or calls with these ``digits`` in the
    number or with one of these ``phones``. ``within``: only of this time; ``talk``: only such calls, and the
    seconds from which the CRM counts.
    """

    agents: Agents
    is_all: bool
    call_id: str | None
    digits: str
    phones: tuple[str, ...]
    within: Stretch | None = None
    talk: tuple[Talk, float] | None = None

    def condition(self) -> tuple[str, list[Any]]:
        """Only what is asked for, so that the rest costs nothing on a million calls."""
        fits: list[tuple[str, Any]] = []
        if self.call_id is not None:
            fits.append(("call_id = ?", self.call_id))
        if self.digits:
            fits.append(("contains(client_phone, ?)", self.digits))
        if self.phones:
            fits.append(("client_phone in (select unnest(?::varchar[]))", list(self.phones)))
        found = "true" if self.is_all else f"({' or '.join(text for text, _ in fits) or 'false'})"
        parameters = [value for _, value in fits]
        mine, whose = among(self.agents)
        conditions, values = [mine, found], [*whose, *parameters]
        if self.within is not None:
            conditions.append("started_at >= ? and started_at < ?")
            values += self.within
        if self.talk is not None:
            heard, counted_from_s = self.talk
            of_heard = f"select call_id from conversations where {_HEARD[heard]}"  # noqa: S608 - a literal of this module
            conditions.append(f"{_COUNTED} and call_id in ({of_heard})")
            values.append(counted_from_s)
        return " and ".join(conditions), values


def talk_counts(reader: Reader, search: CallSearch, counted_from_s: float) -> dict[Talk, int]:
    """How many calls that fit are each of :class:`Talk`."""
    condition, parameters = replace(search, talk=None).condition()
    rows = reader.rows(
        f"""
        select verified_effective as is_real, count(*) as n from calls join conversations using (call_id)
        where {condition} and {_COUNTED} and verified_effective is not null group by all
        """,  # noqa: S608 - literals of this module
        *parameters,
        counted_from_s,
    )
    found = {Talk.REAL if row["is_real"] else Talk.NOT_REAL: int(row["n"]) for row in rows}
    return {Talk.EXAMINED: sum(found.values()), Talk.REAL: 0, Talk.NOT_REAL: 0} | found


def call_search(reader: Reader, agents: Agents, text: str, *, by_client: bool = True) -> CallSearch:
    """Calls of these agents whose number holds the digits of ``text`` or whose client is so named.

    The id of a call finds that call alone, and only that is looked for without ``by_client``: whoever does not see a
    number would have it digit by digit from what is found.
    """
    text = text.strip()
    if not text:
        return CallSearch(agents, True, None, "", ())
    if not by_client or reader.value("select 1 from calls where call_id = ?", text):
        return CallSearch(agents, False, text, "", ())
    named = reader.rows(
        """
        select distinct unnest(from_json(client_phones, '["VARCHAR"]')) as phone from deals
        where contains(lower(client_name), ?)
        """,
        text.lower(),
    )
    digits = "".join(char for char in text if char.isdigit())
    return CallSearch(agents, False, None, digits, tuple(row["phone"] for row in named))


def latest_calls(reader: Reader, search: CallSearch, limit: int, offset: int = 0) -> list[Call]:
    """The newest calls that fit."""
    condition, parameters = search.condition()
    rows = reader.rows(
        f"select * from calls where {condition} order by started_at desc, call_id limit ? offset ?",  # noqa: S608 - literals of this module
        *parameters,
        limit,
        offset,
    )
    return [call_of(row) for row in rows]


def count_calls(reader: Reader, search: CallSearch, at_most: int) -> int:
    """How many calls fit; counting ends at ``at_most``."""
    condition, parameters = search.condition()
    sql = f"select count(*) from (select 1 from calls where {condition} limit ?)"  # noqa: S608 - literals of this module
    return int(reader.value(sql, *parameters, at_most))
