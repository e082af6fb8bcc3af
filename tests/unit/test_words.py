"""Opening hours as the configuration writes them, and the table of the coming days."""

from datetime import date
from zoneinfo import ZoneInfo

from schedules.words import spans_in_words, table
from settings import Hours, Span

ROME = ZoneInfo("Europe/Rome")


def test_spans_read_as_the_configuration_writes_them() -> None:
    assert spans_in_words((Span(0, 1440),)) == "00:00-24:00"
    assert spans_in_words((Span(510, 780), Span(1320, 1560))) == "08:30-13:00, 22:00-02:00"


class TestTable:
    HOURS = Hours.model_validate(
        {
            "mon": "08:30-13:00, 15:00-18:00",
            "tue": "08:30-13:00",
            "holidays": {"country": "IT", "extra": ["12-09"]},
            "closed": [{"on": "2026-12-07", "reason": "Ponte"}],
            "open": [{"on": "2026-12-05", "hours": "09:00-12:00"}],
        }
    )

    def test_says_each_days_hours_and_what_decided_them(self) -> None:
        assert table(self.HOURS, date(2026, 12, 5), 6, "it").splitlines() == [
            "sab 5 dic 2026   09:00-12:00  apertura straordinaria",
            "dom 6 dic 2026   chiuso       orario settimanale",
            "lun 7 dic 2026   chiuso       chiusura: Ponte",
            "mar 8 dic 2026   chiuso       festività: Immacolata Concezione",
            "mer 9 dic 2026   chiuso       festa del comune",
            "gio 10 dic 2026  chiuso       orario settimanale",
        ]

    def test_speaks_english_too(self) -> None:
        lines = table(self.HOURS, date(2026, 12, 7), 2, "en").splitlines()
        assert lines == [
            "Mon 7 Dec 2026  closed  closed: Ponte",
            "Tue 8 Dec 2026  closed  holiday: Immacolata Concezione",
        ]

    def test_shows_two_weeks_unless_told_otherwise(self) -> None:
        assert len(table(self.HOURS, date(2026, 12, 7)).splitlines()) == 14
        assert table(self.HOURS, date(2026, 12, 7), 0) == ""
