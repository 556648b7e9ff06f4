"""How long a search takes over a million calls: ``python -m pipelines.bench_search [--calls N] [--home DIR]``.

The store is invented: N calls of about ten turns and eight words a turn, words drawn by Zipf's law from the vocabulary
of the corpora in this repository and, for the rare ones, of the Russian dictionary. Words follow each other by chance,
so a phrase is rarer than in life and its parts are as common. Each question is asked in several wordings through the
owner process, as the page asks it; *page* is the whole page with its lines. The goal: under 1 s on 2 cores.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
import pyarrow as pa

from pipelines.bench_store import processor_s
from pipelines.index_words import VERSION
from pipelines.make_workspace import make_workspace
from qc_workbench.detection.spoken_words import morphology
from qc_workbench.domain.search import CallFilters
from qc_workbench.searching.forms import comparable, dictionary_words, word_number
from qc_workbench.searching.language import parse
from qc_workbench.store.searching import find_calls
from qc_workbench.store.word_index import PLACE_BITS
from qc_workbench.ui.views.search import PAGE, results
from qc_workbench.workspace import Workspace

LIMIT_S: Final = 1.0
CORPORA: Final = Path(__file__).with_name("corpora")
#: Different words; calls of one run of the index, as indexing leaves them.
VOCABULARY: Final = 150_000
RUN_CALLS: Final = 25_000
AGENTS: Final = 200
WORDINGS: Final = 10
FIRST_DAY: Final = datetime(2024, 11, 4, 6, tzinfo=UTC)

Say = Callable[[str], None]


def vocabulary() -> list[str]:
    """Words by how common they are: those of the corpora as counted, then every so-many-th of the dictionary."""
    counted: Counter[str] = Counter()
    for path in sorted(CORPORA.iterdir()):
        if path.suffix in {".txt", ".jsonl"}:
            text = comparable(path.read_text(encoding="utf-8"))
            counted.update(word for word in re.findall(r"[а-я]+(?:-[а-я]+)*", text))
    common = [word for word, _ in counted.most_common()]
    known = set(common)
    rare = []
    for number, word in enumerate(morphology().dictionary.words.keys()):
        plain = comparable(word)
        if number % 37 == 0 and plain not in known:
            known.add(plain)
            rare.append(plain)
    np.random.default_rng(1).shuffle(rare)
    return [*common, *rare][:VOCABULARY]


def make_store(home: Path, calls: int, words: Sequence[str], say: Say) -> Workspace:
    """A workspace with calls, transcripts, turns and their index, written past the owner: minutes, not hours."""
    workspace = make_workspace(home, {"company.name": "Поиск"})
    workspace.store.release()
    chance = np.random.default_rng(2)
    ranks = np.arange(1, len(words) + 1)
    shares = 1 / (ranks + 2.7) ** 1.05  # Zipf and Mandelbrot
    reach = np.cumsum(shares / shares.sum())
    numbers = np.array([word_number(word) for word in words], dtype=np.int64)
    with duckdb.connect(str(workspace.store.path)) as connection:
        connection.execute("set timezone = 'UTC'")
        vocabulary_rows = [(name, word, word_number(word)) for word in words for name in dictionary_words(word)]
        names, forms, ids = zip(*vocabulary_rows, strict=True)
        connection.register("known", pa.table({"name": names, "form": forms, "word": pa.array(ids, pa.int64())}))
        connection.execute("insert into search_words select name, form, word from known")
        connection.register("texts", pa.table({"rank": np.arange(len(words)), "form": list(words)}))
        _write_calls(connection, calls)
        for first in range(0, calls, RUN_CALLS):
            said = _said(chance, reach, first, min(RUN_CALLS, calls - first))
            said["word"] = numbers[said["rank"]]
            connection.register("said", pa.table(said))
            connection.execute(
                "insert into search_postings select word, spot, party, after_s, before_s from said order by word, spot"
            )
            connection.execute(
                """
                insert into turns
                select md5('call' || call), turn, case when turn % 2 = 0 then 'agent' else 'customer' end, turn % 2,
                       min(after_s), max(after_s) + 1, string_agg(form, ' ' order by spot), 0.9, null, '[]'
                from said join texts using (rank) group by call, turn order by call, turn
                """
            )
            say(f"{first + RUN_CALLS:>10,} calls")
        connection.execute("checkpoint")
        count = connection.execute("select count(*), (select count(*) from turns) from search_postings").fetchone()
        assert count is not None
        say(f"{count[0]:,} words in {count[1]:,} turns")
    return workspace


def _write_calls(connection: duckdb.DuckDBPyConnection, calls: int) -> None:
    begun = f"timestamptz '{FIRST_DAY.isoformat()}' + to_seconds(i * 62208000 // {int(calls)})"
    connection.execute(
        f"""
        insert into managers (manager_id, name, role, attributes)
        select 'm' || i, 'Продавец ' || i, 'manager', '{{}}' from range({AGENTS}) r(i);
        insert into calls (call_id, started_at, direction, manager_id, client_phone, talk_s, outcome, attributes,
            imported_at)
        select md5('call' || i), {begun}, case when hash(i) % 2 = 0 then 'inbound' else 'outbound' end,
               'm' || hash(i, 1) % {AGENTS}, null, 5 + hash(i, 2) % 600, 'answered', '{{}}', {begun}
        from range({int(calls)}) r(i) order by i;
        insert into search_calls select i, md5('call' || i), {begun}, {begun}, '{VERSION}', {begun}
        from range({int(calls)}) r(i) order by i
        """  # noqa: S608 - numbers of this module
    )


def _said(chance: np.random.Generator, reach: Any, first: int, calls: int) -> dict[str, Any]:
    """Words of some calls: a column for each cell of the index, the turn and the rank of the word."""
    turns = chance.integers(4, 17, calls)  # ten on average
    call_of_turn = np.repeat(np.arange(first, first + calls), turns)
    number_of_turn = np.arange(len(call_of_turn)) - np.repeat(np.cumsum(turns) - turns, turns)
    lengths = 1 + chance.geometric(1 / 7, len(call_of_turn))  # eight words on average
    turn = np.repeat(np.arange(len(call_of_turn)), lengths)
    call = call_of_turn[turn]
    through = np.arange(len(turn)) + turn  # a change of turn counts as a place
    begins = np.searchsorted(call, np.arange(first, first + calls))
    place = through - through[begins][call - first]
    after = (place * 0.45).astype(np.uint16)
    ends = np.append(begins[1:], len(call)) - 1
    return {
        "call": call,
        "turn": number_of_turn[turn],
        "rank": np.minimum(np.searchsorted(reach, chance.random(len(call))), len(reach) - 1),
        "spot": call.astype(np.int64) << PLACE_BITS | place,
        "party": (number_of_turn[turn] % 2).astype(np.uint8),
        "after_s": after,
        "before_s": (after[ends][call - first] - after + 1).astype(np.uint16),
    }


def questions(words: Sequence[str]) -> Mapping[str, Sequence[tuple[str, CallFilters]]]:
    """What is asked, by kind: some wordings each, the first among the commonest words of their kind."""
    anywhere = CallFilters()
    common = [word for word in words[:120] if len(word) > 1]
    usual = [word for word in words[300:3000] if len(word) > 4][:: 2700 // (3 * WORDINGS)]
    rare = [word for word in words[30_000:] if len(word) > 5][::3000]
    chosen = CallFilters(agent_id="m7", day_from=date(2026, 3, 1), day_to=date(2026, 8, 31))

    def asked(form: str, *sources: Sequence[str], filters: CallFilters = anywhere) -> list[tuple[str, CallFilters]]:
        return [
            (form.format(*(source[(number + step) % len(source)] for step, source in enumerate(sources))), filters)
            for number in range(WORDINGS)
        ]

    return {
        "rare word, any form": asked("{0}", rare),
        "usual word, any form": asked("{0}", usual),
        "common word, any form": asked("{0}", common),
        "common word, exact form": asked("={0}", common),
        "two usual words": asked("{0} {1}", usual, usual),
        "two common words": asked("{0} {1}", common, common),
        "usual or usual or rare": asked("{0} OR {1} OR {2}", usual, usual, rare),
        "phrase of two common words": asked('"{0} {1}"', common, common),
        "phrase of three words": asked('"{0} {1} {2}"', common, usual, common),
        "common near common, 5": asked("{0}~5 {1}", common, common),
        "three words within 10": asked("({0} {1} {2})~10", common, usual, common),
        "said by the client": asked("client:({0} {1})", usual, common),
        "in the first 30 s": asked("{0} first:30", common),
        "in the last 30 s": asked("{0} last:30", common),
        "usual, without a common one": asked("{0} -{1}", usual, common),
        "not in the first 30 s": asked("-{0} first:30", common),
        "beginning of a word": asked("{0}*", [word[:4] for word in usual]),
        "two words, agent, half a year": asked("{0} {1}", usual, common, filters=chosen),
    }


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of the search alone and of the whole page; ``cpu_s``: processor time of the search, owner and client
    together; ``found``: calls. Medians but for the ``p95``."""

    found: float
    p50_s: float
    p95_s: float
    cpu_s: float
    page_p50_s: float
    page_p95_s: float


