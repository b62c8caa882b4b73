from __future__ import annotations

from django.core.management import call_command
from django.test import Client

from shaar.platform.accounts.policies import has_role, territories_of
from shaar.platform.places.models import Territory
from shaar.platform.places.profile import read_profile, read_territories


def test_the_first_page_opens():
    assert Client().get("/").status_code == 200


def test_a_missing_page_says_so_in_its_status():
    assert Client().get("/no-such-page/").status_code == 404


def test_territories_of_the_example_city_come_with_their_parents():
    rows = read_territories(read_profile("astana"))
    known = {row.code for row in rows}
    assert {row.parent for row in rows} <= known | {""}
    assert {"Уркер", "Тельмана", "Железнодорожный"} <= {row.names["ru"].removeprefix("микрорайон ") for row in rows}


def test_a_role_holds_in_its_territory_and_inside_it(person, territories):
    officer = person(officer="north")
    assert has_role(officer, "officer", territory=territories["ak-ordo"])
    assert not has_role(officer, "officer", territory=territories["urker"])
    assert not has_role(officer, "head", territory=territories["north"])
    covered = Territory.objects.filter(path__startswith="city/north/")
    assert territories_of(officer, "officer") is not None
    assert [t.code for t in covered] == ["north", "ak-ordo"]


def test_migrations_say_what_the_models_say():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_the_nightly_command_runs_and_checks_the_log(capsys):
    call_command("nightly")
    assert "the log of decisions is whole" in capsys.readouterr().out
