"""A look at the SMTP server: for ``./linea check``."""

from bridges.email.client import CannotSend, Client
from settings import Settings


async def check(settings: Settings, password: str | None) -> list[str]:
    """Connect and sign in once: every fault in words, none when letters can be sent."""
    given = settings.bridges.email
    if given is None:
        return []
    try:
        await Client(given, password).look()
    except CannotSend as problem:
        return [str(problem)]
    return []
