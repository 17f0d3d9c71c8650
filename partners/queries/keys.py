"""API keys of organisations."""

from django.db.models import QuerySet

from partners.models import ApiKey, Organisation


def by_prefix(prefix: str) -> ApiKey | None:
    """Return the key with its organisation, whoever it belongs to."""
    return ApiKey.objects.select_related("organisation").filter(prefix=prefix).first()


def of(organisation: Organisation) -> QuerySet[ApiKey]:
    """Return an organisation's keys, newest first, with who made them."""
    return ApiKey.objects.filter(organisation=organisation).select_related("created_by").order_by("-created_at", "-pk")
