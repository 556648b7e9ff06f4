"""Writes the golden evaluation: ``python -m tests.golden.make_evaluation``. Look at the difference before committing.

The calls are those of ``tests.quality.labelled_calls``; ``tests.quality.test_conventions`` counts them by hand.
"""

from __future__ import annotations

import json
from pathlib import Path

from qc_workbench.reporting.plain import plain
from qc_workbench.reporting.quality import evaluate
from tests.quality.labelled_calls import TRUTH, found_calls

FILE = Path(__file__).parent / "evaluation.json"


def evaluation() -> str:
    """The evaluation as JSON. Ends of intervals to four digits: the libraries of another machine may round the last."""

    def rounded(value: object) -> object:
        if isinstance(value, float):
            return round(value, 4)
        if isinstance(value, dict):
            return {key: rounded(item) for key, item in value.items()}
        return [rounded(item) for item in value] if isinstance(value, list) else value

    record = rounded(plain(evaluate(TRUTH, found_calls())))
    return json.dumps(record, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def main() -> None:
    FILE.write_text(evaluation(), encoding="utf-8")


if __name__ == "__main__":
    main()
