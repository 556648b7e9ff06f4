"""Makes passport.json: run ``python -m tests.golden.make_passport`` after a change that is meant to change draws.

Such a change breaks the promise that old passports can be drawn again: raise ``LAYOUT`` in
qc_workbench/sampling/passports.py and say it in the changelog.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from qc_workbench.domain.sampling import Period, Plan
from qc_workbench.sampling.draws import due_draws, redraw, replacement
from qc_workbench.sampling.passports import passport
from tests.sampling_cases import audible, month_of_calls

FILE = Path(__file__).with_name("passport.json")


def make() -> str:
    calls = month_of_calls(agents=3, days=5, per_day=4)
    plan = Plan("weekly", Period.WEEKLY, {"inbound": 0.1, "outbound": 0.05}, minimum_per_agent=3)
    moment = datetime(2026, 11, 1, 6, 0, tzinfo=UTC)
    (draw,) = due_draws(
        plan,
        "golden",
        calls,
        audible(calls),
        (),
        zone=ZoneInfo("Europe/Moscow"),
        as_of=moment,
        program_version="golden",
    )
    rows = list(redraw(draw))
    retired, newcomer = replacement(draw, rows, rows[0].call_id, "unintelligible", moment)
    assert newcomer is not None
    content = passport(draw, [retired, *rows[1:], newcomer])
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(make(), encoding="utf-8")
