from scheduling.models.appointment import Appointment
from scheduling.models.broadcast import Broadcast, BroadcastRecipient
from scheduling.models.clock_event import ClockEvent, PhoneEvent, PunchDecision
from scheduling.models.correction import VisitCorrection
from scheduling.models.feed import CalendarFeed
from scheduling.models.fixed_device import FixedDevice
from scheduling.models.former_caregiver import FormerCaregiver
from scheduling.models.holiday_answer import HolidayAnswer
from scheduling.models.lost_visit import LostVisit
from scheduling.models.offer import Offer, OfferAnswer, OfferedVisit
from scheduling.models.phone_contact import PhoneContact
from scheduling.models.publication import Publication, PublicationReceipt
from scheduling.models.rating import VisitRating
from scheduling.models.roster import Roster, RosterLine
from scheduling.models.rotation import Rotation, RotationShift, RotationTurner
from scheduling.models.schedule import AssignmentRule, Schedule, ServiceType
from scheduling.models.series_change import SeriesChange
from scheduling.models.sharer import Sharer
from scheduling.models.telephone import ClockPin, PhoneCall
from scheduling.models.temporary_change import TemporaryChange
from scheduling.models.training import TrainingRequirement
from scheduling.models.travel_leg import TravelLeg
from scheduling.models.visit import Visit
from scheduling.models.visit_exception import ReasonCode, VisitException
from scheduling.models.visit_record import RuleOverride, VisitNote, VisitTask
from scheduling.models.waiting import Waiting

__all__ = [
    "Appointment",
    "AssignmentRule",
    "Broadcast",
    "BroadcastRecipient",
    "CalendarFeed",
    "ClockEvent",
    "ClockPin",
    "FixedDevice",
    "FormerCaregiver",
    "HolidayAnswer",
    "LostVisit",
    "Offer",
    "OfferAnswer",
    "OfferedVisit",
    "PhoneCall",
    "PhoneContact",
    "PhoneEvent",
    "Publication",
    "PublicationReceipt",
    "PunchDecision",
    "ReasonCode",
    "Roster",
    "RosterLine",
    "Rotation",
    "RotationShift",
    "RotationTurner",
    "RuleOverride",
    "Schedule",
    "SeriesChange",
    "ServiceType",
    "Sharer",
    "TemporaryChange",
    "TrainingRequirement",
    "TravelLeg",
    "Visit",
    "VisitCorrection",
    "VisitException",
    "VisitNote",
    "VisitRating",
    "VisitTask",
    "Waiting",
]
