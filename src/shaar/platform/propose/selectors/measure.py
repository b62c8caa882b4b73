"""Reading measures: lists with filters, one by its reference, what it still needs, near ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from shaar.platform.accounts.models import Organisation, Person
from shaar.platform.kernel.errors import Missing
from shaar.platform.kernel.folding import fold_forgiving
from shaar.platform.places import selectors as places
from shaar.platform.places.models import Territory

from ..models import Answer, Measure, Process, Support
from ..policies.measure import measures_visible_to
from ..states import YOUNG


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed by; empty values narrow nothing. ``box``: west, south, east, north in degrees."""

    words: str = ""
    kind: str = ""
    status: str = ""
    territory: str = ""
    process: str = ""
    box: tuple[float, float, float, float] | None = None
    order: str = "newest"
    extra: dict[str, Any] = field(default_factory=dict)


#: Orders of the list; the second key keeps pages stable.
ORDERS = {
    "newest": ("-published_at", "ref"),
    "supported": ("-supports_count", "ref"),
    "talked": ("-comments_count", "ref"),
    "due": ("due", "ref"),
}


def measures(viewer: Any, filters: Filters | None = None) -> QuerySet[Measure]:
    """Measures that the viewer may see, narrowed and ordered. Joined ones are shown only when asked for."""
    chosen = filters or Filters()
    found = measures_visible_to(viewer).select_related("territory", "author", "process", "office")
    for word in fold_forgiving(chosen.words).split()[:8]:
        found = found.filter(search_text__contains=word)
    if chosen.kind:
        found = found.filter(kind__in=chosen.kind.split(","))
    if chosen.status:
        found = found.filter(status__in=chosen.status.split(","))
    else:
        found = found.exclude(status__in=(Measure.Status.MERGED, Measure.Status.WITHDRAWN))
    if chosen.territory:
        here = Territory.objects.filter(code=chosen.territory).first()
        found = found.filter(territory__in=places.within(here)) if here else found.none()
    if chosen.process:
        found = found.filter(process__slug=chosen.process)
    if chosen.box:
        west, south, east, north = chosen.box
        found = found.filter(max_lon__gte=west, min_lon__lte=east, max_lat__gte=south, min_lat__lte=north)
    return found.order_by(*ORDERS.get(chosen.order, ORDERS["newest"]))


def measure_by_ref(ref: str, *, viewer: Any, whole: bool = False) -> Measure:
    """One measure; a hidden one too, whose words the page keeps back (`may_see`).

    ``whole``: with the phases, numbers and answers that its page asks for many times, read once.
    """
    rows = Measure.objects.filter(ref=ref.upper()).select_related(
        "territory", "author", "process", "office", "merged_into", "on_behalf_of"
    )
    if whole:
        answers = Answer.objects.select_related("office", "by", "appeal").order_by("-at")
        rows = rows.prefetch_related(
            "process__phases", "process__thresholds__territory", Prefetch("answers", answers)
        )  # fmt: skip
    found = rows.first()
    if found is None:
        raise Missing("measure.missing", _("There is no proposal with this number."))
    return found


def needed(measure: Measure) -> int | None:
    """Supports that oblige the city to answer: of the smallest territory with an own number, else of the process."""
    if measure.process is None:
        return None
    if measure.territory is not None:
        own = [t for t in measure.process.thresholds.all() if t.territory.contains(measure.territory)]
        if own:
            return max(own, key=lambda t: len(t.territory.path)).needed
    return measure.process.threshold


def missing_supports(measure: Measure) -> int | None:
    """How many supports are still missing; None where it does not count (any more)."""
    wanted = needed(measure)
    if wanted is None or measure.status != Measure.Status.OPEN:
        return None
    return max(0, wanted - measure.supports_count)


def supports(person: Any, measure: Measure) -> bool:
    """Whether this person is behind the measure."""
    return isinstance(person, Person) and Support.objects.filter(measure=measure, person=person).exists()


def authors(measure: Measure) -> list[Person]:
    """Its author and those of the measures joined to it, each once."""
    found = {measure.author_id: measure.author}
    for credit in measure.credits.select_related("person").order_by("id"):
        found.setdefault(credit.person_id, credit.person)
    return list(found.values())


def answer_in_force(measure: Measure) -> Answer | None:
    """The newest official answer that no appeal has overturned."""
    standing = (answer for answer in answers_of(measure) if answer.overturned_at is None)
    return next(standing, None)


def answers_of(measure: Measure) -> list[Answer]:
    """Its official answers with their appeals, the newest first."""
    if "answers" in getattr(measure, "_prefetched_objects_cache", {}):
        return list(measure.answers.all())
    return list(measure.answers.select_related("office", "by", "appeal").order_by("-at"))


def own_measures(person: Any) -> QuerySet[Measure]:
    """What she put forward or is credited for."""
    if not isinstance(person, Person):
        return Measure.objects.none()
    ids = Measure.objects.filter(Q(author=person) | Q(credits__person=person)).values("pk")
    return Measure.objects.filter(pk__in=ids).select_related("territory").order_by("-published_at")


def supported_measures(person: Any) -> QuerySet[Measure]:
    """What she supports, without her own."""
    if not isinstance(person, Person):
        return Measure.objects.none()
    return measures_visible_to(person).filter(supports__person=person).exclude(author=person)


def office_for(territory: Territory | None) -> Organisation | None:
    """The office that answers for a place: the administration of the smallest territory around it."""
    if territory is None:
        return None
    offices = Organisation.objects.filter(
        kind__in=(Organisation.Kind.ADMINISTRATION, Organisation.Kind.DEPARTMENT), territory__isnull=False
    ).select_related("territory")
    around = [office for office in offices if office.territory and office.territory.contains(territory)]

    def nearness(office: Organisation) -> tuple[int, bool, str]:
        path = office.territory.path if office.territory else ""
        return len(path), office.kind == Organisation.Kind.ADMINISTRATION, str(office.pk)

    return max(around, key=nearness, default=None)


def open_processes(viewer: Any, feature: str) -> list[Process]:
    """Processes in which this may be done now."""
    from ..policies.process import feature_open, processes_visible_to

    found = processes_visible_to(viewer).prefetch_related("phases")
    return [process for process in found if feature_open(process, feature)]


def young(viewer: Any) -> QuerySet[Measure]:
    """Measures that still gather support or wait for an answer."""
    return measures_visible_to(viewer).filter(status__in=YOUNG, hidden=False)
