"""What a client may get wrong, by accident or on purpose: each is refused in words, and nothing stops."""

import asyncio
import json
import logging
from typing import Any

import httpx
import pytest

from models.tables import What
from routing.inbound import Arrival, Operator
from tests.citizen import Citizen
from tests.hub import RunningHub
from tests.visitors import PDF, by_anna, maria_fixture, office_fixture, raw

__all__ = ["maria_fixture", "office_fixture"]

JSON = {"Content-Type": "application/json"}
HEAD = b"POST /api/conversations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


def is_problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The problem document of a refusal, complete."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status
    assert problem["type"] == "about:blank"
    assert problem["title"]
    assert problem["detail"]
    return problem


async def post(
    citizen: Citizen, body: Any, path: str = "/api/conversations", **headers: str
) -> httpx.Response:
    """Post these bytes as JSON, with the token."""
    return await citizen.http.post(path, content=body, headers=citizen.headers | JSON | headers)


class TestBodies:
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"ciao",
            b'{"client_id": "a", "text": "a\x00b"}',
            b'{"client_id": "a", "text": "\xff\xfe"}',
            b'{"client_id": "a", "text": "\xed\xa0\x80"}',
            b'{"client_id": "a", "text": "\\ud800"}',
            b'{"client_id": "a", "text": "\\udc00 \\ud800x"}',
            b'{"client_id": "a", "text": "a", "\\ud800": 1}',
            b"[" * 60_000,
            b'{"a":' * 10_000,
            b'{"client_id": "a", "text": "a", "more": ' + b"[" * 3000 + b"]" * 3000 + b"}",
            b'{"client_id": "a", "text": "a", "more": ' + b"9" * 5000 + b"}",
            "{}".encode("utf-16"),
            b"\xef\xbb\xbf{}",
        ],
    )
    async def test_that_are_not_json_are_refused_as_such(self, maria: Citizen, body: bytes) -> None:
        assert is_problem(await post(maria, body), 400)["detail"].startswith("This is not JSON")

    @pytest.mark.parametrize(
        "body",
        [
            b"null", b"5", b"[]", b'"text"', b"{}",
            b'{"client_id": "a"}',
            b'{"client_id": null, "text": "a"}',
            b'{"client_id": 5, "text": "a"}',
            b'{"client_id": "a", "text": {"a": 1}}',
            b'{"client_id": "a", "text": ""}',
            b'{"client_id": "a", "text": " \\n "}',
            b'{"client_id": "a", "text": "\\u0000"}',
            b'{"client_id": "", "text": "a"}',
            b'{"client_id": "a b", "text": "a"}',
            b'{"client_id": "a\\n", "text": "a"}',
            b'{"client_id": "\xc3\xa8", "text": "a"}',
            b'{"client_id": "' + b"a" * 65 + b'", "text": "a"}',
            b'{"client_id": "a", "text": "a", "name": "' + b"n" * 101 + b'"}',
            b'{"client_id": "a", "text": "a", "lang": "' + b"n" * 17 + b'"}',
            b'{"client_id": "a", "text": "a", "page": "javascript:alert(1)"}',
            b'{"client_id": "a", "text": "a", "page": "https://x/' + b"n" * 2000 + b'"}',
        ],
    )  # fmt: skip
    async def test_of_the_wrong_shape_are_told_where(self, maria: Citizen, body: bytes) -> None:
        problem = is_problem(await post(maria, body), 422)
        assert all(set(error) == {"at", "detail"} for error in problem["errors"])
        assert problem["errors"]

    async def test_are_not_repeated_in_the_refusal(self, maria: Citizen) -> None:
        body = {"client_id": "bad id", "text": ["secret"], "name": {"secret": 1}}
        assert "secret" not in (await post(maria, json.dumps(body).encode())).text

    async def test_with_a_member_twice_count_the_last(self, maria: Citizen) -> None:
        path = f"/api/conversations/{maria.id}/messages"
        assert (await post(maria, b'{"client_id":"d","text":"x","text":"y"}', path)).status_code == 201
        lines = (await maria.call("GET", "/transcript")).json()["messages"]
        assert lines[-1]["text"] == "y"

    async def test_may_be_64_kib_and_not_a_byte_more(self, maria: Citizen) -> None:
        start, end = b'{"client_id":"big","text":"ciao","more":"', b'"}'
        fits = start + b"x" * (64 * 1024 - len(start) - len(end)) + end
        assert (await post(maria, fits)).status_code == 201
        is_problem(await post(maria, fits + b" "), 413)

    async def test_of_no_stated_length_are_bounded_too(self, maria: Citizen) -> None:
        async def pieces() -> Any:
            for _ in range(4096):
                yield b" " * 1024

        is_problem(await post(maria, pieces()), 413)

    async def test_of_no_stated_length_are_taken(self, maria: Citizen) -> None:
        async def pieces() -> Any:
            for byte in b'{"client_id":"chunked","text":"ciao"}':
                yield bytes([byte])

        assert (await post(maria, pieces())).status_code == 201

    @pytest.mark.parametrize(
        "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "garbage;;=", ""]
    )
    async def test_of_another_type_are_not_taken(self, maria: Citizen, kind: str) -> None:
        is_problem(await post(maria, b"{}", **{"Content-Type": kind}), 415)

    @pytest.mark.parametrize("path", ["messages", "rating"])
    async def test_are_checked_alike_everywhere(self, maria: Citizen, path: str) -> None:
        whole = f"/api/conversations/{maria.id}/{path}"
        is_problem(await post(maria, b"{", whole), 400)
        is_problem(await post(maria, b"{}", whole), 422)
        is_problem(await post(maria, b" " * 65_537, whole), 413)
        is_problem(await post(maria, b"{}", whole, **{"Content-Type": "text/plain"}), 415)


