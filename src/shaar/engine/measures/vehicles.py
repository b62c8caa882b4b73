"""``buy_vehicles`` and ``retire_vehicles``: the fleet by year, type and energy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field, model_validator

from shaar.engine.measures.fields import Model, Year
from shaar.engine.measures.forms import YEAR, asked
from shaar.engine.measures.kinds import Kind, number, words
from shaar.engine.measures.state import State
from shaar.engine.measures.vehicle_types import TYPES, VEHICLE_TYPE

VehicleType = Literal["bus_12m", "articulated_18m", "midi_9m", "minibus_6m", "trolleybus_12m", "battery_12m"]
Energy = Literal["diesel", "hybrid", "cng", "trolley", "battery"]
Count = Annotated[int, Field(gt=0, le=10_000)]
_ENERGIES = {
    "diesel": words("Diesel", "Дизель", "Дизель", "Дизель"),
    "hybrid": words("Hybrid", "Гибрид", "Гибрид", "Гибрид"),
    "cng": words("Natural gas", "Природный газ", "Жаратылыш газы", "Табиғи газ"),
    "trolley": words("Electricity from wires", "Электричество от контактной сети", "Зымдан электр", "Сымнан электр"),
    "battery": words(
        "Electricity from batteries", "Электричество от батарей", "Батареядан электр", "Батареядан электр"
    ),
}
#: The vehicle of the climate room (``climate.bus_fleet.VEHICLES``) that stands for an energy.
CLIMATE = {
    "diesel": "diesel_euro_vi", "hybrid": "hybrid_euro_vi", "cng": "cng_eev", "trolley": "trolleybus",
    "battery": "battery_12m",
}  # fmt: skip
#: Types of which the energy is known.
_OWN: dict[str, Energy] = {"trolleybus_12m": "trolley", "battery_12m": "battery"}
_MIDI = ("midi_9m", "minibus_6m")


def climate_vehicle(vehicle_type: str, energy: str) -> str:
    """Return the vehicle of the climate room that stands for a type with an energy."""
    if energy == "diesel" and vehicle_type in _MIDI:
        return "midi_diesel_euro_v"
    return CLIMATE[energy]


def _fits(vehicle_type: str, energy: str) -> None:
    own = _OWN.get(vehicle_type)
    if own is not None and energy != own:
        raise ValueError(f"energy of {vehicle_type} is {own}, not {energy}")


class BuyVehicles(Model):
    """Vehicles that come into service in a year."""

    type: Literal["buy_vehicles"] = "buy_vehicles"
    year: Year
    count: Count
    vehicle_type: VehicleType
    energy: Energy
    price: float | None = Field(
        default=None,
        ge=0,
        le=1e12,
        allow_inf_nan=False,
        description="of one, in the currency of the city; left out: the usual price",
    )

    @model_validator(mode="after")
    def _consistent(self) -> BuyVehicles:
        _fits(self.vehicle_type, self.energy)
        return self


class RetireVehicles(Model):
    """Vehicles that go out of service in a year."""

    type: Literal["retire_vehicles"] = "retire_vehicles"
    year: Year
    count: Count
    vehicle_type: VehicleType
    energy: Energy

    @model_validator(mode="after")
    def _consistent(self) -> RetireVehicles:
        _fits(self.vehicle_type, self.energy)
        return self


def apply(change: BuyVehicles | RetireVehicles, state: State) -> State:
    """Return the state with the purchase or retirement as a lever: the fleet is no table of the city."""
    return replace(state, levers=(*state.levers, change))


def _values(change: BuyVehicles | RetireVehicles) -> tuple[str, Mapping[str, object]]:
    values: dict[str, object] = {"year": change.year, "count": change.count}
    for k in ("en", "ru", "ky", "kk"):
        names = TYPES[change.vehicle_type][k], _ENERGIES[change.energy][k]
        values[f"what_{k}"] = "; ".join(n[0].lower() + n[1:] for n in names)
    if isinstance(change, BuyVehicles) and change.price is not None:
        return "price", {**values, "price": number(change.price)}
    return "", values


_COUNT = asked(
    "count",
    "number",
    words("How many", "Сколько", "Канча", "Қанша"),
    words("Vehicles.", "Единиц.", "Унаа.", "Көлік."),
)
_ENERGY = asked(
    "energy",
    "choice",
    words("Energy", "Энергия", "Энергия", "Энергия"),
    words("What they run on.", "На чём ездят.", "Эмне менен жүрөт.", "Немен жүреді."),
    "",
    *_ENERGIES.items(),
)
BUY = Kind(
    model=BuyVehicles,
    apply=apply,
    tool="none",
    group="fleet",
    example={
        "type": "buy_vehicles",
        "year": 2027,
        "count": 40,
        "vehicle_type": "battery_12m",
        "energy": "battery",
        "price": 180_000_000,
    },
    label=words("Buy vehicles", "Купить автобусы", "Автобус сатып алуу", "Автобус сатып алу"),
    form=(
        YEAR,
        _COUNT,
        VEHICLE_TYPE,
        _ENERGY,
        asked(
            "price",
            "number",
            words("Price of one", "Цена одного", "Бирөөнүн баасы", "Біреуінің бағасы"),
            words(
                "Left out: the usual price.",
                "Если не указать, обычная цена.",
                "Көрсөтүлбөсө, кадимки баа.",
                "Көрсетілмесе, әдеттегі баға.",
            ),
            "currency",
        ),
    ),
    sentences={
        "": words(
            "Buy vehicles in {year}: {count} ({what_en}).",
            "Купить в {year} году: {count} ({what_ru}).",
            "{year}-жылы сатып алуу: {count} ({what_ky}).",
            "{year} жылы сатып алу: {count} ({what_kk}).",
        ),
        "price": words(
            "Buy vehicles in {year}: {count} ({what_en}), price of one: {price}.",
            "Купить в {year} году: {count} ({what_ru}), цена одного: {price}.",
            "{year}-жылы сатып алуу: {count} ({what_ky}), бирөөнүн баасы: {price}.",
            "{year} жылы сатып алу: {count} ({what_kk}), біреуінің бағасы: {price}.",
        ),
    },
    values=_values,
)
RETIRE = Kind(
    model=RetireVehicles,
    apply=apply,
    tool="none",
    group="fleet",
    example={"type": "retire_vehicles", "year": 2028, "count": 25, "vehicle_type": "bus_12m", "energy": "diesel"},
    label=words("Retire vehicles", "Списать автобусы", "Автобустарды эсептен чыгаруу", "Автобустарды есептен шығару"),
    form=(YEAR, _COUNT, VEHICLE_TYPE, _ENERGY),
    sentences={
        "": words(
            "Retire vehicles in {year}: {count} ({what_en}).",
            "Списать в {year} году: {count} ({what_ru}).",
            "{year}-жылы эсептен чыгаруу: {count} ({what_ky}).",
            "{year} жылы есептен шығару: {count} ({what_kk}).",
        ),
    },
    values=_values,
)
