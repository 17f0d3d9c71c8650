"""Every address of the product."""

from django.contrib import admin
from django.contrib.auth.models import Group
from django.urls import include, path, re_path

from nhc import health, pages
from partners.api.endpoint import NothingHere

# Django registers groups to be changed; here nothing is changed on these pages, and roles are not groups.
if admin.site.is_registered(Group):
    admin.site.unregister(Group)

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("sign-in/", pages.SignIn.as_view(), name="sign-in"),
    path("sign-out/", pages.sign_out, name="sign-out"),
    path("help/", pages.help_page, name="help"),
    path("accessibility/", pages.accessibility, name="accessibility"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("dashboard.api_urls")),
    path("api/v1/", include("partners.api.urls")),
    re_path(r"^api/", NothingHere.as_view()),
    path("", include("partners.urls")),
    path("", include("dashboard.urls")),
]

handler400 = "nhc.pages.bad_request"
handler403 = "nhc.pages.forbidden"
handler404 = "nhc.pages.not_found"
handler500 = "nhc.pages.server_error"
