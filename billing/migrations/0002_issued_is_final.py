"""Issued invoices and posted payments are immutable (DESIGN.md, invariant 5)."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION invoice_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status = 'draft' THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'UPDATE' AND (OLD.status = NEW.status OR (OLD.status = 'issued' AND NEW.status = 'void'))
       AND to_jsonb(OLD) - 'status' - 'voided_at' - 'void_reason' - 'emailed_at'
         = to_jsonb(NEW) - 'status' - 'voided_at' - 'void_reason' - 'emailed_at' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'an issued invoice never changes' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER invoice_is_final BEFORE UPDATE OR DELETE ON billing_invoice FOR EACH ROW EXECUTE FUNCTION invoice_is_final();

CREATE FUNCTION invoice_line_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE the_invoice bigint := CASE WHEN TG_OP = 'DELETE' THEN OLD.invoice_id ELSE NEW.invoice_id END;
BEGIN
    IF (SELECT status FROM billing_invoice WHERE id = the_invoice) = 'draft' THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.is_live AND NOT NEW.is_live AND to_jsonb(OLD) - 'is_live' = to_jsonb(NEW) - 'is_live' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'lines of an issued invoice never change' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER invoice_line_is_final BEFORE INSERT OR UPDATE OR DELETE ON billing_invoiceline FOR EACH ROW EXECUTE FUNCTION invoice_line_is_final();

CREATE FUNCTION payment_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.voided_at IS NULL
       AND to_jsonb(OLD) - 'voided_at' - 'void_reason' = to_jsonb(NEW) - 'voided_at' - 'void_reason' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a posted payment never changes' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER payment_is_final BEFORE UPDATE OR DELETE ON billing_payment FOR EACH ROW EXECUTE FUNCTION payment_is_final();
CREATE TRIGGER allocation_is_final BEFORE UPDATE OR DELETE ON billing_allocation FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Sums under row locks: two people allocating at once cannot overpay an invoice or overspend a payment.
CREATE FUNCTION allocation_fits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE available numeric; owed numeric;
BEGIN
    SELECT amount INTO available FROM billing_payment WHERE id = NEW.payment_id AND voided_at IS NULL FOR UPDATE;
    SELECT total INTO owed FROM billing_invoice WHERE id = NEW.invoice_id AND status = 'issued' FOR UPDATE;
    IF available IS NULL OR owed IS NULL THEN
        RAISE EXCEPTION 'only live payments settle issued invoices' USING ERRCODE = 'check_violation', CONSTRAINT = 'allocation_between_live';
    END IF;
    IF (SELECT sum(amount) FROM billing_allocation WHERE payment_id = NEW.payment_id) > available THEN
        RAISE EXCEPTION 'allocated more than was received' USING ERRCODE = 'check_violation', CONSTRAINT = 'allocation_within_payment';
    END IF;
    IF (SELECT sum(a.amount) FROM billing_allocation a JOIN billing_payment p ON p.id = a.payment_id
        WHERE a.invoice_id = NEW.invoice_id AND p.voided_at IS NULL) > owed THEN
        RAISE EXCEPTION 'allocated more than is owed' USING ERRCODE = 'check_violation', CONSTRAINT = 'allocation_within_invoice';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER allocation_fits AFTER INSERT ON billing_allocation FOR EACH ROW EXECUTE FUNCTION allocation_fits();
"""

BACKWARD = """
DROP TRIGGER allocation_fits ON billing_allocation;
DROP FUNCTION allocation_fits();
DROP TRIGGER allocation_is_final ON billing_allocation;
DROP TRIGGER payment_is_final ON billing_payment;
DROP FUNCTION payment_is_final();
DROP TRIGGER invoice_line_is_final ON billing_invoiceline;
DROP FUNCTION invoice_line_is_final();
DROP TRIGGER invoice_is_final ON billing_invoice;
DROP FUNCTION invoice_is_final();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial"), ("accounts", "0002_refuse_change")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