class TestTokens:
    CALLS = (
        ("POST", "/messages"), ("POST", "/files"), ("GET", "/files/1"), ("GET", "/events"), ("POST", "/typing"),
        ("POST", "/close"), ("POST", "/rating"), ("GET", "/transcript"), ("DELETE", ""),
    )  # fmt: skip

    @pytest.mark.parametrize(("method", "path"), CALLS)
    async def test_every_call_wants_one(self, maria: Citizen, method: str, path: str) -> None:
        whole = f"/api/conversations/{maria.id}{path}"
        for given in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {maria.token}"}):
            refused = await maria.http.request(method, whole, headers=given)
            is_problem(refused, 401)
            assert refused.headers["WWW-Authenticate"] == "Bearer"
            assert maria.token not in refused.text
        nowhere = await maria.http.request(method, f"/api/conversations/nowhere{path}", headers=maria.headers)
        is_problem(nowhere, 404)
        assert (await maria.call("GET", "/transcript")).json()["messages"][0]["text"] == "Buongiorno"

    async def test_of_another_conversation_do_not_do(self, maria: Citizen, office: RunningHub) -> None:
        async with Citizen(office.url) as other:
            await other.start("altro")
            other.id = maria.id
            is_problem(await other.call("GET", "/transcript"), 401)

    async def test_are_never_taken_from_a_url_a_cookie_or_a_form(self, maria: Citizen) -> None:
        whole = f"/api/conversations/{maria.id}/transcript"
        for query in ("token", "access_token", "authorization", "bearer"):
            is_problem(await maria.http.get(whole, params={query: maria.token}), 401)
        is_problem(await maria.http.get(whole, headers={"Cookie": f"token={maria.token}"}), 401)
        is_problem(await maria.http.get(whole, headers={"Cookie": f"chat={maria.id}.{maria.token}"}), 401)

    @pytest.mark.parametrize("value", [b"Bearer", b"\xff\xfe", b"Bearer \xc3\xa8", b"Bearer " + b"x" * 9000])
    async def test_that_are_garbage_are_refused(self, maria: Citizen, value: bytes) -> None:
        whole = f"/api/conversations/{maria.id}/transcript"
        is_problem(await maria.http.get(whole, headers={b"Authorization": value}), 401)


