import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

# The statement's trigger runs before any identifier is taken: a transaction has its number before its events have
# theirs, which is what lets the sealer know that no event with a lower identifier can still appear.
FORWARDS = """
CREATE FUNCTION nhc_netstring(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT octet_length(value)::text || ':' || value || ','
$$;
CREATE FUNCTION nhc_audit_row_hash(event nhc_auditevent) RETURNS bytea LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
  RETURN sha256(convert_to(
    nhc_netstring('nhc-audit-event-1')
    || nhc_netstring(event.id::text)
    || nhc_netstring((extract(epoch FROM event.at) * 1000000)::bigint::text)
    || nhc_netstring((extract(epoch FROM event.recorded_at) * 1000000)::bigint::text)
    || nhc_netstring(event.transaction_id::text)
    || nhc_netstring(event.actor_kind)
    || nhc_netstring(coalesce(event.user_id::text, ''))
    || nhc_netstring(event.key_prefix)
    || nhc_netstring(event.system_name)
    || nhc_netstring(event.verb)
    || nhc_netstring(event.subject)
    || nhc_netstring(event.subject_id)
    || nhc_netstring(event.centre)
    || nhc_netstring(event.organisation)
    || nhc_netstring(event.request_id)
    || nhc_netstring(event.details::text), 'UTF8'));
END $$;
CREATE FUNCTION nhc_audit_number_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_current_xact_id();
  RETURN NULL;
END $$;
CREATE FUNCTION nhc_audit_complete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.transaction_id := pg_current_xact_id()::text::bigint;
  NEW.recorded_at := clock_timestamp();
  NEW.row_hash := nhc_audit_row_hash(NEW);
  RETURN NEW;
END $$;
ALTER TABLE nhc_auditevent DISABLE TRIGGER audit_append_only;
UPDATE nhc_auditevent AS event SET row_hash = nhc_audit_row_hash(event);
ALTER TABLE nhc_auditevent ENABLE TRIGGER audit_append_only;
CREATE TRIGGER audit_transaction_first BEFORE INSERT ON nhc_auditevent
  FOR EACH STATEMENT EXECUTE FUNCTION nhc_audit_number_transaction();
CREATE TRIGGER audit_complete BEFORE INSERT ON nhc_auditevent
  FOR EACH ROW EXECUTE FUNCTION nhc_audit_complete();
-- Digests do not compress.
ALTER TABLE nhc_auditseal ALTER COLUMN row_hashes SET STORAGE EXTERNAL;
CREATE TRIGGER audit_seal_append_only BEFORE UPDATE OR DELETE ON nhc_auditseal
  FOR EACH ROW EXECUTE FUNCTION nhc_refuse_change();
CREATE TRIGGER audit_seal_never_emptied BEFORE TRUNCATE ON nhc_auditseal
  FOR EACH STATEMENT EXECUTE FUNCTION nhc_refuse_change();
"""

BACKWARDS = """
DROP TRIGGER audit_seal_never_emptied ON nhc_auditseal;
DROP TRIGGER audit_seal_append_only ON nhc_auditseal;
DROP TRIGGER audit_complete ON nhc_auditevent;
DROP TRIGGER audit_transaction_first ON nhc_auditevent;
DROP FUNCTION nhc_audit_complete();
DROP FUNCTION nhc_audit_number_transaction();
DROP FUNCTION nhc_audit_row_hash(nhc_auditevent);
DROP FUNCTION nhc_netstring(text);
"""


class Migration(migrations.Migration):
    """Every event carries a hash of its row, and seals over stretches of events make changes show."""

    dependencies = [("nhc", "0002_append_only")]

    operations = [
        migrations.CreateModel(
            name="AuditSeal",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("first_id", models.BigIntegerField()),
                ("last_id", models.BigIntegerField(unique=True)),
                (
                    "event_ids",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                ),
                ("row_hashes", models.BinaryField()),
                ("previous", models.BinaryField(max_length=32)),
                ("key_id", models.CharField(max_length=16)),
                ("mac", models.BinaryField(max_length=32)),
                ("sealed_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["sealed_at"], name="audit_seal_by_time")],
                "constraints": [
                    models.CheckConstraint(name="audit_seal_counts_from_one", condition=models.Q(("number__gte", 1))),
                    models.CheckConstraint(
                        name="audit_seal_is_a_range", condition=models.Q(("first_id__lte", models.F("last_id")))
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AuditHorizon",
            fields=[
                ("only", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("last_id", models.BigIntegerField()),
                ("transaction_id", models.BigIntegerField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(name="audit_horizon_is_one_row", condition=models.Q(("only", 1)))
                ],
            },
        ),
        migrations.RemoveIndex(model_name="auditevent", name="audit_by_subject"),
        migrations.RemoveIndex(model_name="auditevent", name="audit_by_time"),
        migrations.AddField(
            model_name="auditevent",
            name="recorded_at",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
        ),
        migrations.AddField(
            model_name="auditevent",
            name="row_hash",
            field=models.BinaryField(default=b"", editable=False, max_length=32),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="user",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["at", "id"], name="audit_by_time"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["subject", "subject_id", "at", "id"], name="audit_by_subject"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["verb", "at", "id"], name="audit_by_verb"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(
                condition=models.Q(("user__isnull", False)), fields=["user", "at", "id"], name="audit_by_user"
            ),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(
                condition=models.Q(("centre", ""), _negated=True), fields=["centre", "at", "id"], name="audit_by_centre"
            ),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(
                condition=models.Q(("organisation", ""), _negated=True),
                fields=["organisation", "at", "id"],
                name="audit_by_organisation",
            ),
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
