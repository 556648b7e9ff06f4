"""A Bitrix24 portal behind its incoming webhook: questions, pages of 50, batches of 50, errors told inside an answer.

The vendor's client (``b24pysdk``) gives the encoding of a batch's commands and the words of errors. Its transport is
not used: it speaks https only, so no stand-in can answer it, follows a redirect to another host with the key in the
path, and knows neither a pace nor the vendor's clock. The webhook's address is the key; it stays in :class:`.Wire`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from b24pysdk import errors as vendor
from b24pysdk.utils.encoding import encode_params

from qc_workbench.errors import SourceAnswerBroken, SourceError, SourceRefused, SourceThrottled, SourceUnreachable
from qc_workbench.sources.wire import Wire

Answer = TypeVar("Answer")
Row = dict[str, Any]

ROWS_A_PAGE: Final = 50
COMMANDS_A_BATCH: Final = 50
_THROTTLED: Final = frozenset(
    {
        vendor.BitrixAPIQueryLimitExceeded.ERROR,
        vendor.BitrixAPIOperationTimeLimit.ERROR,
        vendor.BitrixAPIOverloadLimit.ERROR,
    }
)
_IN_TROUBLE: Final = frozenset({"INTERNAL_SERVER_ERROR", vendor.BitrixAPIErrorUnexpectedAnswer.ERROR})
#: The pause after a limit: the vendor lets two questions a second through again.
_LIMIT_PAUSE_S: Final = 2.0


def site_of(webhook: str) -> str:
    """Where people open the portal: the webhook's address without the key in it."""
    parts = urlsplit(webhook)
    return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True, slots=True)
class Command:
    """One question of a batch."""

    method: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """The answer to one question of a batch. ``refused``: the vendor's word, where there is none."""

    result: Any
    next_start: int | None = None
    refused: str | None = None


