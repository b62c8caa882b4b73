from __future__ import annotations

import gzip
import json
import re

import pytest
from django import forms
from django.template import Context, Template
from django.test import Client
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from shaar.platform.places.forms import ChosenPlace, PlaceField
from shaar.platform.places.models import Territory
from shaar.platform.places.profile import read_profile
from shaar.platform.places.services import import_territories
from shaar.platform.portal.fielding import moving
from shaar.platform.portal.maps import mercator, picker, tiles

CROSSED = '{"type":"Polygon","coordinates":[[[71.4,51.1],[71.5,51.2],[71.5,51.1],[71.4,51.2],[71.4,51.1]]]}'
PIN = {"type": "Point", "coordinates": [71.43, 51.13]}


class Form(forms.Form):
    place = PlaceField(label="Where?")
    title = forms.CharField()


@pytest.fixture
def astana():
    import_territories(read_profile("astana"))


def sent(**parts: str) -> Form:
    return Form({f"place_{name.replace('__', '.')}": value for name, value in parts.items()} | {"title": "T"})


@given(st.floats(-179, 179), st.floats(-79, 79))
def test_degrees_come_back_from_the_square(lon, lat):
    assert mercator.to_degrees(*mercator.to_square(lon, lat)) == pytest.approx((lon, lat), abs=1e-9)


@given(st.floats(60, 80), st.floats(40, 55), st.floats(0, 1), st.floats(0, 1), st.floats(1e-4, 1e-2))
def test_a_click_is_where_it_is_drawn(lon, lat, across, down, width):
    window = mercator.Window(*mercator.to_square(lon, lat), width)
    assert window.share(*window.at(across, down)) == pytest.approx((across, down), abs=1e-6)
    again = mercator.window_from(window.text())
    assert again is not None
    assert again.share(lon, lat) == pytest.approx((0.5, 0.5), abs=0.02)


def test_a_window_shows_all_of_its_box():
    window = mercator.window_around((71.2, 51.0, 71.7, 51.3))
    for lon, lat in ((71.2, 51.0), (71.7, 51.3), (71.2, 51.3)):
        x, y = window.share(lon, lat)
        assert 0 <= x <= 1 and 0 <= y <= 1


@pytest.mark.parametrize("text", ["", "a,b,c", "1,2", "nan,2,3", "500,1,1", "1,2,inf"])
def test_a_broken_window_is_no_window(text):
    assert mercator.window_from(text) is None


def test_tiles_are_small_kept_for_good_and_named_by_their_content():
    client = Client()
    window = mercator.window_around((71.36, 51.08, 71.5, 51.2))
    found = list(tiles.tiles_of(window, 760))
    assert 1 <= len(found) <= 9
    for zoom, column, row in found[:3]:
        address = f"/maps/{tiles.stamp()}/{zoom}/{column}/{row}.svg"
        answer = client.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer["Cache-Control"]
        assert len(gzip.compress(answer.content)) < 60_000
        assert b"<text" not in answer.content  # no words: one tile for all languages
        assert client.get(address, headers={"if-none-match": answer["ETag"]}).status_code == 304
    assert client.get(f"/maps/000000000000/{zoom}/{column}/{row}.svg").status_code == 404
    assert client.get(f"/maps/{tiles.stamp()}/12/0/0.svg").status_code == 404
    assert client.get(f"/maps/{tiles.stamp()}/30/0/0.svg").status_code == 404


def test_the_picture_that_takes_clicks_needs_nothing_from_elsewhere(astana):
    answer = Client().get("/maps/picture.svg", {"at": "71.43,51.13,4000", "mark": json.dumps(PIN)})
    assert answer.status_code == 200
    assert b"<image" not in answer.content and b"<script" not in answer.content
    assert b'class="k"' in answer.content
    assert len(gzip.compress(answer.content)) < 60_000
    assert Client().get("/maps/picture.svg", {"mark": "<script>", "at": "x"}).status_code == 200


def test_a_click_puts_a_pin_and_nothing_else_is_wrong(astana):
    form = sent(pin320__x="160", pin320__y="106.5", window="71.43,51.13,4000", address="у школы")
    assert moving(form)
    state = picker.picked(form["place"])
    assert state.geometry["coordinates"] == pytest.approx([71.43, 51.13], abs=1e-4)
    assert state.address == "у школы"
    html = Template("{% errors form %}{% place_picker form.place %}").render(Context({"form": form}))
    assert "field-error" not in html and 'role="alert"' not in html
    assert 'value="у школы"' in html


