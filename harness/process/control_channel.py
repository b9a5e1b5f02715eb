"""A worker asks its parent to do something, and waits for the answer: calls by name over a local socket.

    parent    with Serving({"add": add}) as channel: ... WorkerSpec(network=channel.name)
    worker    Asking(name).ask("add", 1, 2)

Arguments and answers are JSON, a line each. The socket has a file, in a folder of its own: abstract names are
behind one of the worker's `walls`.
Stdlib only: one end runs under the subject's interpreter.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Mapping
from typing import Any

from fake_qq_server.owned_folders import owned_folder
from harness.errors import HarnessError

ANSWER_S = 20.0
"""Real seconds within which an answer comes: more than what is asked of the parent may take."""

Functions = Mapping[str, Callable[..., Any]]


class Serving:
    """The parent's end: a thread that answers one worker, from `with` to the block's end.

    What a function raises as a HarnessError is raised by `Asking.ask` with the same words; anything else
    too, with its type.
    """

    def __init__(self, functions: Functions) -> None:
        self._functions = functions
        with contextlib.ExitStack() as closing:
            self.name = str(closing.enter_context(owned_folder("qqchaos-channel-")) / "s")
            self._listener = closing.enter_context(socket.socket(socket.AF_UNIX))
            self._listener.bind(self.name)
            self._listener.listen(1)
            self._closing = closing.pop_all()
        self._connection: socket.socket | None = None
        self._over = False
        self._thread = threading.Thread(target=self._serve, name="control-channel", daemon=True)

    def __enter__(self) -> Serving:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._over = True
        for sock in (self._listener, self._connection):
            if sock is not None:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(ANSWER_S)
        self._closing.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._connection, _ = self._listener.accept()
            with self._connection, self._connection.makefile("rwb") as lines:
                while not self._over and (line := lines.readline()):
                    lines.write(json.dumps(self._answer(json.loads(line))).encode() + b"\n")
                    lines.flush()

    def _answer(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return {"answer": self._functions[asked["name"]](*asked["arguments"])}
        except HarnessError as problem:
            return {"problem": str(problem)}
        except Exception as problem:
            return {"problem": f"{type(problem).__name__}: {problem}"}


class Asking:
    """The worker's end. Call it where waiting is real."""

    def __init__(self, name: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(ANSWER_S)
        try:
            self._socket.connect(name)
        except OSError as problem:
            self._socket.close()
            raise HarnessError(f"the command that started this run cannot be reached: {problem}") from problem
        self._lines = self._socket.makefile("rwb")

    def __enter__(self) -> Asking:
        return self

    def __exit__(self, *exc: object) -> None:
        with contextlib.suppress(OSError):
            self._lines.close()
        self._socket.close()

    def ask(self, name: str, *arguments: Any) -> Any:
        """What the parent's function of that name returns; raises HarnessError for what it raised."""
        try:
            self._lines.write(json.dumps({"name": name, "arguments": arguments}).encode() + b"\n")
            self._lines.flush()
            line = self._lines.readline()
        except OSError as problem:
            raise HarnessError(f"the command that started this run does not answer: {problem}") from problem
        if not line:
            raise HarnessError("the command that started this run does not answer")
        answer = json.loads(line)
        if "problem" in answer:
            raise HarnessError(answer["problem"])
        return answer["answer"]
