from django.db import migrations

FORWARDS = """
-- The application's role may rebuild the roll-up through these three functions and has no other right to define tables.
CREATE FUNCTION dashboard_rollup_shadow_begin() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
BEGIN
  DROP TABLE IF EXISTS dashboard_rollup_shadow;
  CREATE TABLE dashboard_rollup_shadow (LIKE dashboard_rollup INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON dashboard_rollup_shadow TO %I', session_user);
END $$;

CREATE FUNCTION dashboard_rollup_shadow_index() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
BEGIN
  ALTER TABLE dashboard_rollup_shadow
    ADD CONSTRAINT dashboard_rollup_shadow_pkey PRIMARY KEY (centre_id, measure_id, period_start, dimension, category);
END $$;

CREATE FUNCTION dashboard_rollup_shadow_swap() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
BEGIN
  DROP TABLE dashboard_rollup;
  ALTER TABLE dashboard_rollup_shadow RENAME TO dashboard_rollup;
  ALTER INDEX dashboard_rollup_shadow_pkey RENAME TO dashboard_rollup_pkey;
END $$;

REVOKE ALL ON FUNCTION dashboard_rollup_shadow_begin(), dashboard_rollup_shadow_index(), dashboard_rollup_shadow_swap()
  FROM PUBLIC;
"""

BACKWARDS = """
DROP FUNCTION dashboard_rollup_shadow_swap();
DROP FUNCTION dashboard_rollup_shadow_index();
DROP FUNCTION dashboard_rollup_shadow_begin();
"""


class Migration(migrations.Migration):
    """A full rebuild fills a shadow table and swaps it in, by functions that the owner keeps."""

    dependencies = [("dashboard", "0001_initial"), ("partners", "0002_history")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
