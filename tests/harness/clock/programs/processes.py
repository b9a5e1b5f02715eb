"""Programs: one clock for two processes. Each starts a follower, and says what the leader saw of it."""

# mypy: disable-error-code="func-returns-value"
from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, NoReturn

from harness import clock
from harness.clock import BATON
from harness.clock.processes import Follower, Leader, channel_pair

Said = list[list[Any]]


def _now() -> float:
    return BATON.now_us / 1e6


def _start(life: Callable[[Follower], object], said: Said) -> Leader:
    """`life` in a process of its own; what it tells by `ask("say", ...)` goes to `said`, with its time."""
    leaders, followers = channel_pair()
    pid = os.fork()
    if pid == 0:
        os.close(leaders.descriptors[0])
        os.close(leaders.descriptors[1])
        _live(life, Follower(BATON, followers))
    followers.close()
    leader = Leader(BATON, leaders, pid, {"say": lambda *words: said.append([_now(), *words])})
    BATON.before_jump.append(leader.before_jump)
    return leader


def _live(life: Callable[[Follower], object], follower: Follower) -> NoReturn:
    clock.begin()
    follower.await_turn()
    life(follower)
    os._exit(7)


def _thread(target: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=target)
    thread.start()
    return thread


def sleeps() -> list[Any]:
    """Both sleep, at times that lie between each other."""
    said: Said = []

    def life(follower: Follower) -> None:
        for _ in range(3):
            time.sleep(10)
            follower.ask("say", "life", _now())

    def beside() -> None:
        for _ in range(3):
            time.sleep(8)
            said.append([_now(), "beside"])

    leader = _start(life, said)
    thread = _thread(beside)
    leader.give_turns()
    thread.join()
    return [said, leader.status, _now()]


def answers() -> list[Any]:
    """A line over loopback arrives at the instant at which it was sent."""
    said: Said = []
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]

    def life(follower: Follower) -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=50) as connection:
            time.sleep(5)
            connection.sendall(b"ask")
            word = connection.recv(10).decode()
            follower.ask("say", word, _now())

    def serve() -> None:
        connection, _ = listener.accept()
        connection.settimeout(100)
        word = connection.recv(10).decode()
        said.append([_now(), word])
        time.sleep(3)
        connection.sendall(b"answer")

    leader = _start(life, said)
    thread = _thread(serve)
    leader.give_turns()
    thread.join()
    return said


def threads() -> list[Any]:
    """The follower has threads of its own, whose locks nobody else asks for."""
    said: Said = []

    def life(follower: Follower) -> None:
        lock = threading.Lock()
        lock.acquire()
        thread = _thread(lambda: (time.sleep(4), lock.release()))
        lock.acquire()
        follower.ask("say", "has the lock", _now())
        thread.join()

    leader = _start(life, said)
    leader.give_turns()
    return said


def calls() -> list[Any]:
    """The leader calls a function of the follower's, which gives a thread there something to do."""
    said: Said = []

    def life(follower: Follower) -> None:
        told = threading.Event()

        def tell(word: str) -> str:
            follower.ask("say", "told", word)
            told.set()
            return word.upper()

        follower.functions = {"tell": tell}
        told.wait(100)
        follower.ask("say", "heard it", _now())

    def beside() -> None:
        time.sleep(6)
        said.append([_now(), leader.call("tell", "stop")])

    leader = _start(life, said)
    thread = _thread(beside)
    leader.give_turns()
    thread.join()
    return said


def kill() -> list[Any]:
    """What a killed follower was at is never done, and its connection ends."""
    said: Said = []
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]

    def life(follower: Follower) -> None:
        connection = socket.create_connection(("127.0.0.1", port))
        listener.close()
        try:
            time.sleep(100)
        finally:
            follower.ask("say", "finally")
            connection.close()

    def beside() -> None:
        connection, _ = listener.accept()
        time.sleep(5)
        leader.kill()
        said.append([_now(), connection.recv(10).decode()])

    leader = _start(life, said)
    thread = _thread(beside)
    leader.give_turns()
    thread.join()
    return [said, leader.status == -signal.SIGKILL, leader.call("tell")]


def ways() -> list[Any]:
    """A follower that gives way lets the leader's threads run at the same instant."""
    said: Said = []

    def life(follower: Follower) -> None:
        time.sleep(5)
        follower.ask("wake")
        follower.ask("say", "before")
        follower.give_way()
        follower.ask("say", "after")

    woken = threading.Event()

    def beside() -> None:
        woken.wait()
        said.append([_now(), "woken"])

    leader = _start(life, said)
    leader._functions = {**leader._functions, "wake": woken.set}
    thread = _thread(beside)
    leader.give_turns()
    thread.join()
    return said


def jumps() -> list[Any]:
    """Before time passes the follower's own hook is called; work that it gives is done at that instant."""
    said: Said = []

    def life(follower: Follower) -> None:
        work = threading.Event()
        seen: list[int] = []

        def hook(now_us: int) -> bool:
            due = now_us == 5_000_000 and not seen
            if due:
                seen.append(now_us)
                work.set()
            return due

        BATON.before_jump.append(hook)
        _thread(lambda: time.sleep(5))
        work.wait(100)
        follower.ask("say", "worked", _now())

    leader = _start(life, said)
    leader.give_turns()
    return said
