from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shaar.platform.kernel.errors import Forbidden
from shaar.platform.places.calendar import add_work_days, holidays, is_work_day, work_days_between
from shaar.platform.places.models import DayOff
from shaar.platform.places.services import add_days_off, import_days_off


def test_weekends_do_not_count():
    assert add_work_days(date(2026, 6, 5), 1) == date(2026, 6, 8)  # Friday to Monday
    assert add_work_days(date(2026, 6, 8), -1) == date(2026, 6, 5)
    assert add_work_days(date(2026, 6, 6), 0) == date(2026, 6, 8)
    assert add_work_days(date(2026, 6, 8), 5) == date(2026, 6, 15)


def test_nauryz_of_2026_in_kazakhstan_lasts_until_wednesday():
    import_days_off("KZ")
    # 21 and 22 March fall on a weekend and move to the 24th and 25th.
    assert add_work_days(date(2026, 3, 20), 1) == date(2026, 3, 26)
    assert not is_work_day(date(2026, 5, 27))  # Kurban Ait
    assert not is_work_day(date(2026, 3, 9))


def test_kyrgyzstan_does_not_move_holidays_and_rests_in_may():
    import_days_off("KG")
    assert is_work_day(date(2026, 3, 9))  # 8 March was a Sunday
    assert add_work_days(date(2026, 4, 30), 1) == date(2026, 5, 11)
    assert add_work_days(date(2025, 12, 31), 1) == date(2026, 1, 8)
    assert is_work_day(date(2026, 2, 23))


@pytest.mark.parametrize("country", ["KZ", "KG"])
def test_every_holiday_has_names_in_four_languages_and_a_source(country):
    days = holidays(country)
    assert {d.day.year for d in days} == {2026, 2027}
    assert all(set(d.names) == {"ru", "ky", "kk", "en"} and all(d.names.values()) and d.source for d in days)


def test_a_transferred_working_saturday_counts(person):
    mayor = person(mayor=None)
    assert add_days_off([(date(2026, 6, 6), True, {"ru": "Рабочая суббота"})], acting=mayor) == 1
    assert add_work_days(date(2026, 6, 5), 1) == date(2026, 6, 6)
    assert add_days_off([(date(2026, 6, 6), False, {"ru": "Выходной"})], acting=mayor) == 1
    assert DayOff.objects.get().works is False


def test_others_do_not_change_the_calendar(person):
    with pytest.raises(Forbidden):
        add_days_off([(date(2026, 6, 6), True, {"ru": "x"})], acting=person(officer="north"))
    assert DayOff.objects.count() == 0


@settings(max_examples=25, deadline=None)
@given(st.dates(date(2026, 1, 1), date(2027, 11, 1)), st.integers(1, 40))
def test_adding_and_counting_work_days_agree(start, count):
    end = add_work_days(start, count)
    assert work_days_between(start, end) == count
    assert is_work_day(end)
