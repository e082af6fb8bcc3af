"""Letters to citizens: the receipt with the reference, and what operators reply from their threads."""

import shutil
import signal
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import pytest_asyncio

from tests.citizen import Citizen
from tests.hub import Clock, RunningHub, configuration, hub_at
from tests.platforms.mail import MailStandIn
from tests.platforms.slack import Shown, SlackStandIn
from tests.program import Program

SUNDAY = datetime(2035, 11, 25, 11, 0, tzinfo=ZoneInfo("Europe/Rome"))
WEEK = {"mon": "08:30-13:00"}
MARIA = "maria@posta.example"
OFFICE = "ufficio@comune.example"
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@dataclass
class Office:
    """A closed office with Slack and a mail server."""

    hub: RunningHub
    slack: SlackStandIn
    mail: MailStandIn

    async def left(self, **more: Any) -> tuple[str, Shown]:
        """Maria leaves a message; its reference, and its thread's first post."""
        body = {
            "client_id": "c1", "name": "Maria Rossi", "email": MARIA, "text": "Vorrei il certificato\ndi nascita",
            "consent": True,
        } | more  # fmt: skip
        async with httpx.AsyncClient(base_url=self.hub.url, timeout=30) as http:
            answer = await http.post("/api/callbacks", json=body)
        assert answer.status_code == 201, answer.text
        reference = answer.json()["reference"]
        root = await self.slack.wait_for(lambda: [m for m in self.slack.messages() if reference in m.text])
        return reference, root[0]

    def thread(self, root: Shown) -> list[str]:
        """What stands below a thread's first post."""
        return [reply.text for reply in self.slack.thread(root.ts)[1:]]


@pytest_asyncio.fixture(name="mail")
async def mail_fixture() -> AsyncIterator[MailStandIn]:
    """The town's mail server."""
    async with MailStandIn() as mail:
        yield mail


@pytest_asyncio.fixture(name="office")
async def office_fixture(tmp_path: Path, mail: MailStandIn) -> AsyncIterator[Office]:
    """It is Sunday."""
    async with (
        SlackStandIn() as slack,
        hub_at(tmp_path, slack=slack, mail=mail, clock=Clock(SUNDAY), hours=WEEK) as hub,
    ):
        await slack.wait_for(lambda: slack.connected == 1)
        yield Office(hub, slack, mail)


def text_of(letter: Any) -> str:
    """A letter's words."""
    return str(letter.get_body(("plain",)).get_content()).replace("\r\n", "\n")


async def test_the_citizen_gets_a_receipt_and_the_office_a_notice(office: Office) -> None:
    reference, _ = await office.left()
    await office.mail.wait_for(lambda: len(office.mail.letters) == 2)
    (receipt,), (notice,) = office.mail.to(MARIA), office.mail.to(OFFICE)
    assert receipt["Subject"] == f"URP – Comune di Prova: abbiamo ricevuto il Suo messaggio ({reference})"
    assert text_of(receipt) == (
        "Gentile Maria Rossi,\n\n"
        f"abbiamo ricevuto il Suo messaggio e La ricontatteremo appena possibile. Il riferimento è {reference}: "
        "lo dica, se ci telefona.\n\n"
        "Il Suo messaggio:\n> Vorrei il certificato\n> di nascita\n\nURP – Comune di Prova\n"
    )
    assert receipt["From"].addresses[0].addr_spec == "urp@comune.example"
    assert receipt["Reply-To"].addresses[0].addr_spec == OFFICE
    assert receipt["Auto-Submitted"] == "auto-replied"
    assert receipt["Content-Language"] == "it"
    assert receipt["Date"].datetime == SUNDAY
    assert receipt["Message-ID"].endswith("@comune.example>")
    assert receipt.get_content_type() == "text/plain"
    for part in (reference, "Maria Rossi", MARIA, "Vorrei il certificato\ndi nascita"):
        assert part in text_of(notice)
    assert notice["Reply-To"].addresses[0].addr_spec == MARIA


