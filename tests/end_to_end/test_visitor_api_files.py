"""Files that a citizen sends and gets: what may be sent, under which name, and who may fetch it."""

import asyncio
import io
import zipfile
from typing import Any

import httpx
import pytest

from models.tables import What
from tests import pictures
from tests.citizen import Citizen
from tests.conftest import Watchdog
from tests.hub import RunningHub
from tests.office import entries, texts
from tests.visitors import PDF, by_anna, maria_fixture, office_fixture

__all__ = ["maria_fixture", "office_fixture"]

MIB = 1024 * 1024
LONG_TEXT = "perché ".encode() * (10 * MIB // 8)
BROKEN = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 40


async def send(
    citizen: Citizen, name: Any, content: Any, client_id: str = "f1", **more: Any
) -> httpx.Response:
    """Send a file, declared as whatever the phone thinks it is."""
    file = (name, content, more.pop("type", "application/octet-stream"))
    return await citizen.call("POST", "/files", data={"client_id": client_id}, files={"file": file})


def multipart(*parts: bytes) -> bytes:
    """A body of these parts, each with its own head."""
    return b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"


ID_PART = b'Content-Disposition: form-data; name="client_id"\r\n\r\nraw'


async def send_raw(citizen: Citizen, body: Any, boundary: str = "; boundary=b") -> httpx.Response:
    """Send these bytes as multipart/form-data."""
    headers = citizen.headers | {"Content-Type": f"multipart/form-data{boundary}"}
    return await citizen.http.post(f"/api/conversations/{citizen.id}/files", content=body, headers=headers)


class TestSending:
    async def test_a_file_is_taken_and_can_be_fetched_with_the_token(self, maria: Citizen) -> None:
        sent = await send(maria, "carta d'identità.pdf", PDF)
        assert sent.status_code == 201
        assert sent.json()["seq"] == 2
        got = await maria.call("GET", "/files/2")
        assert (got.status_code, got.content) == (200, PDF)
        assert got.headers["Content-Type"] == "application/pdf"
        assert got.headers["X-Content-Type-Options"] == "nosniff"
        assert got.headers["Content-Disposition"].startswith("attachment;")
        assert "carta%20d%27identit%C3%A0.pdf" in got.headers["Content-Disposition"]
        assert "sandbox" in got.headers["Content-Security-Policy"]
        assert (await maria.http.get(f"/api/conversations/{maria.id}/files/2")).status_code == 401

    async def test_an_operators_file_can_be_fetched_too(self, maria: Citizen, office: RunningHub) -> None:
        async with maria.listening() as stream:
            await office.hub.operator_sent_file(by_anna("f"), maria.id, "modulo.pdf", PDF, "ecco")
            event = await stream.next("file")
        assert (event.data["text"], event.data["file"]["name"]) == ("ecco", "modulo.pdf")
        got = await maria.http.get(event.data["file"]["url"], headers=maria.headers)
        assert got.content == PDF

    async def test_repeated_it_is_kept_once(self, maria: Citizen, office: RunningHub) -> None:
        answers = await asyncio.gather(*(send(maria, "a.pdf", PDF) for _ in range(6)))
        answers.append(await send(maria, "a.pdf", PDF))
        assert sorted(answer.status_code for answer in answers) == [200] * 6 + [201]
        assert {answer.json()["seq"] for answer in answers} == {2}
        kept = await asyncio.to_thread(lambda: list((office.config.parent / "data" / "files").iterdir()))
        assert len(kept) == 1

    @pytest.mark.parametrize(
        ("name", "content", "kind"),
        [
            ("a.pdf", PDF, "application/pdf"),
            ("a.png", pictures.png(), "image/png"),
            ("a.jpg", pictures.jpeg(), "image/jpeg"),
            ("photo.pdf", pictures.png(), "image/png"),
            ("a.txt", "perché no?\n".encode(), "text/plain"),
            ("senza estensione", b"testo", "text/plain"),
            ("a.html", b"solo testo, niente marcatori", "text/plain"),
        ],
    )
    async def test_its_type_is_what_it_contains(
        self, maria: Citizen, name: str, content: bytes, kind: str
    ) -> None:
        assert (await send(maria, name, content, type="text/html")).status_code == 201
        assert (await maria.call("GET", "/files/2")).headers["Content-Type"].split(";")[0] == kind

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("a.pdf", b"<html><script>alert(1)</script>"),
            ("a.txt", b" \n<!doctype html><p>"),
            ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
            ("a.txt", b"\xef\xbb\xbf<html><script>alert(1)</script>"),
            ("a.pdf", b"MZ\x90\x00" + b"\x00" * 60),
            ("a.jpg", b"\x7fELF" + b"\x00" * 60),
            ("a.txt", b"#!/bin/sh\nrm -rf /\n"),
            ("a.txt", b"\x00\x01\x02\x03"),
            ("a.pdf", b"\xff" * 100),
        ],
    )
    async def test_programs_and_pages_are_not_taken_whatever_their_name(
        self, maria: Citizen, name: str, content: bytes
    ) -> None:
        refused = await send(maria, name, content)
        assert (refused.status_code, refused.headers["Content-Type"]) == (415, "application/problem+json")

    async def test_a_document_that_is_a_zip_inside_is_one(self, maria: Citizen) -> None:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("ciao.txt", "ciao")
        assert (await send(maria, "a.zip", packed.getvalue())).status_code == 201


