"""The desk: an operator's page with no account anywhere, as a browser without JavaScript uses it, and its stream."""

import html
import json
import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from models.tables import What
from tests.citizen import Citizen
from tests.hub import RunningHub, hub_at
from tests.visitors import PDF, maria_fixture, office_fixture

__all__ = ["maria_fixture", "office_fixture"]


class Browser:
    """An operator's browser: keeps cookies, follows links and fills in forms."""

    def __init__(self, url: str) -> None:
        self.http = httpx.AsyncClient(base_url=url, follow_redirects=True, timeout=30)

    async def open(self, path: str) -> httpx.Response:
        """Open a page."""
        return await self.http.get(path)

    async def submit(self, page: httpx.Response, ending: str, **fields: str) -> httpx.Response:
        """Fill in the form whose address ends like this, and send it."""
        forms = re.findall(r'<form[^>]*action="([^"]*)"(.*?)</form>', page.text, re.DOTALL)
        action, inside = next(form for form in forms if form[0].endswith(ending))
        hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', inside)
        given = {name: html.unescape(value) for name, value in hidden} | fields
        return await self.http.post(action, data=given)

    async def csrf(self) -> str:
        """The session's token for forms."""
        found = re.search(r'name="csrf" value="([^"]+)"', (await self.open("/desk")).text)
        assert found
        return found[1]


@pytest_asyncio.fixture(name="anna")
async def anna_fixture(office: RunningHub) -> AsyncIterator[Browser]:
    """An operator who has opened the link and said her name."""
    browser = Browser(office.url)
    page = await browser.open(office.desk_link)
    assert page.status_code == 200
    page = await browser.submit(page, "/desk/login", name="Anna Bianchi")
    assert page.url.path == "/desk"
    yield browser
    await browser.http.aclose()


@pytest_asyncio.fixture(name="stranger")
async def stranger_fixture(office: RunningHub) -> AsyncIterator[Browser]:
    """Somebody who has no link."""
    browser = Browser(office.url)
    yield browser
    await browser.http.aclose()


class TestTheDoor:
    async def test_the_link_opens_it_once(self, office: RunningHub, anna: Browser, stranger: Browser) -> None:
        assert (await anna.open("/desk")).status_code == 200
        second = await stranger.open(office.desk_link)
        assert second.status_code == 403
        assert "riavviare il programma" in second.text
        assert (await stranger.open("/desk")).status_code == 401

    async def test_a_look_at_the_link_does_not_use_it_up(self, office: RunningHub, stranger: Browser) -> None:
        assert (await stranger.http.head(office.desk_link)).status_code == 403
        assert (await stranger.open(office.desk_link)).status_code == 200

    async def test_the_key_leaves_the_address_bar(self, office: RunningHub, stranger: Browser) -> None:
        page = await stranger.open(office.desk_link)
        assert str(page.url) == f"{office.url}/desk/login"
        key = office.desk_link.partition("key=")[2]
        assert key not in page.text
        assert page.headers["Referrer-Policy"] == "same-origin"

    @pytest.mark.parametrize("key", ["", "x", "%00", "%ff", "è", "x" * 5000])
    async def test_a_wrong_key_does_not(self, stranger: Browser, key: str) -> None:
        assert (await stranger.open(f"/desk/login?key={key}")).status_code == 403
        assert (await stranger.open("/desk")).status_code == 401

    async def test_who_is_inside_may_open_the_link_again(self, office: RunningHub, anna: Browser) -> None:
        assert (await anna.open(office.desk_link)).status_code == 200
        assert (await anna.open("/desk")).status_code == 200

    async def test_a_name_is_wanted(self, office: RunningHub, stranger: Browser) -> None:
        page = await stranger.open(office.desk_link)
        again = await stranger.submit(page, "/desk/login", name=" \x00 ")
        assert again.status_code == 422
        page = await stranger.submit(again, "/desk/login", name="Ugo\x00  Neri " + "x" * 500)
        assert "Ugo Neri" in page.text

    async def test_the_cookie_is_signed_and_stays_from_scripts(
        self, office: RunningHub, stranger: Browser
    ) -> None:
        answer = await stranger.http.get(office.desk_link, follow_redirects=False)
        cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        value = cookie.partition("=")[2].partition(";")[0]
        stranger.http.cookies.clear()
        for forged in (value[:-2] + "xx", "eyJkZXNrIjoiMSJ9.x.y", ""):
            page = await stranger.http.get("/desk", headers={"Cookie": f"desk={forged}"})
            assert page.status_code == 401
        assert (await stranger.http.get("/desk", headers={"Cookie": f"desk={value}"})).status_code == 200

    async def test_the_cookie_is_for_https_where_the_browser_came_by_it(self, tmp_path: Path) -> None:
        server = {"host": "127.0.0.1", "public_url": "https://chat.comune.example"}
        async with hub_at(tmp_path, server=server) as office:
            link = office.url + "/desk/login?key=" + office.desk_link.partition("key=")[2]
            async with httpx.AsyncClient() as http:
                by_proxy = await http.get(link, headers={"X-Forwarded-Proto": "https"})
                assert "Secure" in by_proxy.headers["Set-Cookie"]
        async with hub_at(tmp_path, server=server) as office, httpx.AsyncClient() as http:
            link = office.url + "/desk/login?key=" + office.desk_link.partition("key=")[2]
            assert "Secure" not in (await http.get(link)).headers["Set-Cookie"]

    async def test_who_leaves_is_out_with_every_copy_of_the_cookie(
        self, office: RunningHub, anna: Browser
    ) -> None:
        kept = {"Cookie": f"desk={anna.http.cookies['desk']}"}
        page = await anna.submit(await anna.open("/desk"), "/desk/logout")
        assert page.status_code == 401
        async with httpx.AsyncClient(base_url=office.url) as thief:
            assert (await thief.get("/desk", headers=kept)).status_code == 401

    async def test_who_is_inside_stays_so_after_a_restart(self, tmp_path: Path) -> None:
        async with hub_at(tmp_path) as office:
            browser = Browser(office.url)
            await browser.open(office.desk_link)
            cookie = browser.http.cookies["desk"]
            await browser.http.aclose()
            first = office.desk_link
        async with hub_at(tmp_path) as office, httpx.AsyncClient(base_url=office.url) as http:
            assert (await http.get("/desk", headers={"Cookie": f"desk={cookie}"})).status_code == 200
            assert office.desk_link.partition("key=")[2] != first.partition("key=")[2]
            http.cookies.clear()
            assert (await http.get("/desk/login?key=" + first.partition("key=")[2])).status_code == 403