async def test_an_operators_reply_reaches_the_citizen_as_a_letter_in_the_same_thread(office: Office) -> None:
    reference, root = await office.left(lang="en")
    await office.slack.operator_says("anna", "It will be ready on Tuesday, from 10.", thread_ts=root.ts)
    await office.slack.operator_says("anna", "!note he is the mayor's cousin", thread_ts=root.ts)
    await office.slack.operator_says("anna", "Please bring your card.", thread_ts=root.ts)
    await office.mail.wait_for(lambda: len(office.mail.to(MARIA)) == 3)
    receipt, first, second = office.mail.to(MARIA)
    for letter in (first, second):
        assert letter["Subject"] == f"Re: {receipt['Subject']}"
        assert letter["In-Reply-To"] == letter["References"] == receipt["Message-ID"]
        assert letter["Content-Language"] == "en"
        assert letter["Auto-Submitted"] is None
    assert text_of(first) == "It will be ready on Tuesday, from 10.\n\nAnna – URP – Comune di Prova\n"
    assert text_of(second).startswith("Please bring your card.")
    assert len({letter["Message-ID"] for letter in office.mail.letters}) == 4
    assert not any("cousin" in text_of(letter) for letter in office.mail.letters)
    assert reference in receipt["Subject"]


async def test_an_operators_file_goes_with_the_letter(office: Office) -> None:
    _, root = await office.left()
    await office.slack.operator_says(
        "anna", "Ecco il modulo", thread_ts=root.ts, files=[("modulo è.pdf", PDF)]
    )
    await office.mail.wait_for(lambda: len(office.mail.to(MARIA)) == 2)
    letter = office.mail.to(MARIA)[1]
    (attachment,) = letter.iter_attachments()
    assert text_of(letter).startswith("Ecco il modulo")
    assert attachment.get_filename() == "modulo è.pdf"
    assert attachment.get_content_type() == "application/pdf"
    assert attachment.get_content() == PDF


async def test_without_an_address_of_the_citizen_operators_are_told_to_phone(office: Office) -> None:
    _, root = await office.left(email=None, phone="0551234567")
    await office.slack.operator_says("anna", "Tutto a posto", thread_ts=root.ts)
    await office.slack.wait_for(lambda: any("non è in linea" in text for text in office.thread(root)))
    assert office.mail.to(MARIA) == []
    await office.mail.wait_for(lambda: office.mail.to(OFFICE))


async def test_an_address_that_the_server_refuses_is_shown_to_the_operator(office: Office) -> None:
    office.mail.refused[MARIA] = "550 5.1.1 no such user here"
    _, root = await office.left()
    said = await office.slack.wait_for(lambda: [text for text in office.thread(root) if "550" in text])
    assert "no such user here" in said[0]
    assert "email" in said[0]


@pytest.mark.parametrize("answer", ["451 4.3.0 try again", None])
async def test_a_letter_that_failed_is_sent_again_under_the_same_message_id(
    office: Office, answer: str | None
) -> None:
    office.mail.answers = ["250 OK", answer]
    await office.left()
    taken = 3 if answer is None else 2
    await office.mail.wait_for(lambda: len(office.mail.letters) == taken)
    assert len({letter["Message-ID"] for letter in office.mail.letters}) == 2
    assert len(office.mail.to(MARIA)) == 1


async def test_letters_wait_while_the_server_is_away(office: Office) -> None:
    await office.mail.stop()
    _, root = await office.left()
    await office.slack.operator_says("anna", "Martedì alle 10", thread_ts=root.ts)
    await office.mail.start()
    await office.mail.wait_for(lambda: len(office.mail.letters) == 3, timeout=60)
    assert [text_of(letter).split("\n")[0] for letter in office.mail.to(MARIA)] == [
        "Gentile Maria Rossi,",
        "Martedì alle 10",
    ]


