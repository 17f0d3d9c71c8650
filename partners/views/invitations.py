"""Invitations: sent and withdrawn by an organisation's administrators, accepted by whoever holds the link."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from nhc import attempts, authentication, clock, mail
from nhc.access import ROLES
from nhc.actors import Actor
from nhc.models import User
from partners import permissions
from partners.forms import AcceptForm, InviteForm
from partners.forms.people import end_of, refuse, start_of
from partners.models import Invitation
from partners.permissions import NotVisible
from partners.queries import invitations as queries
from partners.queries import staff
from partners.services import invitations
from partners.views.access import Visit, visit
from partners.views.people import manager_named

PER_PAGE = 50

_MADE = "made_invitation"
_MOST = attempts.Limit("invitation", most=20, seconds=900)
"""Links that open nothing, and refused passwords, from one address in a quarter of an hour."""


@require_safe
def invitation_list(request: HttpRequest, code: str) -> HttpResponse:
    """List an organisation's invitations, newest first."""
    seen = visit(request)
    organisation = permissions.get_administered_organisation(seen.viewer, code, seen.at)
    page = Paginator(queries.of(organisation), PER_PAGE).get_page(request.GET.get("page"))
    rows = [(each, _state(each, seen)) for each in page.object_list]
    context = {"organisation": organisation, "rows": rows, "page": page, "roles": ROLES}
    return render(request, "partners/invitations.jinja", context)


def _state(invitation: Invitation, seen: Visit) -> str:
    if invitation.accepted_at is not None:
        return "Accepted"
    if invitation.expires_at <= seen.at:
        return "Expired"
    return "Withdrawn" if invitation.withdrawn_at is not None else "Open"


class Invite(View):
    """Invite someone to the organisation."""

    http_method_names = ["get", "head", "post"]

    def setup(self, request: HttpRequest, *args: object, **kwargs: str) -> None:
        """Load the organisation and its teams, for its administrators."""
        super().setup(request, *args, **kwargs)
        self.seen = visit(request)
        self.organisation = permissions.get_administered_organisation(self.seen.viewer, kwargs["code"], self.seen.at)
        self.teams = staff.teams_of(self.organisation, self.seen.at)

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show the form."""
        return self.page(InviteForm(teams=self.teams, today=self.seen.today))

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Send the invitation and lead to the page that says where it went."""
        form = InviteForm(request.POST, teams=self.teams, today=self.seen.today)
        if form.is_valid():
            try:
                invitation = self.invite(form)
            except ValidationError as error:
                refuse(form, error)
            else:
                request.session[_MADE] = str(invitation.pk)
                return redirect("partners:invited", self.organisation.code, invitation.pk)
        return self.page(form, status=422)

    def invite(self, form: InviteForm) -> Invitation:
        """Raises ValidationError where the invitation is refused."""
        data = form.cleaned_data
        team = next((team for team in self.teams if str(team.pk) == data["team"]), None)
        place = None if team is None else invitations.Place(team, data["role"], end_of(data["until"]))
        return invitations.invite(
            organisation=self.organisation,
            email=data["email"],
            name=data["name"],
            employed_from=start_of(data["starts"], self.seen.at),
            place=place,
            line_manager=manager_named(data["line_manager"], self.organisation, self.seen.at),
            inviter=self.seen.user,
            by=self.seen.by(self.organisation),
            at=self.seen.at,
        )

    def page(self, form: InviteForm, *, status: int = 200) -> HttpResponse:
        """Render the form."""
        context = {"form": form, "organisation": self.organisation, "sent": mail.is_sent()}
        return render(self.request, "partners/invite.jinja", context, status=status)


@never_cache
@require_safe
def invited(request: HttpRequest, code: str, invitation_id: UUID) -> HttpResponse:
    """Say where the invitation that was just made went, this once; afterwards lead to the list.

    Only where no e-mail is sent does it show the link: whoever sees one could accept in the other's name.
    """
    seen = visit(request)
    invitation = permissions.get_invitation_for(seen.viewer, code, invitation_id, seen.at)
    if request.session.pop(_MADE, None) != str(invitation.pk):
        return redirect("partners:invitations", code)
    link = reverse("partners:accept", args=[invitations.token_of(invitation)])
    context = {"invitation": invitation, "link": "" if mail.is_sent() else settings.PUBLIC_URL + link}
    return render(request, "partners/invited.jinja", context)


