"""Sign in with an employer's identity provider."""

import structlog
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from nhc import authentication, clock, identity_providers
from nhc.environment import IdentityProvider
from nhc.views.sign_in import arrived, first_step, local_address

log = structlog.get_logger(__name__)


@login_not_required
@never_cache
@require_POST
def go(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Send a person to the provider."""
    provider = _provider(provider_id)
    following = local_address(request, request.POST.get("next", ""))
    try:
        address = identity_providers.address_to_sign_in(request=request, provider=provider, following=following)
    except identity_providers.RefusedError as error:
        return _refused(request, provider, error)
    return HttpResponseRedirect(address)


@login_not_required
@never_cache
@require_safe
def come_back(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Sign in who comes back from the provider, if the account is known here. It never makes one."""
    provider = _provider(provider_id)
    if request.user.is_authenticated:
        return redirect("home")
    try:
        found = identity_providers.complete(request=request, provider=provider, at=clock.now())
    except identity_providers.RefusedError as error:
        return _refused(request, provider, error)
    following = local_address(request, found.following)
    if not found.second_factor:
        return first_step(request, found.user, "identity provider", following)
    authentication.sign_in(
        request=request, user=found.user, method="identity provider", second_factor=True, at=clock.now()
    )
    return arrived(request, found.user, following)


def _provider(provider_id: str) -> IdentityProvider:
    found = identity_providers.named(provider_id)
    if found is None:
        raise Http404
    return found


def _refused(request: HttpRequest, provider: IdentityProvider, error: Exception) -> HttpResponse:
    log.warning("identity_provider_refused", provider=provider.id, reason=str(error))
    return render(request, "nhc/provider-refused.jinja", {"provider": provider}, status=403)
