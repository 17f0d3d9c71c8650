"""Exceptions for named people at a centre: listed, made and ended by its privacy officers."""

from datetime import datetime, time, timedelta

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View
from django.views.decorators.http import require_safe

from nhc.actors import Actor
from nhc.clock import LONDON
from partners import permissions
from partners.forms.exceptions import ExceptionForm
from partners.models import CentreException
from partners.permissions import NotVisible
from partners.queries import exceptions as queries
from partners.queries import people as people_queries
from partners.services import exceptions
from partners.views.access import visit

PAGE = 25


@require_safe
def exception_list(request: HttpRequest, slug: str) -> HttpResponse:
    """List who may read the centre's dashboard by exception, newest first, and who could."""
    seen = visit(request)
    centre = permissions.get_centre_for_exceptions(seen.viewer, slug, seen.at)
    page = Paginator(queries.of_centre(centre), PAGE).get_page(request.GET.get("page"))
    found = [(each, _state(each, seen.at)) for each in page]
    return render(request, "partners/exceptions.jinja", {"centre": centre, "exceptions": found, "page": page})


def _state(exception: CentreException, at: datetime) -> str:
    if exception.revoked_at is not None:
        return "Ended"
    return "In use" if exception.expires_at > at else "Expired"


class GrantException(View):
    """Make an exception."""

    http_method_names = ["get", "head", "post"]

    def setup(self, request: HttpRequest, *args: object, **kwargs: str) -> None:
        """Load the centre, for its privacy officers."""
        super().setup(request, *args, **kwargs)
        self.seen = visit(request)
        self.centre = permissions.get_centre_for_exceptions(self.seen.viewer, kwargs["slug"], self.seen.at)

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show the form."""
        return self.page(request, ExceptionForm(today=self.seen.today))

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Make the exception and lead to the list."""
        form = ExceptionForm(request.POST, today=self.seen.today)
        if not form.is_valid():
            return self.page(request, form, status=422)
        user = people_queries.by_email(form.cleaned_data["email"])
        if user is None:
            form.add_error("email", "Nobody signs in with this address. Check it, or have the person invited first")
            return self.page(request, form, status=422)
        try:
            exceptions.grant_exception(
                user=user,
                centre=self.centre,
                reason=form.cleaned_data["reason"],
                expires_at=datetime.combine(form.cleaned_data["last_day"] + timedelta(days=1), time(), LONDON),
                by=Actor.user(self.seen.user),
                at=self.seen.at,
            )
        except ValidationError as error:
            form.add_error(None, error)
            return self.page(request, form, status=422)
        messages.success(request, f"{user.name} may read the dashboard of {self.centre.name}")
        return redirect("partners:exceptions", self.centre.slug)

    def page(self, request: HttpRequest, form: ExceptionForm, *, status: int = 200) -> HttpResponse:
        """Render the form."""
        return render(request, "partners/exception-make.jinja", {"form": form, "centre": self.centre}, status=status)


class RevokeException(View):
    """End an exception, after asking."""

    http_method_names = ["get", "head", "post"]

    def setup(self, request: HttpRequest, *args: object, **kwargs: int) -> None:
        """Load the exception, for the privacy officers of its centre. One that has ended is not there any more."""
        super().setup(request, *args, **kwargs)
        self.seen = visit(request)
        self.exception = permissions.get_exception_for(self.seen.viewer, kwargs["exception_id"], self.seen.at)
        if _state(self.exception, self.seen.at) != "In use":
            raise NotVisible

    def get(self, request: HttpRequest, **_: int) -> HttpResponse:
        """Ask."""
        return render(request, "partners/exception-revoke.jinja", {"exception": self.exception})

    def post(self, request: HttpRequest, **_: int) -> HttpResponse:
        """End it."""
        exceptions.revoke_exception(exception=self.exception, by=Actor.user(self.seen.user), at=self.seen.at)
        centre = self.exception.content_object
        messages.success(request, f"{self.exception.user.name} does not read the dashboard of {centre.name} any more")
        return redirect("partners:exceptions", centre.slug)