async def test_a_wrong_password_is_told_where_the_administrator_looks(tmp_path: Path) -> None:
    async with MailStandIn(user="urp") as mail, SlackStandIn() as slack:
        right, mail.password = mail.password, "wrong"
        async with hub_at(tmp_path, slack=slack, mail=mail, clock=Clock(SUNDAY), hours=WEEK) as hub:
            mail.password = right
            await slack.wait_for(lambda: slack.connected == 1)
            await Office(hub, slack, mail).left()
            async with httpx.AsyncClient(base_url=hub.url, timeout=30) as http:
                for _ in range(600):
                    told = (await http.get("/readyz")).json()["bridges"]["email"]
                    if told["problem"]:
                        break
            assert "SMTP_PASSWORD" in told["problem"]
            assert "wrong" not in told["problem"]
            assert mail.letters == []


async def test_over_starttls_with_a_name_and_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with (
        MailStandIn("urp", certificate) as mail,
        SlackStandIn() as slack,
        hub_at(tmp_path, slack=slack, mail=mail, clock=Clock(SUNDAY), hours=WEEK) as hub,
    ):
        await slack.wait_for(lambda: slack.connected == 1)
        await Office(hub, slack, mail).left()
        await mail.wait_for(lambda: len(mail.letters) == 2)


def make_certificate(folder: Path) -> Path:
    """A certificate for localhost, with its key in the same file."""
    openssl = shutil.which("openssl")
    assert openssl is not None
    path = folder / "certificate.pem"
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", path, "-out", folder / "public.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_bytes(path.read_bytes() + (folder / "public.pem").read_bytes())
    return path


async def test_from_the_closed_office_to_the_letter_though_the_hub_is_killed_in_between(
    tmp_path: Path, mail: MailStandIn
) -> None:
    async with SlackStandIn() as slack:
        program = Program(tmp_path, slack, hours={}, bridges=configuration(slack, None, mail)["bridges"])
        await program.start()
        await slack.wait_for(lambda: slack.connected == 1)
        body = {"client_id": "c", "name": "Maria", "email": MARIA, "text": "Certificato?", "consent": True}
        async with httpx.AsyncClient(base_url=program.url, timeout=30) as http:
            assert (await http.post("/api/callbacks", json=body)).status_code == 201
        await mail.wait_for(lambda: len(mail.letters) == 2)
        root = (await slack.wait_for(slack.messages))[0]
        await mail.stop()
        await slack.operator_says("anna", "Pronto martedì", thread_ts=root.ts)
        await slack.wait_for(lambda: not slack.socket_mode.pending())
        await program.stop(signal.SIGKILL)
        await mail.start()
        await program.start()
        answers = await mail.wait_for(
            lambda: [letter for letter in mail.to(MARIA) if "Pronto martedì" in text_of(letter)], timeout=60
        )
        assert len(answers) == 1
        await program.stop()
        # What was on its way when the hub was killed may come again, and can be told by its name.
        assert len({letter["Message-ID"] for letter in mail.letters}) == 3


