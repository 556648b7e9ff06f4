"""Persons who were erased don't come back: their rows are left out of whatever is imported.

What is compared are keyed hashes (HMAC-SHA256 with the workspace's secret), so the list of such persons names nobody
to those who have not the secret too.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from qc_workbench.domain.crm import Deal
from qc_workbench.sources.csv_folder import FolderContents
from qc_workbench.sources.rows import Entries, Placed

Entry = TypeVar("Entry")


def keyed_hash(secret: bytes, kind: str, value: str) -> str:
    """The hash of a phone (E.164) or an id; ``kind`` keeps a deal and a call of the same id apart."""
    return hmac.new(secret, f"suppressed\n{kind}\n{value}".encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Suppressed:
    """(kind, keyed hash) of what must not come back."""

    secret: bytes
    hashes: frozenset[tuple[str, str]]

    def has(self, kind: str, value: str | None) -> bool:
        return bool(self.hashes) and value is not None and (kind, keyed_hash(self.secret, kind, value)) in self.hashes


def without_suppressed(contents: FolderContents, suppressed: Suppressed) -> FolderContents:
    """The contents without the rows of erased persons.

    A deal that other phones belong to as well stays, without the erased phone, without a name and attributes, which
    may be those of the erased person. What belongs to a deal that goes, goes with it.
    """
    if not suppressed.hashes:
        return contents

    def is_phone(phone: str | None) -> bool:
        return suppressed.has("phone", phone)

    gone_deals = {
        deal.deal_id
        for deal in contents.deals.values
        if suppressed.has("deal", deal.deal_id) or (deal.client_phones and all(map(is_phone, deal.client_phones)))
    }

    def of_person(kind: str, item: Any, own_id: str) -> bool:
        deal_id = getattr(item, "deal_id", None)
        return (
            is_phone(item.client_phone)
            or suppressed.has(kind, own_id)
            or deal_id in gone_deals
            or suppressed.has("deal", deal_id)
        )

    activities = _without(contents.activities, lambda item: of_person("activity", item, item.activity_id))
    gone_activities = {item.activity_id for item in contents.activities.values} - {
        item.activity_id for item in activities.values
    }
    return replace(
        contents,
        calls=_without(contents.calls, lambda item: of_person("call", item, item.call_id)),
        deals=_mapped(
            _without(contents.deals, lambda item: item.deal_id in gone_deals), lambda item: _stripped(item, is_phone)
        ),
        stage_changes=_without(
            contents.stage_changes,
            lambda item: item.deal_id in gone_deals or suppressed.has("deal", item.deal_id),
        ),
        activities=activities,
        activity_changes=_without(
            contents.activity_changes,
            lambda item: item.activity_id in gone_activities or suppressed.has("activity", item.activity_id),
        ),
        notes=_without(contents.notes, lambda item: of_person("note", item, item.note_id)),
        sales=_without(contents.sales, lambda item: of_person("sale", item, item.sale_id)),
    )


def _stripped(deal: Deal, is_phone: Callable[[str | None], bool]) -> Deal:
    phones = tuple(phone for phone in deal.client_phones if not is_phone(phone))
    if phones == deal.client_phones:
        return deal
    return replace(deal, client_phones=phones, client_name=None, attributes={})


def _without(entries: Entries[Entry], goes: Callable[[Entry], bool]) -> Entries[Entry]:
    return replace(entries, placed=tuple(item for item in entries.placed if not goes(item.entry)))


def _mapped(entries: Entries[Entry], change: Callable[[Entry], Entry]) -> Entries[Entry]:
    return replace(entries, placed=tuple(Placed(item.row, change(item.entry)) for item in entries.placed))
