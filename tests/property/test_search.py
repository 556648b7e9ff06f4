"""What the index answers is what the definition says, on random calls and random questions."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.index_words import index_words, settle
from pipelines.progress import Silent
from qc_workbench.domain.call import Call, Direction, Outcome
from qc_workbench.domain.search import CallFilters
from qc_workbench.domain.transcript import Party, Suspicion, Transcript, Turn
from qc_workbench.errors import UsageError
from qc_workbench.searching.forms import comparable, dictionary_words, pieces, word_number
from qc_workbench.searching.language import parse
from qc_workbench.searching.matching import fits, occurrences, said_words
from qc_workbench.searching.query import AllOf, AnyOf, Match, Near, Pattern, Phrase, Query, Scope, Without, leaves
from qc_workbench.searching.snippets import snippets
from qc_workbench.store import calls as call_rows
from qc_workbench.store import listening, word_index
from qc_workbench.store.database import Statement
from qc_workbench.store.searching import count_found, find_calls
from qc_workbench.workspace import Workspace

START = datetime(2026, 10, 5, 8, tzinfo=UTC)
#: Few words, several of them forms of one, so that everything meets everything.
SAID = ["скидка", "скидку", "скидки", "дорого", "дорогая", "дверь", "двери", "я", "вам", "calls", "calling", "12"]
CALLS = 40

patterns = st.one_of(
    st.builds(
        Pattern, st.sampled_from([*SAID, "скидкой", "call", "окно"]), st.sampled_from([Match.ANY_FORM, Match.EXACT])
    ),
    st.builds(Pattern, st.sampled_from(["ски", "дор", "cal", "окн"]), st.just(Match.PREFIX)),
)  # fmt: skip
scopes = st.builds(
    Scope,
    st.sampled_from([None, Party.AGENT, Party.CUSTOMER]),
    st.sampled_from([None, 1, 5, 20]),
    st.sampled_from([None, 1, 5, 20]),
)
found_together = st.one_of(
    st.builds(Phrase, st.lists(patterns, min_size=1, max_size=3).map(tuple), scopes),
    st.builds(Near, st.lists(patterns, min_size=2, max_size=3).map(tuple), st.integers(1, 6), scopes),
)
questions = st.recursive(
    found_together,
    lambda inner: st.one_of(
        st.builds(Without, inner),
        st.lists(inner, min_size=2, max_size=3).map(tuple).flatmap(
            lambda parts: st.sampled_from([AllOf(parts), AnyOf(parts)])
        ),
    ),
    max_leaves=5,
)  # fmt: skip


def random_turns(chance: random.Random) -> tuple[Turn, ...]:
    turns, now_s = [], chance.uniform(0, 5)
    for _ in range(chance.randint(0, 6)):
        words = [chance.choice(SAID) for _ in range(chance.randint(0, 5))]
        text = " ".join(chance.choice([word, word.capitalize() + ",", f"«{word}»"]) for word in words)
        end_s = now_s + chance.uniform(0.2, 8)
        party = chance.choice([Party.AGENT, Party.CUSTOMER, Party.UNKNOWN])
        suspicion = Suspicion.NO_VOICE if chance.random() < 0.1 else None
        turns.append(Turn(party, 0, now_s, end_s, text, 0.9, suspicion=suspicion))
        now_s = end_s + chance.uniform(-0.5, 2)
    return tuple(turns)


def spoken(number: int, turns: Sequence[Turn]) -> Transcript:
    return Transcript(f"c{number:02}", f"hash{number}", "f", "ru", "e", "m", tuple(turns))


class Corpus:
    """Calls in a store, some indexed twice, some in a run and some fresh; ``turns`` are what they hold now."""

    def __init__(self, home: Path) -> None:
        home.mkdir()
        (home / "qcw.toml").write_text("", encoding="utf-8")
        self.workspace = Workspace.open(home)
        chance = random.Random(3)
        calls = [
            Call(f"c{number:02}", START + timedelta(hours=number // 2), Direction.INBOUND, f"m{number % 3}", None,
                 60, Outcome.ANSWERED)
            for number in range(CALLS)
        ]  # fmt: skip
        store = self.workspace.store
        store.insert_many("calls", [call_rows.call_row(call, START) for call in calls])
        self.calls = {call.call_id: call for call in calls}
        self.turns = {f"c{number:02}": random_turns(chance) for number in range(CALLS)}
        for number in range(CALLS):
            first = random_turns(chance) if number % 5 == 0 else self.turns[f"c{number:02}"]
            store.write(*listening.save_transcript(spoken(number, first), START))
        index_words(self.workspace, Silent(), run_words=1)
        for number in range(0, CALLS, 5):
            turns = self.turns[f"c{number:02}"]
            store.write(*listening.save_transcript(spoken(number, turns), START + timedelta(days=1)))
        index_words(self.workspace, Silent())

    def expected(self, query: Query) -> list[str]:
        return [call_id for call_id, turns in self.turns.items() if fits(query, said_words(turns))]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return Corpus(tmp_path_factory.mktemp("search") / "workspace")


def found(workspace: Workspace, query: Query, filters: CallFilters | None = None) -> tuple[list[str], int]:
    zone = workspace.settings.company.zone
    with workspace.store.reading() as reader:
        page = find_calls(reader, query, filters or CallFilters(), zone, limit=1000)
        assert count_found(reader, query, filters or CallFilters(), zone) == page.total
    return list(page.call_ids), page.total


def test_the_corpus_is_in_a_run_and_fresh_at_once(corpus: Corpus) -> None:
    with corpus.workspace.store.reading() as reader:
        assert reader.value("select count(*) from search_postings") > 100
        assert reader.value("select count(*) from search_fresh") > 10
        assert reader.value("select count(*) from search_calls") == CALLS


@given(query=questions)
def test_the_index_finds_what_the_definition_says_newest_first(corpus: Corpus, query: Query) -> None:
    expected = corpus.expected(query)
    call_ids, total = found(corpus.workspace, query)
    assert (sorted(call_ids), total) == (expected, len(expected))
    times = [corpus.calls[call_id].started_at for call_id in call_ids]
    assert times == sorted(times, reverse=True)


@given(query=questions, words=st.lists(st.sampled_from(SAID), max_size=3))
def test_without_is_the_rest_of_the_calls(corpus: Corpus, query: Query, words: list[str]) -> None:
    parts: list[Query] = [query, *(Phrase((Pattern(word),)) for word in words)]
    fitting = set(found(corpus.workspace, AllOf(tuple(parts)))[0])
    rest = set(found(corpus.workspace, Without(AllOf(tuple(parts))))[0])
    assert fitting | rest == set(corpus.turns)
    assert not fitting & rest


@given(query=questions)
def test_snippets_mark_only_words_that_are_looked_for_and_show_one_where_something_was_found(
    corpus: Corpus, query: Query
) -> None:
    for call_id in corpus.expected(query)[:5]:
        turns = corpus.turns[call_id]
        shown = snippets(query, turns, 3)
        assert bool(shown) == bool(said_words(turns))
        for snippet in shown:
            assert turns[snippet.turn].is_quotable
            assert snippet.text in turns[snippet.turn].text
            for text, is_marked in snippet.pieces:
                word = comparable(text)
                assert not is_marked or any(
                    word == pattern.word
                    or (word.startswith(pattern.word) and pattern.match is Match.PREFIX)
                    or (
                        pattern.match is Match.ANY_FORM
                        and set(dictionary_words(word)) & set(dictionary_words(pattern.word))
                    )
                    for leaf in leaves(query)
                    for pattern in leaf.words
                )


@given(first=st.sampled_from(SAID), second=st.sampled_from(SAID), distance=st.integers(1, 6))
def test_nearness_is_the_same_from_both_sides(corpus: Corpus, first: str, second: str, distance: int) -> None:
    one = Near((Pattern(first), Pattern(second)), distance)
    other = replace(one, words=one.words[::-1])
    assert found(corpus.workspace, one) == found(corpus.workspace, other)


@given(st.lists(st.sampled_from(SAID), min_size=1, max_size=4))
def test_a_phrase_is_found_where_its_words_follow_each_other_in_the_text(corpus: Corpus, words: list[str]) -> None:
    """The same said without places: on the words of each turn, joined."""
    wanted = " " + " ".join(words) + " "
    expected = {
        call_id
        for call_id, turns in corpus.turns.items()
        if any(
            wanted in " " + " ".join(piece.word for piece in pieces(turn.text)) + " "
            for turn in turns
            if turn.is_quotable
        )
    }
    assert set(found(corpus.workspace, parse('"' + " ".join(words) + '"'))[0]) == expected


def test_a_second_run_changes_nothing_and_settling_moves_every_word(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path / "workspace")
    assert index_words(corpus.workspace, Silent()).indexed == 0
    query = parse("скидка")
    before = found(corpus.workspace, query)
    assert settle(corpus.workspace, 1) > 0
    with corpus.workspace.store.reading() as reader:
        assert reader.value("select count(*) from search_fresh") == 0
    assert found(corpus.workspace, query) == before
    assert sorted(before[0]) == corpus.expected(query)


def test_a_call_that_is_forgotten_leaves_no_word_of_its_own(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path / "workspace")
    store = corpus.workspace.store
    turn = Turn(Party.CUSTOMER, 0, 0, 2, "Моя фамилия Кукушкинд", 0.9)
    store.write(*listening.save_transcript(spoken(1, [turn]), START + timedelta(days=2)))
    index_words(corpus.workspace, Silent(), run_words=1)
    assert found(corpus.workspace, parse("кукушкинд"))[0] == ["c01"]
    store.write(*word_index.forget_calls(["c01"]), word_index.forget_words())
    with store.reading() as reader:
        assert reader.value("select count(*) from search_words where form = 'кукушкинд'") == 0
        assert reader.value("select count(*) from search_said where word = ?", word_number("кукушкинд")) == 0
        assert reader.value("select count(*) from search_words where form = 'скидка'") == 1


def test_a_transcript_that_is_gone_is_taken_out_by_the_next_run(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path / "workspace")
    corpus.workspace.store.write(Statement("delete from transcripts where call_id < 'c05'"))
    assert index_words(corpus.workspace, Silent()).forgotten == 5
    assert min(found(corpus.workspace, parse("-окно"))[0]) == "c05"


@given(text=st.text(alphabet='аб ()"~-*=:|5клиентИЛИначало first', max_size=40))
def test_every_text_is_a_question_or_an_error_that_says_where(text: str) -> None:
    question = read(text)
    if isinstance(question, UsageError):
        assert question.code.startswith("search_")
        if question.code not in ("search_empty", "search_too_long", "search_too_many_words"):
            assert 1 <= int(str(question.params["at"])) <= len(text)
        return
    assert leaves(question)
    assert not any(list(occurrences(leaf, ())) for leaf in leaves(question))


def read(text: str) -> Query | UsageError:
    try:
        return parse(text)
    except UsageError as error:
        return error
