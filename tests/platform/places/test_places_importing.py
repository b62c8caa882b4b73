from __future__ import annotations

from django.core.management import call_command

from shaar.platform.places import selectors
from shaar.platform.places.models import DayOff, Territory
from shaar.platform.places.profile import read_profile
from shaar.platform.places.services import import_territories, move, rename


def test_the_example_city_is_imported_once():
    profile = read_profile("astana")
    first = import_territories(profile)
    assert (first.made, first.changed, first.kept) == (14, 0, 0)
    again = import_territories(profile)
    assert (again.made, again.changed, again.kept) == (0, 0, 14)
    urker = selectors.search("Уркер")[0]
    assert urker.path == f"city/district-esil/{urker.code}/"
    assert urker.outlying and urker.approximate


def test_what_people_changed_survives_the_next_import(person):
    profile = read_profile("bishkek")
    import_territories(profile)
    mayor = person(mayor=None)
    moved = Territory.objects.get(code="ala-too-3")
    move(moved, parent=Territory.objects.get(code="sverdlovsky"), acting=mayor, reason="постановление")
    rename(Territory.objects.get(code="adilet"), names={"ru": "Адилет-1"}, acting=mayor, reason="постановление")
    Territory.objects.filter(code="ak-zhar").update(source="")
    done = import_territories(profile)
    assert (done.made, done.changed) == (0, 1)
    assert Territory.objects.get(code="ala-too-3").path == "bishkek/sverdlovsky/ala-too-3/"
    assert Territory.objects.get(code="adilet").names == {"ru": "Адилет-1"}
    assert Territory.objects.get(code="ak-zhar").source != ""


def test_bishkek_has_the_settlements_of_the_programme_and_no_invented_places():
    import_territories(read_profile("bishkek"))
    named = ("ak-zhar", "adilet", "altyn-kazyk", "dordoi-2", "ak-ordo-2", "ak-ordo-3", "ala-too-3")
    assert Territory.objects.filter(code__in=named, geometry__isnull=True).count() == 7
    assert Territory.objects.filter(kind="district").count() == 4
    placed = Territory.objects.filter(min_lon__isnull=False)
    assert placed.count() == 10
    assert not placed.filter(approximate=False).exists()
    assert all("listings" in one.source for one in placed)
    assert not Territory.objects.filter(kind__in=("settlement", "village"), source="").exists()


def test_the_command_can_be_called_again(capsys):
    call_command("import_territories")
    call_command("import_territories")
    out = capsys.readouterr().out.splitlines()
    assert out[-1].startswith("territories: 0 new, 0 changed")
    assert DayOff.objects.count() == 39
