"""Files of objects, for those who may see the object."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.http import FileResponse, HttpRequest, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.urls import path
from django.utils.http import http_date

from shaar.platform.kernel import attachments, seeing
from shaar.platform.kernel.gate import public


@public
def file(request: HttpRequest, number: UUID, size: str) -> HttpResponseBase:
    """One size of a photo, or a document as a download.

    A file that everybody may see may be kept by caches for an hour (it may yet be taken down); others by nobody.
    """
    one = attachments.find(number, viewer=request.user)
    tag = f'"{one.sha256[:32]}-{size}"'
    if request.headers.get("If-None-Match") == tag:
        response: HttpResponseBase = HttpResponseNotModified()
    else:
        content, mime = attachments.open_file(one, size)
        response = FileResponse(
            content, content_type=mime, filename=one.name, as_attachment=one.kind != attachments.PHOTO
        )
        response["Last-Modified"] = http_date(one.at.timestamp())
    open_to_all = seeing.may_see(AnonymousUser(), one.object_type, one.object_id)
    response["Cache-Control"] = "public, max-age=3600" if open_to_all else "private, no-store"
    response["ETag"] = tag
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


urlpatterns = [path("files/<uuid:number>/<slug:size>/", file, name="file")]
