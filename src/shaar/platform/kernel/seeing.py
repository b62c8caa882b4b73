"""Who may see an object of a kind: asked for its files and its place in the feed. Rooms register; the kernel asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import models

MaySee = Callable[[Any, Any], bool]


@dataclass(frozen=True, slots=True)
class Kind:
    """How the kernel may treat objects of one model.

    Parameters
    ----------
    may_see
        ``may_see(viewer, thing)``; the viewer may be nobody (anonymous).
    may_change
        ``may_change(person, thing)``: who may add and remove files; None: services of the room check it themselves.
    """

    may_see: MaySee
    may_change: MaySee | None = None


_KINDS: dict[str, Kind] = {}


def register(kind: str, may_see: MaySee, *, may_change: MaySee | None = None) -> None:
    """Say who may see objects of ``kind`` (as ``propose.measure``); call it in ``AppConfig.ready``."""
    _KINDS[kind.lower()] = Kind(may_see, may_change)


def kind_of(name: str) -> Kind | None:
    """What was registered for a kind, if anything was."""
    return _KINDS.get(name.lower())


def thing_of(kind: str, number: UUID) -> models.Model | None:
    """The object by the pair that names it in events and attachments."""
    try:
        model = apps.get_model(kind)
    except (LookupError, ValueError):
        return None
    return model._base_manager.filter(pk=number).first()


def may_see(viewer: Any, kind: str, number: UUID) -> bool:
    """Whether the viewer may see the object; of a kind that nobody registered: no."""
    known, thing = kind_of(kind), thing_of(kind, number)
    return bool(known and thing is not None and known.may_see(viewer, thing))