class TestPictures:
    async def test_where_a_photo_was_taken_is_passed_on_to_nobody(
        self, maria: Citizen, office: RunningHub
    ) -> None:
        assert (await send(maria, "IMG_0001.HEIC", pictures.HEIC, "f1")).status_code == 201
        assert (await send(maria, "buca.jpg", pictures.jpeg(6), "f2")).status_code == 201
        for seq, name in ((2, "IMG_0001.jpg"), (3, "buca.jpg")):
            got = await maria.call("GET", f"/files/{seq}")
            assert (got.headers["Content-Type"], got.headers["Content-Disposition"]) == (
                "image/jpeg",
                f"attachment; filename={name}",
            )
            assert not [secret for secret in pictures.SECRETS if secret in got.content]
            assert pictures.opened(got.content).size == (32, 64)
        folder = office.config.parent / "data" / "files"
        kept = await asyncio.to_thread(lambda: [path.read_bytes() for path in folder.iterdir()])
        assert len(kept) == 2
        assert not [secret for secret in pictures.SECRETS for content in kept if secret in content]

    @pytest.mark.parametrize("content", [BROKEN, pictures.bomb(), pictures.jpeg()[:300]])
    async def test_one_that_cannot_be_rid_of_it_is_refused_in_clear_words(
        self, maria: Citizen, content: bytes
    ) -> None:
        refused = await send(maria, "buca.jpg", content)
        assert (refused.status_code, refused.json()["picture"]) == (415, True)
        assert "Where the picture was taken" in refused.json()["detail"]
        assert (await maria.call("GET", "/files/2")).status_code == 404

    async def test_an_operators_is_cleaned_too_and_one_that_cannot_be_is_told_with_its_text_sent_on(
        self, maria: Citizen, office: RunningHub
    ) -> None:
        await office.hub.operator_sent_file(by_anna("a"), maria.id, "mappa.jpg", pictures.jpeg(), "ecco")
        seq = (await entries(office, maria, What.FILE))[0].seq
        got = await maria.call("GET", f"/files/{seq}")
        assert not [secret for secret in pictures.SECRETS if secret in got.content]
        await office.hub.operator_sent_file(by_anna("b"), maria.id, "mappa.png", BROKEN, "eccola")
        (told,) = await entries(office, maria, What.ANSWER)
        assert told.text.startswith("📎 mappa.png: ✗ (")
        assert "luogo dello scatto" in told.text
        assert texts(await entries(office, maria))[-1] == "eccola"

    async def test_a_preview_is_small_and_only_pictures_have_one(self, maria: Citizen) -> None:
        await send(maria, "a.jpg", pictures.jpeg(picture=pictures.scene(2000, 1000)), "f1")
        await send(maria, "a.pdf", PDF, "f2")
        small = await maria.call("GET", "/files/2?preview=1")
        assert (small.status_code, small.headers["Content-Type"]) == (200, "image/jpeg")
        assert pictures.opened(small.content).size == (480, 240)
        assert small.headers["Content-Disposition"].startswith("attachment;")
        assert small.headers["X-Content-Type-Options"] == "nosniff"
        assert (await maria.call("GET", "/files/3?preview=1")).status_code == 404
        assert (await maria.http.get(f"/api/conversations/{maria.id}/files/2?preview=1")).status_code == 401

    async def test_large_ones_are_cleaned_without_holding_up_others(
        self, maria: Citizen, office: RunningHub, watchdog: Watchdog
    ) -> None:
        info = await office.hub.conversation(maria.id)
        assert info is not None
        photo = await asyncio.to_thread(pictures.jpeg, 6, pictures.scene(4000, 3000))
        watchdog.longest = 0.0
        sent = await office.hub.visitor_sent_file(info, "f1", "foto.jpg", photo)
        assert sent.record.data["type"] == "image/jpeg"


