"""The yardstick of a bare Django: no middleware, one view that inserts a row, one that reads one.

Run as `uvicorn tests.bench.bare:application`. The same server, driver and pool as the product's.
"""

import os

import django
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from nhc import environment

settings.configure(
    SECRET_KEY="bench",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[],
    INSTALLED_APPS=[],
    USE_TZ=True,
    LOGGING_CONFIG=None,
    DATABASES={
        "default": environment.database("DATABASE_URL")
        | {"CONN_HEALTH_CHECKS": True, "OPTIONS": {"pool": {"min_size": 1, "max_size": 12, "timeout": 5}}}
    },
)
if "DJANGO_SETTINGS_MODULE" in os.environ:
    del os.environ["DJANGO_SETTINGS_MODULE"]
django.setup()


@csrf_exempt
def insert(request: HttpRequest) -> HttpResponse:
    """Store one row."""
    body = request.body
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_bare (body) VALUES (%s) RETURNING id", [len(body)])
        identity = cursor.fetchone()[0]
    return HttpResponse(str(identity), status=201)


def read(request: HttpRequest) -> HttpResponse:
    """Read one row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM (SELECT 1 FROM bench_bare LIMIT 1) AS one")
        return HttpResponse(str(cursor.fetchone()[0]))


urlpatterns = [path("insert/", insert), path("read/", read)]

application = get_asgi_application()
