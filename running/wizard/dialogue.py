"""The conversation with whoever sets up, on a terminal or through a pipe; what is secret is never shown."""

import getpass
import shutil
import sys
import textwrap

from running.wizard import english, italian

_NO = ("n", "no")
_TEXTS = {"it": italian.TEXTS, "en": english.TEXTS}


class Stopped(Exception):
    """There are no more answers: the input has ended."""


class Dialogue:
    """Says and asks in the office's language. The texts are in ``running.wizard.italian`` and ``english``."""

    def __init__(self, lang: str) -> None:
        self._texts = _TEXTS[lang]

    def text(self, key: str, **facts: object) -> str:
        """One of the texts, with the facts in their places."""
        text = self._texts[key].format(**facts)
        if "\n" in text or not sys.stdout.isatty():
            return text
        return textwrap.fill(text, shutil.get_terminal_size().columns - 1, break_long_words=False)

    def say(self, key: str, **facts: object) -> None:
        """Say something, as a paragraph of its own."""
        print(f"\n{self.text(key, **facts)}", flush=True)

    def show(self, text: str) -> None:
        """Show something as it is, to be copied."""
        print(f"\n{text}", flush=True)

    def ask(self, key: str, **facts: object) -> str:
        """The answer to a question, without blanks around it; empty for Enter alone.

        Raises
        ------
        Stopped
            If the input has ended.
        """
        print(f"\n{self.text(key, **facts)} ", end="", flush=True)
        return _line()

    def ask_secret(self, key: str, **facts: object) -> str:
        """The same, and a terminal does not show what is typed."""
        question = f"\n{self.text(key, **facts)} "
        if not sys.stdin.isatty():
            return self.ask(key, **facts)
        try:
            return getpass.getpass(question).strip()
        except EOFError:
            raise Stopped from None

    def agrees(self, key: str, **facts: object) -> bool:
        """Whether the answer is yes; Enter alone is."""
        return self.ask(key, **facts).casefold() not in _NO


def _line() -> str:
    try:
        line = sys.stdin.readline()
    except UnicodeDecodeError:  # whatever it was, it was no answer
        return ""
    if not line:
        raise Stopped
    return line.strip()
