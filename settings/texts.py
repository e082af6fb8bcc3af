"""The ``texts`` of ``config.yaml``: the town's own words in the place of those that citizens read."""

import difflib
import re
from collections.abc import Iterator
from typing import Any

from pydantic import ValidatorFunctionWrapHandler

from settings.faults import Unfit
from settings.part import Misfit, validate_all
from texts import LANGUAGES, PLACES, Text
from texts.language import COUNTED, PLACE

LONGEST = 1000
"""Characters of one text: a paragraph; more would push the field to write in off a phone's screen."""


def own_texts(value: Any, _handler: ValidatorFunctionWrapHandler) -> dict[str, dict[str, Text]]:
    """The town's texts by language and key, each fault at its place; nothing under a key is as if it were not there."""
    found: dict[str, dict[str, Text]] = validate_all(value, _taken, _misfits(value))
    return found


def _taken(value: Any, _location: str | int | None = None) -> dict[str, dict[str, Text]]:
    return {
        lang: {key: _stripped(text) for key, text in of_one.items()}
        for lang, of_one in (value.items() if isinstance(value, dict) else ())
        if isinstance(of_one, dict)
    }


def _stripped(text: Any) -> Any:
    if isinstance(text, dict):
        return {form: _stripped(inner) for form, inner in text.items()}
    return text.strip() if isinstance(text, str) else text


def _misfits(value: Any) -> Iterator[Misfit]:
    if value is None:
        return
    if not isinstance(value, dict):
        yield (), Unfit('texts by language and key: {it: {greeting: "…"}}')
        return
    for lang, of_one in value.items():
        if lang not in LANGUAGES:
            yield (lang,), Unfit(f"one of {', '.join(LANGUAGES)}", found="a language that we do not speak")
        elif of_one is not None and not isinstance(of_one, dict):
            yield (lang,), Unfit('texts by their keys: {greeting: "…"} (docs/texts.md lists them)')
        else:
            for key, text in (of_one or {}).items():
                for below, unfit in _faults(lang, key, text):
                    yield (lang, key, *below), unfit


def _faults(lang: str, key: str, text: Any) -> Iterator[Misfit]:
    if key not in PLACES:
        near = difflib.get_close_matches(key.casefold().replace("-", "_"), PLACES, n=1, cutoff=0.6)
        hint = f" (did you mean {near[0]}?)" if near else ""
        yield (), Unfit(f"one of the keys in docs/texts.md{hint}", found="an unknown key")
        return
    if not isinstance(text, dict):
        yield from _faults_of_one(key, text, ())
        return
    forms = LANGUAGES[lang].plural_forms
    if COUNTED not in PLACES[key]:
        yield (), Unfit("one text: no number decides about this one")
        return
    for form, inner in text.items():
        if form not in forms:
            yield (form,), Unfit(f"one of {', '.join(sorted(forms))}", found="an unknown plural form")
        else:
            yield from _faults_of_one(key, inner, (form,))
    if "other" not in text:
        yield (), Unfit("among them the plural form other, for all remaining numbers")


def _faults_of_one(key: str, text: Any, below: tuple[str, ...]) -> Iterator[Misfit]:
    if not isinstance(text, str) or not text.strip():
        yield below, Unfit('some text, in quotes: "…"' if isinstance(text, int) else "some text")
        return
    if len(text) > LONGEST:
        yield below, Unfit(f"at most {LONGEST} characters, not {len(text)}")
    known = [f"{{{name}}}" for name in sorted(PLACES[key])]
    for name in PLACE.findall(text):
        if name not in PLACES[key]:
            expected = f"no other places than {' and '.join(known)}" if known else "no places"
            yield below, Unfit(f"{expected} in this text", found=f"the place {{{name}}}")
    if re.search(r"[{}]", PLACE.sub("", text)):
        yield below, Unfit(f"{{ and }} only around the name of a place, such as {(known or ['{name}'])[0]}")
