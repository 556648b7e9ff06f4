"""Whether the client was told of the recording, in the detection step: kept, found again when something changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.detect import detect
from pipelines.erasure import erase
from pipelines.progress import Silent
from qc_workbench.domain.consent import ConsentReason, ConsentVerdict
from qc_workbench.store.consent import ConsentBy, consent_lines, consent_tallies
from qc_workbench.workspace import Workspace
from tests.pipelines.test_detect import AS_OF, put_call
from tests.unit.spoken_calls import call_at

TOLD = ("A: Добрый день, Анна, «Окна», разговор записывается.", "C: Хорошо.", "A: Звоню по вашей заявке на окна.")
QUIET = ("A: Добрый день, Анна, «Окна», звоню вам по вашей заявке на окна.", "C: Слушаю.", "A: Какие размеры?")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "qcw.toml").write_text("", encoding="utf-8")
    found = Workspace.open(tmp_path)
    put_call(found, call_at(call_id="told"), *TOLD)
    put_call(found, call_at(call_id="quiet", client_phone="+79160000007"), *QUIET)
    return found


def verdicts_of(workspace: Workspace) -> dict[str, ConsentVerdict]:
    with workspace.store.reading() as reader:
        return {key: item.verdict for key, item in consent_lines(reader, ["told", "quiet"]).items()}


def test_it_is_kept_once_and_found_again_only_when_its_settings_change(workspace: Workspace) -> None:
    detect(workspace, AS_OF, Silent())
    assert verdicts_of(workspace) == {"told": ConsentVerdict.TOLD, "quiet": ConsentVerdict.NOT_TOLD}
    assert detect(workspace, AS_OF, Silent()).examined == 0
    (workspace.home / "qcw.toml").write_text("[consent]\ndirections = []\n", encoding="utf-8")
    assert detect(Workspace.open(workspace.home), AS_OF, Silent()).examined == 2
    assert verdicts_of(workspace) == {}


def test_a_later_run_takes_only_what_an_earlier_one_did_not_reach(workspace: Workspace) -> None:
    detect(workspace, AS_OF, Silent(), call_ids=["told"])
    assert list(verdicts_of(workspace)) == ["told"]
    assert detect(workspace, AS_OF, Silent()).examined == 1
    assert len(verdicts_of(workspace)) == 2


def test_shares_are_counted_by_agent_source_and_week_and_outlive_an_erasure(workspace: Workspace) -> None:
    detect(workspace, AS_OF, Silent())
    whole = (AS_OF.replace(year=2000), AS_OF.replace(year=2100))

    def counted() -> list[tuple[int, int, int]]:
        with workspace.store.reading() as reader:
            return [
                (item.told, item.not_told, item.unsure)
                for by in ConsentBy
                for item in consent_tallies(reader, whole, None, by, "Europe/Moscow")
            ]

    assert counted() == [(1, 1, 0)] * len(ConsentBy)
    erase(workspace, ["+79160000007"], by="Админ")
    assert counted() == [(1, 1, 0)] * len(ConsentBy)
    assert list(verdicts_of(workspace)) == ["told"]


def test_the_second_at_which_it_was_told_is_kept(workspace: Workspace) -> None:
    detect(workspace, AS_OF, Silent())
    with workspace.store.reading() as reader:
        line = consent_lines(reader, ["told"])["told"]
    assert line.reason is ConsentReason.BY_AGENT
    assert line.start_s is not None
    assert line.version == "1"