def test_both_sizes_of_the_picture_mean_the_same_place(astana):
    small = picker.picked(sent(pin320__x="80", pin320__y="53.33", window="71.43,51.13,4000")["place"]).geometry
    large = picker.picked(sent(pin640__x="160", pin640__y="106.67", window="71.43,51.13,4000")["place"]).geometry
    assert small["coordinates"] == pytest.approx(large["coordinates"], abs=2e-5)


def test_buttons_move_the_map_and_keep_the_pin(astana):
    start = {"window": "71.43,51.13,4000", "geometry": json.dumps(PIN)}
    closer = picker.picked(sent(**start, do="in")["place"])
    assert closer.window.text() == "71.43000,51.13000,2000"
    assert closer.geometry == PIN
    west = picker.picked(sent(**start, do="west")["place"])
    assert mercator.to_degrees(west.window.x, west.window.y)[0] < 71.43
    assert picker.picked(sent(**start, do="clear")["place"]).geometry is None


def test_an_address_is_looked_up_without_losing_it(astana):
    state = picker.picked(sent(address="Туркестан", do="find")["place"])
    assert any("Туркестан" in one.name for one in state.found)
    one = next(o for o in state.found if o.note == "street")
    chosen = picker.picked(sent(address="Туркестан", do=f"at:{one.lon},{one.lat}")["place"])
    assert chosen.geometry["coordinates"] == pytest.approx([one.lon, one.lat], abs=1e-4)
    assert chosen.territory is not None


def test_a_place_is_taken_as_pin_settlement_or_words(astana):
    urker = Territory.objects.get(names__ru="микрорайон Уркер")
    inside = [(urker.min_lon + urker.max_lon) / 2, (urker.min_lat + urker.max_lat) / 2]
    form = sent(geometry=json.dumps({"type": "Point", "coordinates": inside}))
    assert form.is_valid()
    assert form.cleaned_data["place"].territory == urker
    form = sent(territory=urker.code)
    assert form.is_valid()
    assert form.cleaned_data["place"] == ChosenPlace(urker)
    form = sent(address="у моста")
    assert form.is_valid()
    assert form.cleaned_data["place"] == ChosenPlace(address="у моста")


@pytest.mark.parametrize(
    "parts, code",
    [
        ({}, "required"),
        ({"geometry": '{"type":"Point","coordinates":[0,0]}'}, "outside"),
        ({"geometry": "[1"}, "geometry"),
        ({"territory": "no-such"}, "settlement"),
        ({"geometry": '{"type":"Point","coordinates":["x",1]}'}, None),
        ({"geometry": CROSSED}, None),
    ],
)  # fmt: skip
def test_what_is_no_place_is_refused(astana, parts, code):
    form = sent(**parts)
    assert not form.is_valid()
    assert [e.code for e in form.errors.as_data()["place"]] == [code]
    assert Template("{% place_picker form.place %}").render(Context({"form": form}))  # and the form can be shown again


def test_a_map_has_numbers_links_and_a_list_twin(astana):
    things = list(Territory.objects.filter(kind="settlement").order_by("code"))
    with override("ru"):
        html = Template("{% map things caption='Все' %}").render(Context({"things": things}))
    assert html.count("<li>") == len(things)
    assert all(f'href="/places/{one.code}/"' in html for one in things)
    assert "OpenStreetMap" in html and "map-scale" in html
    assert "style=" not in html


def test_pins_that_lie_on_each_other_are_moved_apart(astana):
    pins = [
        {"type": "Feature", "geometry": PIN, "properties": {"name": f"<{n}>", "link": f"/x/{n}/"}} for n in range(12)
    ]
    html = Template("{% map pins %}").render(Context({"pins": pins}))
    moves = re.findall(r"<g transform=\"translate\(([^)]*)\)", html)
    assert len(set(moves)) == 11  # the first stands on its place
    assert "&lt;3&gt;" in html and "<3>" not in html


def test_a_city_without_a_model_has_a_plain_grid_and_says_so(settings):
    settings.PROFILE = read_profile("bishkek")
    import_territories(settings.PROFILE)
    places = Territory.objects.filter(min_lon__isnull=False)
    with override("en"):
        html = Template("{% map places %}").render(Context({"places": places}))
    assert "map-grid" in html and "<image" not in html
    assert "There is no base map yet" in html
    assert "OpenStreetMap" not in html
