"""Writes `docs/texts.md`: `python -m texts > docs/texts.md`."""

import sys
from collections.abc import Iterator

from texts import LANGUAGES, Text

_TITLE = """\
# The texts that citizens read

Each may be put in the town's own words, in `config.yaml`; saving the file puts them in force:

```yaml
texts:
  it: {greeting: "Salve! Come possiamo aiutarLa?"}
  en: {greeting: "Welcome! How can we help you?"}
```

`{…}` are the places that the hub fills. Where two forms stand, a number decides. Here are the texts in Italian and
in English; those in the other languages are in the folder `texts/`, a file each:
"""
_NOTE = "This page is made by `python -m texts > docs/texts.md`."


def page() -> Iterator[str]:
    """The page's lines."""
    yield _TITLE + ", ".join(f"{language.name} (`{code}`)" for code, language in LANGUAGES.items()) + "."
    yield f"{_NOTE}\n"
    yield "| key | Italian | English |\n|---|---|---|"
    for key, italian in LANGUAGES["it"].texts.items():
        yield f"| `{key}` | {_cell(italian)} | {_cell(LANGUAGES['en'].texts[key])} |"


def _cell(text: Text) -> str:
    if isinstance(text, str):
        return text.replace("|", "\\|")
    return "<br>".join(f"`{form}`: {_cell(inner)}" for form, inner in text.items())


if __name__ == "__main__":
    sys.stdout.write("".join(f"{line}\n" for line in page()))
