"""What a view learns of its request: the same as under any WSGI server (PEP 3333)."""

from typing import Any

import pytest
from flask import request
from hypothesis import given
from hypothesis import strategies as st

from tests.asgi.serving import Call, served
from web.asgi import LoopFlask
from web.environ import environ_of


def scope(**changes: Any) -> dict[str, Any]:
    return Call(LoopFlask(__name__), "GET", "/").scope | changes


def test_a_path_outside_ascii_is_spelled_as_wsgi_wants_it() -> None:
    environ = environ_of(scope(path="/caffè/città", root_path="/né", query_string=b"q=%C3%A8"))
    assert environ["PATH_INFO"] == "/caffè/città".encode().decode("latin-1")
    assert environ["SCRIPT_NAME"] == "/né".encode().decode("latin-1")
    assert environ["QUERY_STRING"] == "q=%C3%A8"


@pytest.mark.parametrize(
    ("root", "path", "script_name", "path_info"),
    [
        ("", "/chat", "", "/chat"),
        ("/linea", "/linea/chat", "/linea", "/chat"),
        ("/linea/", "/linea/chat", "/linea", "/chat"),
        ("/linea", "/linea", "/linea", ""),
        ("/linea", "/lineadiretta", "/linea", "/lineadiretta"),
        ("/linea", "/chat", "/linea", "/chat"),
    ],
)
def test_the_root_path_is_taken_off_where_it_is_on(
    root: str, path: str, script_name: str, path_info: str
) -> None:
    environ = environ_of(scope(root_path=root, path=path))
    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == (script_name, path_info)


def test_headers_sent_twice_are_joined_and_cookies_by_semicolons() -> None:
    headers = [
        (b"accept", b"text/html"),
        (b"cookie", b"a=1"),
        (b"accept", b"application/json"),
        (b"cookie", b"b=2"),
        (b"content-type", b"text/plain"),
    ]
    environ = environ_of(scope(headers=headers))
    assert environ["HTTP_ACCEPT"] == "text/html,application/json"
    assert environ["HTTP_COOKIE"] == "a=1; b=2"
    assert environ["CONTENT_TYPE"] == "text/plain"
    assert "HTTP_CONTENT_TYPE" not in environ


def test_a_header_with_an_underscore_cannot_pass_for_a_proxys() -> None:
    headers = [(b"x-forwarded-for", b"192.0.2.9"), (b"x_forwarded_for", b"127.0.0.1"), (b"x_other", b"1")]
    environ = environ_of(scope(headers=headers))
    assert environ["HTTP_X_FORWARDED_FOR"] == "192.0.2.9"
    assert not [name for name in environ if "OTHER" in name or "dropped" in name]


def test_strange_header_names_do_not_pile_up() -> None:
    for number in range(2000):
        name = f"x-strange-{number}"
        assert environ_of(scope(headers=[(name.encode(), b"1")]))[f"HTTP_X_STRANGE_{number}"] == "1"
    from web import environ

    assert len(environ._names) <= environ._MOST_NAMES


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"server": ("::1", 8443), "scheme": "https"}, ("::1", "8443", "https")),
        ({"server": None}, ("localhost", "80", "http")),
        ({"server": None, "scheme": "https"}, ("localhost", "443", "https")),
        ({"server": ("/run/linea.sock", None)}, ("/run/linea.sock", "80", "http")),
    ],
)
def test_the_servers_address(changes: dict[str, Any], expected: tuple[str, str, str]) -> None:
    environ = environ_of(scope(**changes))
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"], environ["wsgi.url_scheme"]) == expected


def test_a_client_without_an_address_has_none() -> None:
    assert environ_of(scope())["REMOTE_ADDR"] == "192.0.2.1"
    assert "REMOTE_ADDR" not in environ_of(scope(client=None))


@given(path=st.text(st.characters(exclude_categories=["Cs"])), query=st.dictionaries(st.text(), st.text()))
def test_any_path_and_query_reach_the_view_as_they_are(path: str, query: dict[str, str]) -> None:
    from urllib.parse import urlencode

    app = LoopFlask(__name__, static_folder=None)
    query = {key.encode(errors="replace").decode(): value for key, value in query.items()}
    encoded = urlencode({k: v.encode(errors="replace") for k, v in query.items()}).encode()
    with app.request_context(environ_of(scope(path="/" + path, query_string=encoded))):
        # Werkzeug takes several slashes at the beginning for one.
        assert request.path == "/" + path.lstrip("/")
        assert request.args.to_dict() == {
            key: value.encode(errors="replace").decode() for key, value in query.items()
        }


async def test_over_a_socket_the_view_sees_what_the_client_sent() -> None:
    app = LoopFlask(__name__, static_folder=None)

    @app.get("/<path:where>")
    def view(where: str) -> dict[str, Any]:
        return {
            "where": where,
            "args": request.args.to_dict(flat=False),
            "accept": request.headers["Accept"],
            "cookies": dict(request.cookies),
            "from": request.remote_addr,
            "url": request.url,
            "protocol": request.environ["SERVER_PROTOCOL"],
        }

    async with served(app) as site:
        answer = await site.http.get(
            "/caffè/%2Fb",
            params={"q": ["è", "&"]},
            headers=[
                ("Accept", "text/html"),
                ("Accept", "x/y"),
                ("Cookie", "a=1; b=2"),
                ("Host", "urp.example"),
            ],
        )
    assert answer.json() == {
        "where": "caffè//b",
        "args": {"q": ["è", "&"]},
        "accept": "text/html,x/y",
        "cookies": {"a": "1", "b": "2"},
        "from": "127.0.0.1",
        "url": "http://urp.example/caffè//b?q=è&q=%26",
        "protocol": "HTTP/1.1",
    }
