"""The web servers' files are what the documents show, and work: a citizen writes and is answered through them."""

import asyncio
import re
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.citizen import Citizen
from tests.nginx import nginx_words
from tests.program import ROOT, Program, free_port

DOCS = (ROOT / "docs" / "operations.md").read_text()
NGINX = (ROOT / "deploy" / "nginx.conf").read_text()
CADDY = (ROOT / "deploy" / "Caddyfile").read_text()


def shown(language: str) -> str:
    """What the documents show in this language."""
    (block,) = re.findall(rf"```{language}\n(.*?)```", DOCS, re.DOTALL)
    return str(block)


def test_the_documents_show_the_files_as_they_are() -> None:
    assert shown("nginx") == NGINX
    assert shown("caddy") == CADDY.replace("\t", "    ")


@pytest_asyncio.fixture(name="proxied")
async def proxied_fixture(tmp_path: Path) -> AsyncIterator[str]:
    """An office behind a real nginx with TLS: its address."""
    program = Program(tmp_path, limits={"per_address": "3/min", "per_conversation": "unlimited"})
    port = free_port()
    await asyncio.to_thread(make_certificate, tmp_path)
    words = await asyncio.to_thread(
        nginx_words,
        tmp_path,
        NGINX,
        ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
        ("# ssl_certificate and", f"ssl_certificate {tmp_path}/cert; ssl_certificate_key {tmp_path}/key; #"),
        ("127.0.0.1:8000", f"127.0.0.1:{program.port}"),
    )
    tried = await asyncio.to_thread(subprocess.run, [*words, "-t"], capture_output=True, text=True)
    assert tried.returncode == 0, tried.stderr
    assert "warn" not in tried.stderr
    await program.start()
    process = await asyncio.create_subprocess_exec(*words)
    try:
        yield f"https://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()
        await program.end()


def make_certificate(folder: Path) -> None:
    """A certificate that nobody trusts, for a name that nobody has."""
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=chat.comune.example"]
    files = ["-keyout", str(folder / "key"), "-out", str(folder / "cert")]
    subprocess.run([*words, *files], check=True, capture_output=True)


def untrusting() -> ssl.SSLContext:
    """TLS with whoever answers."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def test_through_nginx_a_citizen_writes_and_the_stream_brings_it(proxied: str) -> None:
    retrying = httpx.AsyncHTTPTransport(retries=8, verify=untrusting())  # until nginx listens
    async with Citizen(proxied) as citizen, httpx.AsyncClient(base_url=proxied, transport=retrying) as http:
        await citizen.http.aclose()
        citizen.http = http
        assert (await http.get("/healthz")).status_code == 200
        for closed in ("/metrics", "/readyz"):
            assert (await http.get(closed)).status_code == 403
        assert (await citizen.start("Buongiorno")).status_code == 201
        async with citizen.listening() as stream:
            assert (await stream.next("message")).data["text"] == "Buongiorno"
            assert (await citizen.say("Ci siete?")).status_code == 201
            assert (await stream.next("message")).data["text"] == "Ci siete?"
        # What somebody says of their own address changes nothing: the limit counts the one nginx has seen.
        answers = []
        for number in range(4):
            body = {"client_id": f"other-{number}", "text": "Salve"}
            forged = {"X-Forwarded-For": f"192.0.2.{number}"}
            answers.append((await http.post("/api/conversations", json=body, headers=forged)).status_code)
        assert answers[-1] == 429


@pytest.mark.skipif(shutil.which("caddy") is None, reason="caddy is not here")
def test_caddy_understands_its_file() -> None:
    words = ["caddy", "validate", "--adapter", "caddyfile", "--config", str(ROOT / "deploy" / "Caddyfile")]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "not formatted" not in done.stderr
