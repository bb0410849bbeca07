from careplans.models.assessment import Assessment, Instrument
from careplans.models.care_plan import CarePlan, Goal, PlannedTask, PlanTemplate
from careplans.models.medication import MedicationOrder
from careplans.models.vital import VitalReading, VitalThreshold

__all__ = [
    "Assessment",
    "CarePlan",
    "Goal",
    "Instrument",
    "MedicationOrder",
    "PlanTemplate",
    "PlannedTask",
    "VitalReading",
    "VitalThreshold",
]
