"""The page as a whole: well formed, self-contained, complete in every language, and true to its figures."""

from __future__ import annotations

import dataclasses
import html
import re
from html.parser import HTMLParser
from itertools import pairwise

import polars as pl
import pytest

from shaar.engine.errors import InputError, ShaarError
from shaar.engine.study.results import ClimateAccount
from shaar.report import write_report
from shaar.report.facts import gained_and_lost, gather
from shaar.report.i18n import LANGUAGES, Speaker
from shaar.report.numbers import NBSP

from .sample import sample_city, sample_result

VOID = {"meta", "input", "br", "link", "img", "hr"}


class Page(HTMLParser):
    """Checks nesting; collects ids, references, headings and the text of each language."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.stack, self.ids, self.refs, self.urls, self.tags = [], [], [], [], []
        self.texts = {x: [] for x in LANGUAGES}
        self.headings = {x: [] for x in LANGUAGES}
        self.feed(text)
        self.close()
        assert self.stack == []

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        self.tags.append((tag, a))
        if "id" in a:
            self.ids.append(a["id"])
        for name in ("href", "aria-labelledby", "for"):
            if name in a:
                (self.urls if a[name].startswith("http") else self.refs).append(a[name].removeprefix("#"))
        assert not (set(a) & {"src", "srcset", "data", "poster", "action", "xlink:href"}), a
        if tag not in VOID:
            self.stack.append((tag, a))
        if re.fullmatch("h[1-6]", tag) and self.language():
            self.headings[self.language()].append(int(tag[1]))

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.stack[-1][0] == tag, (self.stack[-3:], tag)
        self.stack.pop()

    def handle_data(self, data):
        if self.language():
            self.texts[self.language()].append(data)

    def language(self):
        found = [a["lang"] for t, a in self.stack if "doc" in (a.get("class") or "").split()]
        return found[-1] if found else None

    def text(self, language):
        return " ".join(" ".join(self.texts[language]).split(" "))


@pytest.fixture(scope="module", params=[False, True], ids=["on_foot", "timetable"])
def made(request, tmp_path_factory):
    result = sample_result(with_network=request.param)
    path = write_report(result, tmp_path_factory.mktemp("report") / "report.html", language="ru")
    text = path.read_text(encoding="utf-8")
    return result, text, Page(text)


def test_well_formed_with_unique_ids_that_references_meet(made):
    _, _, page = made
    assert len(page.ids) == len(set(page.ids))
    assert set(page.refs) - set(page.ids) == set()


def test_nothing_is_asked_from_outside(made):
    _, text, page = made
    assert set(page.urls) == {"https://www.openstreetmap.org/copyright"}
    assert {t for t, a in page.tags if (a.get("href") or "").startswith("http")} == {"a"}
    assert not re.search(r"@import|@font-face|url\((?!#)|fetch\(|XMLHttpRequest|<link|<img|<iframe", text)


def test_every_language_is_complete(made):
    _, _, page = made
    shape = page.headings["en"]
    assert shape[0] == 1
    assert shape.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(shape))
    for language in LANGUAGES:
        assert page.headings[language] == shape
        assert "{" not in page.text(language)
    assert [a["id"] for t, a in page.tags if t == "input" and "checked" in a] == ["lang-ru"]
    cyrillic = page.text("en")
    assert re.findall(r"[а-яё]{3,}", cyrillic.replace("Өндіріс", ""), flags=re.I) == []


def test_geometry_is_defined_once(made):
    result, text, page = made
    assert text.count('<g id="density">') == 1
    uses = [a["href"] for t, a in page.tags if t == "use"]
    assert uses.count("#density") == len(LANGUAGES)
    # Winners and losers by area are drawn where there is a network to compare with.
    assert uses.count("#ground") == (4 + (result.before.network is not None)) * len(LANGUAGES)


def test_figures_are_those_of_the_input(made):
    result, _, page = made
    facts = gather(result)
    for language in LANGUAGES:
        s, text = Speaker(language), page.text(language)
        assert s.unit(result.after.journeys.mean, "min") in text
        assert s.unit(result.before.journeys.mean, "min") in text
        assert s.sig(facts.city.within_400.after) in text
        assert s.n(facts.chosen.fleet) in text
        assert all(f"{s.sig(x)}{NBSP}{s.t('unit.t')}" in text for x in (1512.4, 4210.0))
        for row in result.before.places.iter_rows(named=True):
            assert s.n(row["population"]) in text
            assert s.n(row["mean_minutes"]) in text
        for row in result.climate.rows.iter_rows(named=True):
            assert f"{s.sig(row['co2e_wtw_t_low'])}–{s.sig(row['co2e_wtw_t_high'])}" in text
        assert s.n(0.31 if facts.measured_before else 0.52, 2) in text


def test_facts_by_hand(made):
    result, _, _ = made
    facts = gather(result)
    zones = result.after.zones
    assert facts.city.within_400.after == zones.filter(pl.col("stop_m") <= 400)["population"].sum()
    outside = result.city.zones.filter(pl.col("settlement").is_not_null())
    near = zones.filter(pl.col("stop_m") <= 800)["zone_id"].to_list()
    assert facts.outlying_population == outside["population"].sum()
    assert facts.outlying_served.after == outside.filter(pl.col("zone_id").is_in(near))["population"].sum()
    assert sum(gained_and_lost(result, facts)) == pytest.approx(facts.population)
    assert facts.districts[0].population >= facts.districts[1].population
    assert "unheard_of_45" in result.after.equity


def test_on_foot_is_said_and_nothing_is_claimed_of_today(made):
    result, _, page = made
    words = Speaker("ru").t("unknown.no_timetable")
    assert (words in page.text("ru")) == (result.before.network is None)
    if result.before.network is None:
        assert Speaker("ru").t("card.before_unknown") in page.text("ru")
        assert gather(result).vehicles.before is None
    else:
        assert Speaker("en").t("winners.lose", places="").rstrip(" .") in page.text("en")


def test_data_is_escaped(made):
    _, text, page = made
    assert "<Өндіріс & Co>" in page.text("en")
    assert html.escape("<Өндіріс & Co>") in text
    assert "One thing is broken: <b>&" in page.text("ru")


def test_tables_twin_every_chart_and_map(made):
    result, text, _ = made
    twins = text.count('<details class="twin"><summary>')
    # The map of lines has its table below it; the settings of the search fold away like a twin.
    assert twins == len(LANGUAGES) * 8, twins
    # The map of areas has its table beside it, not folded away.
    assert text.count("<figure") == len(LANGUAGES) * (8 + (result.before.network is not None))


def test_attribution_is_on_every_map_only_for_open_street_map(tmp_path):
    result = sample_result()
    text = write_report(result, tmp_path / "a.html").read_text(encoding="utf-8")
    assert text.count('class="credit"') == text.count('class="map"') == 4 * len(LANGUAGES)
    meta = dataclasses.replace(result.city.meta, provenance={})
    other = dataclasses.replace(result, city=dataclasses.replace(result.city, meta=meta))
    assert 'class="credit"' not in write_report(other, tmp_path / "b.html").read_text(encoding="utf-8")


def test_a_bare_city_still_has_a_report(tmp_path):
    city = sample_city(rings=1)
    city = dataclasses.replace(
        city,
        base=city.base.clear(),
        links=city.links.clear(),
        places=city.places.clear(),
        stops=city.stops.clear(),
        zones=city.zones.with_columns(
            pl.lit(None, dtype=pl.String).alias("district"), pl.lit(None, dtype=pl.String).alias("settlement")
        ),
    )
    result = dataclasses.replace(
        sample_result(city=city), climate=ClimateAccount(sample_result().climate.rows.clear()), findings=()
    )
    page = Page(write_report(result, tmp_path / "r.html", language="kk").read_text(encoding="utf-8"))
    for language in LANGUAGES:
        assert Speaker(language).t("climate.empty") in page.text(language)


def test_size_stays_small(tmp_path):
    path = write_report(sample_result(rings=12), tmp_path / "r.html")
    assert path.stat().st_size < 700_000


def test_unknown_language_and_unwritable_place(tmp_path):
    with pytest.raises(InputError):
        write_report(sample_result(), tmp_path / "r.html", language="xx")
    (tmp_path / "file").write_text("")
    with pytest.raises(ShaarError, match="nothing was changed"):
        write_report(sample_result(), tmp_path / "file" / "r.html")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file"]


def test_same_input_same_page(tmp_path):
    one = write_report(sample_result(), tmp_path / "1.html").read_bytes()
    two = write_report(sample_result(), tmp_path / "2.html").read_bytes()
    assert one == two


def test_a_longer_mean_of_farther_journeys_is_not_called_a_loss(tmp_path):
    result = sample_result(with_network=True)

    def with_trips(b, share):
        zones = b.zones.with_columns(trips=pl.lit(100.0), trips_reached=pl.lit(100.0 * share))
        return dataclasses.replace(b, zones=zones)

    same = dataclasses.replace(result, before=with_trips(result.before, 0.9), after=with_trips(result.after, 0.9))
    wider = dataclasses.replace(same, after=with_trips(result.after, 1.0))
    east = {k: next(p for p in gather(r).settlements if p.place_id == "east") for k, r in (("s", same), ("w", wider))}
    assert east["s"].better == -1
    assert east["w"].better == 0
    assert (east["w"].reached.before, east["w"].reached.after) == pytest.approx((0.9, 1.0))
    text = write_report(wider, tmp_path / "r.html").read_text(encoding="utf-8")
    assert Speaker("en").t("winners.wider", places="")[:40] in text
    assert Speaker("en").t("winners.lose", places="")[:25] not in text
