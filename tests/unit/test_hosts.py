"""A request goes to the office whose public address it asks for, however the host is written; else to nobody's."""

import pytest

from web.environ import Scope
from web.exchange import Message, Receive, Send
from web.hosts import Hosts


class App:
    """Says who it is."""

    def __init__(self, name: str, answered: list[str]) -> None:
        self.name = name
        self.answered = answered

    async def asgi(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        self.answered.append(self.name)


async def nothing(_message: Message | None = None) -> Message:
    """Neither a body nor anybody who reads."""
    return {}


async def asked(hosts: Hosts, answered: list[str], *given: bytes) -> str:
    """Who answers a request with these Host headers."""
    scope: Scope = {"type": "http", "headers": [(b"accept", b"*/*"), *((b"host", host) for host in given)]}
    await hosts.asgi(scope, nothing, nothing)  # type: ignore[arg-type]
    return answered.pop()


@pytest.fixture(name="hosts")
def hosts_fixture() -> tuple[Hosts, list[str]]:
    """Three offices."""
    answered: list[str] = []
    hosts = Hosts(App("nobody", answered).asgi)
    hosts.join("https://chat.alba.example", App("alba", answered).asgi)
    hosts.join("http://127.0.0.1:8001", App("bosco", answered).asgi)
    hosts.join("http://[::1]:8000", App("corso", answered).asgi)
    return hosts, answered


@pytest.mark.parametrize(
    ("host", "office"),
    [
        (b"chat.alba.example", "alba"),
        (b"CHAT.Alba.Example", "alba"),
        (b"chat.alba.example:443", "alba"),
        (b"chat.alba.example:80", "alba"),
        (b"chat.alba.example.", "alba"),
        (b" chat.alba.example", "alba"),
        (b"127.0.0.1:8001", "bosco"),
        (b"[::1]:8000", "corso"),
        (b"chat.alba.example:8000", "nobody"),
        (b"alba.example", "nobody"),
        (b"evil.chat.alba.example", "nobody"),
        (b"chat.alba.example@evil.example", "nobody"),
        (b"chat.alba.example, chat.alba.example", "nobody"),
        (b"127.0.0.1", "nobody"),
        (b"127.0.0.1:8002", "nobody"),
        (b"[::1]", "nobody"),
        (b"", "nobody"),
        (b":", "nobody"),
        (b"\xff\xfe", "nobody"),
    ],
)
async def test_whom_a_host_asks_for(hosts: tuple[Hosts, list[str]], host: bytes, office: str) -> None:
    assert await asked(*hosts, host) == office


async def test_a_request_that_names_none_or_two_is_nobodys(hosts: tuple[Hosts, list[str]]) -> None:
    assert await asked(*hosts) == "nobody"
    assert await asked(*hosts, b"chat.alba.example", b"127.0.0.1:8001") == "nobody"


async def test_an_office_that_leaves_does_not_take_its_successors_place(
    hosts: tuple[Hosts, list[str]],
) -> None:
    router, answered = hosts
    old, new = App("old", answered), App("new", answered)
    router.join("https://chat.alba.example", old.asgi)
    router.join("https://chat.alba.example", new.asgi)
    router.leave("https://chat.alba.example", old.asgi)
    assert await asked(*hosts, b"chat.alba.example") == "new"
    router.leave("https://chat.alba.example", new.asgi)
    assert await asked(*hosts, b"chat.alba.example") == "nobody"
