"""What clients send: read as it comes, never more than is allowed, never a part taken for the whole."""

import asyncio
import hashlib
import logging
from io import BytesIO
from typing import IO, Any

import pytest
from flask import Request, request, stream_with_context
from werkzeug.exceptions import ClientDisconnected

from tests.asgi.serving import GONE, Call, chunked, part, served
from web.asgi import LoopFlask

LIMIT = 1000
CHUNKED = [(b"transfer-encoding", b"chunked")]


class InMemory(Request):
    """Keeps uploads in memory: Werkzeug's temporary files would block the loop."""

    def _get_file_stream(self, *_: Any, **__: Any) -> IO[bytes]:
        return BytesIO()


def flask(limit: int | None = LIMIT) -> LoopFlask:
    """An application that tells what it was sent, read in different ways."""
    app = LoopFlask(__name__, static_folder=None)
    app.request_class = InMemory
    app.config["MAX_CONTENT_LENGTH"] = limit

    @app.post("/data")
    async def data() -> dict[str, Any]:
        await asyncio.sleep(0)
        body = request.get_data()
        return {"length": len(body), "digest": hashlib.sha256(body).hexdigest()}

    @app.post("/form")
    def form() -> dict[str, Any]:
        files = {name: hashlib.sha256(file.read()).hexdigest() for name, file in request.files.items()}
        return {"form": request.form, "files": files}

    @app.post("/json")
    async def json() -> Any:
        return request.get_json()

    @app.post("/unread")
    def unread() -> str:
        return "not interested"

    return app


def told(body: bytes) -> dict[str, Any]:
    return {"length": len(body), "digest": hashlib.sha256(body).hexdigest()}


async def test_json_and_forms_are_read_in_sync_and_async_views() -> None:
    async with served(flask()) as site:
        assert (await site.http.post("/json", json={"text": "Buongiorno è"})).json() == {
            "text": "Buongiorno è"
        }
        answer = await site.http.post("/form", data={"a": "è"}, files={"file": b"content"})
    assert answer.json() == {"form": {"a": "è"}, "files": {"file": hashlib.sha256(b"content").hexdigest()}}


async def test_a_big_upload_arrives_whole() -> None:
    content = bytes(range(256)) * 40_000
    async with served(flask(limit=11_000_000)) as site:
        answer = await site.http.post("/form", files={"file": content})
    assert answer.json()["files"] == {"file": hashlib.sha256(content).hexdigest()}


async def test_a_body_of_no_stated_length_arrives_whole() -> None:
    async with served(flask()) as site, site.wire() as wire:
        await wire.ask("POST /data", "Transfer-Encoding: chunked", "Connection: close")
        await wire.send(chunked([b"one,", b"two,", b"three"]), b"0\r\n\r\n")
        assert (await wire.head())[0] == 200
        assert told(b"one,two,three")["digest"].encode() in await wire.rest()


async def test_no_body_is_an_empty_one() -> None:
    async with served(flask()) as site:
        assert (await site.http.post("/data")).json() == told(b"")


async def test_pieces_are_read_as_they_come() -> None:
    app = LoopFlask(__name__, static_folder=None)
    read: asyncio.Queue[bytes] = asyncio.Queue()

    @app.post("/")
    async def view() -> str:
        while piece := request.stream.read(5):
            read.put_nowait(piece)
        return "done"

    async with served(app) as site, site.wire() as wire:
        await wire.ask("POST /", "Content-Length: 12", "Connection: close", body=b"uno, ")
        assert await read.get() == b"uno, "
        await wire.send(b"due, ")
        assert await read.get() == b"due, "
        await wire.send(b"!!")
        assert (await wire.head())[0] == 200


async def test_a_stream_can_be_read_by_lines() -> None:
    app = LoopFlask(__name__, static_folder=None)

    @app.post("/")
    def view() -> list[str]:
        return [line.decode().rstrip() for line in request.stream]

    async with served(app) as site:
        assert (await site.http.post("/", content=b"uno\ndue\ntre")).json() == ["uno", "due", "tre"]


