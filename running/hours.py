"""``./linea hours``: the coming two weeks, each day with the rule that decided it."""

from datetime import datetime
from zoneinfo import ZoneInfo

from schedules.words import table
from settings import Settings

_DAYS = 14
_PRECEDENCE = {
    "it": "Decide la prima regola che vale: apertura straordinaria, chiusura, calendario, festa del comune, festività, "
    "chiusura ricorrente, apertura ricorrente, stagione, orario settimanale; poi si tolgono le chiusure a ore "
    "e la pausa pranzo.",
    "en": "What decides is the first that applies: special opening, closure, calendar, holiday of the town, public "
    "holiday, recurring closure, recurring opening, season, weekly hours; then closed hours and lunch are taken out.",
}


def print_hours(settings: Settings) -> int:
    """Print the table from today on, for the office and for each department with hours of its own."""
    lang = settings.office.language
    today = datetime.now(ZoneInfo(settings.office.timezone)).date()
    for department in settings.with_own_hours:
        if department is not None:
            print(f"\n{department}")
        print(table(settings.hours_of(department), today, days=_DAYS, lang=lang))
    print(f"\n{_PRECEDENCE.get(lang, _PRECEDENCE['en'])}")
    return 0
