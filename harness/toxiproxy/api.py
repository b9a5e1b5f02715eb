"""What can be asked of a Toxiproxy server, by the package toxiproxy-python; the one place that imports it.

What one must know of it (0.1.1): the server's address is two attributes of a class, so one for all; no
request has a time-out; HTTP_PROXY is honoured; answers of 500 pass for success; a toxic cannot be changed. So
all of its requests go through `_Guarded`, one at a time, and the change of a toxic is a request of our own.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import requests
import toxiproxy.api
from toxiproxy.api import APIConsumer
from toxiproxy.exceptions import InvalidToxic, NotFound, ProxyExists
from toxiproxy.proxy import Proxy
from toxiproxy.server import Toxiproxy

from harness.errors import HarnessError

TIMEOUT_S = 15.0

_FAILURES = (ProxyExists, NotFound, InvalidToxic, requests.RequestException, ValueError, KeyError)

_one_at_a_time = threading.Lock()
"""Held while the class has the address of the server that is asked."""


class _Guarded:
    """Stands where the package has `requests`: with a time-out, without proxies, errors as errors."""

    def get(self, url: str, **how: Any) -> requests.Response:
        return self._request("GET", url, how)

    def post(self, url: str, **how: Any) -> requests.Response:
        return self._request("POST", url, how)

    def delete(self, url: str, **how: Any) -> requests.Response:
        return self._request("DELETE", url, how)

    def _request(self, method: str, url: str, how: Mapping[str, Any]) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            response = session.request(method, url, timeout=TIMEOUT_S, **how)
        if response.status_code >= 400 and response.status_code not in (400, 404, 409):  # those it knows
            raise requests.HTTPError(f"{response.status_code}: {_said(response.content)}")
        return response


toxiproxy.api.requests = _Guarded()


class Api:
    """One server, at a host and port. Everything raises HarnessError, one sentence; several threads may
    call, of several servers."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._proxies: dict[str, Proxy] = {}

    def version(self) -> str:
        """What it says of itself: `git` where it was built by `go install`."""
        return str(self._do("says no version", lambda: APIConsumer.get("/version").json()["version"]))

    def create(self, name: str, upstream: str, listen: str) -> None:
        """A proxy that listens there and leads to `upstream`, each HOST:PORT."""
        make = Toxiproxy().create
        proxy = self._do(f"makes no proxy on {listen}", lambda: make(upstream, name, listen, True))
        self._proxies[name] = proxy

    def add(self, proxy: str, toxic: Mapping[str, Any]) -> None:
        """A toxic as its API has it: name, type, stream, toxicity, attributes."""
        self._do(f"refuses {toxic['type']}", lambda: self._proxies[proxy].add_toxic(**toxic))

    def change(self, proxy: str, toxic: Mapping[str, Any]) -> None:
        """Give a toxic other attributes."""
        path = f"/proxies/{quote(proxy)}/toxics/{quote(toxic['name'])}"
        now = {"toxicity": toxic["toxicity"], "attributes": toxic["attributes"]}
        self._do(f"does not change {toxic['type']}", lambda: APIConsumer.post(path, json=now))

    def remove(self, proxy: str, name: str) -> None:
        """Take a toxic off."""
        self._do(f"does not remove {name}", lambda: self._proxies[proxy].destroy_toxic(quote(name)))

    def enable(self, proxy: str, on: bool) -> None:
        """Enable a proxy, or disable it, which ends its connections."""
        one = self._proxies[proxy]
        self._do(f"does not {'en' if on else 'dis'}able a proxy", one.enable if on else one.disable)

    def delete(self, proxy: str) -> None:
        """Remove a proxy, which ends its connections."""
        self._do("does not remove a proxy", self._proxies.pop(proxy).destroy)

    def _do(self, what: str, call: Any) -> Any:
        """Call with the class set to this server. `what`: what the server does if it fails."""
        with _one_at_a_time:
            APIConsumer.host, APIConsumer.port = self._host, self._port
            try:
                return call()
            except requests.ConnectionError:
                raise HarnessError(f"no Toxiproxy answers at {self._host}:{self._port}") from None
            except _FAILURES as problem:
                said = _said(problem.args[0] if problem.args else b"")
                raise HarnessError(f"Toxiproxy {what}: {said}") from None


def _said(content: Any) -> str:
    """What the server says of an error: a sentence in JSON."""
    text = content.decode("utf-8", "replace") if isinstance(content, bytes) else str(content)
    try:
        return str(json.loads(text)["error"])
    except (ValueError, KeyError, TypeError):
        return " ".join(text.split()) or "it does not say why"
