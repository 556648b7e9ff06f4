"""A secret that was said is not in the store and not in the sound that is played; a name is not for everybody."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from pipelines.detect import detect
from pipelines.index_words import index_words
from pipelines.progress import Silent
from pipelines.redact_transcripts import redact_transcripts
from qc_workbench.domain.coaching import Clip, ClipKind
from qc_workbench.domain.flag import Evidence, Flag, FlagKind, Side, Verdict
from qc_workbench.domain.redaction import Hidden, Secret
from qc_workbench.domain.search import CallFilters
from qc_workbench.domain.transcript import Party, Transcript, Turn, Word
from qc_workbench.store import calls as call_rows
from qc_workbench.store import coaching, listening, verdicts
from qc_workbench.store.database import insert
from qc_workbench.ui.accounts import cookie_name
from qc_workbench.ui.clips import clip_address
from qc_workbench.ui.components.player import player_data
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.recordings import recording_address
from qc_workbench.ui.server import routes
from qc_workbench.ui.state import HOME_VARIABLE
from qc_workbench.ui.views.call import call_view
from qc_workbench.ui.views.playback import playback
from qc_workbench.ui.views.said import reading, searches_masked
from qc_workbench.ui.views.search import results
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company

NOW = datetime.now(UTC)
CALL = company.PROMISE
#: Card and name are said by the client, a word every 0.4 s from the second 2 on.
SAID = "это ольга мюллерсон номер карты 4276 1234 5678 9012 перезвоните на 8 916 123 45 67"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = company.sample_company(tmp_path / "company")
    kept_before_the_rules(made)
    return made


def kept_before_the_rules(workspace: Workspace) -> None:
    """A transcript and a quote as an older program kept them."""
    words = tuple(Word(2 + 0.4 * at, 2.35 + 0.4 * at, f" {word}", 0.9) for at, word in enumerate(SAID.split()))
    turns = (
        Turn(Party.AGENT, 0, 0.5, 1.5, "Слушаю вас", 0.9),
        Turn(Party.CUSTOMER, 1, 2.0, words[-1].end_s, SAID, 0.9, words),
    )
    with workspace.store.reading() as reader:
        recording = call_rows.recording(reader, CALL)
    assert recording is not None
    transcript = Transcript(CALL, recording.content_hash or "", "f", "ru", "e", "m", turns)
    evidence = (Evidence(1, 2.0, 8.0, "live_talk", SAID, Side.FOR),)
    flag = Flag("flag-with-card", CALL, FlagKind.FAKE_EFFECTIVE, Verdict.UNSURE, 0.5, evidence, "d", "1")
    workspace.store.write(
        *listening.save_transcript(transcript, NOW), insert("flags", verdicts.flag_row(flag, NOW), replace=True)
    )


def all_text(workspace: Workspace) -> str:
    tables = ("turns", "flags", "commitments", "detected", "search_words", "refusals")
    with workspace.store.reading() as reader:
        return "\n".join(str(reader.rows(f"select * from {table}")) for table in tables)


def test_what_was_kept_before_is_freed_with_all_quotes_and_nothing_changes_a_second_time(workspace: Workspace) -> None:
    assert "5678" in all_text(workspace)
    assert redact_transcripts(workspace) == 1
    index_words(workspace, Silent())
    text = all_text(workspace)
    assert "5678" not in text
    assert text.count("[номер карты скрыт]") >= 2  # the turn and the quote
    assert redact_transcripts(workspace) == 0
    assert all_text(workspace) == text


def test_detection_frees_transcripts_before_it_quotes_them(workspace: Workspace) -> None:
    detect(workspace, company.AS_OF, Silent())
    assert "5678" not in all_text(workspace)


# --- sound ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def client(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    redact_transcripts(workspace)
    monkeypatch.setenv(HOME_VARIABLE, str(workspace.home))
    cookies = {cookie_name(workspace.home): company.token(workspace, "h1")}
    with TestClient(Starlette(routes=list(routes())), cookies=cookies) as found:
        yield found


def address(workspace: Workspace) -> str:
    with workspace.store.reading() as reader:
        recording = call_rows.recording(reader, CALL)
    assert recording is not None
    return recording_address(workspace, recording, "account-h1", NOW) or ""


def samples(content: bytes) -> tuple[np.ndarray, int]:
    with wave.open(io.BytesIO(content)) as file:
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels())
        return sound, file.getframerate()


def hidden(workspace: Workspace) -> Hidden:
    with workspace.store.reading() as reader:
        recording = call_rows.recording(reader, CALL)
        assert recording is not None
        (found,) = listening.hidden_in(reader, recording.content_hash or "")
    return found


def test_the_route_plays_a_tone_over_the_card_and_the_rest_as_it_was(workspace: Workspace, client: TestClient) -> None:
    answer = client.get(address(workspace), headers={"range": "bytes=0-"})
    assert answer.status_code == 206
    sound, rate = samples(answer.content)
    with workspace.store.reading() as reader:
        recording = call_rows.recording(reader, CALL)
    assert recording is not None
    original, _ = samples(workspace.media_path(recording.path or "").read_bytes())
    found = hidden(workspace)
    assert found.kind is Secret.CARD
    assert found.channel == 1
    first, last = round(found.start_s * rate), round(found.end_s * rate)
    assert np.array_equal(sound[:first], original[:first])
    assert np.array_equal(sound[last:], original[last:])
    assert np.array_equal(sound[:, 0], original[:, 0])  # the agent's channel holds no secret
    assert not np.array_equal(sound[first:last, 1], original[first:last, 1])
    assert np.abs(sound[first:last, 1]).max() < 1200


def test_a_range_within_the_card_is_the_tone_too(workspace: Workspace, client: TestClient) -> None:
    whole = client.get(address(workspace)).content
    part = client.get(address(workspace), headers={"range": "bytes=60000-69999"})
    assert part.content == whole[60000:70000]


def test_another_finding_makes_the_played_file_anew(workspace: Workspace, client: TestClient) -> None:
    before = client.get(address(workspace)).content
    with workspace.store.reading() as reader:
        transcript = listening.transcript(reader, CALL)
    assert transcript is not None
    wider = Hidden(Secret.CARD, 0.0, 12.0)
    changed = Transcript(
        CALL, transcript.content_hash, "f", "ru", "e", "m", transcript.turns, hidden=(wider,), redacted_by="x"
    )
    workspace.store.write(*listening.save_transcript(changed, NOW))
    after = client.get(address(workspace)).content
    assert after != before
    assert len(list((workspace.home / "cache" / "playable").iterdir())) == 1


def test_a_clip_of_these_seconds_has_the_tone(workspace: Workspace, client: TestClient) -> None:
    clip = Clip("aa" * 16, CALL, 3.0, 7.0, ClipKind.GOOD, "Слушает", None, "account-h1", NOW)
    workspace.store.write(insert("clips", coaching.clip_row(clip)))
    sound, rate = samples(client.get(clip_address(clip.clip_id)).content)
    found = hidden(workspace)
    middle = round((found.start_s + 0.5 - 3.0) * rate)
    assert np.abs(sound[middle : middle + rate // 2, 1]).max() < 1200


def test_nobody_hears_the_original_unless_the_settings_let_their_role_and_then_it_is_written_down(
    workspace: Workspace, client: TestClient
) -> None:
    covered = client.get(address(workspace)).content
    original = f"{address(workspace)}&original=1"
    assert client.get(original).content == covered
    settings = workspace.home / "qcw.toml"
    settings.write_text(settings.read_text() + '\n[privacy]\noriginal_sound = ["owner"]\n', encoding="utf-8")
    assert client.get(original).content != covered
    with workspace.store.reading() as reader:
        noted = reader.rows("select * from audit where action = 'original_heard'")
    assert len(noted) == 1


# --- names ----------------------------------------------------------------------------------------------------------


def shown_to(workspace: Workspace, employee: str) -> str:
    view = call_view(workspace, company.viewer(workspace, employee), CALL)
    assert view is not None
    reads = reading(workspace, company.viewer(workspace, employee), view.call.manager_id, view.call.client_phone)
    t = Translator("ru")
    shown = playback(
        CALL, None, view.recording, view.acoustics, view.transcript, view.flags, view.promises, t, reading=reads
    )
    return str(player_data(shown, t, 0.0, False)["turns"])


def test_whoever_may_not_know_the_client_reads_masks_and_the_others_what_was_said(workspace: Workspace) -> None:
    redact_transcripts(workspace)
    reviewer, head = shown_to(workspace, "q1"), shown_to(workspace, "h1")
    assert "ольга" not in reviewer
    assert "916" not in reviewer
    assert "'имя', 'Скрыто: имя'" in reviewer
    assert "ольга" in head
    assert "916" in head
    assert "'номер карты скрыт', 'Скрыто: номер карты скрыт'" in head  # a secret is nobody's to read


def test_the_settings_may_show_everybody_what_was_said(workspace: Workspace) -> None:
    settings = workspace.home / "qcw.toml"
    settings.write_text(settings.read_text() + '\n[privacy]\nnames_in_transcripts = "as_said"\n', encoding="utf-8")
    assert "ольга" in shown_to(Workspace.open(workspace.home), "q1")


@pytest.mark.parametrize(
    "question", ["ольга", "=ольга", "ольг*", "клиент:ольга", '"это ольга"', "916", "(это ольга)~3"]
)
def test_what_is_masked_is_neither_found_nor_counted_for_its_readers(workspace: Workspace, question: str) -> None:
    redact_transcripts(workspace)
    index_words(workspace, Silent())
    reviewer, head = company.viewer(workspace, "q1"), company.viewer(workspace, "h1")

    def found(masked: bool) -> int:
        return results(workspace, question, CallFilters(), None, masked=masked).total

    assert searches_masked(workspace, reviewer)
    assert not searches_masked(workspace, head)
    assert found(False) == 1
    assert found(True) == 0
    everything = results(workspace, f"слушаю -{question}", CallFilters(), None, masked=True).total
    assert everything == results(workspace, "слушаю", CallFilters(), None, masked=True).total


def test_a_line_found_by_another_word_shows_masks(workspace: Workspace) -> None:
    redact_transcripts(workspace)
    index_words(workspace, Silent())
    reviewer = company.viewer(workspace, "q1")
    view = results(
        workspace, "перезвоните карты", CallFilters(), None, 1,
        lambda call: reading(workspace, reviewer, call.manager_id, call.client_phone), masked=True,
    )  # fmt: skip
    (line,) = next(item.lines for item in view.calls if item.call.call_id == CALL)
    assert "[имя]" in line.text
    assert "ольга" not in line.text
    assert ("перезвоните", True) in line.pieces
