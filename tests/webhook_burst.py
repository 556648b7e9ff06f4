"""How fast webhooks are answered: ``python -m tests.webhook_burst``. A real server in a process of its own, each
webhook on the disk before its answer; the figures of docs/webhooks.md are made with it."""

from __future__ import annotations

import asyncio
import statistics
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import httpx

from pipelines.webhook_journal import Spool
from tests.webhook_cases import address, alone, documented, source, workspace


async def burst(base: str, amount: int, at_once: int) -> list[float]:
    """Seconds of each answer."""
    body = documented("binotel__webhook_apiCallCompleted")
    took: list[float] = []
    gate = asyncio.Semaphore(at_once)

    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=at_once), timeout=30) as client:

        async def send(number: int) -> None:
            told = {**body, "callDetails": {**body["callDetails"], "generalCallID": str(number)}}
            async with gate:
                began = perf_counter()
                answer = await client.post(address(base, "b"), json=told)
                took.append(perf_counter() - began)
                assert answer.status_code == 200, answer.status_code

        await send(0)
        took.clear()
        await asyncio.gather(*(send(number) for number in range(1, amount + 1)))
    return took


def main() -> None:
    amount, at_once = int(sys.argv[1]), int(sys.argv[2])
    with TemporaryDirectory() as folder:
        opened = workspace(Path(folder) / "W", source("binotel", "b"), more="[schedule]\nenabled = false\n")
        with alone(opened.home) as server:
            began = perf_counter()
            took = asyncio.run(burst(server.base, amount, at_once))
            whole = perf_counter() - began
        files = len(Spool(opened.home).files())
        Spool(opened.home).move_to(opened.store)
        with opened.store.reading() as reader:
            kept = reader.value("select count(*) from webhooks")
        opened.store.release()
    cuts = statistics.quantiles(took, n=100)
    print(
        f"{amount} webhooks, {at_once} at once, {amount / whole:.0f} a second: p50 {cuts[49] * 1000:.0f} ms, "
        f"p95 {cuts[94] * 1000:.0f} ms, p99 {cuts[98] * 1000:.0f} ms; kept {kept}, {files} files"
    )


if __name__ == "__main__":
    main()