async def test_an_answer_can_be_sent_while_its_request_is_still_coming() -> None:
    app = LoopFlask(__name__, static_folder=None)

    @app.post("/")
    def echo() -> Any:
        def pieces() -> Any:
            while piece := request.stream.read(100):
                yield piece.upper()

        return stream_with_context(pieces()), {"Content-Type": "text/plain"}

    async with served(app) as site, site.wire() as wire:
        await wire.ask("POST /", "Transfer-Encoding: chunked", "Connection: close")
        for word in (b"uno", b"due", b"tre"):
            await wire.send(chunked([word]))
            assert await wire.until(word.upper())
        await wire.send(b"0\r\n\r\n")
        assert (await wire.rest()).endswith(b"0\r\n\r\n")


@pytest.mark.parametrize("path", ["/data", "/json", "/form"])
async def test_a_body_longer_than_allowed_is_refused_without_being_asked_for(path: str) -> None:
    kind = b"multipart/form-data; boundary=x" if path == "/form" else b"application/json"
    call = Call(flask(), "POST", path, headers=[(b"content-length", b"1001"), (b"content-type", kind)])
    assert (await call.run()).status == 413
    assert call.asked == 0


async def test_a_client_that_waits_for_leave_to_send_too_much_does_not_get_it() -> None:
    async with served(flask()) as site, site.wire() as wire:
        await wire.ask("POST /data", "Content-Length: 5000000", "Expect: 100-continue")
        assert (await wire.head())[0] == 413
    async with served(flask()) as site, site.wire() as wire:
        await wire.ask("POST /data", "Content-Length: 5", "Expect: 100-continue")
        assert (await wire.head())[0] == 100
        await wire.send(b"hello")
        assert (await wire.head())[0] == 200


@pytest.mark.parametrize("path", ["/data", "/json", "/form"])
async def test_a_body_of_no_stated_length_is_refused_at_the_limit(path: str) -> None:
    kind = b"multipart/form-data; boundary=x" if path == "/form" else b"application/json"
    pieces = [part(b"x" * 400, more=True) for _ in range(100)]
    call = Call(flask(), "POST", path, *pieces, headers=[*CHUNKED, (b"content-type", kind)])
    assert (await call.run()).status == 413
    assert call.asked == 3, "more was taken in than the limit allows"


@pytest.mark.parametrize("end", [[part(b"x" * LIMIT)], [part(b"x" * LIMIT, more=True), part(b"")]])
async def test_a_body_of_no_stated_length_may_reach_the_limit(end: list[dict[str, Any]]) -> None:
    call = await Call(flask(), "POST", "/data", *end, headers=CHUNKED).run()
    assert call.status == 200
    assert b'"length":1000' in call.body


@pytest.mark.parametrize("rest", [[part(b"x" * (LIMIT + 1))], [part(b"x" * LIMIT, more=True), part(b"x")]])
async def test_one_byte_past_the_limit_is_too_much(rest: list[dict[str, Any]]) -> None:
    assert (await Call(flask(), "POST", "/data", *rest, headers=CHUNKED).run()).status == 413


async def test_a_view_can_set_its_own_limit() -> None:
    app = flask()

    @app.post("/small")
    async def small() -> str:
        request.max_content_length = 10
        return request.get_data(as_text=True)

    for headers in (CHUNKED, [(b"content-length", b"11")]):
        call = Call(app, "POST", "/small", part(b"x" * 11), headers=headers)
        assert (await call.run()).status == 413
    assert (await Call(app, "POST", "/small", part(b"x" * 10), headers=CHUNKED).run()).status == 200


