"""Tokens: what is there already is offered, what is typed is asked for until the platform accepts it."""

import os
from collections.abc import Callable

from running.wizard.dialogue import Dialogue
from settings import Secrets


class Tokens:
    """The tokens of one platform; ``new`` are those to be written into ``.env``."""

    def __init__(self, talk: Dialogue, given: Secrets) -> None:
        self._talk = talk
        self._given = given
        self._accepted: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        """A token that was accepted."""
        return self._accepted[name]

    @property
    def new(self) -> dict[str, str]:
        """What was typed, and is not in the environment or ``.env`` already."""
        return {name: token for name, token in self._accepted.items() if token != self._known(name)}

    def _known(self, name: str) -> str:
        secret = getattr(self._given, name.lower())
        return secret.get_secret_value() if secret else ""

    def offered(self, name: str) -> str:
        """The token that is there already, if it is to be used; else empty."""
        known = self._known(name)
        return known if known and self._talk.agrees("offer_token", name=name) else ""

    def take(self, name: str, token: str, question: str, again: str, accepts: Callable[[str], bool]) -> None:
        """Ask until ``accepts`` says yes, which explains itself where it says no."""
        while not token:
            token = self._asked(name, question)
        while not accepts(token):
            token = self._asked(name, again) or token
        self._accepted[name] = token
        if os.environ.get(name, "").strip() not in ("", token):
            self._talk.say("environment_wins", name=name)

    def _asked(self, name: str, question: str) -> str:
        """What was typed; a whole line of a ``.env``, or quotes around it, are forgiven."""
        return self._talk.ask_secret(question).removeprefix(f"{name}=").strip("\"' ")
