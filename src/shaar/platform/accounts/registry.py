"""What rooms above add to a person's own pages: panels on /me/, parts of her export, what an erasure takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of /me/.

    Parameters
    ----------
    key
        Short name, also the anchor on the page.
    title
        Heading, lazily translated.
    template
        Shown with what ``facts(person)`` gives, under the name ``panel``.
    facts
        Gives a dictionary, or None to leave the panel out for this person.
    order
        Small numbers come first.
    """

    key: str
    title: Any
    template: str
    facts: Callable[[Any], dict[str, Any] | None]
    order: int = 50


_PANELS: dict[str, Panel] = {}
_EXPORTS: dict[str, Callable[[Any], Any]] = {}
_ERASURES: dict[str, Callable[[Any], None]] = {}


def register_panel(panel: Panel) -> None:
    """Add a panel to /me/; call it in ``AppConfig.ready``."""
    _PANELS[panel.key] = panel


def panels_of(person: Any) -> list[tuple[Panel, dict[str, Any]]]:
    """Panels that have something for this person, in order."""
    ordered = sorted(_PANELS.values(), key=lambda panel: (panel.order, panel.key))
    return [(panel, facts) for panel in ordered if (facts := panel.facts(person)) is not None]


def register_export(name: str, facts: Callable[[Any], Any]) -> None:
    """Add a part to the file that a person may take with her: ``facts(person)`` gives JSON."""
    _EXPORTS[name] = facts


def exports_of(person: Any) -> dict[str, Any]:
    """Every room's part of the export."""
    return {name: facts(person) for name, facts in sorted(_EXPORTS.items())}


def register_erasure(name: str, erase: Callable[[Any], None]) -> None:
    """Say what a room takes away when a person is erased; called inside the transaction, before her name is gone."""
    _ERASURES[name] = erase


def erase_in_rooms(person: Any) -> None:
    """Let every room take its part away."""
    for _name, erase in sorted(_ERASURES.items()):
        erase(person)
