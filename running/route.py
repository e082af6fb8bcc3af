"""``./linea route``: where a conversation would go, which rule decides, and why those before it do not."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from routing.office import office_state
from routing.rules import Asked, Condition, conditions, find_department, fits
from running.errors import StartError
from settings import Department, Settings

_TEXTS = {
    "it": {
        "chosen": "{name}: la sceglie il cittadino, e la sua scelta vale prima di ogni regola",
        "no_such": "{name}: scelto dal cittadino, ma non c'è un ufficio con questo nome",
        "fits": "{name}: la regola vale{how}",
        "fits_not": "{name}: la regola non vale{how}",
        "no_rule": "{name}: non ha una regola; ci si arriva solo per scelta del cittadino o se un operatore passa",
        "later": "{name}: non si chiede più",
        "none": "Nessuna regola vale: la conversazione è di tutto l'ufficio.",
        "goes": "Va a: {name} ({places})",
        "moves_on": "Se nessuno risponde entro {minutes} minuti: passa a {name} ({places})",
        "office": "tutto l'ufficio",
        "desk": "scrivania",
        "any": "; ne basta una",
        "page": "la pagina {yes} a {wanted}",
        "language": "la lingua {yes} tra {wanted}",
        "words": "nel testo {yes} {wanted}",
        "open": "l'ufficio {yes} {wanted}",
        "page_yes": "corrisponde", "page_no": "non corrisponde",
        "language_yes": "è", "language_no": "non è",
        "words_yes": "c'è", "words_no": "non c'è nulla di:",
        "open_yes": "in quel momento è", "open_no": "in quel momento non è",
        "true": "aperto", "false": "chiuso",
        "hours_only": "L'orario è quello di config.yaml ({at:%d/%m/%Y %H:%M}), senza gli «offline» degli operatori.",
    },
    "en": {
        "chosen": "{name}: the citizen chose it, and that comes before every rule",
        "no_such": "{name}: chosen by the citizen, but there is no department of this name",
        "fits": "{name}: the rule fits{how}",
        "fits_not": "{name}: the rule does not fit{how}",
        "no_rule": "{name}: has no rule; only a citizen's choice or an operator leads there",
        "later": "{name}: is not asked any more",
        "none": "No rule fits: the conversation is the whole office's.",
        "goes": "Goes to: {name} ({places})",
        "moves_on": "If nobody answers within {minutes} minutes: it goes on to {name} ({places})",
        "office": "the whole office",
        "desk": "desk",
        "any": "; one is enough",
        "page": "the page {yes} {wanted}",
        "language": "the language {yes} {wanted}",
        "words": "the text {yes} {wanted}",
        "open": "at that moment it {yes} {wanted}",
        "page_yes": "matches", "page_no": "does not match",
        "language_yes": "is one of", "language_no": "is none of",
        "words_yes": "has", "words_no": "has nothing of",
        "open_yes": "is", "open_no": "is not",
        "true": "open", "false": "closed",
        "hours_only": "The hours are those of config.yaml ({at:%d/%m/%Y %H:%M}), without operators' “offline”.",
    },
}  # fmt: skip


def print_route(settings: Settings, asked: Asked, at: str | None) -> int:
    """Explain where such a conversation would go, at this moment or at ``at``.

    Raises
    ------
    StartError
        If ``at`` is no moment.
    """
    texts = _TEXTS[settings.office.language]
    moment = _moment(at, ZoneInfo(settings.office.timezone))
    for line in explained(settings, asked, moment, texts):
        print(line)
    if any(one.when is not None and one.when.open is not None for one in settings.departments):
        print(texts["hours_only"].format(at=moment))
    return 0


def explained(settings: Settings, asked: Asked, moment: datetime, texts: dict[str, str]) -> list[str]:
    """A line for each department as far as they are asked, and one for where it goes."""

    def is_open(name: str) -> bool:
        return office_state(settings, None, moment, name).open

    lines = []
    winner = None
    if asked.chosen:
        winner = find_department(settings, asked.chosen)
        name = winner.name if winner else asked.chosen
        lines.append(texts["chosen" if winner else "no_such"].format(name=name))
    for department in settings.departments:
        if winner is not None:
            if department is not winner:
                lines.append(f"{texts['later'].format(name=department.name)}")
        elif department.when is None:
            lines.append(texts["no_rule"].format(name=department.name))
        else:
            found = conditions(department, asked, is_open)
            good = fits(department.when, found)
            winner = department if good else None
            how = ": " + ", ".join(_said(one, texts) for one in found)
            how += texts["any"] if department.when.match == "any" and len(found) > 1 else ""
            lines.append(texts["fits" if good else "fits_not"].format(name=department.name, how=how))
    if winner is None:
        lines.append(texts["none"])
    name = winner.name if winner else texts["office"]
    lines.append(texts["goes"].format(name=name, places=", ".join(_places(settings, winner, texts))))
    next_one = find_department(settings, settings.waiting.escalate_to or "")
    if next_one is not None and next_one is not winner and is_open(next_one.name):
        minutes = round(settings.waiting.passes_on_after.total_seconds() / 60)
        places = ", ".join(_places(settings, next_one, texts))
        lines.append(texts["moves_on"].format(minutes=minutes, name=next_one.name, places=places))
    return lines


def _said(condition: Condition, texts: dict[str, str]) -> str:
    key, wanted = condition.key, condition.wanted
    yes = texts[f"{key}_{'yes' if condition.holds else 'no'}"]
    return texts[key].format(yes=yes, wanted=texts.get(wanted, wanted) if key == "open" else f"“{wanted}”")


def _places(settings: Settings, department: Department | None, texts: dict[str, str]) -> list[str]:
    """The channel and the group, as far as there are any; the desk shows everything."""
    places = []
    slack = (department and department.slack) or settings.bridges.slack
    telegram = (department and department.telegram) or settings.bridges.telegram
    if settings.bridges.slack and slack:
        places.append(f"Slack {slack.channel}")
    if settings.bridges.telegram and telegram:
        places.append(f"Telegram {telegram.chat}")
    return [*places, texts["desk"]]


def _moment(at: str | None, zone: ZoneInfo) -> datetime:
    now = datetime.now(UTC).astimezone(zone)
    if at is None:
        return now
    try:
        if len(at) <= len("15:00"):
            return datetime.combine(now.date(), time.fromisoformat(at), zone)
        found = datetime.fromisoformat(at)
    except ValueError:
        example = f"{date(now.year, 12, 24)} 15:00"
        raise StartError(
            f"--at: found {at}, expected a moment such as “{example}”, or 15:00 for today"
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=zone)
