"""Fields that the forms of several types share, with their words in four languages."""

from __future__ import annotations

from shaar.engine.measures.kinds import FormField, Widget, Words, words

ROUTE = FormField(
    "route_id",
    "line",
    words("Line", "Маршрут", "Маршрут", "Маршрут"),
    words("The line that changes.", "Маршрут, который изменится.", "Өзгөрө турган маршрут.", "Өзгеретін маршрут."),
)
LINKS = FormField(
    "links",
    "links",
    words("Street sections", "Участки улиц", "Көчө тилкелери", "Көше учаскелері"),
    words("Pick them on the map.", "Выберите их на карте.", "Картадан тандаңыз.", "Картадан таңдаңыз."),
)
POINT = FormField(
    "point",
    "point",
    words("Place", "Место", "Орду", "Орны"),
    words("Click on the map.", "Щёлкните по карте.", "Картаны чыкылдатыңыз.", "Картаны шертіңіз."),
)
YEAR = FormField(
    "year",
    "number",
    words("Year", "Год", "Жыл", "Жыл"),
    words("From when.", "С какого времени.", "Качантан тартып.", "Қай кезден бастап."),
)
START = FormField(
    "start",
    "clock",
    words("From", "С", "Башталышы", "Басталуы"),
    words(
        "HH:MM; times after midnight as 24:30.",
        "ЧЧ:ММ; после полуночи — 24:30.",
        "СС:ММ; түн ортосунан кийин — 24:30.",
        "СС:ММ; түн ортасынан кейін — 24:30.",
    ),
)
END = FormField(
    "end",
    "clock",
    words("Until", "До", "Аягы", "Аяғы"),
    words("Later than the beginning.", "Позже начала.", "Башталышынан кийин.", "Басталуынан кейін."),
)
NEW_STOPS = FormField(
    "new_stops",
    "drawn",
    words("New stops", "Новые остановки", "Жаңы аялдамалар", "Жаңа аялдамалар"),
    words(
        "Stops that do not exist yet, with their places.",
        "Остановки, которых ещё нет, с их местом.",
        "Азырынча жок аялдамалар жана алардын орду.",
        "Әзірге жоқ аялдамалар және олардың орны.",
    ),
)


def drawn(name: str, label: Words) -> FormField:
    """Return a field that the map tool fills in."""
    return FormField(
        name, "drawn", label,
        words("Comes from the drawing.", "Берётся из рисунка.", "Чиймеден алынат.", "Сызбадан алынады."),
    )  # fmt: skip


def asked(
    name: str, widget: Widget, label: Words, hint: Words, unit: str = "", *choices: tuple[str, Words]
) -> FormField:
    """Return a field of a form."""
    return FormField(name, widget, label, hint, unit, choices)


YES_NO = (
    ("true", words("Yes", "Да", "Ооба", "Иә")),
    ("false", words("No", "Нет", "Жок", "Жоқ")),
)
