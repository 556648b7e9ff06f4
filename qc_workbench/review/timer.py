"""Time at work on a call: a clock that stops by itself when nothing happens."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

#: Without a sign for this long the clock stands still: reading a form takes less, a conversation at the door more.
IDLE_AFTER: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Timer:
    """``active_s`` up to ``last_sign_at``. A sign is a key, a click, an answer, or a beat of the player as it plays."""

    active_s: float = 0.0
    last_sign_at: datetime | None = None

    def sign(self, at: datetime) -> Timer:
        """The timer after a sign of life. One that comes late (another tab, a slow line) changes nothing."""
        if self.last_sign_at is not None and at <= self.last_sign_at:
            return self
        return Timer(self.seconds(at), at)

    def seconds(self, at: datetime) -> float:
        """What the clock shows at ``at``: of a long silence only its first :data:`IDLE_AFTER` counts."""
        if self.last_sign_at is None or at <= self.last_sign_at:
            return self.active_s
        return self.active_s + min(at - self.last_sign_at, IDLE_AFTER).total_seconds()

    def is_paused(self, at: datetime) -> bool:
        return self.last_sign_at is None or at - self.last_sign_at >= IDLE_AFTER

    def stop(self, at: datetime) -> Timer:
        """Left on purpose (the call was closed or handed in): what follows is not counted until the next sign."""
        return replace(self, active_s=self.seconds(at), last_sign_at=None)
