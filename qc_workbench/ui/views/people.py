"""Names instead of codes: who spoke with whom."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from qc_workbench.domain.call import Call, Manager
from qc_workbench.domain.contacts import masked_phone
from qc_workbench.domain.crm import Deal
from qc_workbench.store.browsing import deals_of_phones
from qc_workbench.store.calls import managers
from qc_workbench.store.database import Reader
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Directory:
    """Employees by id and the newest deal of each phone. ``names_clients``: whether the reader may know them."""

    managers: Mapping[str, Manager]
    deals: Mapping[str, Deal]
    names_clients: bool = True

    def agent(self, manager_id: str | None) -> str:
        """The name of an employee; one who is not in the list keeps the id, for nothing better is known."""
        if manager_id is None:
            return "—"
        found = self.managers.get(manager_id)
        return found.name if found and found.name else manager_id

    def deal(self, phone: str | None) -> Deal | None:
        return self.deals.get(phone) if phone else None

    def client(self, phone: str | None, t: Translator) -> str:
        """The client's name from the CRM, else the number with its middle hidden."""
        deal = self.deal(phone)
        if deal and deal.client_name and self.names_clients:
            return deal.client_name
        return masked_phone(phone) if phone else t("client.hidden")


def directory(reader: Reader, phones: Collection[str | None], viewer: Viewer | None = None) -> Directory:
    """``viewer``: who reads it; without one clients are named."""
    return people_of(reader, deals_of_phones(reader, {phone for phone in phones if phone}), viewer)


def people_of(reader: Reader, deals: Iterable[Deal], viewer: Viewer | None = None) -> Directory:
    """``deals``: those of the clients to be named, newest first. ``viewer``: who reads a list of them."""
    newest: dict[str, Deal] = {}
    for deal in deals:
        for phone in deal.client_phones:
            newest.setdefault(phone, deal)
    return Directory(managers(reader), newest, viewer is None or viewer.sees_clients)


def call_line(call: Call, people: Directory, t: Translator, *, is_own: bool = False) -> str:
    """One call in a line: when, which way, with whom; ``is_own``: to its agent, who is not named."""
    return t(
        "call.line_own" if is_own else "call.line",
        moment=t.moment(call.started_at),
        direction=t(f"direction.{call.direction.value}"),
        agent=people.agent(call.manager_id),
        client=people.client(call.client_phone, t),
    )