class WithdrawInvitation(View):
    """Take an invitation back, after asking."""

    http_method_names = ["get", "head", "post"]

    def setup(self, request: HttpRequest, *args: object, **kwargs: str) -> None:
        """Load the invitation while it is open, for its organisation's administrators."""
        super().setup(request, *args, **kwargs)
        self.seen = visit(request)
        self.invitation = permissions.get_invitation_for(
            self.seen.viewer, kwargs["code"], UUID(str(kwargs["invitation_id"])), self.seen.at
        )

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Ask; of one that is closed there is nothing to ask."""
        if not invitations.is_open(self.invitation, self.seen.at):
            raise NotVisible
        context = {"invitation": self.invitation, "organisation": self.invitation.organisation}
        return render(request, "partners/invitation-withdraw.jinja", context)

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Withdraw it; asked twice it stays withdrawn."""
        organisation = self.invitation.organisation
        try:
            invitations.withdraw(invitation=self.invitation, by=self.seen.by(organisation), at=self.seen.at)
        except invitations.ClosedError:
            messages.info(request, f"{self.invitation.name} had accepted the invitation already")
        else:
            messages.success(request, f"The invitation of {self.invitation.name} is withdrawn")
        return redirect("partners:invitations", organisation.code)


@method_decorator([login_not_required, never_cache, sensitive_post_parameters("password")], name="dispatch")
class AcceptInvitation(View):
    """Accept an invitation, by its link. What the page says depends on the link alone, never on who has an account."""

    http_method_names = ["get", "head", "post"]

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: str) -> HttpResponseBase:
        """Find the invitation. A link that opens nothing is answered the same way whatever the reason."""
        self.at = clock.now()
        address = attempts.address_of(request)
        if attempts.too_many(_MOST, address):
            return self.gone("partners/accept-wait.jinja", status=429)
        invitation = queries.open_with_digest(invitations.digest(kwargs["token"]), self.at)
        if invitation is None:
            attempts.note(_MOST, address)
            return self.gone("partners/accept-closed.jinja", status=404)
        self.invitation = invitation
        response = super().dispatch(request, *args, **kwargs)
        if response.status_code == 422:
            attempts.note(_MOST, address)
        return response

    def gone(self, template: str, *, status: int) -> HttpResponse:
        """Say that the link does not work."""
        return render(self.request, template, status=status)

    def get(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Show who invites, and the form."""
        return self.page(AcceptForm(initial={"name": self.invitation.name}))

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        """Accept: as the person who is signed in, or with a new account."""
        try:
            if isinstance(request.user, User):
                return self.accept_as(request.user)
            form = AcceptForm(request.POST)
            if form.is_valid():
                return self.accept_as_new(form)
        except invitations.ClosedError:
            return self.gone("partners/accept-closed.jinja", status=404)
        except ValidationError as error:
            form = AcceptForm(request.POST)
            refuse(form, error)
        return self.page(form, status=422)

    def accept_as(self, user: User) -> HttpResponse:
        """Accept for someone who has an account. Raises ValidationError."""
        invitations.accept_as(invitation=self.invitation, user=user, at=self.at)
        messages.success(self.request, f"You have joined {self.invitation.organisation.name}")
        return redirect("home")

    def accept_as_new(self, form: AcceptForm) -> HttpResponse:
        """Make the account and sign in; then the page where a second factor is added. Raises ValidationError."""
        user = invitations.accept_as_new(
            invitation=self.invitation,
            name=form.cleaned_data["name"],
            password=form.cleaned_data["password"],
            mailbox=self.request.GET.get("mailbox", ""),
            by=Actor.system("invitation"),
            at=self.at,
        )
        authentication.sign_in(request=self.request, user=user, at=self.at)
        messages.success(self.request, f"Welcome. You have joined {self.invitation.organisation.name}")
        try:
            return redirect(reverse("second-factor"))
        except NoReverseMatch:
            return redirect("home")

    def page(self, form: AcceptForm, *, status: int = 200) -> HttpResponse:
        """Render the page. Whoever is signed in sees whose invitation it is only if it is their own."""
        user = self.request.user
        own = isinstance(user, User) and user.email == self.invitation.email
        placed = self.invitation.team is not None and invitations.gives_its_role(self.invitation)
        context = {"invitation": self.invitation, "form": form, "own": own, "roles": ROLES, "placed": placed}
        return render(self.request, "partners/accept.jinja", context, status=status)
