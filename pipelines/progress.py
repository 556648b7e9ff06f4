"""How a step tells how far it is: the command line draws a bar, the app another, tests collect."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    def start(self, step: str, total: int) -> None:
        """A step with ``total`` units begins. ``step`` is a code of the catalogue (``step.<step>``)."""

    def advance(self, units: float = 1, note: str = "") -> None: ...

    def finish(self) -> None: ...


class Silent:
    """A progress that nobody watches."""

    def start(self, step: str, total: int) -> None:
        pass

    def advance(self, units: float = 1, note: str = "") -> None:
        pass

    def finish(self) -> None:
        pass
