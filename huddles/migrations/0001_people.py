import datetime

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
from django.conf import settings
from django.db import migrations, models

import huddles.models.constraints

FORWARDS = r"""
-- An NHS number carries its own check (modulus 11, NHS Data Dictionary); ten equal digits are never issued.
CREATE FUNCTION huddles_nhs_number_valid(digits text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE
    WHEN digits !~ '^[0-9]{10}$' OR digits ~ '^(.)\1{9}$' THEN false
    ELSE (11 - (SELECT sum(substr(digits, place, 1)::int * (11 - place)) FROM generate_series(1, 9) AS place) % 11) % 11
         = substr(digits, 10, 1)::int
  END
$$;
ALTER TABLE huddles_person ADD CONSTRAINT person_nhs_number_valid
  CHECK (nhs_number = '' OR huddles_nhs_number_valid(nhs_number));

-- A person, their episodes and the teams of these belong to one centre.
ALTER TABLE huddles_person ADD CONSTRAINT person_with_its_centre UNIQUE (id, centre_id);
ALTER TABLE huddles_episode ADD CONSTRAINT episode_at_the_persons_centre
  FOREIGN KEY (person_id, centre_id) REFERENCES huddles_person (id, centre_id);
CREATE FUNCTION huddles_team_at_its_centre() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  its_centre bigint;
  wanted bigint;
BEGIN
  IF TG_TABLE_NAME = 'huddles_episode' THEN
    its_centre := NEW.centre_id;
    wanted := NEW.responsible_team_id;
  ELSE
    SELECT centre_id INTO its_centre FROM huddles_episode WHERE id = NEW.episode_id;
    wanted := NEW.team_id;
  END IF;
  IF wanted IS NOT NULL AND NOT EXISTS (SELECT FROM partners_team WHERE id = wanted AND centre_id = its_centre) THEN
    RAISE EXCEPTION 'the team is of another centre' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER episode_team_at_its_centre BEFORE INSERT OR UPDATE OF responsible_team_id ON huddles_episode
  FOR EACH ROW EXECUTE FUNCTION huddles_team_at_its_centre();
CREATE TRIGGER responsibility_at_its_centre BEFORE INSERT ON huddles_responsibility
  FOR EACH ROW EXECUTE FUNCTION huddles_team_at_its_centre();
CREATE TRIGGER circle_at_its_centre BEFORE INSERT ON huddles_circlemember
  FOR EACH ROW EXECUTE FUNCTION huddles_team_at_its_centre();
CREATE FUNCTION huddles_employer_of_the_team() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM partners_team WHERE id = NEW.team_id AND organisation_id = NEW.employer_id) THEN
    RAISE EXCEPTION 'the employer is not the team''s' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER responsibility_of_the_employer BEFORE INSERT ON huddles_responsibility
  FOR EACH ROW EXECUTE FUNCTION huddles_employer_of_the_team();

-- From its opening to its closing, and for ever while it is open, an episode has exactly one responsible team. The
-- exclusion constraint refuses two at once; this refuses none at once, and a cached team that is not the last one.
CREATE FUNCTION huddles_responsibility_whole() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  subject bigint;
  whole tstzmultirange;
  said bigint;
  covered tstzmultirange;
  last_team bigint;
BEGIN
  IF TG_TABLE_NAME = 'huddles_episode' THEN
    subject := NEW.id;
  ELSE
    subject := NEW.episode_id;
  END IF;
  SELECT tstzmultirange(tstzrange(opened_at, closed_at, '[)')), responsible_team_id INTO whole, said
  FROM huddles_episode WHERE id = subject;
  SELECT range_agg(held), (array_agg(team_id ORDER BY lower(held) DESC))[1] INTO covered, last_team
  FROM huddles_responsibility WHERE episode_id = subject;
  IF covered IS DISTINCT FROM whole THEN
    RAISE EXCEPTION 'an episode has one responsible team at every instant' USING ERRCODE = 'check_violation';
  END IF;
  IF last_team IS DISTINCT FROM said THEN
    RAISE EXCEPTION 'the responsible team is the one that was last made responsible' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER episode_has_a_responsible_team AFTER INSERT OR UPDATE ON huddles_episode
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION huddles_responsibility_whole();
CREATE CONSTRAINT TRIGGER responsibility_without_gaps AFTER INSERT OR UPDATE ON huddles_responsibility
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION huddles_responsibility_whole();

-- What was, stays: a row of history is set once where it says so, and emptied where its person was disposed of.
-- Arguments: columns that may be set while they are empty; columns that disposal empties.
CREATE FUNCTION huddles_keeps_rows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  before jsonb := to_jsonb(OLD);
  after jsonb;
  subject bigint := before ->> 'person_id';
  each text;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    after := to_jsonb(NEW);
    FOREACH each IN ARRAY string_to_array(TG_ARGV[0], ',') LOOP
      IF COALESCE(before ->> each, '') = '' THEN
        before := before - each;
        after := after - each;
      END IF;
    END LOOP;
    IF subject IS NULL THEN
      SELECT person_id INTO subject FROM huddles_episode WHERE id = (before ->> 'episode_id')::bigint;
    END IF;
    IF EXISTS (SELECT FROM huddles_person WHERE id = subject AND disposed_at IS NOT NULL) THEN
      FOREACH each IN ARRAY string_to_array(TG_ARGV[1], ',') LOOP
        IF after ->> each IN ('', '{}', 'Removed.') THEN
          before := before - each;
          after := after - each;
        END IF;
      END LOOP;
    END IF;
    IF before = after THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION '% keeps its rows: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER revision_kept BEFORE UPDATE OR DELETE ON huddles_personrevision
  FOR EACH ROW EXECUTE FUNCTION huddles_keeps_rows('', 'changes');
CREATE TRIGGER sharing_kept BEFORE UPDATE OR DELETE ON huddles_sharingpreference
  FOR EACH ROW EXECUTE FUNCTION huddles_keeps_rows('ends_at', 'reason');
CREATE TRIGGER grant_kept BEFORE UPDATE OR DELETE ON huddles_recordgrant
  FOR EACH ROW EXECUTE FUNCTION huddles_keeps_rows('revoked_at,revoked_by_id', 'reason');
CREATE TRIGGER break_kept BEFORE UPDATE OR DELETE ON huddles_breakglass
  FOR EACH ROW EXECUTE FUNCTION
  huddles_keeps_rows('told_at,reviewed_at,reviewed_by_id,finding,review_words', 'reason,review_words');
CREATE TRIGGER circle_kept BEFORE UPDATE OR DELETE ON huddles_circlemember
  FOR EACH ROW EXECUTE FUNCTION huddles_keeps_rows('ends_at', 'role');

CREATE FUNCTION huddles_responsibility_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - '{held,reason}'::text[] = to_jsonb(OLD) - '{held,reason}'::text[]
     AND lower(NEW.held) = lower(OLD.held) AND (upper_inf(OLD.held) OR NEW.held = OLD.held)
     AND (NEW.reason = OLD.reason OR NEW.reason = 'Removed.' AND EXISTS (
       SELECT FROM huddles_person JOIN huddles_episode ON huddles_episode.person_id = huddles_person.id
       WHERE huddles_episode.id = NEW.episode_id AND disposed_at IS NOT NULL)) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% keeps its rows: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER responsibility_kept BEFORE UPDATE OR DELETE ON huddles_responsibility
  FOR EACH ROW EXECUTE FUNCTION huddles_responsibility_kept();

-- An episode that closed is over; who it is about, where, since when and under which reference never changes.
CREATE TRIGGER episode_over BEFORE UPDATE ON huddles_episode
  FOR EACH ROW WHEN (OLD.closed_at IS NOT NULL) EXECUTE FUNCTION nhc_refuse_change();
CREATE TRIGGER episode_stays_whose_it_is BEFORE UPDATE ON huddles_episode
  FOR EACH ROW WHEN ((OLD.person_id, OLD.centre_id, OLD.reference, OLD.opened_at)
                     IS DISTINCT FROM (NEW.person_id, NEW.centre_id, NEW.reference, NEW.opened_at))
  EXECUTE FUNCTION nhc_refuse_change();
CREATE TRIGGER episode_kept BEFORE DELETE ON huddles_episode
  FOR EACH ROW EXECUTE FUNCTION nhc_refuse_change();
CREATE TRIGGER person_disposed_of BEFORE UPDATE ON huddles_person
  FOR EACH ROW WHEN (OLD.disposed_at IS NOT NULL) EXECUTE FUNCTION nhc_refuse_change();
CREATE TRIGGER person_stays_where_they_are BEFORE UPDATE ON huddles_person
  FOR EACH ROW WHEN ((OLD.centre_id, OLD.reference) IS DISTINCT FROM (NEW.centre_id, NEW.reference))
  EXECUTE FUNCTION nhc_refuse_change();
CREATE TRIGGER person_kept BEFORE DELETE ON huddles_person
  FOR EACH ROW EXECUTE FUNCTION nhc_refuse_change();

-- Two records of one person read as one. The kept one is nobody else's, and both together have one open episode.
CREATE FUNCTION huddles_merge_is_flat() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  kept huddles_person;
BEGIN
  SELECT * INTO kept FROM huddles_person WHERE id = NEW.merged_into_id FOR UPDATE;
  IF kept.centre_id <> NEW.centre_id OR kept.merged_into_id IS NOT NULL OR kept.disposed_at IS NOT NULL
     OR EXISTS (SELECT FROM huddles_person WHERE merged_into_id = NEW.id) THEN
    RAISE EXCEPTION 'a record is joined to one that stands by itself, at its own centre'
      USING ERRCODE = 'check_violation';
  END IF;
  IF EXISTS (SELECT FROM huddles_episode WHERE person_id = NEW.id AND closed_at IS NULL) AND EXISTS (
       SELECT FROM huddles_episode JOIN huddles_person ON huddles_person.id = huddles_episode.person_id
       WHERE (huddles_person.id = kept.id OR huddles_person.merged_into_id = kept.id) AND closed_at IS NULL) THEN
    RAISE EXCEPTION 'two open episodes would be one person''s' USING ERRCODE = 'unique_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER merge_is_flat BEFORE INSERT OR UPDATE OF merged_into_id ON huddles_person
  FOR EACH ROW WHEN (NEW.merged_into_id IS NOT NULL) EXECUTE FUNCTION huddles_merge_is_flat();
CREATE FUNCTION huddles_episode_of_one_record() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  subject huddles_person;
BEGIN
  SELECT * INTO subject FROM huddles_person WHERE id = NEW.person_id FOR UPDATE;
  IF subject.merged_into_id IS NOT NULL OR subject.disposed_at IS NOT NULL THEN
    RAISE EXCEPTION 'the record is no longer used' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.closed_at IS NULL AND EXISTS (
       SELECT FROM huddles_episode JOIN huddles_person ON huddles_person.id = huddles_episode.person_id
       WHERE huddles_person.merged_into_id = subject.id AND closed_at IS NULL) THEN
    RAISE EXCEPTION 'two open episodes would be one person''s' USING ERRCODE = 'unique_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER episode_of_one_record BEFORE INSERT ON huddles_episode
  FOR EACH ROW EXECUTE FUNCTION huddles_episode_of_one_record();
CREATE FUNCTION huddles_merge_said_by_two() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  subject bigint;
  stands bigint;
  said bigint;
BEGIN
  IF TG_TABLE_NAME = 'huddles_person' THEN
    subject := NEW.id;
  ELSE
    subject := NEW.merged_id;
  END IF;
  SELECT merged_into_id INTO stands FROM huddles_person WHERE id = subject;
  SELECT kept_id INTO said FROM huddles_personmerge WHERE merged_id = subject AND state IN ('merged', 'undo_asked');
  IF stands IS DISTINCT FROM said THEN
    RAISE EXCEPTION 'records are joined and parted by two people' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER person_merged_by_two AFTER INSERT OR UPDATE OF merged_into_id ON huddles_person
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION huddles_merge_said_by_two();
CREATE CONSTRAINT TRIGGER merge_is_carried_out AFTER INSERT OR UPDATE ON huddles_personmerge
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION huddles_merge_said_by_two();
CREATE FUNCTION huddles_merge_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND (NEW.kept_id, NEW.merged_id, NEW.asked_by_id, NEW.asked_at)
       IS NOT DISTINCT FROM (OLD.kept_id, OLD.merged_id, OLD.asked_by_id, OLD.asked_at)
     AND (NEW.reason = OLD.reason OR NEW.reason = 'Removed.' AND EXISTS (
       SELECT FROM huddles_person WHERE id IN (NEW.kept_id, NEW.merged_id) AND disposed_at IS NOT NULL))
     AND (OLD.confirmed_at IS NULL OR (NEW.confirmed_by_id, NEW.confirmed_at) = (OLD.confirmed_by_id, OLD.confirmed_at))
     AND (OLD.state = NEW.state
          OR OLD.state = 'asked' AND NEW.state IN ('refused', 'merged')
          OR OLD.state = 'merged' AND NEW.state = 'undo_asked'
          OR OLD.state = 'undo_asked' AND NEW.state IN ('merged', 'undone')) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% keeps its rows: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER merge_moves BEFORE UPDATE OR DELETE ON huddles_personmerge
  FOR EACH ROW EXECUTE FUNCTION huddles_merge_moves();
CREATE TRIGGER retention_rule_kept BEFORE UPDATE OR DELETE ON huddles_retentionrule
  FOR EACH ROW EXECUTE FUNCTION nhc_refuse_change();
CREATE TRIGGER disposal_kept BEFORE UPDATE OR DELETE ON huddles_persondisposal
  FOR EACH ROW EXECUTE FUNCTION nhc_refuse_change();
"""