class TestTranscript:
    """The conversation by e-mail."""

    @pytest_asyncio.fixture(name="open_office")
    async def open_office_fixture(self, tmp_path: Path, mail: MailStandIn) -> AsyncIterator[Office]:
        """An office that is always open."""
        async with SlackStandIn() as slack, hub_at(tmp_path, slack=slack, mail=mail) as hub:
            await slack.wait_for(lambda: slack.connected == 1)
            yield Office(hub, slack, mail)

    @staticmethod
    async def talked(office: Office, maria: Citizen, asked: str = "Quando siete aperti?") -> None:
        """Maria asked, Anna answered."""
        await maria.start(asked, name="Maria Rossi", lang="en")
        (root,) = await office.slack.wait_for(lambda: [m for m in office.slack.messages() if asked in m.text])
        async with maria.listening() as stream:
            await office.slack.operator_says("anna", "Domani dalle 9", thread_ts=root.ts)
            await stream.next("operator")
            assert (await stream.next("message")).data["text"] == "Domani dalle 9"

    @staticmethod
    async def wants(maria: Citizen, email: str = MARIA) -> int:
        return (await maria.call("POST", "/transcript", json={"email": email})).status_code

    async def test_goes_to_the_address_and_says_who_asked(self, open_office: Office) -> None:
        async with Citizen(open_office.hub.url) as maria:
            await self.talked(open_office, maria)
            await maria.say("Grazie mille")
            assert await self.wants(maria) == 204
            (letter,) = await open_office.mail.wait_for(lambda: open_office.mail.to(MARIA))
        assert letter["Subject"] == "URP – Comune di Prova: your conversation"
        assert letter["Content-Language"] == "en"
        text = text_of(letter)
        assert "(Maria Rossi) asked us to send it to this address" in text
        for said in (
            "Maria Rossi:  Quando siete aperti?",
            "Anna:  Domani dalle 9",
            "Maria Rossi:  Grazie mille",
        ):
            assert said in text
        assert MARIA not in str(open_office.slack.messages())

    async def test_is_sent_once_however_often_it_is_asked_for_and_three_times_in_all(
        self, open_office: Office
    ) -> None:
        async with Citizen(open_office.hub.url) as maria:
            await self.talked(open_office, maria)
            assert [await self.wants(maria) for _ in range(3)] == [204, 204, 204]
            assert [await self.wants(maria, f"{n}@posta.example") for n in range(3)] == [204, 204, 409]
            await open_office.mail.wait_for(lambda: len(open_office.mail.letters) == 3)
            await maria.say("Ancora una cosa")
            assert await self.wants(maria) == 409
        assert len(open_office.mail.to(MARIA)) == 1

    async def test_carries_nobodys_words_to_a_stranger_before_an_operator_has_answered(
        self, open_office: Office
    ) -> None:
        async with Citizen(open_office.hub.url) as spammer:
            await spammer.start("Buy now https://spam.example")
            assert await self.wants(spammer, "victim@posta.example") == 409
        assert not open_office.mail.letters

    async def test_refuses_what_is_no_address(self, open_office: Office) -> None:
        async with Citizen(open_office.hub.url) as maria:
            await self.talked(open_office, maria)
            for wrong in (
                "",
                "maria",
                "a@b@c",
                "m@posta.example\nBcc: all@posta.example",
                "x" * 300 + "@posta.example",
            ):
                assert await self.wants(maria, wrong) == 422

    async def test_is_not_to_be_had_without_a_mail_server(self, tmp_path: Path) -> None:
        async with (
            SlackStandIn() as slack,
            hub_at(tmp_path, slack=slack) as hub,
            Citizen(hub.url) as maria,
        ):
            await maria.start("Buongiorno")
            assert await self.wants(maria) == 409

    async def test_erased_before_it_left_is_not_sent(self, open_office: Office) -> None:
        await open_office.mail.stop()
        async with Citizen(open_office.hub.url) as maria:
            await self.talked(open_office, maria)
            assert await self.wants(maria) == 204
            assert (await maria.call("DELETE", "")).status_code == 204
            await open_office.mail.start()
            await self.talked(open_office, maria, "E il sabato?")
            assert await self.wants(maria, "later@posta.example") == 204
            await open_office.mail.wait_for(lambda: open_office.mail.to("later@posta.example"), timeout=60)
        assert not open_office.mail.to(MARIA)

    async def test_and_contact_details_left_afterwards_go_together(self, open_office: Office) -> None:
        async with Citizen(open_office.hub.url) as maria:
            await self.talked(open_office, maria)
            assert await self.wants(maria, "other@posta.example") == 204
            left = {
                "client_id": "c", "name": "Maria Rossi", "email": MARIA, "text": "", "consent": True,
                "conversation": maria.id,
            }  # fmt: skip
            answer = await maria.http.post("/api/callbacks", json=left, headers=maria.headers)
            assert answer.status_code == 201
            await open_office.mail.wait_for(lambda: open_office.mail.to(MARIA))
            await open_office.mail.wait_for(lambda: open_office.mail.to("other@posta.example"))
