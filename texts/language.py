"""A language that citizens are spoken to in, and its words with the places in them filled."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from babel import Locale
from babel.numbers import format_decimal

Text = str | Mapping[str, str]
"""One text; or, where a number decides, one for each plural form of the language (CLDR: one, few, other …)."""

PLACE = re.compile(r"\{(\w+)\}")
COUNTED = "count"
"""The place whose number decides between plural forms."""
FOREIGN = frozenset({"name", "office", "reason", "title"})
"""Places filled with what others wrote, maybe in another script: kept together in a text from right to left."""


@dataclass(frozen=True)
class Language:
    """What is particular to a language.

    `name` is what its speakers call it. `locale` decides how dates and numbers are written, `direction` is
    the HTML `dir`. `clock` is CLDR's pattern for the time of day (`h` counts to 12, `H` to 24), `full_hour` the one
    for times without minutes where it differs. At the hour `odd_hour` the texts `at` and `until` become `at_odd` and
    `until_odd`. `weekdays` stand here where a sentence needs them in another case than Babel's, and `first`
    is how the first of a month is said.
    """

    code: str
    name: str
    locale: str
    texts: Mapping[str, Text]
    clock: str = "H:mm"
    full_hour: str | None = None
    odd_hour: int | None = None
    weekdays: tuple[str, ...] | None = None
    first: str | None = None

    @property
    def direction(self) -> Literal["ltr", "rtl"]:
        """The HTML `dir`."""
        return "rtl" if Locale.parse(self.locale).text_direction == "rtl" else "ltr"

    @property
    def tag(self) -> str:
        """The locale for a browser (BCP 47), so that it writes as we do: 12 or 24 hours, and the figures 0 to 9."""
        hours = "h23" if "H" in self.clock else "h12"
        return f"{self.locale.replace('_', '-')}-u-hc-{hours}-nu-latn"

    def plural_form(self, number: int) -> str:
        """Which of its plural forms a number takes."""
        return str(Locale.parse(self.locale).plural_form(number))

    @property
    def plural_forms(self) -> frozenset[str]:
        """The names of its plural forms."""
        return frozenset(Locale.parse(self.locale).plural_form.tags) | {"other"}


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of one language: `words("greeting")`, `words("live_left", count=3)`."""

    language: Language
    texts: Mapping[str, Text]

    def __call__(self, key: str, **values: object) -> str:
        """The text for `key`, with `{name}` places filled in; numbers as the language writes them.

        Raises `KeyError` for an unknown key or a place without its value: those are our mistakes.
        """
        text = self.texts[key]
        if not isinstance(text, str):
            text = text.get(self.language.plural_form(int(str(values[COUNTED])))) or text["other"]
        return PLACE.sub(lambda place: self._shown(place[1], values[place[1]]), text)

    def joined(self, *sentences: str) -> str:
        """Sentences one after the other: Chinese puts no blank between them."""
        return ("" if self.language.code == "zh" else " ").join(sentences)

    def _shown(self, name: str, value: object) -> str:
        if isinstance(value, int):
            return format_decimal(value, locale=self.language.locale)
        if name in FOREIGN and self.language.direction == "rtl":
            return f"\N{FIRST STRONG ISOLATE}{value}\N{POP DIRECTIONAL ISOLATE}"
        return str(value)


def places(text: Text) -> frozenset[str]:
    """The places to be filled in a text, in all its forms."""
    forms = [text] if isinstance(text, str) else text.values()
    return frozenset(name for form in forms for name in PLACE.findall(form))
