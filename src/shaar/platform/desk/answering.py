"""Views that answer programs in JSON: who may ask, what may be sent, and every refusal as code, sentence and field."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, TypeVar

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shaar.engine.errors import InputError, ShaarError
from shaar.platform.accounts.models import Person
from shaar.platform.appraise import policies
from shaar.platform.appraise.live import StillOpening, Superseded
from shaar.platform.kernel.errors import Forbidden, Invalid, Refusal

#: Largest body that is read, bytes: a redesigned network of a large city has about half of it.
LARGEST = 2_000_000
Lon = Annotated[float, Field(ge=-180, le=180)]
Lat = Annotated[float, Field(ge=-85, le=85)]
Answer = Any
View = Callable[..., Answer]


class Body(BaseModel):
    """What a request carries: nothing unknown, no text where a number is meant."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)


B = TypeVar("B", bound=Body)


def answers(**by_method: View) -> Callable[..., HttpResponseBase]:
    """Make one view of a function for each method (``GET=..., POST=...``), open to those who prepare studies.

    A function returns plain data, or a response of its own.
    """

    def view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            answer = _answer(by_method, request, *args, **kwargs)
        except Exception as error:
            refused = _refused(error)
            if refused is None:
                raise
            return refused
        return answer

    first = next(iter(by_method.values()))
    wrapped = wraps(first)(view)
    wrapped.shaar_gate = "appraisers"  # type: ignore[attr-defined]
    return wrapped


def _answer(by_method: dict[str, View], request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
    if not request.user.is_authenticated:
        return said(401, "signed_out", _("Sign in first."))
    if not policies.may_appraise(request.user):
        raise Forbidden("workbench.role", _("The workbench is open to officers, heads and the mayor's office."))
    method = "GET" if request.method == "HEAD" else str(request.method)
    if method not in by_method:
        answer = said(405, "method", _("This address does not take that."))
        answer["Allow"] = ", ".join(by_method)
        return answer
    found = by_method[method](request, *args, **kwargs)
    return found if isinstance(found, HttpResponseBase) else as_json(found)


def _refused(error: Exception) -> HttpResponse | None:
    """The answer to what went wrong, None where it is a fault of ours."""
    match error:
        case StillOpening():
            seen = error.opening
            progress = {"note": seen.note, "done": seen.done, "total": seen.total}
            answer = said(503, "opening", _("The model of the city is being opened."), progress=progress)
            answer["Retry-After"] = "2"
            return answer
        case Superseded():
            return said(409, "superseded", _("A later edit took the place of this one."))
        case Refusal():
            return said(error.status, error.code, str(error.message), field=error.field)
        case InputError():
            return said(422, "refused", _why(error.message), field=error.field)
        case ShaarError():
            return said(422, "refused", _why(str(error)))
        case RequestDataTooBig():
            return said(413, "too_large", _("This is too much at once."))
    return None


def _why(words: str) -> str:
    return _("The model does not take this: %(why)s") % {"why": words}


def said(status: int, code: str, message: str, *, field: str | None = None, **more: Any) -> HttpResponse:
    """A refusal."""
    answer = as_json({"code": code, "message": message, "field": field, **more}, status=status)
    answer._has_been_logged = True  # type: ignore[attr-defined]
    return answer


def as_json(data: Any, *, status: int = 200) -> HttpResponse:
    """Data as it is, compact, Cyrillic as Cyrillic; never kept by anybody between."""
    answer = JsonResponse(
        data, safe=False, status=status,
        json_dumps_params={"ensure_ascii": False, "separators": (",", ":"), "allow_nan": False},
    )  # fmt: skip
    answer["Cache-Control"] = "private, no-store"
    return answer


def person_of(request: HttpRequest) -> Person:
    """Who asks; `answers` has let her in."""
    assert isinstance(request.user, Person)
    return request.user


def body(request: HttpRequest, kind: type[B]) -> B:
    """Read the body.

    Raises
    ------
    Invalid
        It is no JSON, or does not fit; one sentence that names the field.
    """
    if request.content_type != "application/json":
        raise Invalid("body.type", _("Send JSON (Content-Type: application/json)."))
    if len(request.body) > LARGEST:
        raise Invalid("body.size", _("This is too much at once."))
    try:
        raw = json.loads(request.body, parse_constant=_no_number)
        return kind.model_validate_json(json.dumps(raw))
    except ValidationError as error:
        raise _wrong(error) from error
    except (ValueError, RecursionError) as error:
        raise Invalid("body.json", _("This is not valid JSON.")) from error


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number")


def _wrong(error: ValidationError) -> Invalid:
    first = error.errors(include_url=False)[0]
    name = ".".join(str(part) for part in first["loc"] if not str(part).startswith(("tuple[", "list["))) or "body"
    kind, about = str(first["type"]), first.get("ctx", {})
    sentences = {
        "missing": _("“%(field)s” is missing."),
        "extra_forbidden": _("“%(field)s” is not known here."),
        "greater_than": _("“%(field)s” has to be more than %(gt)s."),
        "greater_than_equal": _("“%(field)s” has to be at least %(ge)s."),
        "less_than": _("“%(field)s” has to be less than %(lt)s."),
        "less_than_equal": _("“%(field)s” may be at most %(le)s."),
        "too_short": _("“%(field)s” has too few entries."),
        "too_long": _("“%(field)s” has too many entries."),
        "string_too_short": _("“%(field)s” is too short."),
        "string_too_long": _("“%(field)s” is too long."),
        "value_error": _("“%(field)s” cannot be taken."),
    }
    words = sentences.get(kind)
    if words is None and kind.startswith(("float_", "int_", "finite_")):
        words = _("“%(field)s” has to be a number.")
    elif words is None and kind.startswith("bool_"):
        words = _("“%(field)s” is true or false.")
    elif words is None and kind.startswith("string_"):
        words = _("“%(field)s” has to be text in its usual form.")
    elif words is None and kind.startswith(("list_", "tuple_")):
        words = _("“%(field)s” has to be a list.")
    limits = {key: _plain(value) for key, value in about.items()}
    return Invalid("body.field", (words or _("“%(field)s” cannot be taken.")) % {"field": name, **limits}, field=name)


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, float) and math.isfinite(value) and value == int(value) else value
