"""Clients of the control API, for tests of a bot; the standard library is all they need.

with Client(ready["control"], ready["control_token"]) as qq:
    qq.wait("session", {"what": "ready"})
    qq.dispatch("C2C_MESSAGE_CREATE", text="hello")
    qq.wait("http.send")
    assert qq.sends()[-1]["text"] == "hello yourself"
"""

from fake_qq_server.client.asynchronous import AsyncClient
from fake_qq_server.client.calls import ControlError
from fake_qq_server.client.synchronous import Client

__all__ = ["AsyncClient", "Client", "ControlError"]
