"""One approved time drives pay and bill (DESIGN.md, invariants 4 and 6): a charge follows its visit, an invoice holds it."""

from django.db import migrations

FORWARD = """
-- What a billed charge rests on cannot change; an open charge is void as soon as it does.
CREATE FUNCTION visit_billed_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE live text;
BEGIN
    -- The lock waits for an invoice that is just being issued and then reads what became of the charge.
    SELECT status INTO live FROM billing_charge WHERE visit_id = OLD.id AND status <> 'void' FOR UPDATE;
    IF live = 'billed' THEN
        RAISE EXCEPTION 'the visit stands on an issued invoice'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'visit_already_billed';
    ELSIF live = 'open' THEN
        UPDATE billing_charge SET status = 'void' WHERE visit_id = OLD.id AND status = 'open';
    END IF;
    IF NEW.status <> 'approved' THEN
        DELETE FROM billing_unchargedvisit WHERE visit_id = OLD.id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER visit_billed_stays BEFORE UPDATE ON scheduling_visit FOR EACH ROW
    WHEN (OLD.status = 'approved' AND
          (NEW.status, NEW.approved_minutes, NEW.approved_starts_at, NEW.approved_ends_at, NEW.client_id, NEW.service_type_id)
          IS DISTINCT FROM
          (OLD.status, OLD.approved_minutes, OLD.approved_starts_at, OLD.approved_ends_at, OLD.client_id, OLD.service_type_id))
    EXECUTE FUNCTION visit_billed_stays();

CREATE FUNCTION visit_awaits_charge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO billing_unchargedvisit (visit_id)
    SELECT NEW.id FROM scheduling_servicetype s
    WHERE s.id = NEW.service_type_id AND s.is_billable
      AND NOT EXISTS (SELECT 1 FROM billing_charge c WHERE c.visit_id = NEW.id AND c.status <> 'void')
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER visit_awaits_charge_insert AFTER INSERT ON scheduling_visit FOR EACH ROW
    WHEN (NEW.status = 'approved') EXECUTE FUNCTION visit_awaits_charge();
CREATE TRIGGER visit_awaits_charge_update AFTER UPDATE ON scheduling_visit FOR EACH ROW
    WHEN (NEW.status = 'approved' AND OLD.status <> 'approved') EXECUTE FUNCTION visit_awaits_charge();

CREATE FUNCTION charge_ends_waiting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM billing_unchargedvisit w USING new_rows n WHERE w.visit_id = n.visit_id AND n.status <> 'void';
    RETURN NULL;
END $$;
CREATE TRIGGER charge_ends_waiting AFTER INSERT ON billing_charge
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION charge_ends_waiting();

-- A void charge leaves its draft, and its visit waits again while it is approved.
CREATE FUNCTION charge_void_leaves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE the_draft bigint;
BEGIN
    DELETE FROM billing_invoiceline l USING billing_invoice i
    WHERE l.charge_id = NEW.id AND i.id = l.invoice_id AND i.status = 'draft' RETURNING l.invoice_id INTO the_draft;
    IF the_draft IS NOT NULL THEN
        UPDATE billing_invoice SET total =
            (SELECT coalesce(sum(amount), 0) FROM billing_invoiceline WHERE invoice_id = the_draft)
        WHERE id = the_draft;
    END IF;
    INSERT INTO billing_unchargedvisit (visit_id)
    SELECT v.id FROM scheduling_visit v JOIN scheduling_servicetype s ON s.id = v.service_type_id
    WHERE v.id = NEW.visit_id AND v.status = 'approved' AND s.is_billable ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER charge_void_leaves AFTER UPDATE ON billing_charge FOR EACH ROW
    WHEN (NEW.status = 'void' AND OLD.status <> 'void') EXECUTE FUNCTION charge_void_leaves();

-- What a charge says is what it said when it was made; only its status moves.
CREATE FUNCTION charge_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.status <> 'void' AND to_jsonb(OLD) - 'status' = to_jsonb(NEW) - 'status' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a charge never changes but in status' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER charge_is_final BEFORE UPDATE OR DELETE ON billing_charge FOR EACH ROW EXECUTE FUNCTION charge_is_final();

INSERT INTO billing_unchargedvisit (visit_id)
SELECT v.id FROM scheduling_visit v JOIN scheduling_servicetype s ON s.id = v.service_type_id AND s.is_billable
WHERE v.status = 'approved'
  AND NOT EXISTS (SELECT 1 FROM billing_charge c WHERE c.visit_id = v.id AND c.status <> 'void');
"""

BACKWARD = """
DROP TRIGGER charge_is_final ON billing_charge;
DROP FUNCTION charge_is_final();
DROP TRIGGER charge_void_leaves ON billing_charge;
DROP FUNCTION charge_void_leaves();
DROP TRIGGER charge_ends_waiting ON billing_charge;
DROP FUNCTION charge_ends_waiting();
DROP TRIGGER visit_awaits_charge_update ON scheduling_visit;
DROP TRIGGER visit_awaits_charge_insert ON scheduling_visit;
DROP FUNCTION visit_awaits_charge();
DROP TRIGGER visit_billed_stays ON scheduling_visit;
DROP FUNCTION visit_billed_stays();
DELETE FROM billing_unchargedvisit;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0003_issuer_and_uncharged_visit"),
        ("scheduling", "0002_visit_commitment"),
    ]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
