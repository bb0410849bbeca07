"""Settings that name, as dotted paths, what a higher domain contributes to a lower one (docs/architecture.md).

Nothing here is read from the environment.
"""

# Scheduling. Each rule is one class; agency settings make it block, warn or off (scheduling/rules/).
PLACEMENT_RULES = [
    "scheduling.rules.staff.Overlap",
    "scheduling.rules.staff.NotOnTimeOff",
    "scheduling.rules.staff.Available",
    "scheduling.rules.staff.Employed",
    "scheduling.rules.travel.TravelTime",
    "scheduling.rules.fitness.RoleAndScope",
    "scheduling.rules.fitness.Credentials",
    "scheduling.rules.fitness.Trained",
    "scheduling.rules.fitness.Introduced",
    "scheduling.rules.clients.NotExcluded",
    "scheduling.rules.clients.ClientActive",
    "scheduling.rules.clients.GenderPreference",
    "scheduling.rules.clients.LanguageWish",
    "scheduling.rules.clients.Pets",
    "scheduling.rules.clients.Smoking",
    "scheduling.rules.appointments.NoAppointment",
    "scheduling.rules.visits.DoubleUpComplete",
    "scheduling.rules.hours.WeeklyHours",
    "scheduling.rules.hours.DailyHours",
    "scheduling.rules.hours.VisitsPerDay",
    "scheduling.rules.hours.Overtime",
    "scheduling.rules.hours.RestBetweenDays",
    "scheduling.rules.hours.ConsecutiveDays",
    "scheduling.rules.hours.LiveInDays",
    "scheduling.rules.promises.GuaranteedTime",
    "scheduling.rules.promises.CaregiversPerWeek",
    "billing.rules.CoverageInForce",
    "billing.rules.AuthorizationUnits",
    "billing.rules.MonthlyBudget",
    "billing.margin.MinimumMargin",
]
# What speaks for a caregiver when suggestions are ranked, in the order it is said.
MATCHING_FACTORS = [
    "scheduling.factors.Continuity",
    "scheduling.factors.Preferred",
    "scheduling.factors.Nearness",
    "scheduling.factors.Detour",
    "scheduling.factors.Language",
    "scheduling.factors.HoursWanted",
    "scheduling.factors_of_people.Guaranteed",
    "scheduling.factors_of_people.Rating",
    "scheduling.factors.Fairness",
    "scheduling.factors.Declines",
    "scheduling.factors.OvertimeMade",
    "billing.margin.Margin",
]

# What a change of a series uses and costs: called as provide(client, service_type, before, after).
SERIES_FACTS = ["billing.series_facts.units_and_cost"]

# Whose table of reason codes a visit uses: called as provide(visits), gives {visit's key: name of the set}.
REASON_CODE_SETS = ["billing.reason_sets.sets_of_payers"]

# By what else the share of verified visits is told: called as group(visits), adds group_key and group_name.
COMPLIANCE_GROUPS = {"payer": "billing.reason_sets.by_payer"}

# What else may be amiss in a visit that took place: called as check(visit), gives [(kind of exception, sentence)].
VISIT_CHECKS = ["billing.visit_checks.no_authorization"]

# What happens, in one transaction, when a referral becomes a client: called as step(client, summary, by=user).
REFERRAL_STEPS = [
    "careplans.services.intake.take_over_medications",
    "careplans.services.intake.take_over_vitals",
]

# What happens, in one transaction, when a care plan comes into force: called as step(plan, by=user).
PLAN_STEPS = ["scheduling.plan_fit.tell_of_misfits"]
# What other domains have to say on the page of a plan: called as note(plan, user), gives title, count and rows or None.
PLAN_NOTES = ["scheduling.plan_fit.note_of_misfits"]
# Who hears what is written to the audit trail, in the same transaction: called as listen(events).
AUDIT_LISTENERS = ["scheduling.shared_events.hear", "scheduling.webhook_events.hear"]
