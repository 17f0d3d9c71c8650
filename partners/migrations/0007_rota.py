import datetime

import django.contrib.postgres.constraints
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models

import partners.models.constraints

FORWARDS = """
CREATE FUNCTION partners_same_centre() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT centre_id FROM partners_team WHERE id = NEW.team_id)
     IS DISTINCT FROM (SELECT centre_id FROM partners_dutyrole WHERE id = NEW.duty_role_id) THEN
    RAISE EXCEPTION 'team and duty role are of different centres' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER shift_at_one_centre BEFORE INSERT OR UPDATE OF team_id, duty_role_id ON partners_shift
  FOR EACH ROW EXECUTE FUNCTION partners_same_centre();
CREATE TRIGGER feed_at_one_centre BEFORE INSERT OR UPDATE OF team_id, duty_role_id ON partners_calendarfeed
  FOR EACH ROW EXECUTE FUNCTION partners_same_centre();
-- Who was on duty is history: a shift ends once and stays, and an answered swap stays answered.
CREATE TRIGGER shift_cancelled_once BEFORE UPDATE ON partners_shift
  FOR EACH ROW WHEN (OLD.cancelled_at IS NOT NULL) EXECUTE FUNCTION nhc_refuse_change();
CREATE TRIGGER shift_kept BEFORE DELETE ON partners_shift FOR EACH ROW EXECUTE FUNCTION nhc_refuse_change();
CREATE TRIGGER swap_answered_once BEFORE UPDATE ON partners_swap
  FOR EACH ROW WHEN (OLD.state <> 'asked') EXECUTE FUNCTION nhc_refuse_change();
CREATE TRIGGER swap_kept BEFORE DELETE ON partners_swap FOR EACH ROW EXECUTE FUNCTION nhc_refuse_change();
"""

BACKWARDS = """
DROP TRIGGER swap_kept ON partners_swap;
DROP TRIGGER swap_answered_once ON partners_swap;
DROP TRIGGER shift_kept ON partners_shift;
DROP TRIGGER shift_cancelled_once ON partners_shift;
DROP TRIGGER feed_at_one_centre ON partners_calendarfeed;
DROP TRIGGER shift_at_one_centre ON partners_shift;
DROP FUNCTION partners_same_centre();
"""


