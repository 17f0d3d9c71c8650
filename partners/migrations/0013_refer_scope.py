"""API keys that may refer people to a centre."""

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("partners", "0012_shift_came_on")]

    operations = [
        migrations.RemoveConstraint(model_name="apikey", name="api_key_scopes_known"),
        migrations.AlterField(
            model_name="apikey",
            name="scopes",
            field=ArrayField(
                base_field=models.CharField(
                    choices=[("submit", "Send figures"), ("read", "Read"), ("refer", "Refer people")], max_length=8
                ),
                size=None,
            ),
        ),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.CheckConstraint(
                condition=models.Q(("scopes__contained_by", ["submit", "read", "refer"]), ("scopes__len__gte", 1)),
                name="api_key_scopes_known",
            ),
        ),
    ]
