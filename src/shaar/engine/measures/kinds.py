"""What is known of a type of change: its model, what it does, an example, its form, its map tool and its sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic_core import PydanticUndefined

from shaar.engine.measures.fields import Model
from shaar.engine.measures.state import State

LANGUAGES = ("en", "ru", "ky", "kk")
Words = Mapping[str, str]
Tool = Literal["draw_line", "pick_line", "pick_stop", "pick_links", "draw_link", "pick_point", "none"]
#: ``headways`` is a table of spans with a headway each; ``drawn`` is filled in by the map tool and not typed in.
Widget = Literal[
    "line", "stop", "stops", "links", "point", "path", "clock", "number", "choice", "text", "headways", "drawn"
]
Group = Literal["lines", "stops", "streets", "walking", "parking", "fleet", "places", "people"]
GROUPS: dict[str, Words] = {}


def words(en: str, ru: str, ky: str, kk: str) -> Words:
    """Put the same words in four languages together."""
    return dict(zip(LANGUAGES, (en, ru, ky, kk), strict=True))


GROUPS.update(
    lines=words("Lines", "Маршруты", "Маршруттар", "Маршруттар"),
    stops=words("Stops", "Остановки", "Аялдамалар", "Аялдамалар"),
    streets=words("Streets", "Улицы", "Көчөлөр", "Көшелер"),
    walking=words("Walking and cycling", "Пешком и на велосипеде", "Жөө жана велосипед", "Жаяу және велосипед"),
    parking=words("Parking", "Парковка", "Унаа токтотуу", "Көлік тұрағы"),
    fleet=words("Vehicles", "Подвижной состав", "Унаа паркы", "Көлік паркі"),
    places=words("Places and services", "Места и услуги", "Жайлар жана кызматтар", "Орындар мен қызметтер"),
    people=words("People", "Жители", "Жашоочулар", "Тұрғындар"),
)


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of the form of a type; its name is that of the model's field."""

    name: str
    widget: Widget
    label: Words
    hint: Words
    unit: str = ""
    choices: tuple[tuple[str, Words], ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """One type of change.

    Parameters
    ----------
    model
        Its fields.
    apply
        Carries a change out on a copy; raises InputError naming the field where it cannot be done.
    example
        Fits the city of the tests.
    tool, group
        Map tool with which it is drawn or picked; where it stands in a menu.
    label
        Its name.
    form
        Fields in the order in which they are asked for.
    sentences, values
        Templates by key, and the function that chooses one and fills it in.
    """

    model: type[Model]
    apply: Callable[[Any, State], State]
    example: Mapping[str, Any]
    tool: Tool
    group: Group
    label: Words
    form: tuple[FormField, ...]
    sentences: Mapping[str, Words]
    values: Callable[[Any], tuple[str, Mapping[str, object]]]

    @property
    def type(self) -> str:
        """Its name in scenario files."""
        return str(self.model.model_fields["type"].default)

    def as_data(self) -> dict[str, Any]:
        """Everything a page needs to show the type and its form, as plain data."""
        form = []
        for f in self.form:
            field = self.model.model_fields[f.name]
            form.append(
                {
                    "name": f.name, "widget": f.widget, "label": dict(f.label), "hint": dict(f.hint), "unit": f.unit,
                    "required": field.is_required(),
                    "default": None if field.default is PydanticUndefined else _plain(field.default),
                    "choices": [{"value": value, "label": dict(label)} for value, label in f.choices],
                }
            )  # fmt: skip
        return {
            "type": self.type, "tool": self.tool, "group": self.group, "group_label": dict(GROUPS[self.group]),
            "label": dict(self.label), "form": form, "schema": self.model.model_json_schema(),
            "example": dict(self.example),
        }  # fmt: skip


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def number(value: float) -> str:
    """A number as sentences show it: at most four digits that matter, thousands apart."""
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return text.replace(",", "\u00a0")
