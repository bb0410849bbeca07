"""A charge that is written as billed at once needs its complete visit record as well as one that becomes billed."""

from importlib import import_module

from django.db import migrations

FORWARD = """
CREATE FUNCTION charge_check_record(wanted bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM billing_charge n
        JOIN billing_payer p ON p.id = n.payer_id AND p.requires_evv
        JOIN scheduling_visit v ON v.id = n.visit_id
        JOIN scheduling_servicetype s ON s.id = v.service_type_id
        WHERE n.id = ANY(wanted)
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
END $$;

CREATE OR REPLACE FUNCTION charge_needs_complete_record() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    billed bigint[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(n.id) INTO billed FROM new_rows n WHERE n.status = 'billed';
    ELSE
        SELECT array_agg(n.id) INTO billed FROM new_rows n JOIN old_rows o ON o.id = n.id
        WHERE n.status = 'billed' AND o.status <> 'billed';
    END IF;
    IF billed IS NOT NULL THEN
        PERFORM charge_check_record(billed);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER charge_begins_with_complete_record AFTER INSERT ON billing_charge
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION charge_needs_complete_record();
"""

BACKWARD = """
DROP TRIGGER charge_begins_with_complete_record ON billing_charge;
{function}
DROP FUNCTION charge_check_record(bigint[]);
"""


def former_function() -> str:
    """The function as the migration before wrote it."""
    text = import_module("billing.migrations.0010_held_until_complete").FORWARD
    start, end = text.index("CREATE FUNCTION charge_needs"), text.index("CREATE TRIGGER charge_needs")
    return str(text[start:end]).replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


class Migration(migrations.Migration):
    dependencies = [("billing", "0011_unbilled_index")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD.format(function=former_function()))]
