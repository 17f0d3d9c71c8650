import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("partners", "0002_history"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SubmissionErrors",
            fields=[
                (
                    "submission",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="error_list",
                        serialize=False,
                        to="partners.submission",
                    ),
                ),
                ("lines", models.BinaryField()),
            ],
        ),
        migrations.AlterField(
            model_name="submission",
            name="centre",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="submissions", to="partners.centre"
            ),
        ),
        migrations.AddConstraint(
            model_name="submission",
            constraint=models.CheckConstraint(
                condition=models.Q(("centre__isnull", False), ("state", "rejected"), _connector="OR"),
                name="submission_without_centre_is_rejected",
            ),
        ),
        migrations.AlterField(model_name="idempotencyrecord", name="status", field=models.PositiveSmallIntegerField()),
    ]