class TestLimits:
    async def test_ten_mib_are_taken_and_not_a_byte_more(self, maria: Citizen) -> None:
        assert (await send(maria, "a.pdf", PDF + b"x" * (10 * MIB - len(PDF)))).status_code == 201
        refused = await send(maria, "a.pdf", PDF + b"x" * (10 * MIB - len(PDF) + 1), "f2")
        assert (refused.status_code, refused.headers["Content-Type"]) == (413, "application/problem+json")

    async def test_a_long_text_is_looked_through_without_holding_up_others(
        self, maria: Citizen, office: RunningHub, watchdog: Watchdog
    ) -> None:
        info = await office.hub.conversation(maria.id)
        assert info is not None
        watchdog.longest = 0.0
        sent = await office.hub.visitor_sent_file(info, "f1", "verbale.txt", LONG_TEXT)
        assert sent.record.data["type"] == "text/plain"

    async def test_a_body_that_never_ends_is_cut_off(self, maria: Citizen) -> None:
        async def pieces() -> Any:
            yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
            for _ in range(30):
                yield b"x" * MIB

        assert (await send_raw(maria, pieces())).status_code == 413

    async def test_a_thousand_parts_are_not_read(self, maria: Citizen) -> None:
        body = multipart(*(b'Content-Disposition: form-data; name="a"\r\n\r\nx' for _ in range(3000)))
        assert (await send_raw(maria, body)).status_code == 413

    @pytest.mark.parametrize(
        ("data", "files", "at"),
        [
            ({"client_id": "a"}, None, "file"),
            ({"client_id": "a"}, {"file": ("a.pdf", b"")}, "file"),
            ({"client_id": "a"}, {"other": ("a.pdf", PDF)}, "file"),
            ({}, {"file": ("a.pdf", PDF)}, "client_id"),
            ({"client_id": ""}, {"file": ("a.pdf", PDF)}, "client_id"),
            ({"client_id": "../../a"}, {"file": ("a.pdf", PDF)}, "client_id"),
            ({"client_id": "x" * 65}, {"file": ("a.pdf", PDF)}, "client_id"),
        ],
    )
    async def test_what_is_missing_is_told(
        self, maria: Citizen, data: dict[str, str], files: Any, at: str
    ) -> None:
        files = files or {"nothing": ("", b"")}
        refused = await maria.call("POST", "/files", data=data, files=files)
        assert refused.status_code == 422
        assert [error["at"] for error in refused.json()["errors"]] == [at]

    @pytest.mark.parametrize(
        ("body", "boundary"),
        [
            (b"", "; boundary=b"),
            (b"garbage", "; boundary=b"),
            (multipart(ID_PART), ""),
            (multipart(ID_PART)[:-10], "; boundary=b"),
            (b"--b\r\nno colon here\r\n\r\nx\r\n--b--\r\n", "; boundary=b"),
            (multipart(ID_PART), "; boundary=" + "x" * 5000),
            (multipart(b'Content-Disposition: form-data; name="client_id"\r\n\r\n\xff\xfe'), "; boundary=b"),
        ],
    )
    async def test_a_body_that_is_torn_is_refused(self, maria: Citizen, body: bytes, boundary: str) -> None:
        refused = await send_raw(maria, body, boundary)
        assert (refused.status_code, refused.headers["Content-Type"]) == (422, "application/problem+json")

    async def test_json_is_not_a_file(self, maria: Citizen) -> None:
        assert (await maria.call("POST", "/files", json={"client_id": "a"})).status_code == 415


class TestNames:
    @pytest.mark.parametrize(
        ("given", "shown"),
        [
            (b"../../etc/passwd", "passwd"),
            (b"C:\\\\Windows\\\\system.ini", "system.ini"),
            (b"..", "file"),
            (b" . ", "file"),
            ("fattura\u202efdp.txt".encode(), "fatturafdp.txt"),
            (b"a\x00b\x1b.txt", "ab.txt"),
            (b"x" * 400 + b".txt", "x" * 116 + ".txt"),
            ("ricevuta €.txt".encode(), "ricevuta €.txt"),
        ],
    )
    async def test_are_made_safe(self, maria: Citizen, given: bytes, shown: str) -> None:
        head = b'Content-Disposition: form-data; name="file"; filename="' + given + b'"\r\n\r\nciao'
        assert (await send_raw(maria, multipart(ID_PART, head))).status_code == 201
        lines = (await maria.call("GET", "/transcript")).json()["messages"]
        assert lines[-1]["text"] == shown
        got = await maria.call("GET", "/files/2")
        assert got.content == b"ciao"
        assert "\n" not in got.headers["Content-Disposition"]

    @pytest.mark.parametrize(
        "disposition",
        [
            b'form-data; name="file"; filename="\xff\xfe.txt"',
            b"form-data; name=\"file\"; filename*=utf-8''%ff%ed%a0%80.txt",
            b"form-data; name=\"file\"; filename*=nonsense''%ff.txt",
            b'form-data; name="file"; filename="a\\"; b.txt"',
        ],
    )
    async def test_that_are_garbage_do_no_harm(self, maria: Citizen, disposition: bytes) -> None:
        body = multipart(ID_PART, b"Content-Disposition: " + disposition + b"\r\n\r\nciao")
        assert (await send_raw(maria, body)).status_code in (201, 422)
        assert (await maria.say("ancora vivo")).status_code == 201
