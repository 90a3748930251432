"""Viewers of a page, for `bench outputs`: python -m benchmarks.viewers PORT READY STALLED, until killed."""

from __future__ import annotations

import asyncio
import json
import sys

import aiohttp

STALLED_S = 12.0
"""By then we were sent away, and come again."""


async def _watch(session: aiohttp.ClientSession, port: int, stalled: bool) -> None:
    """Take and confirm every message; a stalled viewer stops after the first, and comes again once he was sent away."""
    while True:
        try:
            async with session.ws_connect(f"http://127.0.0.1:{port}/socket", max_msg_size=0) as line:
                taken = 0
                async for _ in line:
                    taken += 1
                    if stalled:
                        await asyncio.sleep(STALLED_S)
                        break
                    await line.send_str(json.dumps({"confirmed": taken}))
        except aiohttp.ClientError:
            await asyncio.sleep(0.1)


async def _all(port: int, ready: int, stalled: int) -> None:
    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(_watch(session, port, number >= ready) for number in range(ready + stalled)))


if __name__ == "__main__":
    asyncio.run(_all(*(int(word) for word in sys.argv[1:4])))
