"""A process that ends takes whoever stood at its door before the door was closed, and then nobody."""

from __future__ import annotations

import asyncio
import socket

import pytest
import uvloop

from app.stopping import close_door


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(await reader.read(100))
    writer.close()


async def _asked_while_closing(clients: int) -> list[bytes]:
    """Connections that are in the queue, taken by nobody yet, when the door is closed; what each is answered."""
    listening = await asyncio.start_server(_answer, "127.0.0.1", 0)
    address = listening.sockets[0].getsockname()
    waiting = [socket.create_connection(address, timeout=20) for _ in range(clients)]
    for client in waiting:
        client.sendall(b"a deed")
    await close_door(listening)
    answers = []
    for client in waiting:
        client.setblocking(False)
        answers.append(await asyncio.get_running_loop().sock_recv(client, 100))
        client.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=20)
    return answers


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_who_stands_at_the_door_is_answered_before_it_is_closed(loop: object) -> None:
    with asyncio.Runner(loop_factory=loop) as runner:
        assert runner.run(_asked_while_closing(5)) == [b"a deed"] * 5
