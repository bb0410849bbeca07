"""A visit that moves beyond the published days leaves its caregiver's calendar as one that goes to somebody else does.

What its caregiver is shown is what VisitQuerySet.is_published says: 48 hours are its ALWAYS_SHOWN.
"""

from importlib import import_module

from django.db import migrations

FORWARD = """
DROP TRIGGER visit_left_its_caregiver ON scheduling_visit;

CREATE FUNCTION visit_is_shown(v scheduling_visit) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT v.status = 'confirmed' OR v.starts_at < now() + interval '48 hours'
        OR EXISTS (SELECT 1 FROM accounts_branch b
            WHERE b.id = v.branch_id AND (b.published_until IS NULL OR v.starts_at < b.published_until))
$$;

CREATE OR REPLACE FUNCTION visit_left_its_caregiver() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    shown boolean := visit_is_shown(OLD);
BEGIN
    IF OLD.caregiver_id IS NOT DISTINCT FROM NEW.caregiver_id AND (NOT shown OR visit_is_shown(NEW)) THEN
        RETURN NULL;
    END IF;
    INSERT INTO scheduling_formercaregiver AS row (visit_id, member_id, starts_at, ends_at, version, was_shown, at)
    VALUES (OLD.id, OLD.caregiver_id, OLD.starts_at, OLD.ends_at, NEW.version, shown, now())
    ON CONFLICT (visit_id, member_id) DO UPDATE SET
        starts_at = CASE WHEN row.was_shown AND NOT shown THEN row.starts_at ELSE excluded.starts_at END,
        ends_at = CASE WHEN row.was_shown AND NOT shown THEN row.ends_at ELSE excluded.ends_at END,
        version = greatest(row.version, excluded.version), was_shown = row.was_shown OR shown, at = excluded.at;
    RETURN NULL;
END $$;
CREATE TRIGGER visit_left_its_caregiver AFTER UPDATE OF caregiver_id, starts_at, status ON scheduling_visit FOR EACH ROW
    WHEN (OLD.caregiver_id IS NOT NULL AND (OLD.caregiver_id, OLD.starts_at, OLD.status)
        IS DISTINCT FROM (NEW.caregiver_id, NEW.starts_at, NEW.status))
    EXECUTE FUNCTION visit_left_its_caregiver();

UPDATE scheduling_formercaregiver f
SET was_shown = b.published_until IS NULL OR f.starts_at < b.published_until OR f.starts_at < now() + interval '48 hours'
FROM scheduling_visit v JOIN accounts_branch b ON b.id = v.branch_id WHERE v.id = f.visit_id;
"""

BACKWARD = """
DROP TRIGGER visit_left_its_caregiver ON scheduling_visit;
DROP FUNCTION visit_left_its_caregiver();
{former}
DROP FUNCTION visit_is_shown(scheduling_visit);
"""


def former_function() -> str:
    """The function and its trigger as the migration before wrote them."""
    text = str(import_module("scheduling.migrations.0034_visit_changes_seen").FORWARD)
    return text[text.index("CREATE FUNCTION visit_left_its_caregiver") :]


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0038_former_caregiver_shown")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD.format(former=former_function()))]
