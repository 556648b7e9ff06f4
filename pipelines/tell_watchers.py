"""Count what is new in the saved searches that people watch, where the index has grown.

Pages read the numbers: a question to the index takes up to half a second on a million calls, a page has none to spare.
"""

from __future__ import annotations

from qc_workbench.domain.access import Action, agents_within, names_clients
from qc_workbench.errors import UsageError
from qc_workbench.searching.language import parse
from qc_workbench.store import people, saved_searches
from qc_workbench.store.database import Reader, Statement
from qc_workbench.store.saved_searches import Watch
from qc_workbench.store.searching import count_found
from qc_workbench.workspace import Workspace


def tell_watchers(workspace: Workspace) -> int:
    """Count for everybody who watches a search, among the calls they may see; returns how many numbers changed."""
    with workspace.store.reading(heavy=True) as reader:
        watches = saved_searches.watches(reader)
        if not watches:
            return 0
        changed = _changed(reader, workspace, watches)
    if changed:
        workspace.store.write(*changed)
    return len(changed)


def _changed(reader: Reader, workspace: Workspace, watches: list[Watch]) -> list[Statement]:
    persons = {account.person.person_id: account.person for account in people.accounts(reader)}
    team_of, zone = people.team_of_agents(reader), workspace.settings.company.zone
    by_role = workspace.settings.privacy.names_in_transcripts == "by_role"
    found = []
    for watch in watches:
        person = persons.get(watch.person_id)
        if person is None or not person.may_enter:
            continue
        try:
            query = parse(watch.search.question)
        except UsageError:  # saved by a program that read it otherwise: opening it says what is wrong
            continue
        agents = agents_within(person, Action.SEE_CALL, team_of)
        masked = by_role and not names_clients(person, team_of)
        new = count_found(
            reader, query, watch.search.filters, zone, agents=agents, new_since=watch.seen_at, masked=masked
        )
        if new != watch.new:
            found.append(saved_searches.counted(watch, new))
    return found
