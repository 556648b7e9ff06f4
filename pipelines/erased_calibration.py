"""What an erasure does to calibration: who took part and what was agreed stays under ids of chance, words go.

A draw can still be made again: a call whose id is gone keeps the random number that the id gave it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from qc_workbench.review.calibration_draws import renamed
from qc_workbench.store import calibration
from qc_workbench.store.database import Reader, Statement, from_json, to_json

#: A ticked answer or a number, as opposed to a text.
_CODE: Final = re.compile(r"[a-z0-9_.-]{1,64}")


def statements(reader: Reader, calls: Mapping[str, str], new_name: Callable[[str], str]) -> list[Statement]:
    """``calls``: old id -> id of chance. ``new_name``: an id of chance for a session's old one, which is made of the
    call's."""
    found = []
    for row in reader.rows(
        "select session_id, call_id from calibration_sessions where call_id in (select unnest(?))", list(calls)
    ):
        old = row["session_id"]
        new = new_name(old)
        found.append(
            Statement(
                "update calibration_sessions set session_id = ?, call_id = ? where session_id = ?",
                (new, calls[row["call_id"]], old),
            )
        )
        for step in reader.rows("select step, reply from calibration_steps where session_id = ?", old):
            reply = from_json(step["reply"])
            if reply is not None:
                ticked = [value for value in reply["values"] if _CODE.fullmatch(value)]
                reply = to_json({**reply, "values": ticked or [""]})
            found.append(
                Statement(
                    "update calibration_steps set session_id = ?, reply = ?, note = '' "
                    "where session_id = ? and step = ?",
                    (new, reply, old, step["step"]),
                )
            )
    holds = "list_bool_or(list_transform(?::varchar[], lambda word: contains(cast(frame as varchar), word)))"
    for row in reader.rows(f"select * from calibration_draws where {holds}", list(calls)):  # noqa: S608 - of this module
        draw = calibration.draw_of(row)
        if any(call.call_id in calls for call in draw.frame):
            frame = calibration.draw_row(renamed(draw, calls))["frame"]
            found.append(Statement("update calibration_draws set frame = ? where draw_id = ?", (frame, draw.draw_id)))
    return found
