from django.db import migrations

FORWARDS = """
CREATE FUNCTION nhc_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON nhc_auditevent
  FOR EACH ROW EXECUTE FUNCTION nhc_refuse_change();
CREATE TRIGGER audit_never_emptied BEFORE TRUNCATE ON nhc_auditevent
  FOR EACH STATEMENT EXECUTE FUNCTION nhc_refuse_change();
"""

BACKWARDS = """
DROP TRIGGER audit_never_emptied ON nhc_auditevent;
DROP TRIGGER audit_append_only ON nhc_auditevent;
DROP FUNCTION nhc_refuse_change();
"""


class Migration(migrations.Migration):
    """The audit trail refuses every change, whoever asks."""

    dependencies = [("nhc", "0001_initial")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
