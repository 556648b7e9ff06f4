"""A Russian twin of a document says what the original says: neither is changed without the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.document_twins import anchors, differences, numbers, translate_links, twins
from pipelines.lock_file import ROOT

ORIGINAL = """# Queue

[По-русски](ru/queue.md)

## Who hears what

Of 11 calls 4, of 1,000,000 3.3 %, by `review.answer_days`: [scores](scoring.md#bands).

| key | does |
|---|---|
| 1 | yes |

```toml
calls = 30  # a day
```
"""
TWIN = """# Очередь

[In English](../queue.md)

## Кто что слушает

Из 11 звонков 4, из 1 000 000 3,3 %, по `review.answer_days`: [баллы](../scoring.md#bands).

| клавиша | что делает |
|---|---|
| 1 | да |

```toml
calls = 30  # в день
```
"""


@pytest.mark.parametrize(("original", "twin"), twins(ROOT), ids=lambda path: path.name)
def test_a_russian_document_has_the_headings_tables_code_figures_and_links_of_its_original(
    original: Path, twin: Path
) -> None:
    assert differences(ROOT, original, twin) == []


def told(root: Path, twin: str) -> str:
    for name, text in (("queue.md", ORIGINAL), ("ru/queue.md", twin), ("scoring.md", "# Scores\n\n## Bands\n")):
        (root / "docs" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "docs" / name).write_text(text, encoding="utf-8")
    [(original, found)] = twins(root)
    return "; ".join(differences(root, original, found))


def test_a_twin_that_says_the_same_differs_by_nothing(tmp_path: Path) -> None:
    assert told(tmp_path, TWIN) == ""


@pytest.mark.parametrize(
    ("was", "became", "said"),
    [
        ("## Кто", "### Кто", "levels: 2 and 2; number 2"),
        ("11 звонков", "12 звонков", "numbers only in the original: ['11']; numbers only in the twin: ['12']"),
        ("3,3", "3,5", "numbers only in the original: ['3.3']"),
        ("answer_days", "appeal_days", "code only in the original"),
        ("| 1 | да |", "| 1 | да |\n| 1 | нет |", "rows: 2 and 3"),
        ("calls = 30", "calls = 20", "blocks: 1 and 1"),
        ("#bands", "#уровни", "dead: docs/ru/queue.md: ../scoring.md#уровни"),
        ("#bands", "", "linked only in the original"),
        ("[In English](../queue.md)", "", "no link [In English](../queue.md)"),
    ],
)
def test_a_twin_that_says_something_else_is_found_out(tmp_path: Path, was: str, became: str, said: str) -> None:
    assert said in told(tmp_path, TWIN.replace(was, became))


def test_a_twin_without_an_original_is_found_out(tmp_path: Path) -> None:
    (tmp_path / "docs" / "ru").mkdir(parents=True)
    (tmp_path / "docs" / "ru" / "gone.md").write_text("# Нет\n", encoding="utf-8")
    [(original, twin)] = twins(tmp_path)
    assert differences(tmp_path, original, twin) == ["docs/gone.md is not there"]


def test_numbers_are_the_same_however_a_language_groups_and_points_them() -> None:
    english = numbers("23,124 of 1 000 000, 2.5 at 19:05, 0.125, sha256, p95")
    assert english == numbers("23 124 из 1\u00a0000\u00a0000, 2,5 в 19:05, 0,125, sha256, p95", decimal_comma=True)
    assert english == ["23124", "1000000", "2.5", "19:05", "0.125"]


def test_headings_have_the_anchors_that_links_to_them_use() -> None:
    assert anchors(("QC specialist / Специалист ОКК", "`is`, *may*", "Again", "Again")) == (
        "qc-specialist--специалист-окк",
        "is-may",
        "again",
        "again-1",
    )


def test_links_of_the_site_lead_to_the_twin_and_to_the_same_heading_in_it(tmp_path: Path) -> None:
    told(tmp_path, TWIN)
    page = tmp_path / "docs" / "roles" / "qc.md"

    def twin_of(path: Path) -> Path:
        return Path("docs/ru/queue.md") if path == Path("docs/queue.md") else path

    def led(text: str, page: str) -> str:
        return translate_links(text, Path(page), twin_of, tmp_path)

    page.parent.mkdir()
    assert led("[a](../queue.md) [b](../queue.md#who-hears-what) [c](../scoring.md#bands)", "docs/roles/qc.md") == (
        "[a](../ru/queue.md) [b](../ru/queue.md#кто-что-слушает) [c](../scoring.md#bands)"
    )
    assert led("[In English](../queue.md)", "docs/ru/queue.md") == "[In English](../queue.md)"
