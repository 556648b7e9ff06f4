"""What agents of a simulated year leave in the CRM and what is judged of their calls, as columns of numbers.

Each contact ends with a step that is planned, and the step has a fate: done in time, forgotten, late, moved from day to
day, or set too late. The same fates are what a promise came to, so that calls, tasks and promises tell one story.
``simulated_year.sql`` makes rows of the store of these columns.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

from pipelines.year_calls import (
    DAY_US,
    DRAGGED,
    FINE,
    HOUR_US,
    LATE,
    MINUTE_US,
    MISSING,
    OVERDUE,
    Bools,
    Calls,
    Contacts,
    Days,
    Ints,
)
from pipelines.year_truth import Done, Truth

_DUE_US: Final = 18 * HOUR_US + 30 * MINUTE_US  # due before the evening control
_WON_SHARE: Final = 0.22
_PROMISED_SHARE: Final = 0.35
#: How often the machine sees a padded call, and how often it suspects a real one; else it is unsure or says nothing.
_SEEN: Final = 0.93
_WRONGLY_SUSPECTED: Final = 0.003
#: Rulings of the head of sales: how many flags are ruled on, and how many of the rulings are right.
_RULED: Final = 0.9
_RIGHT: Final = 0.96


def contact_table(truth: Truth, contacts: Contacts, calls: Calls, days: Days, rng: np.random.Generator) -> pa.Table:
    """One row a contact: its deal's stage, the step planned after it, the note, the promise."""
    rows = len(contacts.client)
    call_row = np.zeros(rows, dtype=np.int64)
    mine = np.flatnonzero(calls.contact >= 0)
    call_row[calls.contact[mine]] = mine
    ended = calls.ended_us[call_row]
    is_talk, follows = calls.is_talk[call_row], contacts.next_row >= 0
    goes_on = ~contacts.is_last
    next_day = contacts.day + contacts.gap_days
    next_ended = np.where(follows, ended[contacts.next_row], 0)
    neglectful = np.array([habit.unnoted > 0.1 for habit in truth.habits])[contacts.agent]
    unnoted = np.array([habit.unnoted for habit in truth.habits])[contacts.agent]

    fate = np.where(goes_on, contacts.fate, FINE)
    early = contacts.day + 1 + (rng.random(rows) * np.maximum(1, contacts.gap_days - 2)).astype(np.int64)
    due_day = np.where(fate == OVERDUE, early, next_day)
    soon = np.minimum(contacts.day + 2, next_day)
    halfway = (contacts.day + 2 + next_day) // 2

    # Three of four proposals are followed up within the five days that a stage allows; the rest is left alone.
    calendar_gap = (days.midnight[next_day] - days.midnight[contacts.day]) // DAY_US
    as_proposal = (contacts.place == 2) & goes_on & ((calendar_gap <= 5) | (rng.random(rows) < 0.05 + 0.3 * neglectful))
    stage = np.select([contacts.place == 0, contacts.place == 1, as_proposal], [0, 1, 2], 3)
    won = contacts.is_last & (contacts.place > 0) & (rng.random(rows) < _WON_SHARE)
    promised = is_talk & goes_on & (rng.random(rows) < _PROMISED_SHARE)
    return pa.table(
        {
            "r": np.arange(rows), "client": contacts.client, "agent": contacts.agent, "place": contacts.place,
            "i": call_row, "ended_us": ended, "is_talk": is_talk, "has_deal": contacts.has_deal,
            "is_last": contacts.is_last, "ends_here": ~follows, "stage": stage, "won": won, "fate": fate,
            "due_us": days.midnight[due_day] + _DUE_US,
            "done_us": pa.array(next_ended + 5 * MINUTE_US, mask=~follows),
            "cleared_us": pa.array(days.midnight[next_day] + 19 * HOUR_US, mask=~follows),
            "first_due_us": days.midnight[soon] + _DUE_US, "second_due_us": days.midnight[halfway] + _DUE_US,
            "promised_us": days.midnight[np.where(fate == FINE, next_day, soon)], "promised": promised,
            "control_us": days.midnight[contacts.day] + 19 * HOUR_US,
            "review_us": days.midnight[contacts.day + 1] + 11 * HOUR_US,
            "noted": rng.random(rows) >= unnoted,
            "with_result": rng.random(rows) >= np.where(neglectful, 0.3, 0.02),
            "reviewed": rng.random(rows) < np.where(neglectful, 0.8, 0.97),
            "chance": rng.random(rows), "gap_days": contacts.gap_days,
        }
    )  # fmt: skip


def call_table(truth: Truth, calls: Calls, days: Days, rng: np.random.Generator) -> pa.Table:
    """One row a call: what the telephone system says, what the machine says, and what the head of sales ruled."""
    rows = len(calls)
    examined = calls.answered & ~calls.internal
    chance = rng.random(rows)
    flagged = examined & calls.effective & np.where(calls.is_padded, chance < _SEEN, chance < _WRONGLY_SUSPECTED)
    unsure = examined & calls.effective & ~flagged & (rng.random(rows) < np.where(calls.is_padded, 0.8, 0.02))
    ruled = flagged & (rng.random(rows) < _RULED)
    confirmed = ruled & (calls.is_padded == (rng.random(rows) < _RIGHT))
    verified = examined & ~flagged & (calls.is_talk | (calls.is_padded & ~unsure))
    neglectful = np.array([habit.unnoted > 0.1 for habit in truth.habits])[calls.agent]
    return pa.table(
        {
            "note_due_us": days.midnight[calls.day + 1] + calls.ended_us - days.midnight[calls.day],
            "control_us": days.midnight[calls.day] + 19 * HOUR_US,
            "i": np.arange(rows), "client": calls.client, "agent": calls.agent, "started_us": calls.started_us,
            "ended_us": calls.ended_us, "inbound": calls.inbound, "internal": calls.internal, "outcome": calls.outcome,
            "talk_s": calls.talk_s, "examined": examined, "flagged": flagged, "unsure": unsure,
            "verified": pa.array(verified, mask=unsure), "is_padded": calls.is_padded, "ruled": ruled,
            "confirmed": confirmed,
            "ruled_us": calls.started_us + ((0.7 + 1.5 * rng.random(rows)) * DAY_US).astype(np.int64),
            "logged": rng.random(rows) >= np.where(neglectful, 0.15, 0.012), "chance": rng.random(rows),
        }
    )  # fmt: skip


def done_of(truth: Truth, calls: Calls, contacts: pa.Table) -> Truth:
    """The truth with what was really done, counted."""
    effective, padded = calls.effective, calls.is_padded
    promised = _flags(contacts, "promised")
    broken = promised & np.isin(contacts["fate"].to_numpy(), (MISSING, OVERDUE, DRAGGED, LATE))
    owner: Ints = contacts["agent"].to_numpy()
    return truth.counted(
        [
            Done(
                int((effective & (calls.agent == agent)).sum()), int((padded & (calls.agent == agent)).sum()),
                int((promised & (owner == agent)).sum()), int((broken & (owner == agent)).sum()),
            )
            for agent in range(len(truth.habits))
        ]
    )  # fmt: skip


def _flags(table: pa.Table, name: str) -> Bools:
    found: Bools = table[name].to_numpy(zero_copy_only=False)
    return found
