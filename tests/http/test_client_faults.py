"""What becomes of a call when a real connection misbehaves: each fault on a loopback server of raw bytes."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import anyio
import httpx
import pytest
from anyio.abc import ByteStream, SocketAttribute
from anyio.streams.tls import TLSStream
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from groupform.http import BadAnswer, Call, Client, HttpError, OutcomeUnknown, Patience, Unreachable
from groupform.http.failures import read
from http_rig import get, post

pytestmark = pytest.mark.anyio

Behaviour = Callable[[ByteStream, int], Awaitable[None]]
QUICK = Patience(base=0.01, ceiling=0.02)


class Raw:
    """Does to the n-th connection (from 1) what it is told. `heard` are the requests that arrived whole."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.connections = 0
        self.heard: list[bytes] = []
        self.port = 0

    async def serve(self, stream: ByteStream) -> None:
        self.connections += 1
        number = self.connections
        async with stream:
            try:
                request = b""
                while b"\r\n\r\n" not in request:
                    request += await stream.receive()
                self.heard.append(request)
                await self.behaviour(stream, number)
            except (anyio.EndOfStream, anyio.BrokenResourceError, ssl.SSLError):
                pass


@asynccontextmanager
async def raw(behaviour: Behaviour) -> AsyncIterator[Raw]:
    server = Raw(behaviour)
    async with serving(server.serve) as server.port:
        yield server


@asynccontextmanager
async def serving(serve: Callable[[ByteStream], Awaitable[None]], port: int = 0) -> AsyncIterator[int]:
    """Listens on loopback for as long as the block runs; gives the port."""
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=port)
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, serve)
        yield listener.extra(SocketAttribute.local_port)
        tasks.cancel_scope.cancel()


async def well(stream: ByteStream) -> None:
    await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")


async def hang_up(stream: ByteStream, number: int) -> None:
    """Takes the request and says nothing."""


async def cut(stream: ByteStream, number: int) -> None:
    await stream.send(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"room_id": "!abc')


async def cut_chunk(stream: ByteStream, number: int) -> None:
    await stream.send(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{"room_id": "')


async def garbage(stream: ByteStream, number: int) -> None:
    await stream.send(b"\x00\xff SSH-2.0-nothing of the kind\r\n\r\n")


async def bad_gzip(stream: ByteStream, number: int) -> None:
    await stream.send(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello")


async def silence(stream: ByteStream, number: int) -> None:
    await anyio.sleep(30)


async def drip(stream: ByteStream, number: int) -> None:
    await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        await stream.send(b" ")
        await anyio.sleep(0.05)


def at(port: int, scheme: str = "http") -> Client:
    return Client(f"{scheme}://127.0.0.1:{port}", patience=QUICK)


@pytest.mark.parametrize("fault", [hang_up, cut, cut_chunk, garbage], ids=lambda each: each.__name__)
async def test_a_safe_call_outlives_a_broken_connection(fault: Behaviour) -> None:
    async def behave(stream: ByteStream, number: int) -> None:
        await (fault(stream, number) if number < 3 else well(stream))

    async with raw(behave) as server, at(server.port) as http:
        assert await http.send(get()) == {}
        assert http.requests == 3


@pytest.mark.parametrize("fault", [hang_up, cut, cut_chunk, garbage, bad_gzip], ids=lambda each: each.__name__)
async def test_a_create_on_a_broken_connection_is_unknown_and_sent_once(fault: Behaviour) -> None:
    async with raw(fault) as server, at(server.port) as http:
        with pytest.raises(OutcomeUnknown) as caught:
            await http.send(post())
    assert len(server.heard) == 1
    assert caught.value.effect_unknown


@pytest.mark.parametrize("fault", [silence, drip], ids=lambda each: each.__name__)
@pytest.mark.parametrize("call", [get(timeout=0.2, deadline=0.4), post(timeout=0.2, deadline=0.4)], ids=["get", "post"])
async def test_a_slow_server_is_given_up_on(fault: Behaviour, call: Call) -> None:
    async with raw(fault) as server, at(server.port) as http:
        with anyio.fail_after(10), pytest.raises(HttpError) as caught:
            await http.send(call)
        assert len(server.heard) == (2 if call.idempotent else 1)
    assert caught.value.code == ("http-timeout" if call.idempotent else "http-unknown-timeout")
    assert caught.value.unreachable


@pytest.mark.parametrize("call", [get(), post()], ids=["get", "post"])
async def test_nothing_listening_is_told_as_such(call: Call) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
    async with at(port) as http:
        with pytest.raises(Unreachable) as caught:
            await http.send(call)
    assert (caught.value.code, caught.value.effect_unknown) == ("http-refused", False)
    assert caught.value.params["host"] == f"127.0.0.1:{port}"


async def test_a_create_waits_for_a_server_that_is_just_starting() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
    heard: list[bytes] = []

    async def serve(stream: ByteStream) -> None:
        async with stream:
            heard.append(await stream.receive())
            await well(stream)

    async def start(seconds: float) -> None:
        listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=port)
        tasks.start_soon(listener.serve, serve)

    async with anyio.create_task_group() as tasks:
        async with Client(f"http://127.0.0.1:{port}", patience=QUICK, sleep=start) as http:
            assert await http.send(post()) == {}
        tasks.cancel_scope.cancel()
    assert len(heard) == 1


async def test_tls_to_a_plain_server_names_tls() -> None:
    async def plain(stream: ByteStream) -> None:
        async with stream:
            await stream.receive()
            await stream.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with serving(plain) as port, at(port, "https") as http:
        with pytest.raises(Unreachable) as caught:
            await http.send(post())
        assert http.requests == 1
    assert (caught.value.code, caught.value.effect_unknown) == ("http-tls", False)


async def test_an_untrusted_certificate_is_told_with_its_reason(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))

    async def secured(stream: ByteStream) -> None:
        async with stream:
            with suppress(ssl.SSLError, anyio.EndOfStream, anyio.BrokenResourceError):
                await TLSStream.wrap(stream, server_side=True, ssl_context=context)

    async with serving(secured) as port, at(port, "https") as http:
        with pytest.raises(Unreachable) as caught:
            await http.send(get())
    assert caught.value.code == "http-tls"
    assert "self" in str(caught.value.params["reason"])


async def test_a_connection_that_went_stale_between_calls_does_not_lose_a_create() -> None:
    """Servers close idle connections: the next create must notice before it is sent."""

    async def once(stream: ByteStream, number: int) -> None:
        await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    async with raw(once) as server, at(server.port) as http:
        for _ in range(5):
            assert await http.send(post()) == {}
            await anyio.sleep(0.05)
        assert len(server.heard) == 5


async def test_half_an_answer_of_a_safe_call_never_passes_for_data() -> None:
    async with raw(cut) as server, at(server.port) as http:
        with pytest.raises(Unreachable) as caught:
            await http.send(get())
    assert caught.value.code == "http-lost"
    async with raw(bad_gzip) as server, at(server.port) as http:
        with pytest.raises(BadAnswer):
            await http.send(get())


def test_a_name_that_is_not_known_reads_as_such() -> None:
    error = httpx.ConnectError("all attempts failed")
    group = ExceptionGroup("both families", [OSError("x"), socket.gaierror(-2, "Name or service not known")])
    error.__cause__ = group
    broken = read(error)
    assert (broken.code, broken.sent, broken.reason) == ("http-dns", False, "Name or service not known")


def self_signed(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that nobody trusts, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(private + certificate.public_bytes(pem))
    return file
