import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("nhc", "__first__"),
        ("partners", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="RollupRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("night", "Night run"), ("drain", "Daytime catch-up"), ("full", "Full rebuild")],
                        max_length=8,
                    ),
                ),
                ("business_date", models.DateField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("due", "Due"),
                            ("running", "Running"),
                            ("succeeded", "Succeeded"),
                            ("failed", "Failed"),
                        ],
                        default="due",
                        max_length=10,
                    ),
                ),
                ("fence", models.BigIntegerField(default=0)),
                ("due_at", models.DateTimeField()),
                ("started_at", models.DateTimeField(null=True)),
                ("heartbeat_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("slots", models.BigIntegerField(default=0)),
                ("rows_written", models.BigIntegerField(default=0)),
                (
                    "differences",
                    models.BigIntegerField(
                        default=0, help_text="Rows where the check found another figure than stored."
                    ),
                ),
                ("failure", models.CharField(blank=True, max_length=300)),
            ],
        ),
        migrations.CreateModel(
            name="RollupShard",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[("due", "Due"), ("running", "Running"), ("done", "Done")], default="due", max_length=8
                    ),
                ),
                ("fence", models.BigIntegerField(default=0)),
                ("claimed_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("slots", models.BigIntegerField(default=0)),
                ("rows_written", models.BigIntegerField(default=0)),
                ("differences", models.BigIntegerField(default=0)),
                (
                    "centre",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="partners.centre"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="shards", to="dashboard.rolluprun"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Rollup",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "centre",
                        "measure",
                        "period_start",
                        "dimension",
                        "category",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("period_start", models.DateField()),
                ("dimension", models.CharField(max_length=32)),
                ("category", models.CharField(max_length=16)),
                ("numerator", models.DecimalField(decimal_places=6, max_digits=28, null=True)),
                ("denominator", models.DecimalField(decimal_places=6, max_digits=28, null=True)),
                ("value", models.FloatField(null=True)),
                ("lower", models.FloatField(null=True)),
                ("upper", models.FloatField(null=True)),
                ("organisations_expected", models.PositiveIntegerField()),
                ("organisations_reported", models.PositiveIntegerField()),
                (
                    "centre",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        to="partners.centre",
                    ),
                ),
                (
                    "measure",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        to="partners.measure",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        to="partners.measureversion",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        to="dashboard.rolluprun",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Rebase",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("date", models.DateField(help_text="First day of the first period of the new step.")),
                ("reason", models.CharField(max_length=300)),
                ("agreed_by", models.CharField(max_length=200)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("withdrawn_at", models.DateTimeField(null=True)),
                (
                    "centre",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="partners.centre"
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "measure",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="partners.measure"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Annotation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("date", models.DateField()),
                ("text", models.CharField(max_length=300)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("withdrawn_at", models.DateTimeField(null=True)),
                (
                    "centre",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="partners.centre"
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "measure",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="partners.measure"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="rolluprun",
            index=models.Index(fields=["kind", "business_date"], name="run_by_date"),
        ),
        migrations.AddConstraint(
            model_name="rolluprun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "night")), fields=("business_date",), name="one_night_run_a_date"
            ),
        ),
        migrations.AddConstraint(
            model_name="rolluprun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "succeeded"), _negated=True), ("finished_at__isnull", False), _connector="OR"
                ),
                name="run_succeeded_has_finished",
            ),
        ),
        migrations.AddIndex(
            model_name="annotation",
            index=models.Index(fields=["centre", "measure", "date"], name="annotation_by_chart"),
        ),
        migrations.AddConstraint(
            model_name="annotation",
            constraint=models.CheckConstraint(
                condition=models.Q(("text", ""), _negated=True), name="annotation_has_text"
            ),
        ),
        migrations.AddConstraint(
            model_name="rebase",
            constraint=models.UniqueConstraint(
                condition=models.Q(("withdrawn_at__isnull", True)),
                fields=("centre", "measure", "date"),
                name="one_rebase_a_period",
            ),
        ),
        migrations.AddConstraint(
            model_name="rebase",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("reason", ""), _negated=True), models.Q(("agreed_by", ""), _negated=True)),
                name="rebase_has_reason_and_agreement",
            ),
        ),
        migrations.AddIndex(
            model_name="rollupshard",
            index=models.Index(fields=["run", "state"], name="shard_by_state"),
        ),
        migrations.AddConstraint(
            model_name="rollupshard",
            constraint=models.UniqueConstraint(fields=("run", "centre"), name="one_shard_a_centre"),
        ),
    ]
