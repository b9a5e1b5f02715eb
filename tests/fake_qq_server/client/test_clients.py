"""Both clients, call by call, against a served platform; and what they make of anything else."""

from __future__ import annotations

import asyncio
import inspect

import pytest

from fake_qq_server.client import AsyncClient, Client, ControlError, calls
from fake_qq_server.client.calls import Call
from tests.fake_qq_server.serving.served import TOKEN, served

NAMES = sorted(
    name
    for name, call in vars(calls).items()
    if inspect.isfunction(call) and "Call" in str(call.__annotations__.get("return"))
)


@pytest.mark.parametrize("client", [Client, AsyncClient])
@pytest.mark.parametrize("name", NAMES)
def test_a_client_has_each_call_with_its_arguments_and_its_answer(client: type, name: str) -> None:
    call, method = getattr(calls, name), getattr(client, name)
    asked = {key: str(one).replace("calls.", "") for key, one in inspect.signature(method).parameters.items()}
    asked.pop("self")
    assert asked == {key: str(one) for key, one in inspect.signature(call).parameters.items()}
    assert call.__annotations__["return"] == f"Call[{method.__annotations__['return']}]"
    assert method.__doc__ == call.__doc__


async def test_both_clients_are_answered_the_same() -> None:
    async with served() as qq:
        await qq.bot.ready()
        blocking = Client(qq.url, TOKEN)
        for name in ("bots", "sessions", "records", "frames", "requests", "sends"):
            mine = await getattr(qq.control, name)()
            assert await asyncio.to_thread(getattr(blocking, name)) == mine, name
        done = await asyncio.to_thread(blocking.dispatch, "C2C_MESSAGE_CREATE", text="hi", sender="al")
        assert done["acted"] == 1


@pytest.mark.parametrize("token", ["wrong", ""])
async def test_a_refusal_is_an_error_with_its_status_and_sentence(token: str) -> None:
    async with served() as qq:
        for error in (AsyncClient(qq.url, token).state(), asyncio.to_thread(Client(qq.url, token).state)):
            with pytest.raises(ControlError, match="control_token") as caught:
                await error
            assert caught.value.status == 401


async def test_nobody_there_is_an_os_error() -> None:
    async with served() as qq:
        pass
    with pytest.raises(OSError, match="Connect call failed"):
        await qq.control.state()


@pytest.mark.parametrize("data", [b"", b"<html>", b"\xff"])
def test_what_is_no_control_api_is_said_so(data: bytes) -> None:
    with pytest.raises(ControlError, match="no control API"):
        Call[object]("GET", "/state").read(200, data)