def measure(workspace: Workspace, asked: Sequence[tuple[str, CallFilters]], runs: int) -> Timing:
    """The first run of each wording, with a cold cache, counts among the others."""
    zone, pid = workspace.settings.company.zone, workspace.store.status().pid
    searches, processors, pages, found = [], [], [], []
    for _ in range(runs):
        for question, filters in asked:
            busy, began = processor_s(pid), time.perf_counter()
            with workspace.store.reading() as reader:
                found.append(find_calls(reader, parse(question), filters, zone, limit=PAGE).total)
            searches.append(time.perf_counter() - began)
            processors.append(processor_s(pid) - busy)
            began = time.perf_counter()
            results(workspace, question, filters, None)
            pages.append(time.perf_counter() - began)
    search_p50, search_p95 = np.percentile(searches, [50, 95])
    page_p50, page_p95 = np.percentile(pages, [50, 95])
    return Timing(
        float(np.median(found)), float(search_p50), float(search_p95), float(np.median(processors)),
        float(page_p50), float(page_p95),
    )  # fmt: skip


def line(name: str, timing: Timing) -> str:
    """A row of the table; times in ms."""
    times = (timing.p50_s, timing.p95_s, timing.cpu_s, timing.page_p50_s, timing.page_p95_s)
    return f"| {name} | {timing.found:,.0f} | " + " | ".join(f"{value * 1000:,.0f}" for value in times) + " |"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=2, help="times each wording is asked")
    parser.add_argument("--home", type=Path, help="keep the store here, or ask the one that is here")
    options = parser.parse_args(arguments)
    words = vocabulary()
    with tempfile.TemporaryDirectory() as folder:
        home = options.home or Path(folder) / "search"
        is_there = (home / "qcw.toml").exists()
        workspace = Workspace.open(home) if is_there else make_store(home, options.calls, words, print)
        size = workspace.store.path.stat().st_size
        machine = f"{platform.platform()}, {os.cpu_count()} cores"
        print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {machine}, {size / 1e9:.2f} GB")
        if hasattr(os, "getloadavg"):
            print(f"load before: {os.getloadavg()[0]:.1f}", flush=True)
        print("| question | calls found | search p50, ms | p95 | cpu | page p50 | p95 |")
        print("|---|---:|---:|---:|---:|---:|---:|")
        slow = []
        for name, asked in questions(words).items():
            timing = measure(workspace, asked, options.runs)
            print(line(name, timing), flush=True)
            slow += [name] if timing.page_p95_s > LIMIT_S else []
        if hasattr(os, "getloadavg"):
            print(f"load after: {os.getloadavg()[0]:.1f}", flush=True)
        workspace.store.release()
    if slow:
        print(f"over {LIMIT_S:g} s: {', '.join(slow)}")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
