"""How long caregivers travel. `Times` is the one interface: rules, suggestions and rosters ask it and nothing else.

`settings.TRAVEL_TIMES` says where minutes come from: `straight_line` (distance × road factor at the agency's speed),
`matrix` (the TravelLeg table), `osrm` or `valhalla` (a routing service of the agency, whose answers the table keeps).
Whatever a source does not know is the straight line's. See docs/rules.md, section 4.
"""

from scheduling.travel.straight_line import Place, kilometres, minutes
from scheduling.travel.times import Times, without_services

__all__ = ["Place", "Times", "kilometres", "minutes", "without_services"]