BACKWARDS = """
DROP TRIGGER disposal_kept ON huddles_persondisposal;
DROP TRIGGER retention_rule_kept ON huddles_retentionrule;
DROP TRIGGER merge_moves ON huddles_personmerge;
DROP FUNCTION huddles_merge_moves();
DROP TRIGGER merge_is_carried_out ON huddles_personmerge;
DROP TRIGGER person_merged_by_two ON huddles_person;
DROP FUNCTION huddles_merge_said_by_two();
DROP TRIGGER episode_of_one_record ON huddles_episode;
DROP FUNCTION huddles_episode_of_one_record();
DROP TRIGGER merge_is_flat ON huddles_person;
DROP FUNCTION huddles_merge_is_flat();
DROP TRIGGER person_kept ON huddles_person;
DROP TRIGGER person_stays_where_they_are ON huddles_person;
DROP TRIGGER person_disposed_of ON huddles_person;
DROP TRIGGER episode_kept ON huddles_episode;
DROP TRIGGER episode_stays_whose_it_is ON huddles_episode;
DROP TRIGGER episode_over ON huddles_episode;
DROP TRIGGER responsibility_kept ON huddles_responsibility;
DROP FUNCTION huddles_responsibility_kept();
DROP TRIGGER circle_kept ON huddles_circlemember;
DROP TRIGGER break_kept ON huddles_breakglass;
DROP TRIGGER grant_kept ON huddles_recordgrant;
DROP TRIGGER sharing_kept ON huddles_sharingpreference;
DROP TRIGGER revision_kept ON huddles_personrevision;
DROP FUNCTION huddles_keeps_rows();
DROP TRIGGER responsibility_without_gaps ON huddles_responsibility;
DROP TRIGGER episode_has_a_responsible_team ON huddles_episode;
DROP FUNCTION huddles_responsibility_whole();
DROP TRIGGER responsibility_of_the_employer ON huddles_responsibility;
DROP FUNCTION huddles_employer_of_the_team();
DROP TRIGGER circle_at_its_centre ON huddles_circlemember;
DROP TRIGGER responsibility_at_its_centre ON huddles_responsibility;
DROP TRIGGER episode_team_at_its_centre ON huddles_episode;
DROP FUNCTION huddles_team_at_its_centre();
ALTER TABLE huddles_episode DROP CONSTRAINT episode_at_the_persons_centre;
ALTER TABLE huddles_person DROP CONSTRAINT person_with_its_centre;
ALTER TABLE huddles_person DROP CONSTRAINT person_nhs_number_valid;
DROP FUNCTION huddles_nhs_number_valid(text);
"""


