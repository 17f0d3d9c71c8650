"""What every endpoint of the REST API shares: callers, scopes and limits."""

from collections.abc import Mapping
from typing import ClassVar

from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from nhc.problems import Problem, not_found
from partners.api.authentication import Caller, KeyAuthentication, StaffAuthentication
from partners.api.throttle import KeyThrottle

READ = frozenset({"read"})
SUBMIT = frozenset({"submit"})
REFER = frozenset({"refer"})
EITHER = READ | SUBMIT


class HasScope(BasePermission):
    """The caller holds one of the scopes that the endpoint names for the method."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return False for nobody (401). Raises Problem (403) for a key without the scope."""
        caller = request.auth
        if not isinstance(caller, Caller):
            return False
        scopes: Mapping[str, frozenset[str]] = getattr(view, "scopes", {})
        wanted = scopes.get(request.method or "", READ)
        if caller.scopes & wanted:
            return True
        raise Problem(
            403,
            "scope-missing",
            "The scope is missing",
            f"This needs the scope {' or '.join(sorted(wanted))}. Use a key that has it."
            if caller.key is not None
            else "You may not send figures for this organisation. Ask its data submitter.",
        )


class Endpoint(APIView):
    """An endpoint for partners' keys and signed-in staff. `scopes` says what each method needs: `read` by default."""

    authentication_classes = [KeyAuthentication, StaffAuthentication]
    permission_classes = [HasScope]
    throttle_classes = [KeyThrottle]
    http_method_names = ["get", "head", "post"]
    scopes: ClassVar[Mapping[str, frozenset[str]]] = {}

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Refuse a method that nothing answers (405) before asking who calls."""
        if request.method not in self.allowed_methods:
            raise MethodNotAllowed(request.method or "")
        super().initial(request, *args, **kwargs)


class OpenEndpoint(APIView):
    """An endpoint for anyone: nothing in it is about anybody."""

    authentication_classes = []
    permission_classes = []
    http_method_names = ["get", "head"]


class NothingHere(APIView):
    """Every address under the API that nothing answers: a problem document, whatever the method."""

    authentication_classes = []
    permission_classes = []
    schema = None

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Refuse before a method is looked for."""
        raise not_found()
