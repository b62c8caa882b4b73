"""Types of vehicles that a line may have, and their names."""

from __future__ import annotations

from shaar.engine.design.vehicles import NAMES
from shaar.engine.errors import InputError
from shaar.engine.measures.forms import asked
from shaar.engine.measures.kinds import Words, words

TYPES: dict[str, Words] = {
    "bus_12m": words("Bus, 12 m", "Автобус, 12 м", "Автобус, 12 м", "Автобус, 12 м"),
    "articulated_18m": words(
        "Articulated bus, 18 m", "Сочленённый автобус, 18 м", "Кошмок автобус, 18 м", "Құрама автобус, 18 м"
    ),
    "midi_9m": words("Midi bus, 9 m", "Автобус среднего класса, 9 м", "Орто автобус, 9 м", "Орта автобус, 9 м"),
    "minibus_6m": words("Minibus, 6 m", "Микроавтобус, 6 м", "Микроавтобус, 6 м", "Шағын автобус, 6 м"),
    "trolleybus_12m": words("Trolleybus, 12 m", "Троллейбус, 12 м", "Троллейбус, 12 м", "Троллейбус, 12 м"),
    "battery_12m": words("Battery bus, 12 m", "Электробус, 12 м", "Электробус, 12 м", "Электробус, 12 м"),
}

VEHICLE_TYPE = asked(
    "vehicle_type",
    "choice",
    words("Vehicle", "Подвижной состав", "Унаа түрү", "Көлік түрі"),
    words(
        "Decides room, cost and emissions.",
        "Определяет вместимость, расходы и выбросы.",
        "Сыйымдуулукту, чыгымды жана бөлүп чыгарууну аныктайт.",
        "Сыйымдылықты, шығынды және шығарындыларды анықтайды.",
    ),
    "",
    *TYPES.items(),
)


def need_vehicle_type(key: str, field: str = "vehicle_type") -> str:
    """Return the key of a type given by its key or short name.

    Raises
    ------
    InputError
        There is no such type.
    """
    found = NAMES.get(key, key)
    if found not in TYPES:
        raise InputError(f"there is no vehicle type {key!r}; known are {', '.join(TYPES)}", field=field)
    return found
