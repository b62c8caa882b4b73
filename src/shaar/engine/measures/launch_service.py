"""``launch_service``: a service of the city that people had to do without, or had to travel for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from pydantic import Field, model_validator

from shaar.engine.measures.fields import Identifier, Model, Point, Year
from shaar.engine.measures.forms import POINT, YEAR, asked
from shaar.engine.measures.ground import need_inside
from shaar.engine.measures.kinds import Kind, number, words
from shaar.engine.measures.state import State

_CHANNELS = {
    "online": words("Online", "Онлайн", "Онлайн", "Онлайн"),
    "counter": words("At a counter", "В окне приёма", "Кабыл алуу терезесинде", "Қабылдау терезесінде"),
    "mobile": words("Comes to people", "Выездная", "Көчмө", "Көшпелі"),
}


class LaunchService(Model):
    """A service that begins in a year."""

    type: Literal["launch_service"] = "launch_service"
    name: Identifier
    channel: Literal["online", "counter", "mobile"] = "online"
    year: Year
    uses: float = Field(gt=0, le=1e9, allow_inf_nan=False, description="uses a year")
    minutes: float = Field(ge=0, le=24 * 60, description="minutes that one use saves a person")
    cost: float | None = Field(
        default=None, ge=0, le=1e12, allow_inf_nan=False, description="a year, in the city's currency"
    )
    point: Point | None = Field(default=None, description="of a counter")

    @model_validator(mode="after")
    def _placed(self) -> LaunchService:
        if self.channel == "counter" and self.point is None:
            raise ValueError("point is needed for a service at a counter")
        return self


def apply(change: LaunchService, state: State) -> State:
    """Return the state with the service as a lever.

    Raises
    ------
    InputError
        Its counter lies outside the city.
    """
    if change.point is not None:
        need_inside(state.city, *change.point, "point", "the counter")
    return replace(state, levers=(*state.levers, change))


def _values(change: LaunchService) -> tuple[str, Mapping[str, object]]:
    values = {"name": change.name, "year": change.year, "uses": number(change.uses), "minutes": number(change.minutes)}
    if change.cost is None:
        return change.channel, values
    return f"{change.channel}-cost", {**values, "cost": number(change.cost)}


def _said(channel: Mapping[str, str], tails: tuple[str, str, str, str]) -> Mapping[str, str]:
    low = {k: v.lower() for k, v in channel.items()}
    return words(
        f"Launch the service «{{name}}» in {{year}} ({low['en']}); uses a year: {{uses}}, time saved by each: "
        f"{{minutes}} min{tails[0]}.",
        f"Запустить услугу «{{name}}» в {{year}} году ({low['ru']}); обращений в год: {{uses}}, экономия "
        f"времени на каждом: {{minutes}} мин{tails[1]}.",
        f"«{{name}}» кызматын {{year}}-жылы ачуу ({low['ky']}); жылына кайрылуулар: {{uses}}, ар биринде "
        f"үнөмдөлгөн убакыт: {{minutes}} мүн{tails[2]}.",
        f"«{{name}}» қызметін {{year}} жылы ашу ({low['kk']}); жылына өтініштер: {{uses}}, әрқайсысында "
        f"үнемделген уақыт: {{minutes}} мин{tails[3]}.",
    )


KIND = Kind(
    model=LaunchService,
    apply=apply,
    tool="pick_point",
    group="places",
    example={
        "type": "launch_service",
        "name": "School enrolment",
        "channel": "online",
        "year": 2027,
        "uses": 24_000,
        "minutes": 45,
        "cost": 12_000_000,
    },
    label=words("New service", "Новая услуга", "Жаңы кызмат", "Жаңа қызмет"),
    form=(
        asked(
            "name",
            "text",
            words("Service", "Услуга", "Кызмат", "Қызмет"),
            words("In plain words.", "Простыми словами.", "Жөнөкөй сөз менен.", "Қарапайым сөзбен."),
        ),
        asked(
            "channel",
            "choice",
            words("How", "Как", "Кандайча", "Қалай"),
            words("How people get it.", "Как её получают.", "Аны кантип алышат.", "Оны қалай алады."),
            "",
            *_CHANNELS.items(),
        ),
        YEAR,
        asked(
            "uses",
            "number",
            words("Uses a year", "Обращений в год", "Жылына кайрылуулар", "Жылына өтініштер"),
            words("Expected.", "Ожидается.", "Күтүлөт.", "Күтіледі."),
        ),
        asked(
            "minutes",
            "number",
            words(
                "Time saved by a use",
                "Экономия времени на обращение",
                "Бир кайрылууда үнөмдөлгөн убакыт",
                "Бір өтініште үнемделген уақыт",
            ),
            words("Of the person.", "Для человека.", "Адам үчүн.", "Адам үшін."),
            "min",
        ),
        asked(
            "cost",
            "number",
            words("Cost a year", "Расходы в год", "Жылына чыгым", "Жылына шығын"),
            words("May be left out.", "Можно не указывать.", "Көрсөтпөсө да болот.", "Көрсетпеуге болады."),
            "currency/year",
        ),
        POINT,
    ),
    sentences={
        key: text
        for channel, names in _CHANNELS.items()
        for key, text in (
            (channel, _said(names, ("", "", "", ""))),
            (
                f"{channel}-cost",
                _said(
                    names,
                    (
                        "; cost a year: {cost}",
                        "; расходы в год: {cost}",
                        "; жылына чыгым: {cost}",
                        "; жылына шығын: {cost}",
                    ),
                ),
            ),
        )
    },
    values=_values,
)
