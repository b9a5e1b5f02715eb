"""Tasks, threads, sockets and files that are still there are named; what is the harness's is not."""

from __future__ import annotations

import asyncio
import fcntl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import aiohttp

from harness.worker.subjects.leftovers import find_leftovers, is_harness_task


@contextmanager
def waiting_thread(name: str, *, daemon: bool = False) -> Iterator[threading.Thread]:
    """A thread that waits until the block is left."""
    over = threading.Event()
    thread = threading.Thread(target=over.wait, name=name, daemon=daemon)
    thread.start()
    try:
        yield thread
    finally:
        over.set()
        thread.join()


async def test_a_task_is_named_by_its_coroutine_unless_the_harness_made_it(tmp_path: Path) -> None:
    tasks = [asyncio.create_task(asyncio.sleep(60)) for _ in range(2)]
    tasks.append(asyncio.create_task(asyncio.sleep(60), name="harness: connect"))
    assert [is_harness_task(task) for task in tasks] == [False, False, True]
    assert find_leftovers([], tmp_path, {}).tasks == ["sleep", "sleep"]
    assert find_leftovers([], tmp_path, {}, program=tmp_path).tasks == []
    for task in tasks:
        task.cancel()


async def test_a_thread_is_named_unless_it_is_the_loops_own_pool_or_the_harness(tmp_path: Path) -> None:
    await asyncio.to_thread(int)
    with waiting_thread("the subject's"), waiting_thread("peer") as ours:
        ours.ours = True  # type: ignore[attr-defined]
        found = find_leftovers([], tmp_path, {}).threads
    assert "the subject's" in found
    assert not [name for name in found if name == "peer" or name.startswith("asyncio_")]


async def test_of_a_program_only_threads_that_hold_its_process_up_count(tmp_path: Path) -> None:
    with (
        ThreadPoolExecutor(1, "pool") as pool,
        waiting_thread("a daemon", daemon=True),
        waiting_thread("not a daemon"),
    ):
        pool.submit(int).result()
        found = find_leftovers([], tmp_path, {}, program=tmp_path).threads
    assert "not a daemon" in found
    assert not {"a daemon", "pool_0"} & set(found)


async def test_an_open_connection_is_named_by_the_host_that_it_goes_to(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    await asyncio.sleep(0)
    assert "gateway" in find_leftovers([], tmp_path, {"gateway": port}).sockets
    assert "elsewhere" in find_leftovers([], tmp_path, {"gateway": port + 1}).sockets
    writer.close()
    await writer.wait_closed()
    server.close()


async def test_lock_files_of_the_adapter_are_named_and_those_of_the_home_only_while_they_are_held(
    tmp_path: Path,
) -> None:
    locks, home = tmp_path / "locks", tmp_path / "home"
    for folder in (locks, home):
        folder.mkdir()
    for file in (locks / "app.lock", home / "gateway.lock", home / "old.lock", home / "gateway.pid"):
        file.touch()
    with (home / "gateway.lock").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        found = find_leftovers(["Unclosed"], locks, {}, program=home)
    assert found.locks == ["app.lock", "gateway.lock"]
    assert (found.files, found.warnings) == (["gateway.pid"], ["Unclosed"])
    assert find_leftovers([], locks, {}).files == []


async def test_where_there_is_no_lock_folder_there_are_no_locks(tmp_path: Path) -> None:
    assert find_leftovers([], tmp_path / "none", {}).locks == []


async def test_an_http_client_that_nobody_closed_is_named_while_somebody_has_it(tmp_path: Path) -> None:
    async with aiohttp.ClientSession():
        kept = aiohttp.ClientSession()
        assert find_leftovers([], tmp_path, {}).clients == ["ClientSession", "ClientSession"]
        assert find_leftovers([], tmp_path, {}, program=tmp_path).clients is None
        await kept.close()
    assert find_leftovers([], tmp_path, {}).clients is None
