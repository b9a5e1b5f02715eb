"""Certificates of a private CA for QQ's host names, for clients that know no other URLs. Made by trustme."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

QQ_HOSTS = ("bots.qq.com", "api.sgroup.qq.com", "sandbox.api.sgroup.qq.com", "api.bot.qq.com")
CA_FILE = "ca.pem"


def server_context(folder: Path, names: Sequence[str]) -> ssl.SSLContext:
    """A context with a certificate for QQ's hosts and these names; its CA's is written to `folder`/ca.pem.

    Raises OSError where trustme is not installed.
    """
    try:
        trustme = import_module("trustme")
    except ImportError:
        raise OSError(0, "--tls needs trustme: pip install 'qqchaos[tls]'") from None
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(folder / CA_FILE))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(*QQ_HOSTS, *names).configure_cert(context)
    return context


def environment(ca: Path, proxy: str | None) -> dict[str, str]:
    """What a client must have in its environment: where certificates are, by what many HTTP libraries read;
    and the proxy, if there is one."""
    readers = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
    found = dict.fromkeys(readers, str(ca))
    if proxy is not None:
        found |= {"HTTPS_PROXY": proxy, "https_proxy": proxy, "NO_PROXY": "127.0.0.1,localhost"}
    return found
