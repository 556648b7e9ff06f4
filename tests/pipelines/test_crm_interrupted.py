"""amoCRM and Bitrix24 into a workspace: killed anywhere, in pieces, with broken answers; the key stays where it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from qc_workbench import logs
from qc_workbench.config import Logs
from qc_workbench.errors import SourceError
from qc_workbench.sources.wire import TRIES
from tests.crm_companies import COMPANIES, NOW, Place, everything, live, rows, sync
from tests.stand_ins.serving import Fault, QuickClock, serving

# long: `make test-all`; tests/pipelines/test_sync_by_contract.py and the unit tests of the systems stay quick
pytestmark = pytest.mark.slow


@pytest.fixture(params=COMPANIES, ids=lambda kind: str(kind.name))
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    company = request.param.furnished()
    with serving(company.stand_in) as address:
        yield Place(company, address, tmp_path)


@pytest.mark.slow
def test_read_after_most_steps_or_once_at_the_end_is_the_same(place: Place) -> None:
    often = place.workspace("often")
    for days_ago, step in zip((20, 15, 10, 5, 2), live(place.company), strict=True):
        step()
        if days_ago != 15:
            sync(often, QuickClock(NOW - timedelta(days=days_ago) + timedelta(minutes=5)))
    once = place.workspace("once")
    sync(once)
    assert everything(often) == everything(once)


def test_the_key_is_nowhere_but_in_its_file(place: Place) -> None:
    opened = place.workspace("W")
    logs.start(opened.home, Logs(), "command")
    try:
        sync(opened)
        place.company.stand_in.spoil(*[Fault.REFUSED])
        with pytest.raises(SourceError):
            sync(opened)
    finally:
        logs.stop()
    opened.store.release()
    key = place.company.secret("").strip("/").rpartition("/")[2].encode()
    holding = {path.name for path in opened.home.rglob("*") if path.is_file() and key in path.read_bytes()}
    assert holding == {"key"}


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Mortal(QuickClock):
    """Ends the process when the time was looked at so often: before any question and between any two writes."""

    lives: int = 10**9

    def now(self) -> datetime:
        self._spend()
        return super().now()

    def monotonic(self) -> float:
        self._spend()
        return super().monotonic()

    def _spend(self) -> None:
        self.lives -= 1
        if self.lives < 0:
            raise Killed


def test_killed_anywhere_and_repeated_it_leaves_the_same(place: Place) -> None:
    for step in live(place.company):
        step()
    calm = place.workspace("calm")
    sync(calm)
    expected = everything(calm)
    assert len(expected["deals"]) == 3
    disturbed = place.workspace("disturbed")
    lives, killed = 3, 0
    while True:
        try:
            sync(disturbed, Mortal(NOW, lives=lives))
            break
        except Killed:
            killed += 1
            lives += 11
    assert killed >= 3
    assert everything(disturbed) == expected


def test_a_checkpoint_does_not_move_over_an_answer_that_is_none(place: Place) -> None:
    opened = place.workspace("W")
    sync(opened, QuickClock(NOW - timedelta(days=25)))
    [before] = rows(opened, "select done_until from source_state")
    for step in live(place.company):
        step()
    for fault in (Fault.HTML, Fault.TRUNCATED, Fault.ERROR_IN_SUCCESS):
        place.company.stand_in.spoil(*[fault] * TRIES)
        with pytest.raises(SourceError):
            sync(opened)
        assert rows(opened, "select done_until from source_state") == [before]
    assert not sync(opened).nothing_new
    assert len(rows(opened, "select * from activity_changes where field = 'due_at'")) == 2
