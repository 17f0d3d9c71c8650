"""Every address of the product."""

from django.contrib import admin
from django.contrib.auth.models import Group
from django.urls import include, path, re_path

from nhc import account_urls, health, pages
from nhc.views import passwords, sign_in, trail
from partners.api.endpoint import NothingHere

# Django registers groups to be changed; here nothing is changed on these pages, and roles are not groups. Factors and
# accounts of identity providers are people's own.
_NOT_SHOWN = {"mfa", "account", "socialaccount"}
for model in list(admin.site._registry):
    if model is Group or model._meta.app_label in _NOT_SHOWN:
        admin.site.unregister(model)

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("", include(account_urls.pages)),
    path("help/", pages.help_page, name="help"),
    path("accessibility/", pages.accessibility, name="accessibility"),
    path("admin/login/", sign_in.administrators),
    path("admin/logout/", sign_in.sign_out),
    path("admin/password_change/", passwords.ChangePassword.as_view()),
    path("audit/", trail.trail_page, name="audit"),
    path("audit/export/", trail.trail_export, name="audit-export"),
    path("audit/<str:subject>/<path:subject_id>/", trail.record_page, name="audit-record"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("dashboard.api_urls")),
    path("api/v1/", include("decisions.api_urls")),
    path("api/v1/", include("partners.api.urls")),
    re_path(r"^api/", NothingHere.as_view()),
    path("", include("partners.urls")),
    path("", include("decisions.urls")),
    path("", include("dashboard.urls")),
]

handler400 = "nhc.pages.bad_request"
handler403 = "nhc.pages.forbidden"
handler404 = "nhc.pages.not_found"
handler500 = "nhc.pages.server_error"
