"""Programs: names of tasks and threads, and the order of sets of them."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any


def warm_parent(used: int) -> list[Any]:
    """A parent that has made `used` tasks and threads forks; the names and the order in the child."""
    import threading

    from harness import clock

    async def parent() -> None:
        await asyncio.gather(*(asyncio.sleep(0) for _ in range(used)))

    asyncio.run(parent())
    for _ in range(used):
        hash(threading.Thread())
    reader, writer = os.pipe()
    if os.fork() == 0:
        clock.begin()
        asyncio.run(asyncio.sleep(1))
        names = [threading.Thread().name for _ in range(2)]
        os.write(writer, json.dumps([names, *order_of_sets()]).encode())
        os._exit(0)
    os.close(writer)
    os.wait()
    with os.fdopen(reader) as pipe:
        got: list[Any] = json.load(pipe)
    return got


def order_of_sets() -> list[Any]:
    """Tasks as they are cancelled at the end of a run, as `wait` returns them, a set of threads, names."""
    import threading

    cancelled: list[int] = []

    async def sleeper(number: int) -> int:
        try:
            await asyncio.sleep(100)
        except asyncio.CancelledError:
            cancelled.append(number)
        return number

    async def main() -> list[int]:
        tasks = [asyncio.create_task(sleeper(number)) for number in range(50)]
        done, _ = await asyncio.wait(tasks)
        left = [asyncio.create_task(sleeper(number)) for number in range(50)]
        await asyncio.sleep(1)
        del left
        names.extend(sorted(task.get_name() for task in done))
        return [task.result() for task in done]

    names: list[str] = []
    waited = asyncio.run(main())
    threads = [threading.Thread(name=str(number)) for number in range(50)]
    return [waited, cancelled, [int(thread.name) for thread in set(threads)], names]
