"""Administration pages of the dashboard, to read only."""

from django.contrib import admin

from dashboard.models import Annotation, Rebase, RollupRun
from nhc.admin import ReadOnlyAdmin


@admin.register(RollupRun)
class RollupRunAdmin(ReadOnlyAdmin):
    """The ledger of runs."""

    list_display = [
        "kind",
        "business_date",
        "state",
        "started_at",
        "finished_at",
        "slots",
        "rows_written",
        "differences",
    ]
    list_filter = ["kind", "state"]
    ordering = ["-id"]


admin.site.register([Rebase, Annotation], ReadOnlyAdmin)
