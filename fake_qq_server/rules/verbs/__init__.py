"""One verb a file; importing this package registers them all. A new verb's file is added to this list."""

from fake_qq_server.rules.verbs import blackhole, body, close, cut, dispatch, drip, error, fin, frame, latency, message, noanswer, raise_, refuse, rst, signal_, silent, stall, status, upgrade

__all__ = [
    "blackhole",
    "body",
    "close",
    "cut",
    "dispatch",
    "drip",
    "error",
    "fin",
    "frame",
    "latency",
    "message",
    "noanswer",
    "raise_",
    "refuse",
    "rst",
    "signal_",
    "silent",
    "stall",
    "status",
    "upgrade",
]