class TestAddresses:
    @pytest.mark.parametrize(
        "conversation",
        [
            "%00",
            "%ff",
            "%ed%a0%80",
            "..%2f..%2fstatus",
            "a" * 33,
            "a" * 5000,
            "'%20or%201=1",
            "%0d%0aX:1",
            "*",
        ],
    )
    async def test_that_name_nothing_are_404(self, maria: Citizen, conversation: str) -> None:
        answer = await maria.http.get(f"/api/conversations/{conversation}/transcript", headers=maria.headers)
        is_problem(answer, 404)

    @pytest.mark.parametrize("seq", ["0", "1", "99", "-1", "1.5", "x", "%00", "9" * 10, "9" * 30, "%D9%A1"])
    async def test_of_files_that_are_none_are_404(self, maria: Citizen, seq: str) -> None:
        is_problem(await maria.call("GET", f"/files/{seq}"), 404)

    async def test_of_the_offices_own_conversation_and_of_callbacks_are_404(
        self, maria: Citizen, office: RunningHub
    ) -> None:
        await office.hub.announce("opening", "L'ufficio apre")
        maria.id = "office"
        is_problem(await maria.call("GET", "/transcript"), 404)

    @pytest.mark.parametrize("path", ["/api/", "/api/nothing", "/api/conversations/"])
    async def test_that_are_none_of_ours_are_404(self, maria: Citizen, path: str) -> None:
        is_problem(await maria.http.get(path), 404)

    @pytest.mark.parametrize(
        ("method", "path", "allowed"),
        [
            ("GET", "/api/conversations", "POST"),
            ("PUT", "/api/conversations/x", "DELETE"),
            ("GET", "/api/callbacks", "POST"),
            ("POST", "/api/status", "GET"),
            ("PATCH", "/api/conversations/x/messages", "POST"),
            ("DELETE", "/api/conversations/x/transcript", "GET"),
        ],
    )
    async def test_that_cannot_do_that_say_what_they_can(
        self, maria: Citizen, method: str, path: str, allowed: str
    ) -> None:
        refused = await maria.http.request(method, path)
        is_problem(refused, 405)
        assert allowed in refused.headers["Allow"]

    @pytest.mark.parametrize("given", ["x", "-1", "1.5", "0x1", "9" * 16, "1, 2"])
    async def test_a_last_event_id_that_is_no_number_is_400(self, maria: Citizen, given: str) -> None:
        refused = await maria.http.get(
            f"/api/conversations/{maria.id}/events", headers=maria.headers | {"Last-Event-ID": given}
        )
        assert "Last-Event-ID" in is_problem(refused, 400)["detail"]


