"""A bot on qq-botpy, as its README has one; run with the token URL and the API base of a served platform.

botpy has no setting for them: the API's host is two class attributes, the token URL a literal.
"""

# mypy: ignore-errors
import sys

import aiohttp
import botpy
from botpy.http import Route

TOKEN, API = sys.argv[1:]

Route.SCHEME, _, Route.DOMAIN = API.partition("://")
_request = aiohttp.ClientSession._request
aiohttp.ClientSession._request = lambda self, method, url, **more: _request(
    self, method, TOKEN if "getAppAccessToken" in str(url) else url, **more
)


class Bot(botpy.Client):
    async def on_c2c_message_create(self, message):
        to = message.author.user_openid
        await message._api.post_c2c_message(openid=to, msg_type=0, msg_id=message.id, content="c2c")

    async def on_group_at_message_create(self, message):
        to = message.group_openid
        await message._api.post_group_message(group_openid=to, msg_type=0, msg_id=message.id, content="group")

    async def on_at_message_create(self, message):
        await message.reply(content=f"guild {message.mentions[0].username}")

    async def on_direct_message_create(self, message):
        await message.reply(content="dm")


intents = botpy.Intents(public_messages=True, public_guild_messages=True, direct_message=True)
Bot(intents=intents, ext_handlers=False).run(appid="102", secret="a secret")