class TestWithoutASession:
    async def test_nothing_is_told(self, maria: Citizen, stranger: Browser) -> None:
        await maria.call("POST", "/files", data={"client_id": "f"}, files={"file": ("a.pdf", PDF)})
        for path in (
            "/desk",
            f"/desk/{maria.id}",
            f"/desk/{maria.id}/files/2",
            "/desk/events",
            "/desk/nothing",
        ):
            page = await stranger.open(path)
            assert page.status_code == 401
            assert "Buongiorno" not in page.text
            assert "Maria" not in page.text

    async def test_nothing_is_done(
        self, office: RunningHub, maria: Citizen, stranger: Browser, anna: Browser
    ) -> None:
        token = await anna.csrf()
        for action in ("reply", "take", "close", "typing"):
            answer = await stranger.http.post(f"/desk/{maria.id}/{action}", data={"text": "x", "csrf": token})
            assert answer.status_code == 401
        assert len(await office.hub.store.entries(maria.id)) == 1

    async def test_nor_with_a_session_but_from_another_page(
        self, office: RunningHub, maria: Citizen, anna: Browser
    ) -> None:
        for fields in ({}, {"csrf": ""}, {"csrf": "wrong"}, {"csrf": "\ufffd"}):
            for action in (f"{maria.id}/reply", f"{maria.id}/close", "logout", "login"):
                answer = await anna.http.post(f"/desk/{action}", data={"text": "x", "name": "x"} | fields)
                assert answer.status_code == 403
        assert len(await office.hub.store.entries(maria.id)) == 1


