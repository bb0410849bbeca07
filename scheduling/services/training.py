"""What training the agency asks of those who come for a service or to a client with a condition."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from homecare.accounts.models import User
from homecare.audit.services.event import record
from homecare.errors import Conflict, DomainError
from scheduling.models import ServiceType, TrainingRequirement
from staff.models import CredentialType


def require_training(
    training: CredentialType, *, by: User, service_type: ServiceType | None = None, condition: str = ""
) -> TrainingRequirement:
    """From now on the rule `training` asks for it; exactly one of service and condition is given."""
    condition = condition.strip().upper()
    if (service_type is None) == (not condition):
        raise DomainError(_("Choose either a service or a condition."), field="condition")
    try:
        with transaction.atomic():
            row = TrainingRequirement.objects.create(training=training, service_type=service_type, condition=condition)
            record("trainingrequirement.added", row, by=by, changes={"training": [None, training.code]})
    except IntegrityError as error:
        raise Conflict(_("This training is already asked for there."), field="training") from error
    return row


@transaction.atomic
def waive_training(row: TrainingRequirement, *, by: User) -> None:
    """Nobody has to hold it for that any more; visits planned meanwhile stay as they are."""
    record("trainingrequirement.removed", row, by=by, changes={"training": [row.training.code, None]})
    row.delete()