class Portal:
    def __init__(self, wire: Wire) -> None:
        self.wire = wire

    def ask(
        self, method: str, params: Mapping[str, Any], read: Callable[[Any], Answer], *, tries: int | None = None
    ) -> Answer:
        """The ``result`` as ``read`` understands it. ``tries``: as of :meth:`Wire.ask`.

        Raises :class:`~qc_workbench.errors.SourceError`.
        """
        return self.wire.ask(
            "POST", f"{method}.json", lambda answer: read(self._checked(answer)["result"]), body=params, tries=tries
        )

    def page(self, method: str, params: Mapping[str, Any], name: str | None = None) -> tuple[list[Row], int | None]:
        """Rows of one page and where the next one starts. ``name``: the list's key inside ``result``."""

        def read(answer: Any) -> tuple[list[Row], int | None]:
            checked = self._checked(answer)
            found = self.rows(checked["result"], name)
            following = _start(checked.get("next"))
            start, total = _start(params.get("start")), _start(checked.get("total"))
            if following is None and found and start is not None and start + len(found) < (total or 0):
                following = start + len(found)  # it tells how many there are and not where they go on
            return found, following

        return self.wire.ask("POST", f"{method}.json", read, body=params)

    def pages(
        self, method: str, params: Mapping[str, Any], name: str | None = None, start: int | None = 0
    ) -> Iterator[list[Row]]:
        """Page after page by ``start``: for lists that only grow at their end."""
        while start is not None:
            found, following = self.page(method, {**params, "start": start}, name)
            if following is not None and following <= start:
                raise self._endless()
            yield found
            start = following

    def by_id(
        self, method: str, filters: Mapping[str, Any], params: Mapping[str, Any], name: str | None = None
    ) -> Iterator[list[Row]]:
        """Pages in the order of ids, each from the last id on: a row that comes or goes meanwhile moves no other."""
        last = 0
        while True:
            asked = {**params, "filter": {**filters, ">ID": last}, "order": {"ID": "ASC"}, "start": -1}
            found, following = self.page(method, asked, name)
            ids = [int(row["ID"]) for row in found if str(row.get("ID", "")).isdigit()]
            if len(ids) < len(found):
                raise self._endless()
            if ids and min(ids) <= last:  # the filter by id did nothing
                if following is None:
                    raise self._endless()
                yield from self.pages(method, {**params, "filter": filters, "order": {"ID": "ASC"}}, name, following)
                return
            yield found
            if not found or (len(found) < ROWS_A_PAGE and following is None):
                return
            last = max(ids)

    def batch(self, commands: Mapping[str, Command]) -> dict[str, Part]:
        """Answers to many questions by their names, each followed to its last page; lists are joined."""
        done: dict[str, Part] = {}
        waiting = dict(commands)
        while waiting:
            now = dict(list(waiting.items())[:COMMANDS_A_BATCH])
            for key, part in self._asked(now).items():
                before = done.get(key)
                done[key] = part if before is None else Part(_joined(before.result, part.result), refused=part.refused)
                del waiting[key]
                if part.next_start is not None:
                    params = {**now[key].params, "start": part.next_start}
                    waiting[key] = Command(now[key].method, params)
        return done

    def _asked(self, commands: Mapping[str, Command]) -> dict[str, Part]:
        cmd = {key: f"{item.method}?{encode_params(dict(item.params))}" for key, item in commands.items()}

        def read(result: Any) -> dict[str, Part]:
            if not isinstance(result, dict):
                raise self.broken("batch")
            answers, refused, following = (_by_name(result.get(f"result{end}")) for end in ("", "_error", "_next"))
            found = {}
            for key in commands:
                if key in refused:
                    error = refused[key]
                    word = str(error.get("error") or "error") if isinstance(error, dict) else str(error)
                    if word in _THROTTLED or word in _IN_TROUBLE:
                        raise self._error(word)
                    found[key] = Part(None, refused=word)
                elif key in answers:
                    found[key] = Part(answers[key], _start(following.get(key)))
                else:
                    raise self.broken("batch")
            return found

        return self.ask("batch", {"halt": 0, "cmd": cmd}, read)

    def rows(self, result: Any, name: str | None = None) -> list[Row]:
        """The rows of a list. PHP writes an empty object as ``[]``."""
        found = result.get(name) if name is not None and isinstance(result, dict) else result
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            raise self.broken(name or "result")
        return found

    def broken(self, detail: str) -> SourceAnswerBroken:
        return SourceAnswerBroken("source_answer_error", source=self.wire.source, detail=detail)

    def _endless(self) -> SourceAnswerBroken:
        return SourceAnswerBroken("source_answer_pages", source=self.wire.source)

    def _checked(self, answer: Any) -> dict[str, Any]:
        if not isinstance(answer, dict) or ("error" not in answer and "result" not in answer):
            raise self.broken("result")
        if "error" in answer:
            raise self._error(str(answer["error"] or "error"))
        return answer

    def _error(self, word: str) -> SourceError:
        if word in _THROTTLED:
            return SourceThrottled("source_throttled", source=self.wire.source, wait_s=_LIMIT_PAUSE_S)
        if word in _IN_TROUBLE:
            return SourceUnreachable("source_in_trouble", source=self.wire.source, status=word)
        return SourceRefused("source_refused", source=self.wire.source, status=word)


def _by_name(value: Any) -> dict[str, Any]:
    """An object, or what PHP makes of one whose keys are 0, 1, 2, or of an empty one."""
    if isinstance(value, list):
        return {str(place): item for place, item in enumerate(value)}
    return {str(key): item for key, item in value.items()} if isinstance(value, dict) else {}


def _start(value: Any) -> int | None:
    return int(value) if isinstance(value, int | str) and str(value).isdigit() else None


def _joined(before: Any, now: Any) -> Any:
    """Two pages of one list, where it stands inside ``result`` or is it."""
    if isinstance(before, dict) and isinstance(now, dict):
        return {key: _joined(value, now.get(key)) for key, value in before.items()}
    return [*(before if isinstance(before, list) else ()), *(now if isinstance(now, list) else ())]


def chunks(items: Sequence[str], size: int = ROWS_A_PAGE) -> Iterator[Sequence[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
