"""What vendors told unasked: kept until it was followed, counted by the day. Rows to values and back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from qc_workbench.domain.webhooks import About, Hint, HintState, Receipt, WaitingHint
from qc_workbench.store.database import Reader, Row, Statement, from_json, to_json

#: Name of the count of webhooks that are no news (a call that rings), beside those of refusals.
NO_NEWS: Final = "no_news"


def receipt_as_json(receipt: Receipt) -> Mapping[str, Any]:
    """A receipt as it waits in a file while the store is away."""
    hint = receipt.hint
    return {
        "digest": receipt.digest, "source": receipt.source, "about": hint.about.value, "event": hint.event,
        "object_id": hint.object_id, "began_at": _iso(hint.began_at), "happened_at": _iso(hint.happened_at),
        "told": dict(hint.told), "received_at": _iso(receipt.received_at), "reopens": receipt.reopens,
    }  # fmt: skip


def receipt_from_json(value: Mapping[str, Any]) -> Receipt:
    hint = Hint(
        About(value["about"]), value["event"], value["object_id"], _moment(value["began_at"]),
        _moment(value["happened_at"]), value["told"],
    )  # fmt: skip
    received_at = datetime.fromisoformat(value["received_at"])
    return Receipt(value["digest"], value["source"], hint, received_at, value["reopens"])


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


_COLUMNS: Final = (
    "digest", "source", "about", "event", "object_id", "began_at", "happened_at", "told", "received_at",
)  # fmt: skip
_SHAPE: Final = json.dumps([dict.fromkeys((*_COLUMNS, "reopens", "repeats", "last_at"), "VARCHAR")])
#: The same arrival written twice (by the file and by the store) is no repeat: it is no later than the last one known.
_KEEP: Final = (
    "insert into webhooks select w.digest, w.source, w.about, w.event, w.object_id, "  # noqa: S608 - of this module
    "w.began_at::timestamptz, w.happened_at::timestamptz, w.told::json, w.received_at::timestamptz, "
    "'waiting', 0, w.received_at::timestamptz, null, null, w.repeats::integer, w.last_at::timestamptz "
    f"from (select unnest(from_json(?, '{_SHAPE}')) as w) on conflict (digest) do update set repeats = "
    "webhooks.repeats + case when excluded.last_at > webhooks.last_at then excluded.repeats + 1 else 0 end, "
    "last_at = greatest(webhooks.last_at, excluded.last_at)"
)


def kept(receipts: Sequence[Receipt]) -> list[Statement]:
    """Statements that keep these. What is known already counts as a repeat and is not followed again, unless its body
    may tell of another change (``reopens``)."""
    arrivals: dict[str, list[Receipt]] = {}
    for item in sorted(receipts, key=lambda receipt: receipt.received_at):
        arrivals.setdefault(item.digest, []).append(item)
    if not arrivals:
        return []
    rows = [
        {
            **receipt_as_json(items[0]), "told": to_json(dict(items[0].hint.told)), "repeats": len(items) - 1,
            "last_at": _iso(items[-1].received_at),
        }
        for items in arrivals.values()
    ]  # fmt: skip
    reopened = [items[-1] for items in arrivals.values() if items[-1].reopens]
    return [Statement(_KEEP, (json.dumps(rows),)), *_reopened(reopened)]


def _reopened(receipts: Sequence[Receipt]) -> list[Statement]:
    if not receipts:
        return []
    digests = [item.digest for item in receipts]
    at = max(item.received_at for item in receipts)
    return [
        Statement(
            "update webhooks set state = 'waiting', attempts = 0, next_at = ?, received_at = ?, done_at = null, "
            "error_code = null where digest in (select unnest(?::varchar[])) and received_at < ?",
            (at, at, digests, at),
        )
    ]


def counted(amounts: Mapping[tuple[str, date, str], int]) -> list[Statement]:
    """Statements that add to the counts by (source, day, what)."""
    return [
        Statement(
            "insert into webhook_counts values (?, ?, ?, ?) on conflict (source, day, what) "
            "do update set amount = webhook_counts.amount + excluded.amount",
            (source, day, what, amount),
        )
        for (source, day, what), amount in amounts.items()
        if amount
    ]


def _waiting_of(row: Row) -> WaitingHint:
    hint = Hint(
        About(row["about"]), row["event"], row["object_id"], row["began_at"], row["happened_at"],
        from_json(row["told"]) or {},
    )  # fmt: skip
    return WaitingHint(Receipt(row["digest"], row["source"], hint, row["received_at"]), row["attempts"])


def due(reader: Reader, now: datetime, limit: int = 2000) -> list[WaitingHint]:
    """Hints whose turn it is, those that came first at first."""
    rows = reader.rows(
        "select * from webhooks where state = 'waiting' and next_at <= ? order by received_at, digest limit ?",
        now,
        limit,
    )
    return [_waiting_of(row) for row in rows]


def is_due(reader: Reader, now: datetime) -> bool:
    return bool(reader.value("select exists (select 1 from webhooks where state = 'waiting' and next_at <= ?)", now))


def followed(items: Sequence[WaitingHint], state: HintState, at: datetime, error_code: str | None = None) -> Statement:
    """These came to their end. Not where one was told of again meanwhile: that one waits on."""
    return Statement(
        "update webhooks set state = ?, done_at = ?, error_code = ? where state = 'waiting' and received_at <= ? "
        "and digest in (select unnest(?::varchar[]))",
        (state.value, at, error_code, at, [item.receipt.digest for item in items]),
    )


def put_off(items: Sequence[WaitingHint], until: datetime, error_code: str, *, counts: bool) -> Statement:
    """Try these again not before ``until``; ``counts``: this try was one of those that have an end."""
    return Statement(
        "update webhooks set attempts = attempts + ?, next_at = ?, error_code = ? where state = 'waiting' "
        "and digest in (select unnest(?::varchar[]))",
        (int(counts), until, error_code, [item.receipt.digest for item in items]),
    )


def forgotten(before: datetime) -> list[Statement]:
    """What was done before a moment goes; counts go after a year."""
    return [
        Statement("delete from webhooks where state <> 'waiting' and done_at < ?", (before,)),
        Statement("delete from webhook_counts where day < ?", ((before - timedelta(days=365)).date(),)),
    ]


def erased(ids: Sequence[str]) -> Statement:
    """What was told of these goes. ``ids`` are the workbench's own: source and the vendor's id."""
    return Statement(
        "delete from webhooks where source || ':' || object_id in (select unnest(?::varchar[]))", (list(ids),)
    )


def call_starts(reader: Reader, call_ids: Sequence[str]) -> dict[str, datetime]:
    """When known calls began."""
    rows = reader.rows("select call_id, started_at from calls where call_id in (select unnest(?::varchar[]))",
                       list(call_ids))  # fmt: skip
    return {row["call_id"]: row["started_at"] for row in rows}


@dataclass(frozen=True, slots=True)
class WebhookFigures:
    """Of one source. ``counts``: refused, and no news, by name, since a day; the rest of the rows that are kept."""

    source: str
    counts: Mapping[str, int]
    waiting: int = 0
    done: int = 0
    given_up: int = 0
    repeats: int = 0
    oldest_waiting_at: datetime | None = None
    last_at: datetime | None = None
    error_code: str | None = None


def figures(reader: Reader, since: date) -> dict[str, WebhookFigures]:
    """By source; '' holds what came to no address of ours."""
    counts: dict[str, dict[str, int]] = {}
    for row in reader.rows("select source, what, sum(amount)::bigint as amount from webhook_counts where day >= ? "
                           "group by 1, 2", since):  # fmt: skip
        counts.setdefault(row["source"], {})[row["what"]] = row["amount"]
    found = {source: WebhookFigures(source, amounts) for source, amounts in counts.items()}
    for row in reader.rows(
        "select source, count(*) filter (state = 'waiting') as waiting, count(*) filter (state = 'done') as done, "
        "count(*) filter (state = 'given_up') as given_up, sum(repeats)::bigint as repeats, "
        "min(received_at) filter (state = 'waiting') as oldest, max(last_at) as last_at, "
        "arg_max(error_code, received_at) filter (state = 'waiting') as error_code from webhooks group by 1"
    ):
        found[row["source"]] = WebhookFigures(
            row["source"], counts.get(row["source"], {}), row["waiting"], row["done"], row["given_up"],
            row["repeats"] or 0, row["oldest"], row["last_at"], row["error_code"],
        )  # fmt: skip
    return found
