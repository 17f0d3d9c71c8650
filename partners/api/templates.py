"""/templates/: the return to fill in, pre-filled with what is already known."""

from django.http import HttpResponse
from rest_framework.request import Request

from nhc.clock import london_date
from partners import periods, permissions, sheets
from partners.api import conditional, parameters
from partners.api.authentication import caller_of
from partners.api.documentation import CENTRE_IN_PATH, CONTRACT, CSV, PERIOD_IN_PATH, read
from partners.api.endpoint import Endpoint
from partners.queries import sheets as queries
from partners.queries.sheets import Sheet


class Template(Endpoint):
    """The caller's own return to a centre for one period: what it owes, and what it has sent."""

    http_method_names = ["get", "head"]

    def sheet(self, request: Request, centre: str, period: str) -> Sheet:
        """Return the rows. Raises NotVisible for a centre of others and Problem (400) for what is no period."""
        caller = caller_of(request)
        access = permissions.get_centre_for(caller.viewer, centre, caller.at)
        try:
            return queries.sheet(caller.organisation, access.centre, period, today=london_date(caller.at))
        except periods.InvalidPeriodError as error:
            raise parameters.invalid("period", str(error)) from error

    def file(self, request: Request, sheet: Sheet, body: bytes, content_type: str, ending: str) -> HttpResponse:
        """Return the file under the name of its centre and period."""
        answer = conditional.content(request, body, content_type, audience=caller_of(request).organisation.code)
        name = f"{sheet.centre.slug}-{sheet.period}.{ending}"
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer


class SpreadsheetTemplate(Template):
    """The return as a spreadsheet."""

    @read(
        "download_template_spreadsheet",
        {"type": "string", "format": "binary"},
        tag=CONTRACT,
        parameters=[CENTRE_IN_PATH, PERIOD_IN_PATH],
        media_type=sheets.XLSX,
    )
    def get(self, request: Request, centre: str, period: str) -> HttpResponse:
        """Download the return to fill in: sheet 'Figures', to send back, and sheet 'Help', with the definitions."""
        sheet = self.sheet(request, centre, period)
        return self.file(request, sheet, sheets.as_xlsx(sheet), sheets.XLSX, "xlsx")


class CsvTemplate(Template):
    """The return as CSV."""

    @read(
        "download_template_csv",
        {"type": "string"},
        tag=CONTRACT,
        parameters=[CENTRE_IN_PATH, PERIOD_IN_PATH],
        media_type=CSV,
    )
    def get(self, request: Request, centre: str, period: str) -> HttpResponse:
        """Download the return to fill in as CSV, one row a figure, and send it back."""
        sheet = self.sheet(request, centre, period)
        return self.file(request, sheet, sheets.as_csv(sheet), "text/csv; charset=utf-8", "csv")
