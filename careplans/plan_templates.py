"""Plans to start from, by condition: goals and tasks in plain words, written for this product.

`conditions` are SNOMED CT codes as hospitals send them and beginnings of ICD-10-CM codes. A task without weekdays
belongs to every visit (0 Monday … 6 Sunday). A template is a start: the nurse adapts it to the person.
"""

from __future__ import annotations

from typing import Any

from staff.models import TaskCategory as T

MON, TUE, WED, THU, FRI, SAT, SUN = range(7)


def _task(category: T, title: str, instructions: str, *weekdays: int) -> dict[str, Any]:
    return {"category": category.value, "title": title, "instructions": instructions, "weekdays": list(weekdays)}


def _goal(text: str, measure: str) -> dict[str, str]:
    return {"text": text, "measure": measure}


WASH = _task(T.PERSONAL_CARE, "Help with washing", "Let the person do what they can. Check the water with your hand.")
DRESS = _task(T.PERSONAL_CARE, "Help with dressing", "Clothes in the order they go on; weaker side first.")
SHOWER = _task(T.PERSONAL_CARE, "Shower", "Non-slip mat, towel within reach; never leave the room.", TUE, FRI)
SKIN = _task(T.PERSONAL_CARE, "Look at the skin", "Heels, hips, lower back, under folds. Report redness that stays.")
WALK = _task(T.MOBILITY, "Walk together", "Walk with the usual aid, two rooms and back. Rest when short of breath.")
TRANSFER = _task(T.MOBILITY, "Help to stand up and sit down", "Brakes on, feet flat, count to three together.")
MEAL = _task(T.MEALS, "Prepare a meal", "Ask what they feel like. Sit with them while they eat if they wish.")
DRINK = _task(T.MEALS, "Offer something to drink", "Put a full glass within reach before you leave.")
TIDY = _task(T.HOUSEWORK, "Tidy kitchen and bath", "Keep the ways free of rugs, cables and shoes.", MON, THU)
LAUNDRY = _task(T.HOUSEWORK, "Laundry and bed linen", "Wash, dry, fold, put away.", WED)
TALK = _task(T.COMPANIONSHIP, "Time to talk", "Ask about sleep, appetite and mood. Note what is new.")
REMIND = _task(T.MEDICATION_REMINDER, "Remind of medicines", "Remind from the list in the home; never fill a dosette.")
SHOPPING = _task(T.TRANSPORT, "Shopping", "From the list on the fridge. Bring the receipt.", FRI)


def _template(
    code: str, name: str, weight: int, conditions: list[str], summary: str, goals: list[dict], tasks: list[dict]
) -> dict[str, Any]:
    content = {"weight": weight, "summary": summary, "goals": goals, "tasks": tasks}
    return {"code": code, "name": name, "conditions": conditions, "content": content}


