"""Addresses and identifiers in ``config.yaml``: web pages, origins, the database, channels and groups.

Each ``parse_…`` takes what the file has and raises ``Unfit`` (a ``ValueError``) for anything it cannot use.
"""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from email_validator import EmailNotValidError, validate_email

from settings.faults import Unfit

_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?")


def parse_text(value: object) -> str:
    """One line of text that is not blank, without the blanks around it."""
    if not isinstance(value, str):
        quotes = ', in quotes: "…"' if isinstance(value, int) else ""
        raise Unfit(f"some text{quotes}")
    if not value.strip():
        raise Unfit("some text, not a blank one")
    if not value.strip().isprintable():
        raise Unfit("text on a single line")
    if len(value) > 200:
        raise Unfit(f"at most 200 characters, not {len(value)}")
    return value.strip()


def _address(value: object, expected: str) -> tuple[str, SplitResult]:
    if not isinstance(value, str):
        raise Unfit(expected)
    text = value.strip()
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise Unfit(expected) from None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or port == 0 or not text.isprintable():
        raise Unfit(expected)
    if parts.username is not None or parts.password is not None:
        raise Unfit(
            f"{expected}, without a name or password in it", found="a name or password in the address"
        )
    if not _is_host(_punycode(parts.hostname)):
        raise Unfit(expected)
    return text, parts


def _punycode(host: str) -> str:
    """A host as browsers send it: ``forlì.example`` is ``xn--forl-tpa.example``."""
    try:
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        return ""


def _is_host(text: str) -> bool:
    if ":" in text:
        try:
            return ipaddress.ip_address(text.split("%")[0]).version == 6
        except ValueError:
            return False
    return _HOST.fullmatch(text.lower()) is not None


def parse_page(value: object) -> str:
    """A web page: ``https://www.comune.example/privacy``."""
    text, _ = _address(value, "an address that begins with https:// or http://")
    return text


def parse_yes(value: object) -> bool:
    """A choice: true or false."""
    if not isinstance(value, bool):
        raise Unfit("true or false")
    return value


def parse_when_closed(value: object) -> str:
    """What the button does while nobody is there: ``form``, ``no-button``, or a contact page's address."""
    if value in ("form", "no-button"):
        return str(value)
    text, _ = _address(value, "form, no-button, or the address of a contact page (https://…)")
    return text


def parse_site(value: object) -> str:
    """A web site as browsers write an origin: ``https://www.comune.example``, with nothing after it."""
    expected = "a site such as https://www.comune.example"
    if value == "*":
        raise Unfit(f"each site by its name, {expected.removeprefix('a site ')}: * would let every site in")
    if isinstance(value, str) and _HOST.fullmatch(value.strip().lower()) and "." in value:
        raise Unfit(f"https:// before it: https://{value.strip()}")
    _, parts = _address(value, expected)
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise Unfit(f"{expected}, with nothing after the name")
    host = _punycode(parts.hostname or "").lower()
    port = "" if parts.port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{parts.port}"
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"


def parse_mail_server(value: object) -> str:
    """The name or address of a mail server, without its port."""
    expected = "the mail server's name, such as smtp.comune.example"
    if not isinstance(value, str) or not _is_host(_punycode(value.strip().lower())):
        raise Unfit(expected)
    return value.strip()


def parse_email(value: object) -> str:
    """An e-mail address, and nothing else."""
    expected = "an e-mail address, such as urp@comune.example"
    try:
        return validate_email(
            str(value).strip(), check_deliverability=False, test_environment=True
        ).normalized
    except EmailNotValidError:
        raise Unfit(expected) from None


def parse_api(value: object) -> str:
    """A platform's API: an address without a slash at its end."""
    text, parts = _address(value, "an address that begins with https:// or http://")
    if parts.query or parts.fragment:
        raise Unfit("an address without ? and #")
    return text.rstrip("/")


def parse_host(value: object) -> str:
    """What to listen on: an address of this machine, or a name for one."""
    expected = "127.0.0.1 (this machine), 0.0.0.0 (all of its addresses), or one of its addresses or names"
    if not isinstance(value, str) or not _is_host(value.strip()):
        raise Unfit(expected)
    text = value.strip()
    if re.fullmatch(r"[0-9.]+", text):
        try:
            ipaddress.IPv4Address(text)
        except ValueError:
            raise Unfit(expected) from None
    return text


def parse_port(value: object) -> int:
    """1 to 65535."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 65_535:
        quotes = ", without quotes" if isinstance(value, str) and value.strip().isdecimal() else ""
        raise Unfit(f"a whole number from 1 to 65535{quotes}")
    return value


def parse_database(value: object) -> str:
    """``sqlite:///data/linea.db`` or ``postgresql://host/name``, without a password."""
    expected = "sqlite:///data/linea.db or postgresql://host/name"
    if not isinstance(value, str):
        raise Unfit(expected)
    text = value.strip()
    if text.startswith("postgres://"):
        raise Unfit(f"{expected}: postgresql:// in full", found="postgres://…")
    if text.startswith("postgresql://"):
        return _postgresql(text, expected)
    path = text.removeprefix("sqlite:///")
    if path == text or not path.strip("/") or path.endswith("/"):
        raise Unfit(expected)
    if path == ":memory:":
        raise Unfit("a file, such as sqlite:///data/linea.db: what is only in memory is lost at a restart")
    if "?" in path:
        raise Unfit("a file's name, without ?")
    return text


def _postgresql(text: str, expected: str) -> str:
    try:
        parts = urlsplit(text)
        valid = parts.port != 0 and bool(parts.path.strip("/"))
        password = parts.password
    except ValueError:
        raise Unfit(expected, found="an address that cannot be read") from None
    if password is not None:
        raise Unfit(
            "an address without one: secrets belong in the environment or in the file .env, "
            "so write the whole address there, as DATABASE_URL",
            found="a password in the address",
        )
    if not valid:
        raise Unfit(expected)
    return text


def parse_slack_channel(value: object) -> str:
    """A channel's id; private channels of old begin with G."""
    if not isinstance(value, str) or not re.fullmatch(r"[CG][A-Z0-9]{2,}", value.strip()):
        raise Unfit("a channel's id such as C0123456789 (in Slack, a click on the channel's name shows it)")
    return value.strip()


def parse_telegram_chat(value: object) -> int:
    """A group's id; those of groups are below zero."""
    expected = "a group's id, a whole number such as -1001234567890"
    if isinstance(value, str) and re.fullmatch(r"\s*-?[0-9]+\s*", value):
        raise Unfit(f"{expected}, without quotes")
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unfit(expected)
    if value >= 0:
        raise Unfit(f"{expected}: those of groups begin with a minus")
    return value


def parse_page_pattern(value: object) -> str:
    """A pattern for a page's whole address: ``*/anagrafe/*``."""
    expected = 'a pattern for the page\'s address, in quotes, such as "*/anagrafe/*"'
    if not isinstance(value, str) or not value.strip() or not value.strip().isprintable():
        raise Unfit(expected)
    text = value.strip()
    if not text.startswith(("*", "?", "[", "http")):
        raise Unfit(f"{expected}: one that begins with * or https://, for addresses do")
    return text