class Migration(migrations.Migration):
    """Duty roles, shifts, swaps and calendars. Shifts and answered swaps are kept as they were."""

    dependencies = [
        ("partners", "0006_people_and_places"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DutyRole",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=40)),
                ("name", models.CharField(max_length=80)),
                ("what_for", models.CharField(blank=True, max_length=200)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("round_the_clock", models.BooleanField(default=False)),
                ("version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField()),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
                (
                    "centre",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="duty_roles", to="partners.centre"
                    ),
                ),
                (
                    "deputy",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deputy_of",
                        to="partners.dutyrole",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Cover",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("weekday", models.PositiveSmallIntegerField()),
                ("starts", models.TimeField()),
                ("ends", models.TimeField()),
                (
                    "duty_role",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="cover", to="partners.dutyrole"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CalendarFeed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("url", models.URLField(max_length=500)),
                ("etag", models.CharField(blank=True, max_length=200)),
                ("created_at", models.DateTimeField()),
                ("polled_at", models.DateTimeField(null=True)),
                ("read_at", models.DateTimeField(help_text="When it was last read without a fault.", null=True)),
                ("outcome", models.CharField(blank=True, max_length=500)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="calendar_feeds", to="partners.team"
                    ),
                ),
                (
                    "duty_role",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="calendar_feeds",
                        to="partners.dutyrole",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Shift",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("operational_date", models.DateField()),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("page", "Entered here"),
                            ("csv", "From a file"),
                            ("icalendar", "From a calendar"),
                            ("override", "Cover"),
                            ("swap", "Swap"),
                        ],
                        max_length=12,
                    ),
                ),
                ("external_id", models.CharField(blank=True, max_length=400)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField()),
                ("cancelled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "cancelled_how",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("cancelled", "Cancelled"),
                            ("covered", "Covered by somebody else"),
                            ("swapped", "Swapped"),
                            ("gone", "No longer in the calendar"),
                        ],
                        max_length=12,
                    ),
                ),
                ("cancelled_why", models.CharField(blank=True, max_length=200)),
                (
                    "covers",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="covered_by",
                        to="partners.shift",
                    ),
                ),
                (
                    "duty_role",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="shifts", to="partners.dutyrole"
                    ),
                ),
                (
                    "feed",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shifts",
                        to="partners.calendarfeed",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="shifts", to="partners.team"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="shifts", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DoubleBooking",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("external_id", models.CharField(max_length=400)),
                ("found_at", models.DateTimeField()),
                (
                    "feed",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="double_bookings",
                        to="partners.calendarfeed",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "clashes_with",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="double_bookings", to="partners.shift"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Swap",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("note", models.CharField(blank=True, max_length=200)),
                ("asked_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "asked"),
                            ("agreed", "agreed"),
                            ("declined", "declined"),
                            ("withdrawn", "withdrawn"),
                            ("lapsed", "lapsed"),
                        ],
                        max_length=12,
                    ),
                ),
                ("answered_at", models.DateTimeField(null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="swaps_asked",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "asked_of",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="swaps_received",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "offered",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offered_in",
                        to="partners.shift",
                    ),
                ),
                (
                    "shift",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="swaps", to="partners.shift"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="dutyrole",
            constraint=models.UniqueConstraint(
                fields=("centre", "code"),
                name="duty_role_code_once_at_a_centre",
                violation_error_message="The centre has a duty role with this code already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="dutyrole",
            constraint=models.CheckConstraint(
                condition=models.Q(("code__regex", "^[a-z0-9][a-z0-9-]*$")), name="duty_role_code_shape"
            ),
        ),
        migrations.AddConstraint(
            model_name="dutyrole",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("deputy__isnull", True), models.Q(("deputy", models.F("id")), _negated=True), _connector="OR"
                ),
                name="duty_role_not_own_deputy",
                violation_error_message="A duty role cannot be its own deputy.",
            ),
        ),
        migrations.AddConstraint(
            model_name="dutyrole",
            constraint=models.CheckConstraint(
                condition=models.Q(("version__gte", 1)), name="duty_role_version_counts_from_one"
            ),
        ),
        migrations.AddConstraint(
            model_name="cover",
            constraint=models.CheckConstraint(condition=models.Q(("weekday__lte", 6)), name="cover_on_a_weekday"),
        ),
        migrations.AddConstraint(
            model_name="cover",
            constraint=models.UniqueConstraint(fields=("duty_role", "weekday", "starts"), name="cover_starts_once"),
        ),
        migrations.AddConstraint(
            model_name="calendarfeed",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True)),
                fields=("team", "duty_role", "url"),
                name="calendar_feed_once",
                violation_error_message="This calendar is read for the team and duty role already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="calendarfeed",
            constraint=models.CheckConstraint(
                condition=models.Q(("url__startswith", "https://")), name="calendar_feed_over_https"
            ),
        ),
        migrations.AddIndex(
            model_name="shift",
            index=models.Index(
                condition=models.Q(("cancelled_at__isnull", True)),
                fields=["duty_role", "starts_at"],
                name="shift_on_duty",
            ),
        ),
        migrations.AddIndex(
            model_name="shift",
            index=models.Index(fields=["user", "starts_at"], name="shift_by_person"),
        ),
        migrations.AddIndex(
            model_name="shift",
            index=models.Index(fields=["team", "starts_at"], name="shift_by_team"),
        ),
        migrations.AddIndex(
            model_name="shift",
            index=models.Index(
                condition=models.Q(("feed__isnull", False)), fields=["feed", "starts_at"], name="shift_by_feed"
            ),
        ),
        migrations.AddIndex(
            model_name="shift",
            index=models.Index(
                condition=models.Q(("external_id", ""), _negated=True),
                fields=["team", "duty_role", "external_id"],
                name="shift_by_external_id",
            ),
        ),
        migrations.AddIndex(
            model_name="shift",
            index=models.Index(
                condition=models.Q(("covers__isnull", False)), fields=["covers"], name="shift_by_covered"
            ),
        ),
        migrations.AddConstraint(
            model_name="shift",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("cancelled_at__isnull", True)),
                expressions=[("user", "="), (partners.models.constraints.InstantRange("starts_at", "ends_at"), "&&")],
                name="shift_one_at_a_time",
                violation_error_message="This person is on another shift at that time.",
            ),
        ),
        migrations.AddConstraint(
            model_name="shift",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gt", models.F("starts_at"))),
                name="shift_ends_after_it_starts",
                violation_error_message="A shift must end after it starts.",
            ),
        ),
        migrations.AddConstraint(
            model_name="shift",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.LessThanOrEqual(
                    models.ExpressionWrapper(
                        django.db.models.expressions.CombinedExpression(
                            models.F("ends_at"), "-", models.F("starts_at")
                        ),
                        output_field=models.DurationField(),
                    ),
                    models.Value(datetime.timedelta(days=1), output_field=models.DurationField()),
                ),
                name="shift_a_day_at_most",
                violation_error_message="A shift must be 24 hours or shorter.",
            ),
        ),
        migrations.AddConstraint(
            model_name="shift",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("cancelled_at__isnull", True), ("cancelled_how", ""), ("cancelled_why", "")),
                    models.Q(("cancelled_at__isnull", False), models.Q(("cancelled_how", ""), _negated=True)),
                    _connector="OR",
                ),
                name="shift_cancelled_says_how",
            ),
        ),
        migrations.AddConstraint(
            model_name="shift",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("source__in", ["override", "swap"]), _negated=True),
                    models.Q(("reason", ""), _negated=True),
                    ("covers__isnull", False),
                    _connector="OR",
                ),
                name="shift_override_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="shift",
            constraint=models.CheckConstraint(
                condition=models.Q(("version__gte", 1)), name="shift_version_counts_from_one"
            ),
        ),
        migrations.AddConstraint(
            model_name="shift",
            constraint=models.UniqueConstraint(
                condition=models.Q(("cancelled_at__isnull", True), models.Q(("external_id", ""), _negated=True)),
                fields=("team", "duty_role", "source", "external_id"),
                name="shift_imported_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="doublebooking",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gt", models.F("starts_at"))), name="double_booking_ends_after_start"
            ),
        ),
        migrations.AddConstraint(
            model_name="doublebooking",
            constraint=models.UniqueConstraint(fields=("feed", "external_id"), name="double_booking_once"),
        ),
        migrations.AddIndex(
            model_name="swap",
            index=models.Index(fields=["asked_of", "asked_at"], name="swap_by_asked_of"),
        ),
        migrations.AddIndex(
            model_name="swap",
            index=models.Index(fields=["asked_by", "asked_at"], name="swap_by_asked_by"),
        ),
        migrations.AddIndex(
            model_name="swap",
            index=models.Index(condition=models.Q(("state", "asked")), fields=["offered"], name="swap_by_offered"),
        ),
        migrations.AddConstraint(
            model_name="swap",
            constraint=models.CheckConstraint(
                condition=models.Q(("asked_by", models.F("asked_of")), _negated=True), name="swap_between_two_people"
            ),
        ),
        migrations.AddConstraint(
            model_name="swap",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answered_at__isnull", True), ("state", "asked")),
                    models.Q(models.Q(("state", "asked"), _negated=True), ("answered_at__isnull", False)),
                    _connector="OR",
                ),
                name="swap_answered_when_it_moved",
            ),
        ),
        migrations.AddConstraint(
            model_name="swap",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("offered__isnull", True), models.Q(("offered", models.F("shift")), _negated=True), _connector="OR"
                ),
                name="swap_of_two_shifts",
            ),
        ),
        migrations.AddConstraint(
            model_name="swap",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "asked")),
                fields=("shift",),
                name="swap_one_open_for_a_shift",
                violation_error_message="A swap of this shift is waiting for an answer. Withdraw it first.",
            ),
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