TEMPLATES: tuple[dict[str, Any], ...] = (
    _template(
        "palliative", "Palliative care at home", 95, ["Z51.5", "103735009", "395082007"],
        "Comfort first. The person decides what the day looks like; the family is part of the care.",
        [
            _goal("Be comfortable at home", "Pain at most 3 of 10 in every visit"),
            _goal("Time with the family without worry about care", "Family says at the weekly call that they can rest"),
        ],
        [
            _task(T.VITALS, "Ask about pain", "0 to 10, at rest and moving. From 7 call the nurse at once."),
            _task(T.PERSONAL_CARE, "Mouth and lip care", "Soft brush or swab, lip balm, sips or ice chips if wanted."),
            _task(T.PERSONAL_CARE, "Wash in bed", "Warm room, one part at a time, stop whenever it is too much."),
            _task(T.MOBILITY, "Change position", "Every two hours by day; pillows between knees and under calves."),
            SKIN,
            _task(T.MEALS, "Offer food and drink, never press", "Small portions of what they like."),
            _task(T.COMPANIONSHIP, "Be there", "Sit, listen, read, music. Ask the family how they are."),
            _task(T.HOUSEWORK, "Fresh bed linen", "Change it with the person in bed when needed.", MON, WED, FRI),
        ],
    ),
    _template(
        "stroke", "After a stroke", 90, ["230690007", "422504002", "I63", "I69", "I64"],
        "Back to doing things with the weaker side included, without a fall.",
        [
            _goal("Get up and dress with a little help", "Dresses with one hand helping on five of seven days"),
            _goal("Walk to the front door safely", "20 steps with the aid, no fall in four weeks"),
        ],
        [
            WASH,
            _task(T.PERSONAL_CARE, "Dress, weaker side first", "Sitting; let them finish what they can."),
            TRANSFER,
            _task(T.MOBILITY, "Practise walking", "On the weaker side, a step behind. Aid and firm shoes."),
            _task(T.MEALS, "Meal in the agreed texture", "Small bites, no talking while chewing; stay upright 20 min."),
            _task(T.VITALS, "Blood pressure and pulse", "Sitting, after five minutes of rest.", MON, WED, FRI),
            REMIND,
            _task(T.COMPANIONSHIP, "Practise speaking", "Short sentences, time to answer, pictures help."),
            TIDY,
        ],
    ),
    _template(
        "dementia", "Living with dementia", 85,
        ["26929004", "52448006", "230258005", "G30", "F01", "F02", "F03"],
        "A calm day with the same order, safe at home, and a family that gets rest.",
        [
            _goal("Keep the daily routine", "Washed, dressed and breakfast eaten before 10 on six of seven days"),
            _goal("Be safe at home", "No wandering outside, no burns or falls in the month"),
        ],
        [
            _task(T.PERSONAL_CARE, "Guide through washing and dressing", "One step at a time; show, then wait."),
            _task(T.MEALS, "Eat together", "Plain plate, finger food is fine. Watch that it is swallowed."),
            DRINK,
            REMIND,
            _task(T.COMPANIONSHIP, "Something familiar", "Photos, music, folding laundry, a walk in the garden."),
            _task(T.COMPANIONSHIP, "Note changes", "New confusion, restlessness or sleepiness: call the nurse."),
            _task(T.HOUSEWORK, "Safety round", "Stove off, doors, heating, night lights, old food out of the fridge."),
            WALK,
            LAUNDRY,
        ],
    ),
    _template(
        "heart-failure", "Heart failure", 80, ["88805009", "42343007", "84114007", "I50", "I11.0"],
        "Notice water early, breathe easily, stay out of hospital.",
        [
            _goal("Keep a steady weight", "Less than 1.4 kg more in a day and 2.3 kg in a week"),
            _goal("Walk through the home without stopping for breath", "Two rooms and back without a rest"),
        ],
        [
            _task(T.VITALS, "Weigh", "Mornings, after the toilet, before breakfast, same clothes, same scale."),
            _task(T.VITALS, "Blood pressure and pulse", "Sitting, after five minutes of rest."),
            _task(T.PERSONAL_CARE, "Look at ankles and breathing", "Swelling, breathless lying flat: call the nurse."),
            _task(T.MEALS, "Meal low in salt", "No ready soups or sausages; season with herbs."),
            _task(T.MEALS, "Write down what is drunk", "Keep within the amount the doctor set."),
            REMIND,
            WASH,
            WALK,
            TIDY,
        ],
    ),
    _template(
        "wound", "Wound care", 78, ["L89", "L97", "L98.4", "399912005", "13954005", "420226006"],
        "The wound heals, the skin around it stays whole.",
        [
            _goal("Heal the wound", "Smaller at each weekly measuring"),
            _goal("No infection", "No fever, no spreading redness, no new smell"),
        ],
        [
            _task(T.WOUND_CARE, "Change the dressing", "As ordered. Measure and describe the wound.", MON, WED, FRI),
            _task(T.VITALS, "Temperature", "From 38.0 °C call the nurse."),
            _task(T.VITALS, "Ask about pain", "0 to 10, before and after the dressing."),
            _task(T.MOBILITY, "Take the pressure off", "Change position every two hours; heels free."),
            SKIN,
            _task(T.MEALS, "Meal rich in protein", "Egg, fish, dairy or beans with each meal."),
            WASH,
        ],
    ),
    _template(
        "hip-replacement", "After hip replacement", 75, ["Z96.64", "Z47.1", "52734007", "239872002", "M16"],
        "Walk safely again and keep the new hip in place.",
        [
            _goal("Walk to the mailbox with a cane", "Alone and steady within six weeks"),
            _goal("No fall and no dislocation", "None in twelve weeks"),
        ],
        [
            _task(T.POST_SURGICAL, "Look at the dressing", "Dry and clean? Redness, warmth or a wet dressing: call."),
            _task(T.VITALS, "Temperature and pain", "From 38.0 °C or pain 7 call the nurse."),
            _task(T.MOBILITY, "Stand up the safe way", "Do not bend past 90°, do not cross the legs; raised seat."),
            _task(T.PHYSICAL_THERAPY, "Exercises with the therapist", "Programme of the therapist.", TUE, THU),
            _task(T.MOBILITY, "Walk", "Every two hours while awake, with the aid, a little further each day."),
            _task(T.PERSONAL_CARE, "Wash and dress", "Long-handled sponge, sock aid; shower chair."),
            MEAL,
            TIDY,
        ],
    ),
    _template(
        "knee-replacement", "After knee replacement", 75, ["Z96.65", "609588000", "239873007", "M17"],
        "Bend, stretch and walk on the new knee.",
        [
            _goal("Bend the knee to 90°", "Measured by the therapist within four weeks"),
            _goal("Climb the stairs at home", "One flight with rail within six weeks"),
        ],
        [
            _task(T.POST_SURGICAL, "Cool and raise the leg", "20 minutes, cloth between ice and skin."),
            _task(T.POST_SURGICAL, "Look at the dressing", "Redness, warmth, a hard calf or a wet dressing: call."),
            _task(T.PHYSICAL_THERAPY, "Exercises with the therapist", "Programme of the therapist.", MON, WED, FRI),
            _task(T.MOBILITY, "Walk", "Heel first, with the aid, a little further each day."),
            _task(T.VITALS, "Ask about pain", "0 to 10. From 7 call the nurse."),
            WASH,
            MEAL,
            TIDY,
        ],
    ),
    _template(
        "copd", "Chronic lung disease (COPD)", 70, ["185086009", "87433001", "13645005", "J43", "J44"],
        "Breathe easier, save strength, notice a flare-up early.",
        [
            _goal("Do the morning routine without a crisis of breath", "Washed and dressed with at most two rests"),
            _goal("Notice flare-ups early", "Change of sputum or breath reported the same day"),
        ],
        [
            _task(T.VITALS, "Oxygen saturation and breathing", "At rest. The doctor set the range that is right."),
            _task(T.PERSONAL_CARE, "Wash sitting, with rests", "Open window, no sprays, lean forward to recover."),
            _task(T.MEDICATION_REMINDER, "Remind of the inhaler", "Rinse the mouth afterwards."),
            _task(T.PERSONAL_CARE, "Ask about cough and sputum", "More, thicker, green or bloody: call the nurse."),
            _task(T.MOBILITY, "Walk with pauses", "Breathe out on effort. Stop before it is too much."),
            _task(T.MEALS, "Small meals, often", "Soft and rich; drink between, not with, meals."),
            _task(T.HOUSEWORK, "Dust and air", "Damp cloth, no strong cleaners, nobody smokes indoors.", MON, THU),
        ],
    ),
    _template(
        "diabetes", "Diabetes", 60, ["44054006", "46635009", "15777000", "E10", "E11", "R73.03"],
        "Steady sugar, whole feet, regular meals.",
        [
            _goal("Keep the sugar in range", "Before breakfast within the range the doctor set, five of seven days"),
            _goal("No sore on the feet", "None in three months"),
        ],
        [
            _task(T.VITALS, "Blood sugar", "Before breakfast. Below 70: juice, wait 15 minutes, measure, call."),
            _task(T.MEALS, "Breakfast on time", "Whole grain, protein, fruit; no skipped meals."),
            _task(T.PERSONAL_CARE, "Look at the feet", "Between the toes and the soles; never cut nails or corns."),
            REMIND,
            WALK,
            WASH,
            SHOPPING,
        ],
    ),
    _template(
        "falls", "Weak bones and falls", 50, ["64859006", "M80", "M81", "R29.6", "161898004", "W19"],
        "Strong enough to move, safe enough not to fall.",
        [
            _goal("No fall", "None in three months"),
            _goal("Get up from the chair without hands", "Five times in a row"),
        ],
        [
            TRANSFER,
            _task(T.MOBILITY, "Stand up and sit down, ten times", "From a firm chair, table in front."),
            SHOWER,
            _task(T.HOUSEWORK, "Keep the ways free", "Rugs, cables, light in hall and bath."),
            MEAL,
            WALK,
            REMIND,
        ],
    ),
    _template(
        "hypertension", "Blood pressure and heart health", 30,
        ["38341003", "59621000", "I10", "53741008", "49436004", "I25", "I48", "162864005", "E66"],
        "A steady pressure with food, walks and medicines on time.",
        [
            _goal("Blood pressure below 140/90", "In four of five measurements"),
            _goal("Walk every day", "Fifteen minutes on five days a week"),
        ],
        [
            _task(T.VITALS, "Blood pressure and pulse", "Sitting, after five minutes of rest.", MON, WED, FRI),
            REMIND,
            _task(T.MEALS, "Meal low in salt", "Vegetables, fish, whole grain; herbs instead of salt."),
            WALK,
            WASH,
            TIDY,
            SHOPPING,
        ],
    ),
    _template(
        "frailty", "Help with daily living", 10, ["R54", "Z74.1", "Z74.2", "248279007"],
        "Support where strength is short, so that home stays home.",
        [
            _goal("Stay at home", "No stay in hospital in three months"),
            _goal("Look forward to the day", "Something pleasant in every week, chosen by the person"),
        ],
        [WASH, DRESS, SHOWER, MEAL, DRINK, REMIND, WALK, TALK, TIDY, LAUNDRY, SHOPPING],
    ),
)  # fmt: skip

GENERAL = "frailty"
"""Proposed when nothing fits."""
