"""Which pictures there are: every room as who lives there sees it, what opens within a room, the pages before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

#: Login -> who of the department looks at a room in the pictures.
QC, AGENT, HEAD, OWNER, ADMIN = "q1", "m2", "h1", "owner", "admin"
#: The call that the reviewer is scoring.
CALL: Final = "talk-balcony"
#: Where those of the documents are.
FOLDER: Final = Path(__file__).parents[2] / "docs" / "screenshots"
LANGUAGES: Final = {"ru": "ru-RU", "en": "en-GB"}


class Scene(StrEnum):
    FULL = "full"  # the department
    EMPTY = "empty"  # accounts and nothing else
    NEW = "new"  # nobody has an account yet


@dataclass(frozen=True, slots=True)
class Picture:
    """``login``: who looks, "" for somebody who is not logged in. ``press``: the code of what is chosen on the page;
    ``needs``: a part that comes late; ``upload``: a file of tests/golden that is dropped on the page."""

    address: str
    login: str
    scene: Scene = Scene.FULL
    press: str = ""
    needs: str = ""
    upload: str = ""


_PLOT: Final = "[data-testid=stVegaLiteChart]"
#: Name of the file -> what it shows. A room is under its own name.
PICTURES: Final[Mapping[str, Picture]] = {
    "login": Picture("login", ""),
    "setup": Picture("setup", "", Scene.NEW),
    "join": Picture("join", ""),
    "password": Picture("password", QC),
    "shut": Picture("team", AGENT),
    "overview": Picture("overview", HEAD),
    "queue": Picture("queue", QC),
    "queue-head": Picture("queue", HEAD),
    "my": Picture("my", AGENT),
    "my-score": Picture("my", AGENT, press="my_shelf.estimate"),
    "call": Picture(f"call?id={CALL}", QC),
    "calls": Picture("call", HEAD),
    "search": Picture('search?q="другой компании" OR дешевле', QC),
    "suspicious": Picture("suspicious", HEAD),
    "promises": Picture("promises", HEAD),
    "refusals": Picture("refusals", HEAD),
    "refusals-reasons": Picture("refusals?list=reasons", HEAD, needs=_PLOT),
    "disputes": Picture("disputes", HEAD),
    "coaching": Picture("coaching", HEAD),
    "coaching-comments": Picture("coaching", HEAD, press="coaching_shelf.comments"),
    "coaching-examples": Picture("coaching", QC, press="coaching_shelf.clips"),
    "discipline": Picture("discipline", HEAD),
    "team": Picture("team", HEAD),
    "team-agent": Picture("team?agent=m6", HEAD),
    "calibration": Picture("calibration", HEAD),
    "calibration-session": Picture("calibration?session=SESSION", HEAD),
    "calibration-agreement": Picture("calibration?tab=agreement", HEAD, needs=_PLOT),
    "calibration-reviewers": Picture("calibration?tab=reviewers", HEAD, needs=_PLOT),
    "month": Picture("month", OWNER),
    "bonus": Picture("bonus?list=statements", HEAD),
    "bonus-rulings": Picture("bonus?list=rulings", HEAD),
    "bonus-disputes": Picture("bonus?list=disputes", OWNER),
    "bonus-contest": Picture("bonus?list=contest", OWNER),
    "my-bonus": Picture("my?list=bonus", AGENT),
    "investigation": Picture("investigation?month=MONTH", HEAD, needs=_PLOT),
    "investigation-new": Picture("investigation", HEAD),
    "my-calendar": Picture("my?list=promises", AGENT, press="calendar.title"),
    "my-letters": Picture("my?list=letters", AGENT),
    "my-questions": Picture("my?list=suspicions", AGENT),
    "discipline-consent": Picture("discipline", HEAD, press="discipline_part.consent"),
    "data": Picture("data", ADMIN),
    "people": Picture("people", ADMIN),
    "audit": Picture("audit", ADMIN),
    "quality": Picture("quality", OWNER),
    "import_files": Picture("import_files", HEAD, upload="exported_files/1c_sales_by_agent.xlsx"),
    "work": Picture("work", ADMIN),
    "schedule": Picture("schedule", ADMIN),
    "crm_writes": Picture("crm_writes", HEAD),
    "crm_writes-written": Picture("crm_writes?shelf=written", OWNER),
    "connections": Picture("connections", ADMIN),
    "connections-people": Picture("connections", ADMIN, press="connections.tab.people"),
    "connections-settings": Picture("connections", ADMIN, press="connections.tab.settings"),
    "forms": Picture("forms", HEAD),
    "form": Picture("forms?form=inbound_lead&version=1", HEAD),
}
