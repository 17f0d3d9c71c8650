"""Administration pages of the partners app, to read only."""

from django.contrib import admin

from nhc.admin import ReadOnlyAdmin
from partners.models import (
    Centre,
    Collection,
    Measure,
    MeasureVersion,
    Organisation,
    Partnership,
    Return,
    Revision,
    Team,
)


@admin.register(MeasureVersion)
class MeasureVersionAdmin(ReadOnlyAdmin):
    """What each measure means and from when."""

    list_display = ["title", "number", "starts", "ends", "unit", "aggregation", "disclosure"]
    search_fields = ["title", "measure__code"]
    list_select_related = ["measure"]


admin.site.register([Organisation, Centre, Partnership, Team, Measure, Collection, Return, Revision], ReadOnlyAdmin)
