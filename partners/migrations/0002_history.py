from django.db import migrations

FORWARDS = """
CREATE FUNCTION partners_close_once() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  reopened partners_observation;
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.closed_seq IS NULL AND NEW.closed_seq IS NOT NULL THEN
    reopened := NEW;
    reopened.closed_seq := NULL;
    IF reopened IS NOT DISTINCT FROM OLD THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'partners_observation is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE FUNCTION partners_observation_parents() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM (SELECT DISTINCT organisation_id, centre_id, measure_id, version_id, submission_id FROM added) each
    WHERE NOT EXISTS (SELECT FROM partners_organisation WHERE id = each.organisation_id)
       OR NOT EXISTS (SELECT FROM partners_centre WHERE id = each.centre_id)
       OR NOT EXISTS (SELECT FROM partners_measureversion WHERE id = each.version_id AND measure_id = each.measure_id)
       OR NOT EXISTS (SELECT FROM partners_submission WHERE id = each.submission_id)
  ) THEN
    RAISE EXCEPTION 'an observation refers to something that does not exist' USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER observation_has_parents AFTER INSERT ON partners_observation
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION partners_observation_parents();
CREATE TRIGGER observation_close_once BEFORE UPDATE OR DELETE ON partners_observation
  FOR EACH ROW EXECUTE FUNCTION partners_close_once();
CREATE TRIGGER observation_never_emptied BEFORE TRUNCATE ON partners_observation
  FOR EACH STATEMENT EXECUTE FUNCTION nhc_refuse_change();
CREATE TRIGGER revision_append_only BEFORE UPDATE OR DELETE ON partners_revision
  FOR EACH ROW EXECUTE FUNCTION nhc_refuse_change();
CREATE TRIGGER revision_never_emptied BEFORE TRUNCATE ON partners_revision
  FOR EACH STATEMENT EXECUTE FUNCTION nhc_refuse_change();

-- What figures refer to is never removed: codes are not used again, and history keeps its names.
CREATE TRIGGER organisation_kept BEFORE DELETE ON partners_organisation FOR EACH ROW EXECUTE FUNCTION nhc_refuse_change();
CREATE TRIGGER centre_kept BEFORE DELETE ON partners_centre FOR EACH ROW EXECUTE FUNCTION nhc_refuse_change();
CREATE TRIGGER measure_kept BEFORE DELETE ON partners_measure FOR EACH ROW EXECUTE FUNCTION nhc_refuse_change();
CREATE TRIGGER version_kept BEFORE DELETE ON partners_measureversion FOR EACH ROW EXECUTE FUNCTION nhc_refuse_change();
CREATE TRIGGER submission_kept BEFORE DELETE ON partners_submission FOR EACH ROW EXECUTE FUNCTION nhc_refuse_change();

INSERT INTO partners_contractrevision (id, number) VALUES (1, 0);
CREATE FUNCTION partners_contract_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE partners_contractrevision SET number = number + 1 WHERE id = 1;
  RETURN NULL;
END $$;
"""

BACKWARDS = """
DROP TRIGGER submission_kept ON partners_submission;
DROP TRIGGER version_kept ON partners_measureversion;
DROP TRIGGER measure_kept ON partners_measure;
DROP TRIGGER centre_kept ON partners_centre;
DROP TRIGGER organisation_kept ON partners_organisation;
DROP FUNCTION partners_contract_changed();
DELETE FROM partners_contractrevision;
DROP TRIGGER revision_never_emptied ON partners_revision;
DROP TRIGGER revision_append_only ON partners_revision;
DROP TRIGGER observation_never_emptied ON partners_observation;
DROP TRIGGER observation_close_once ON partners_observation;
DROP TRIGGER observation_has_parents ON partners_observation;
DROP FUNCTION partners_observation_parents();
DROP FUNCTION partners_close_once();
"""

CONTRACT_TABLES = ("measure", "measureversion", "collection", "return", "returnmeasure", "partnership")


class Migration(migrations.Migration):
    """Observations may only be closed, once; revisions never change; every change of the contract is counted."""

    dependencies = [("partners", "0001_initial"), ("nhc", "0002_append_only")]

    operations = [
        migrations.RunSQL(FORWARDS, BACKWARDS),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER contract_changed AFTER INSERT OR UPDATE OR DELETE ON partners_{table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION partners_contract_changed()",
                f"DROP TRIGGER contract_changed ON partners_{table}",
            )
            for table in CONTRACT_TABLES
        ),
    ]
