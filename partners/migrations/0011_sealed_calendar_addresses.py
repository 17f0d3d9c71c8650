"""The addresses of calendars are sealed: whoever knows one can read the calendar behind it."""

from typing import Any
from urllib.parse import urlsplit

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Q
from django.utils.crypto import salted_hmac

from nhc import encryption

_PURPOSE = "calendar feed"


def seal(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Seal what stands in `url`."""
    model: Any = apps.get_model("partners", "CalendarFeed")  # as it was here, which no type describes
    for feed in model.objects.using(schema_editor.connection.alias):
        feed.sealed_address = encryption.seal(feed.url.encode(), purpose=_PURPOSE)
        feed.address_digest = salted_hmac(_PURPOSE, feed.url, algorithm="sha256").digest()
        feed.shown = f"{urlsplit(feed.url).hostname} … {feed.url[-4:]}"
        feed.save(update_fields=["sealed_address", "address_digest", "shown"])


def open_again(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Put the addresses back as they were. Raises nhc.encryption.UnreadableError with another key."""
    model: Any = apps.get_model("partners", "CalendarFeed")  # as it was here, which no type describes
    for feed in model.objects.using(schema_editor.connection.alias):
        feed.url = encryption.open_sealed(bytes(feed.sealed_address), purpose=_PURPOSE).decode()
        feed.save(update_fields=["url"])


class Migration(migrations.Migration):
    dependencies = [("partners", "0010_agreements_and_induction")]

    operations = [
        migrations.RemoveConstraint("calendarfeed", "calendar_feed_once"),
        migrations.RemoveConstraint("calendarfeed", "calendar_feed_over_https"),
        migrations.AlterField("calendarfeed", "url", models.URLField(max_length=500, default="")),
        migrations.AddField("calendarfeed", "sealed_address", models.BinaryField(default=b"")),
        migrations.AddField("calendarfeed", "address_digest", models.BinaryField(default=b"", max_length=32)),
        migrations.AddField("calendarfeed", "shown", models.CharField(default="", max_length=300)),
        migrations.RunPython(seal, open_again),
        migrations.AlterField("calendarfeed", "sealed_address", models.BinaryField()),
        migrations.AlterField("calendarfeed", "address_digest", models.BinaryField(max_length=32)),
        migrations.AlterField("calendarfeed", "shown", models.CharField(max_length=300)),
        migrations.RemoveField("calendarfeed", "url"),
        migrations.AddConstraint(
            "calendarfeed",
            models.UniqueConstraint(
                condition=Q(ended_at__isnull=True),
                fields=("team", "duty_role", "address_digest"),
                name="calendar_feed_once",
                violation_error_message="This calendar is read for the team and duty role already.",
            ),
        ),
    ]
