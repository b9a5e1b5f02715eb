"""A bot on qqbot-agent-sdk, as its README has one. QQ_TOKEN_URL and QQ_API_BASE lead it to a served platform.

The callbacks that keep token, session and heartbeat are those that its WSCallbacks ask every host for.
"""

# mypy: ignore-errors
import asyncio

import httpx
from qqbot_agent_sdk import EventParser, QQApiClient, QQWebSocket, WSCallbacks

api = QQApiClient("102", "a secret")
session = [None, None]


async def on_message(event_type, data):
    event = EventParser().parse(event_type, data)
    # A guild's direct chat is written to by way of /dms, for which the SDK has no call.
    if event.chat_scope in ("c2c", "group", "guild"):
        text = f"{event.chat_scope}: {event.content}"
        await api.send_text(
            event.chat_scope, event.chat_id, text, reply_to=event.message_id, markdown=False, retries=1
        )


def set_session(id, s):
    session[:] = id, s


callbacks = WSCallbacks(
    on_message_event=on_message,
    on_connected=lambda: None,
    on_disconnected=lambda: None,
    on_fatal_error=lambda code, message: print("fatal", code, message),
    get_token=api.ensure_token_sync,
    get_session=lambda: tuple(session),
    set_session=set_session,
    set_heartbeat_interval=lambda seconds: None,
    clear_token=api.clear_token,
    fail_pending=lambda reason: None,
    get_gateway_url=api.get_gateway_url_sync,
)


async def main():
    async with httpx.AsyncClient() as http:
        api.setup(http)
        url = await asyncio.to_thread(api.get_gateway_url_sync)
        QQWebSocket(callbacks).start(url, asyncio.get_running_loop())
        await asyncio.Event().wait()


asyncio.run(main())