class TestAnswering:
    async def test_from_the_list_to_the_answer_and_the_end(
        self, office: RunningHub, maria: Citizen, anna: Browser
    ) -> None:
        page = await anna.open("/desk")
        assert f'href="/desk/{maria.id}"' in page.text
        page = await anna.open(f"/desk/{maria.id}")
        assert "Buongiorno" in page.text
        async with maria.listening(last=1) as stream:
            page = await anna.submit(page, "/take")
            assert (await stream.next("operator")).data["name"] == "Anna"
            page = await anna.submit(page, "/reply", text="Eccomi\r\n<b>subito</b>")
            said = await stream.next("message")
            assert (said.data["text"], said.data["name"]) == ("Eccomi\n<b>subito</b>", "Anna")
            assert "&lt;b&gt;subito&lt;/b&gt;" in page.text
            page = await anna.submit(page, "/close")
            assert (await stream.next("closed")).data["by"] == "operator"
        assert page.url.path == f"/desk/{maria.id}"

    async def test_the_same_form_sent_twice_is_one_answer(
        self, office: RunningHub, maria: Citizen, anna: Browser
    ) -> None:
        page = await anna.open(f"/desk/{maria.id}")
        for _ in range(3):
            assert (await anna.submit(page, "/reply", text="Eccomi")).status_code == 200
        kinds = [record.kind for record in await office.hub.store.entries(maria.id)]
        assert kinds == [What.MESSAGE, What.OPERATOR, What.MESSAGE]

    @pytest.mark.parametrize(("text", "kept"), [("", ""), (" \x00 ", ""), ("😀" * 4001, "😀" * 4001)])
    async def test_what_cannot_be_sent_is_kept_in_the_form(
        self, maria: Citizen, anna: Browser, text: str, kept: str
    ) -> None:
        refused = await anna.submit(await anna.open(f"/desk/{maria.id}"), "/reply", text=text)
        assert refused.status_code == 422
        assert re.search(r'id="reply-error" role="alert">[^<]+<', refused.text)
        assert f">{kept}</textarea>" in refused.text

    async def test_a_long_text_arrives_whole(self, maria: Citizen, anna: Browser) -> None:
        await anna.submit(await anna.open(f"/desk/{maria.id}"), "/reply", text="😀" * 4000)
        lines = (await maria.call("GET", "/transcript")).json()["messages"]
        assert lines[-1]["text"] == "😀" * 4000

    async def test_what_a_citizen_writes_is_shown_as_text(self, maria: Citizen, anna: Browser) -> None:
        await maria.say("<script>alert(1)</script> {{ 7 * 7 }} javascript:alert(1)")
        page = (await anna.open(f"/desk/{maria.id}")).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page
        assert "{{ 7 * 7 }}" in page
        assert 'href="javascript' not in page

    async def test_a_citizens_file_can_be_saved(self, maria: Citizen, anna: Browser) -> None:
        await maria.call("POST", "/files", data={"client_id": "f"}, files={"file": ("perché €.pdf", PDF)})
        assert f'href="/desk/{maria.id}/files/2"' in (await anna.open(f"/desk/{maria.id}")).text
        got = await anna.open(f"/desk/{maria.id}/files/2")
        assert got.content == PDF
        assert got.headers["Content-Disposition"].startswith("attachment")

    async def test_the_citizen_sees_that_somebody_is_typing(self, maria: Citizen, anna: Browser) -> None:
        csrf = await anna.csrf()
        async with maria.listening(last=1) as stream:
            answer = await anna.http.post(f"/desk/{maria.id}/typing", data={"csrf": csrf})
            assert answer.status_code == 204
            assert (await stream.next("typing")).data == {"name": "Anna"}

    async def test_pages_of_what_is_not_there_are_404(self, anna: Browser) -> None:
        csrf = await anna.csrf()
        for path in (
            "/desk/nowhere",
            "/desk/%00",
            "/desk/office",
            "/desk/x/files/1",
            "/desk/x/files/" + "9" * 30,
        ):
            assert (await anna.open(path)).status_code == 404
        for action in ("reply", "take", "close"):
            sent = await anna.http.post(f"/desk/nowhere/{action}", data={"csrf": csrf, "text": "x"})
            assert sent.status_code == 404


async def test_everything_is_told_live(maria: Citizen, anna: Browser, office: RunningHub) -> None:
    async with anna.http.stream("GET", "/desk/events") as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        lines = answer.aiter_lines()
        assert (await anext(lines)).startswith(":")
        await maria.say("ci siete?")
        assert (await named(lines, "entry"))["text"] == "ci siete?"
        summary = await named(lines, "conversation")
        assert (summary["id"], summary["state"], summary["last_text"]) == (maria.id, "waiting", "ci siete?")
        await maria.call("POST", "/typing")
        assert (await named(lines, "typing"))["conversation"] == maria.id
        await maria.call("DELETE", "")
        assert (await named(lines, "erased"))["conversation"] == maria.id


async def named(lines: AsyncIterator[str], name: str) -> dict[str, Any]:
    """The data of the next event of this name."""
    async for line in lines:
        if line == f"event: {name}":
            data: dict[str, Any] = json.loads((await anext(lines)).removeprefix("data: "))
            return data
    raise EOFError


async def test_pages_may_do_nothing_but_what_they_need(maria: Citizen, anna: Browser) -> None:
    for path in ("/desk", f"/desk/{maria.id}", "/desk/login", "/desk/nowhere"):
        headers = (await anna.open(path)).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"


async def test_no_secret_and_nobodys_words_are_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        async with hub_at(tmp_path) as office, Citizen(office.url) as maria:
            await maria.start("La mia situazione", name="Maria Rossi")
            anna = Browser(office.url)
            await anna.open(office.desk_link)
            await anna.open("/desk/login?key=wrong-key")
            await anna.open(f"/desk/{maria.id}")
            cookie = anna.http.cookies["desk"]
            await anna.http.aclose()
            key = office.desk_link.partition("key=")[2]
    ours = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    told = "\n".join(record.getMessage() for record in ours if "aiosqlite" not in record.name)
    for secret in (maria.token, key, cookie, "k" * 32, "Maria Rossi", "La mia situazione"):
        assert secret not in told