class TestHeads:
    async def test_that_never_end_are_cut_off(self, office: RunningHub) -> None:
        endless = b"X-%d: " + b"x" * 900 + b"\r\n"
        answer = await raw(office, HEAD + b"".join(endless % n for n in range(100)))
        assert answer.startswith(b"HTTP/1.1 431 ")
        answer = await raw(office, b"GET /" + b"x" * 100_000)
        assert answer.startswith(b"HTTP/1.1 431 ")

    @pytest.mark.parametrize(
        "content",
        [
            b"\x00\x01\x02\r\n\r\n",
            b"GET / HTTP/9.9\r\n\r\n",
            b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
            b"POST /api/conversations HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
            b"POST /api/conversations HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
            HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        ],
    )
    async def test_that_are_not_http_are_refused(self, office: RunningHub, content: bytes) -> None:
        assert (await raw(office, content, end=True))[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 404", b"")
        async with Citizen(office.url) as citizen:
            assert (await citizen.start("ancora vivo")).status_code == 201


class TestClientsThatAreSlowOrGo:
    async def test_hold_nobody_up(self, office: RunningHub, maria: Citizen) -> None:
        """Thirty say that a body comes, and send half of it; thirty open a stream and read nothing."""
        address = office.url.removeprefix("http://").split(":")
        events = f"GET /api/conversations/{maria.id}/events HTTP/1.1\r\nHost: x\r\n"
        events += f"Authorization: Bearer {maria.token}\r\n\r\n"
        silent = []
        for content in [HEAD + b"Content-Length: 500\r\n\r\n{", events.encode()] * 30:
            _, writer = await asyncio.open_connection(*address)
            writer.write(content)
            silent.append(writer)
        answers = await asyncio.gather(*(maria.say("x" * 4000) for _ in range(50)))
        assert {answer.status_code for answer in answers} == {201}
        for writer in silent:
            writer.transport.abort()
        assert (await maria.say("e ancora")).status_code == 201

    async def test_leave_no_error_behind(
        self, office: RunningHub, maria: Citizen, caplog: pytest.LogCaptureFixture
    ) -> None:
        address = office.url.removeprefix("http://").split(":")
        start = f"POST /api/conversations/{maria.id}/files HTTP/1.1\r\nHost: x\r\n"
        start += f"Authorization: Bearer {maria.token}\r\nContent-Length: 5000\r\n"
        start += "Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n"
        with caplog.at_level(logging.WARNING):
            for content in [HEAD + b"Content-Length: 500\r\n\r\n{", start.encode()] * 5:
                reader, writer = await asyncio.open_connection(*address)
                writer.write(content)
                await writer.drain()
                writer.write_eof()
                await reader.read()
                writer.close()
            assert (await maria.say("ancora vivo")).status_code == 201
        assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []

    async def test_a_phone_that_loses_the_answer_sends_again_and_is_heard_once(
        self, office: RunningHub, maria: Citizen
    ) -> None:
        body = b'{"client_id":"lost","text":"una volta sola"}'
        head = f"POST /api/conversations/{maria.id}/messages HTTP/1.1\r\nHost: x\r\n"
        head += f"Authorization: Bearer {maria.token}\r\nContent-Type: application/json\r\n"
        head += f"Content-Length: {len(body)}\r\n\r\n"
        address = office.url.removeprefix("http://").split(":")
        for _ in range(5):
            _, writer = await asyncio.open_connection(*address)
            writer.write(head.encode() + body)
            await writer.drain()
            writer.transport.abort()
        again = await maria.say("una volta sola", client_id="lost")
        assert again.status_code in (200, 201)
        records = await office.hub.store.entries(maria.id)
        assert [record.text for record in records] == ["Buongiorno", "una volta sola"]


class TestWhatPlatformsSend:
    """Slack and Telegram send JSON, in which half a character or a NUL is possible."""

    async def test_half_a_character_from_an_operator_reaches_the_citizen_as_a_missing_one(
        self, office: RunningHub, maria: Citizen
    ) -> None:
        async with maria.listening() as stream:
            await office.hub.operator_wrote(by_anna("1", "m1"), maria.id, "sì \ud83d\x00 certo")
            event = await stream.next("operator", "message")
            while event.data.get("author") != "operator":
                event = await stream.next("message")
            assert event.data["text"] == "sì \ufffd\ufffd certo"
            await office.hub.operator_edited(by_anna("2", "m1"), "\udc00")
            assert (await stream.next("edited")).data["text"] == "\ufffd"

    async def test_a_name_of_half_a_character_does_no_harm(self, office: RunningHub, maria: Citizen) -> None:
        ugo = Operator("9", "\ud800Ugo\x00 " + "x" * 300)
        await office.hub.operator_wrote(Arrival("desk", "3", "desk", ugo, "m3"), maria.id, "eccomi")
        await office.hub.operator_sent_file(Arrival("desk", "4", "desk", ugo), maria.id, "\ud800.pdf", PDF)
        kinds = [record.kind for record in await office.hub.store.entries(maria.id)]
        assert kinds == [What.MESSAGE, What.OPERATOR, What.MESSAGE, What.FILE]
        text = await maria.http.get(
            f"/api/conversations/{maria.id}/transcript", headers=maria.headers | {"Accept": "text/plain"}
        )
        assert "eccomi" in text.text
