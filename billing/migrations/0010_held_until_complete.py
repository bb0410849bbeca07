"""A charge whose visit record is incomplete is not billed where its payer asks for all six elements; a release ends with the approval."""

from django.db import migrations

FORWARD = """
-- The last judge of what scheduling/evv_rows.py asks: services keep such a charge off drafts and take it back.
CREATE FUNCTION charge_needs_complete_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM new_rows n
        JOIN old_rows o ON o.id = n.id AND o.status <> 'billed'
        JOIN billing_payer p ON p.id = n.payer_id AND p.requires_evv
        JOIN scheduling_visit v ON v.id = n.visit_id
        JOIN scheduling_servicetype s ON s.id = v.service_type_id
        WHERE n.status = 'billed'
          AND NOT EXISTS (SELECT 1 FROM billing_evvrelease r WHERE r.visit_id = v.id AND r.lapsed_at IS NULL)
          AND NOT (
            v.caregiver_id IS NOT NULL
            AND coalesce(v.started_at, v.approved_starts_at) IS NOT NULL
            AND coalesce(v.finished_at, v.approved_ends_at) IS NOT NULL
            AND (
                s.mode <> 'in_person'
                OR EXISTS (SELECT 1 FROM scheduling_clockevent e WHERE e.visit_id = coalesce(v.leader_id, v.id) AND
                    CASE WHEN e.method = 'telephony' THEN e.client_id IS NOT NULL
                         ELSE e.method IN ('fixed_device', 'office') OR e.latitude IS NOT NULL END)
                OR EXISTS (SELECT 1 FROM scheduling_visitexception x WHERE x.visit_id = v.id
                    AND x.kind IN ('no_position', 'unknown_phone') AND x.resolved_at IS NOT NULL)
            )
          )
    ) THEN
        RAISE EXCEPTION 'the visit of this charge lacks an element'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'charge_needs_complete_record';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER charge_needs_complete_record AFTER UPDATE ON billing_charge
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION charge_needs_complete_record();

CREATE FUNCTION evv_release_lapses() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE billing_evvrelease SET lapsed_at = now() WHERE visit_id = OLD.id AND lapsed_at IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER evv_release_lapses AFTER UPDATE ON scheduling_visit FOR EACH ROW
    WHEN (OLD.status = 'approved' AND
          (NEW.status, NEW.approved_minutes, NEW.approved_starts_at, NEW.approved_ends_at, NEW.client_id, NEW.service_type_id)
          IS DISTINCT FROM
          (OLD.status, OLD.approved_minutes, OLD.approved_starts_at, OLD.approved_ends_at, OLD.client_id, OLD.service_type_id))
    EXECUTE FUNCTION evv_release_lapses();

-- A release is somebody's word: it may end, nothing else of it changes.
CREATE FUNCTION evv_release_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.lapsed_at IS NULL AND to_jsonb(OLD) - 'lapsed_at' = to_jsonb(NEW) - 'lapsed_at' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a release never changes' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER evv_release_is_final BEFORE UPDATE OR DELETE ON billing_evvrelease
    FOR EACH ROW EXECUTE FUNCTION evv_release_is_final();
"""

BACKWARD = """
DROP TRIGGER evv_release_is_final ON billing_evvrelease;
DROP FUNCTION evv_release_is_final();
DROP TRIGGER evv_release_lapses ON scheduling_visit;
DROP FUNCTION evv_release_lapses();
DROP TRIGGER charge_needs_complete_record ON billing_charge;
DROP FUNCTION charge_needs_complete_record();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0009_evv_holds"),
        ("scheduling", "0031_shared_visits"),
    ]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
