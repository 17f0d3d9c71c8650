"""Administration pages, to read only: whatever changes a thing is a service. No model with a person's data is here."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from nhc.models import AuditEvent, Heartbeat, OutboxJob

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin  # Django's class takes no parameters when it runs


class ReadOnlyAdmin(_ModelAdmin):
    """Lists and shows; adds, changes and removes nothing, whoever asks."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Refuse."""
        return False


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """The trail, newest first."""

    list_display = ["at", "verb", "subject", "subject_id", "centre", "organisation", "actor_kind"]
    list_filter = ["verb", "actor_kind"]
    ordering = ["-id"]


admin.site.register([OutboxJob, Heartbeat], ReadOnlyAdmin)
