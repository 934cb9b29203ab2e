"""Which addresses the program may reach: http and https, and by default nothing inside this machine or its networks.

A name is looked up once and the connection goes to the numbers that were looked at, so that it cannot mean another
machine a moment later.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.request import getproxies, proxy_bypass

import httpx2

from app.errors import Invalid

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# The numbers of an address were looked at already: no proxy of the environment comes between.
DIRECT = {"http://": None, "https://": None, "all://": None}


@dataclass(frozen=True)
class Use:
    """What an address is for, as refusals name it, and what would allow it to be a private one."""

    what: str
    permission: str
    secret: str


SOURCE = Use("source", "say fetch.allow_private = true if that is meant", "put it into fetch.secret_headers")
# IPv6 addresses that stand for IPv4 ones behind a translator.
TRANSLATED = ipaddress.ip_network("64:ff9b::/96")


def shown(url: httpx2.URL) -> str:
    """An address as logs and reports may name it: what stands in its query may be a secret."""
    host = f"[{url.host}]" if ":" in url.host else url.host
    port = f":{url.port}" if url.port else ""
    return f"{url.scheme}://{host}{port}{url.path}{'?…' if url.query else ''}"


def parsed(text: str, use: Use = SOURCE) -> httpx2.URL:
    """An address that may be asked; Invalid says what is wrong with it."""
    try:
        url = httpx2.URL(text)
    except (httpx2.InvalidURL, ValueError) as error:
        raise Invalid(f"{use.what} {text!r} is not an address: {error}") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise Invalid(f"{use.what} {shown(url)}: only http and https addresses are asked")
    if url.userinfo:
        raise Invalid(f"{use.what} {shown(url)} holds a password: {use.secret}")
    return url


def reachable(url: httpx2.URL, *, allow_private: bool, use: Use = SOURCE) -> list[str]:
    """The numbers the address's name stands for, none where a proxy looks it up; Invalid when one is private."""
    if _has_proxy(url) and not _is_number(url.host):
        return []
    try:
        found = socket.getaddrinfo(
            url.host, url.port or (443 if url.scheme == "https" else 80), type=socket.SOCK_STREAM
        )
    except (OSError, UnicodeError) as error:
        raise httpx2.ConnectError(f"no such host: {url.host}") from error
    numbers = list(dict.fromkeys(str(item[4][0]) for item in found))
    if not allow_private:
        _refuse_private(url, numbers, use)
    return numbers


def pinned(url: httpx2.URL, number: str | None) -> tuple[httpx2.URL, dict[str, str], dict[str, Any]]:
    """What to connect to, and the header and certificate name that keep it the address that was asked for."""
    if number is None:
        return url, {}, {}
    host = url.netloc.decode("ascii")
    return (
        url.copy_with(host=number.partition("%")[0]),
        {"Host": host},
        {"sni_hostname": url.raw_host.decode("ascii")},
    )


def _refuse_private(url: httpx2.URL, numbers: Sequence[str], use: Use) -> None:
    for number in numbers:
        if not _is_public(ipaddress.ip_address(number.partition("%")[0])):
            raise Invalid(
                f"{use.what} {shown(url)} is at {number}, inside this machine or a private network: {use.permission}"
            )


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        if address in TRANSLATED:
            return _is_public(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
        if inner := address.ipv4_mapped or address.sixtofour:
            return _is_public(inner)
        if address.teredo:
            return False
    return address.is_global and not address.is_multicast


def _has_proxy(url: httpx2.URL) -> bool:
    proxies = getproxies()
    return (url.scheme in proxies or "all" in proxies) and not proxy_bypass(url.host)


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
