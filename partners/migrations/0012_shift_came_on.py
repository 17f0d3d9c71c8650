"""When the person of a shift came on, where that was after its start."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F, Q


def note_entered_late(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Shifts that were entered while they ran began when they were entered; of those moved, nobody can tell.

    Those off the rota stay as they are, as a trigger sees to.
    """
    shifts = apps.get_model("partners", "Shift").objects.using(schema_editor.connection.alias)
    shifts.filter(cancelled_at=None, created_at__gt=F("starts_at")).update(came_on_at=F("created_at"))


class Migration(migrations.Migration):
    dependencies = [("partners", "0011_sealed_calendar_addresses")]

    operations = [
        migrations.AddField("shift", "came_on_at", models.DateTimeField(blank=True, null=True)),
        migrations.RunPython(note_entered_late, migrations.RunPython.noop),
        migrations.AddConstraint(
            "shift",
            models.CheckConstraint(
                condition=Q(came_on_at__isnull=True) | Q(came_on_at__gt=F("starts_at")),
                name="shift_came_on_after_it_started",
            ),
        ),
    ]