@pytest.mark.parametrize("length", [b"-5", b"5, 6", b"five", b"0x5", b"+5", b"5.0", b"\xb2"])
async def test_a_length_that_is_no_number_means_no_body(length: bytes) -> None:
    headers = [(b"content-length", length)]
    call = await Call(flask(), "POST", "/data", part(b"hello"), headers=headers).run()
    assert call.status == 200
    assert b'"length":0' in call.body


@pytest.mark.parametrize("length", ["-5", "five", "5\r\nContent-Length: 6"])
async def test_the_server_refuses_such_a_length_before_us(length: str) -> None:
    async with served(flask()) as site, site.wire() as wire:
        await wire.ask("POST /data", f"Content-Length: {length}", body=b"hello")
        assert (await wire.head())[0] == 400


async def test_more_than_the_stated_length_is_not_read() -> None:
    headers = [(b"content-length", b"5")]
    call = await Call(flask(), "POST", "/data", part(b"hello world"), headers=headers).run()
    assert b'"length":5' in call.body


async def test_less_than_the_stated_length_is_not_taken_for_the_whole() -> None:
    headers = [(b"content-length", b"50")]
    assert (await Call(flask(), "POST", "/data", part(b"hello"), headers=headers).run()).status == 400


async def test_a_transfer_coding_overrides_a_length() -> None:
    headers = [*CHUNKED, (b"content-length", b"3")]
    call = await Call(flask(), "POST", "/data", part(b"hello"), headers=headers).run()
    assert b'"length":5' in call.body


async def test_http_2_needs_neither_length_nor_coding() -> None:
    call = Call(flask(), "POST", "/data", part(b"hel", more=True), part(b"lo"), http_version="2")
    assert b'"length":5' in (await call.run()).body
    too_much = Call(flask(), "POST", "/data", part(b"x" * 1001), http_version="2")
    assert (await too_much.run()).status == 413


async def test_an_unread_body_does_not_spoil_the_next_request() -> None:
    async with served(flask()) as site, site.wire() as wire:
        await wire.ask("POST /unread", "Content-Length: 200000", body=b"x" * 200_000)
        assert (await wire.head())[0] == 200
        await wire.until(b"not interested")
        await wire.ask("POST /data", "Content-Length: 2", body=b"ok")
        assert (await wire.head())[0] == 200


@pytest.mark.parametrize("framing", ["Content-Length: 900", "Transfer-Encoding: chunked"])
@pytest.mark.parametrize("way", ["sync", "async"])
async def test_a_client_that_goes_away_in_the_middle_of_an_upload_is_not_taken_at_half_its_word(
    framing: str, way: str, caplog: pytest.LogCaptureFixture
) -> None:
    app = flask()
    begun = asyncio.Event()
    outcome: asyncio.Queue[Any] = asyncio.Queue()

    def take() -> str:
        try:
            assert request.stream.read(3) == b"hal"
            begun.set()
            outcome.put_nowait(request.stream.read())
        except ClientDisconnected as error:
            outcome.put_nowait(type(error))
            raise
        return "taken"

    async def take_awaiting() -> str:
        await asyncio.sleep(0)
        return take()

    app.add_url_rule("/sync", view_func=take, methods=["POST"])
    app.add_url_rule("/async", view_func=take_awaiting, methods=["POST"])
    caplog.set_level(logging.INFO)
    async with served(app) as site:
        async with site.wire() as wire:
            body = b"half" if "Length" in framing else chunked([b"half"])
            await wire.ask(f"POST /{way}", framing, body=body)
            await begun.wait()
        assert await outcome.get() is ClientDisconnected
        await site.idle()
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_one_that_is_gone_stays_gone() -> None:
    app = flask()
    found: list[Any] = []

    @app.post("/twice")
    def twice() -> str:
        for _ in range(2):
            try:
                found.append(request.stream.read(10))
            except ClientDisconnected as error:
                found.append(type(error))
        return ""

    await Call(app, "POST", "/twice", part(b"hel", more=True), GONE, GONE, headers=CHUNKED).run()
    assert found == [b"hel", ClientDisconnected]