class Migration(migrations.Migration):
    """People, their episodes, and who is responsible for these at every instant."""

    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("decisions", "0002_governance"),
        ("partners", "0012_shift_came_on"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Person",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reference", models.CharField(max_length=10, unique=True)),
                ("given_name", models.CharField(blank=True, max_length=100)),
                ("family_name", models.CharField(blank=True, max_length=100)),
                ("alias", models.CharField(blank=True, max_length=100)),
                ("preferred_name", models.CharField(blank=True, max_length=100)),
                ("nhs_number", models.CharField(blank=True, max_length=10)),
                ("born_on", models.DateField(blank=True, null=True)),
                ("born_about", models.CharField(blank=True, max_length=60)),
                ("sensitive", models.BooleanField(default=False)),
                ("access_needs", models.TextField(blank=True, max_length=2000)),
                ("telephone", models.CharField(blank=True, max_length=40)),
                ("address", models.TextField(blank=True, max_length=500)),
                ("what_matters", models.TextField(blank=True, max_length=5000)),
                ("version", models.PositiveIntegerField(default=1)),
                ("registered_at", models.DateTimeField()),
                ("disposed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "centre",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="people", to="partners.centre"
                    ),
                ),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="absorbed",
                        to="huddles.person",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Episode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reference", models.CharField(max_length=5)),
                ("opened_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("completed", "completed"),
                            ("moved_on", "moved_on"),
                            ("own_wish", "own_wish"),
                            ("not_reached", "not_reached"),
                            ("handed_back", "handed_back"),
                            ("died", "died"),
                            ("in_error", "in_error"),
                            ("joined", "joined"),
                        ],
                        max_length=12,
                    ),
                ),
                ("waiting_since", models.DateTimeField(blank=True, null=True)),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "centre",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="episodes", to="partners.centre"
                    ),
                ),
                (
                    "key_worker",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="key_worker_of",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "responsible_team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="responsible_for", to="partners.team"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="episodes", to="huddles.person"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="BreakGlass",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.CharField(max_length=1000)),
                ("at", models.DateTimeField()),
                ("until_at", models.DateTimeField()),
                ("told_at", models.DateTimeField(blank=True, null=True)),
                ("reviewed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "finding",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("justified", "It was needed"),
                            ("unclear", "It was needed, and the record should have been open to them anyway"),
                            ("not_justified", "It was not needed"),
                        ],
                        max_length=14,
                    ),
                ),
                ("review_words", models.CharField(blank=True, max_length=1000)),
                (
                    "reviewed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="breaks", to="huddles.person"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PersonDisposal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rule", models.CharField(max_length=20)),
                ("due_on", models.DateField()),
                ("at", models.DateTimeField()),
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="disposal", to="huddles.person"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PersonMerge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "asked"),
                            ("refused", "refused"),
                            ("merged", "merged"),
                            ("undo_asked", "undo_asked"),
                            ("undone", "undone"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(max_length=500)),
                ("asked_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                ("refused_at", models.DateTimeField(blank=True, null=True)),
                ("undo_asked_at", models.DateTimeField(blank=True, null=True)),
                ("undo_reason", models.CharField(blank=True, max_length=500)),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "kept",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="merges", to="huddles.person"
                    ),
                ),
                (
                    "merged",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="merged_in", to="huddles.person"
                    ),
                ),
                (
                    "refused_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "undo_asked_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "undone_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PersonRevision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField()),
                ("changes", models.JSONField()),
                ("by_name", models.CharField(blank=True, help_text="What acted where no person did.", max_length=60)),
                ("at", models.DateTimeField()),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="revisions", to="huddles.person"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RecordGrant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.CharField(max_length=300)),
                ("granted_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "content_object",
                    models.ForeignKey(
                        db_column="person_id",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="grants",
                        to="huddles.person",
                    ),
                ),
                (
                    "granted_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "permission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="auth.permission"
                    ),
                ),
                (
                    "revoked_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Responsibility",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("held", django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ("reason", models.CharField(max_length=300)),
                ("by_name", models.CharField(blank=True, help_text="What acted where no person did.", max_length=60)),
                (
                    "employer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="partners.organisation"
                    ),
                ),
                (
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="responsibilities",
                        to="huddles.episode",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="partners.team"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RetentionRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=20)),
                ("adopted_at", models.DateTimeField()),
                (
                    "adopted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "centre",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="partners.centre"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SharingPreference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("shares", models.BooleanField()),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField(blank=True, null=True)),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="partners.organisation"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="sharing", to="huddles.person"
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CircleMember",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("role", models.CharField(max_length=120)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField(blank=True, null=True)),
                (
                    "added_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="partners.team",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="circle", to="huddles.episode"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("team__isnull", False)), fields=["team", "episode"], name="circle_by_team"
                    ),
                    models.Index(
                        condition=models.Q(("user__isnull", False)), fields=["user", "episode"], name="circle_by_user"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("team__isnull", True), ("user__isnull", False)),
                            models.Q(("team__isnull", False), ("user__isnull", True)),
                            _connector="OR",
                        ),
                        name="circle_member_is_a_team_or_a_person",
                        violation_error_message="Choose a team or a person.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("role", ""), _negated=True), name="circle_member_has_a_role"
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("team__isnull", False)),
                        expressions=[
                            ("episode", "="),
                            ("team", "="),
                            (huddles.models.constraints.InstantRange("starts_at", "ends_at"), "&&"),
                        ],
                        name="circle_team_once_at_a_time",
                        violation_error_message="The team is around this person already.",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("user__isnull", False)),
                        expressions=[
                            ("episode", "="),
                            ("user", "="),
                            (huddles.models.constraints.InstantRange("starts_at", "ends_at"), "&&"),
                        ],
                        name="circle_user_once_at_a_time",
                        violation_error_message="They are around this person already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends_at__isnull", True), ("ends_at__gte", models.F("starts_at")), _connector="OR"
                        ),
                        name="circle_member_ends_later",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="person",
            index=models.Index(fields=["centre", "family_name", "given_name"], name="person_by_name"),
        ),
        migrations.AddIndex(
            model_name="person",
            index=models.Index(
                condition=models.Q(("merged_into__isnull", False)), fields=["merged_into"], name="person_by_kept"
            ),
        ),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.UniqueConstraint(
                condition=models.Q(models.Q(("nhs_number", ""), _negated=True), ("merged_into__isnull", True)),
                fields=("centre", "nhs_number"),
                name="person_nhs_number_once_at_a_centre",
                violation_error_message="This NHS number cannot be kept here. Ask the centre's privacy officer.",
            ),
        ),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("given_name", ""), _negated=True),
                    models.Q(("family_name", ""), _negated=True),
                    models.Q(("alias", ""), _negated=True),
                    ("disposed_at__isnull", False),
                    _connector="OR",
                ),
                name="person_is_called_something",
                violation_error_message="Enter a name, or an alias where the name is not known.",
            ),
        ),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("disposed_at__isnull", True),
                    models.Q(
                        ("access_needs", ""),
                        ("address", ""),
                        ("alias", ""),
                        ("born_about", ""),
                        ("born_on__isnull", True),
                        ("family_name", ""),
                        ("given_name", ""),
                        ("nhs_number", ""),
                        ("preferred_name", ""),
                        ("telephone", ""),
                        ("what_matters", ""),
                    ),
                    _connector="OR",
                ),
                name="person_disposed_of_is_nobody",
            ),
        ),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.CheckConstraint(
                condition=models.Q(("born_on__isnull", True), ("born_about", ""), _connector="OR"),
                name="person_born_on_or_about",
                violation_error_message="Enter the date of birth, or roughly when it was; not both.",
            ),
        ),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.CheckConstraint(
                condition=models.Q(("reference__regex", "^[B-Z2-9]{10}$")), name="person_reference_shape"
            ),
        ),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("merged_into__isnull", True),
                    models.Q(("merged_into", models.F("id")), _negated=True),
                    _connector="OR",
                ),
                name="person_not_merged_into_itself",
            ),
        ),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.CheckConstraint(
                condition=models.Q(("version__gte", 1)), name="person_version_counts_from_one"
            ),
        ),
        migrations.AddIndex(
            model_name="episode",
            index=models.Index(
                condition=models.Q(("closed_at__isnull", True)), fields=["centre", "opened_at"], name="episode_open"
            ),
        ),
        migrations.AddIndex(
            model_name="episode",
            index=models.Index(
                condition=models.Q(("closed_at__isnull", True)),
                fields=["responsible_team", "opened_at"],
                name="episode_open_by_team",
            ),
        ),
        migrations.AddIndex(
            model_name="episode",
            index=models.Index(
                condition=models.Q(("closed_at__isnull", True), ("key_worker__isnull", False)),
                fields=["key_worker"],
                name="episode_by_key_worker",
            ),
        ),
        migrations.AddConstraint(
            model_name="episode",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_at__isnull", True)),
                fields=("person", "centre"),
                name="episode_one_open_a_person",
                violation_error_message="The centre supports this person already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="episode",
            constraint=models.UniqueConstraint(
                fields=("centre", "reference"), name="episode_reference_once_at_a_centre"
            ),
        ),
        migrations.AddConstraint(
            model_name="episode",
            constraint=models.CheckConstraint(
                condition=models.Q(("reference__regex", "^[B-Z][B-Z2-9]{4}$")), name="episode_reference_shape"
            ),
        ),
        migrations.AddConstraint(
            model_name="episode",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("closed_at__isnull", True), ("closed_at__gt", models.F("opened_at")), _connector="OR"
                ),
                name="episode_closes_after_it_opens",
                violation_error_message="An episode must close after it opens.",
            ),
        ),
        migrations.AddConstraint(
            model_name="episode",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_at__isnull", True), ("outcome", "")),
                    models.Q(("closed_at__isnull", False), models.Q(("outcome", ""), _negated=True)),
                    _connector="OR",
                ),
                name="episode_closed_says_how",
            ),
        ),
        migrations.AddConstraint(
            model_name="episode",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("waiting_since__isnull", True), ("waiting_since__gte", models.F("opened_at")), _connector="OR"
                ),
                name="episode_waits_after_it_opens",
            ),
        ),
        migrations.AddConstraint(
            model_name="episode",
            constraint=models.CheckConstraint(
                condition=models.Q(("waiting_since__isnull", True), ("closed_at__isnull", True), _connector="OR"),
                name="episode_closed_waits_no_more",
            ),
        ),
        migrations.AddConstraint(
            model_name="episode",
            constraint=models.CheckConstraint(
                condition=models.Q(("version__gte", 1)), name="episode_version_counts_from_one"
            ),
        ),
        migrations.AddIndex(
            model_name="breakglass",
            index=models.Index(
                condition=models.Q(("reviewed_at__isnull", True)), fields=["at"], name="break_to_review"
            ),
        ),
        migrations.AddIndex(
            model_name="breakglass",
            index=models.Index(fields=["user", "until_at"], name="break_by_user"),
        ),
        migrations.AddConstraint(
            model_name="breakglass",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    ("user", "="),
                    ("person", "="),
                    (huddles.models.constraints.InstantRange("at", "until_at"), "&&"),
                ],
                name="broken_once_at_a_time",
                violation_error_message="You have opened this record already, and it is still open to you.",
            ),
        ),
        migrations.AddConstraint(
            model_name="breakglass",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("until_at__gt", models.F("at")),
                    (
                        "until_at__lte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("at"), "+", models.Value(datetime.timedelta(seconds=28800))
                        ),
                    ),
                ),
                name="broken_for_8_hours_at_most",
            ),
        ),
        migrations.AddConstraint(
            model_name="breakglass",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="broken_for_a_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="breakglass",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("finding", ""),
                        ("review_words", ""),
                        ("reviewed_at__isnull", True),
                        ("reviewed_by__isnull", True),
                    ),
                    models.Q(
                        ("reviewed_at__gte", models.F("at")),
                        ("reviewed_by__isnull", False),
                        models.Q(("finding", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="break_reviewed_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="breakglass",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("reviewed_by__isnull", True),
                    models.Q(("reviewed_by", models.F("user")), _negated=True),
                    _connector="OR",
                ),
                name="break_not_reviewed_by_oneself",
            ),
        ),
        migrations.AddIndex(
            model_name="personmerge",
            index=models.Index(fields=["kept", "state"], name="merge_by_kept"),
        ),
        migrations.AddConstraint(
            model_name="personmerge",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["asked", "merged", "undo_asked"])),
                fields=("merged",),
                name="merge_of_a_person_once",
                violation_error_message="Somebody has asked for this record to be joined to another already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="personmerge",
            constraint=models.CheckConstraint(
                condition=models.Q(("kept", models.F("merged")), _negated=True), name="merge_of_two_people"
            ),
        ),
        migrations.AddConstraint(
            model_name="personmerge",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="merge_has_a_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="personmerge",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("confirmed_by__isnull", True),
                    models.Q(("confirmed_by", models.F("asked_by")), _negated=True),
                    _connector="OR",
                ),
                name="merge_takes_two",
                violation_error_message="Somebody else has to confirm this: you asked for it.",
            ),
        ),
        migrations.AddConstraint(
            model_name="personmerge",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("undone_by__isnull", True),
                    models.Q(("undone_by", models.F("undo_asked_by")), _negated=True),
                    _connector="OR",
                ),
                name="merge_undone_by_two",
                violation_error_message="Somebody else has to confirm this: you asked for it.",
            ),
        ),
        migrations.AddConstraint(
            model_name="personmerge",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("confirmed_at__isnull", True),
                        ("refused_at__isnull", True),
                        ("state", "asked"),
                        ("undone_at__isnull", True),
                    ),
                    models.Q(
                        ("confirmed_at__isnull", True),
                        ("refused_at__isnull", False),
                        ("refused_by__isnull", False),
                        ("state", "refused"),
                    ),
                    models.Q(
                        ("confirmed_at__isnull", False),
                        ("confirmed_by__isnull", False),
                        ("state", "merged"),
                        ("undone_at__isnull", True),
                    ),
                    models.Q(
                        ("confirmed_at__isnull", False),
                        ("confirmed_by__isnull", False),
                        ("state", "undo_asked"),
                        ("undo_asked_at__isnull", False),
                        ("undo_asked_by__isnull", False),
                        ("undone_at__isnull", True),
                    ),
                    models.Q(
                        ("confirmed_at__isnull", False),
                        ("confirmed_by__isnull", False),
                        ("state", "undone"),
                        ("undo_asked_by__isnull", False),
                        ("undone_at__isnull", False),
                        ("undone_by__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="merge_says_who_and_when",
            ),
        ),
        migrations.AddConstraint(
            model_name="personrevision",
            constraint=models.UniqueConstraint(fields=("person", "version"), name="revision_of_person_once"),
        ),
        migrations.AddConstraint(
            model_name="personrevision",
            constraint=models.CheckConstraint(
                condition=models.Q(("user__isnull", False), models.Q(("by_name", ""), _negated=True), _connector="OR"),
                name="revision_of_person_by_somebody",
            ),
        ),
        migrations.AddIndex(
            model_name="recordgrant",
            index=models.Index(fields=["content_object", "-granted_at", "-id"], name="grant_by_person"),
        ),
        migrations.AddConstraint(
            model_name="recordgrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("expires_at__gt", models.F("granted_at")),
                    (
                        "expires_at__lte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("granted_at"), "+", models.Value(datetime.timedelta(days=90))
                        ),
                    ),
                ),
                name="recordgrant_ends_within_90_days",
            ),
        ),
        migrations.AddConstraint(
            model_name="recordgrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("revoked_at__isnull", True), ("revoked_by__isnull", True)),
                    models.Q(
                        ("revoked_at__gte", models.F("granted_at")),
                        ("revoked_at__lte", models.F("expires_at")),
                        ("revoked_by__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="recordgrant_revoked_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="recordgrant",
            constraint=models.CheckConstraint(
                condition=models.Q(("user", models.F("granted_by")), _negated=True), name="recordgrant_not_for_oneself"
            ),
        ),
        migrations.AddConstraint(
            model_name="recordgrant",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="recordgrant_has_a_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="recordgrant",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    ("user", "="),
                    ("content_object", "="),
                    (
                        huddles.models.constraints.InstantRange(
                            "granted_at", django.db.models.functions.comparison.Coalesce("revoked_at", "expires_at")
                        ),
                        "&&",
                    ),
                ],
                name="one_grant_a_user_and_person",
                violation_error_message="They may read this record already. End that exception first.",
            ),
        ),
        migrations.AddIndex(
            model_name="responsibility",
            index=models.Index(fields=["episode", "id"], name="responsibility_by_episode"),
        ),
        migrations.AddConstraint(
            model_name="responsibility",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[("episode", "="), ("held", "&&")],
                name="one_responsible_team_at_a_time",
                violation_error_message="Another team is responsible at that time.",
            ),
        ),
        migrations.AddConstraint(
            model_name="responsibility",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="responsibility_has_a_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="responsibility",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("held__isempty", False),
                    ("held__lower_inc", True),
                    ("held__lower_inf", False),
                    ("held__upper_inc", False),
                ),
                name="responsibility_from_until",
            ),
        ),
        migrations.AddConstraint(
            model_name="responsibility",
            constraint=models.CheckConstraint(
                condition=models.Q(("user__isnull", False), models.Q(("by_name", ""), _negated=True), _connector="OR"),
                name="responsibility_by_somebody",
            ),
        ),
        migrations.AddIndex(
            model_name="retentionrule",
            index=models.Index(fields=["centre", "-adopted_at", "-id"], name="retention_rule_by_centre"),
        ),
        migrations.AddConstraint(
            model_name="retentionrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("code__in", ["adult_health", "mental_health"])), name="retention_rule_of_the_code"
            ),
        ),
        migrations.AddConstraint(
            model_name="sharingpreference",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    ("person", "="),
                    ("organisation", "="),
                    (huddles.models.constraints.InstantRange("starts_at", "ends_at"), "&&"),
                ],
                name="sharing_once_at_a_time",
                violation_error_message="The person has said something about this organisation for that time already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="sharingpreference",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__isnull", True), ("ends_at__gte", models.F("starts_at")), _connector="OR"),
                name="sharing_ends_later",
            ),
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
