"""Connections and sessions as the control API tells of them. Pure."""

from __future__ import annotations

from fake_qq_server.client import shapes
from fake_qq_server.platform.rows import GatewaySession
from fake_qq_server.wire.http import HttpProtocol
from fake_qq_server.wire.tcp import TcpConnection
from fake_qq_server.wire.websocket import WebSocketProtocol


def session_row(row: GatewaySession) -> shapes.Session:
    """A session that is connected or can be resumed."""
    return shapes.Session(
        ordinal=row.ordinal,
        id=row.id,
        bot=row.bot.number,
        intents=row.intents,
        shard=list(row.shard),
        s=row.s,
        conn=row.conn,
        kept=len(row.kept),
    )


def connection_row(one: TcpConnection) -> shapes.Connection:
    """An open connection, whatever is spoken on it so far."""
    spoken = one.protocol
    websocket = spoken if isinstance(spoken, WebSocketProtocol) else None
    session = websocket.gateway.session if websocket and websocket.gateway else None
    http = "http" if isinstance(spoken, HttpProtocol) else "none yet"
    return shapes.Connection(
        host=one.host,
        number=one.number,
        protocol="websocket" if websocket else http,
        bot=websocket.bot if websocket else None,
        session=session.ordinal if session else None,
        serving=websocket is not None and websocket.serving,
    )
