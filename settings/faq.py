"""The ``faq`` of ``config.yaml``: questions that the page itself answers at once."""

from typing import Annotated

from pydantic import BeforeValidator, model_validator

from settings.faults import Unfit
from settings.part import Part
from settings.wording import Wording, language_of, parse_wording, wording_in

LONGEST_QUESTION = 200
LONGEST_ANSWER = 2000
"""Characters of one: what is read on a phone without losing the thread."""
MOST_QUESTIONS = 100
"""Entries: all of them travel with the page, so that they are there off line, too."""


class Question(Part):
    """A question with its answer, each in one language or several."""

    question: Annotated[Wording, BeforeValidator(parse_wording(LONGEST_QUESTION))]
    answer: Annotated[Wording, BeforeValidator(parse_wording(LONGEST_ANSWER))]

    @model_validator(mode="after")
    def _same_languages(self) -> "Question":
        """A question in one language with its answer in another helps nobody."""
        asked, answered = self.question, self.answer
        if isinstance(asked, dict) and isinstance(answered, dict) and asked.keys() != answered.keys():
            found = f"{', '.join(sorted(asked))} and {', '.join(sorted(answered))}"
            raise Unfit("question and answer in the same languages", found=found)
        return self

    def shown_in(self, lang: str, default: str) -> dict[str, str]:
        """What the page shows to who reads ``lang``, and which languages that is in."""
        return {
            "question": wording_in(self.question, lang, default),
            "question_lang": language_of(self.question, lang, default),
            "answer": wording_in(self.answer, lang, default),
            "answer_lang": language_of(self.answer, lang, default),
        }


def parse_faq(value: object) -> object:
    """No more of them than a page can carry."""
    if isinstance(value, list) and len(value) > MOST_QUESTIONS:
        raise Unfit(f"at most {MOST_QUESTIONS} questions, not {len(value)}")
    return value
