"""Names, towns and sentences of the made-up agency. Towns are real places in Massachusetts with their coordinates."""

from __future__ import annotations

from dataclasses import dataclass

PASSWORD = "homecare-demo"


@dataclass(frozen=True)
class Town:
    name: str
    postal_code: str
    latitude: float
    longitude: float


BOSTON = [
    Town("Boston", "02108", 42.3575, -71.0636),
    Town("Cambridge", "02139", 42.3647, -71.1042),
    Town("Quincy", "02169", 42.2529, -71.0023),
    Town("Somerville", "02143", 42.3876, -71.0995),
    Town("Brookline", "02445", 42.3318, -71.1212),
    Town("Newton", "02458", 42.3370, -71.2092),
    Town("Medford", "02155", 42.4184, -71.1062),
    Town("Milton", "02186", 42.2495, -71.0662),
]
SPRINGFIELD = [
    Town("Springfield", "01103", 42.1015, -72.5898),
    Town("West Springfield", "01089", 42.1070, -72.6204),
    Town("Chicopee", "01013", 42.1487, -72.6079),
    Town("Holyoke", "01040", 42.2043, -72.6162),
    Town("Longmeadow", "01106", 42.0501, -72.5829),
    Town("Agawam", "01001", 42.0695, -72.6148),
]
STREETS = [
    "Maple",
    "Chestnut",
    "Elm",
    "Washington",
    "Park",
    "Pleasant",
    "Highland",
    "Walnut",
    "Spring",
    "Franklin",
    "Summer",
    "Cedar",
]

WOMEN = [
    "Maria",
    "Grace",
    "Fatima",
    "Linh",
    "Rosa",
    "Aisha",
    "Hannah",
    "Denise",
    "Olga",
    "Nadia",
    "Joy",
    "Carmen",
    "Lucille",
    "Mei",
    "Teresa",
    "Abena",
    "Ingrid",
    "Paula",
    "Simone",
    "Beatriz",
    "Dorothy",
    "Evelyn",
    "Margaret",
    "Ruth",
    "Helen",
    "Irene",
]
MEN = [
    "Ben",
    "Samuel",
    "Kofi",
    "Luis",
    "Daniel",
    "Andre",
    "Tomas",
    "Marcus",
    "Yusuf",
    "Peter",
    "Walter",
    "Harold",
    "George",
    "Frank",
    "Eugene",
    "Stanley",
    "Arthur",
    "Vincent",
]
LAST = [
    "Silva",
    "Mensah",
    "Nguyen",
    "Okafor",
    "Garcia",
    "Johnson",
    "Murphy",
    "Rossi",
    "Baptiste",
    "Kowalski",
    "Haddad",
    "Chen",
    "Rivera",
    "Osei",
    "Sullivan",
    "Pereira",
    "Goldberg",
    "Andersson",
    "Moreau",
    "Tran",
    "Williams",
    "Kelly",
    "Santos",
    "Novak",
    "Lopez",
    "Bennett",
    "Carter",
    "Hughes",
    "Flores",
    "Doyle",
    "Walsh",
    "Martin",
]
LANGUAGES = [["en"], ["en", "es"], ["en", "pt"], ["en", "fr"], ["en", "vi"], ["en"]]

IMPORTANT = [
    "Hard of hearing: speak towards the left ear, face to face.",
    "Fell twice this year; stay within arm's reach on the stairs.",
    "Thickened fluids only.",
    "Gets anxious when rushed; explain each step first.",
    "Diabetic: check that lunch is eaten before leaving.",
    "Oxygen at night; no open flames.",
    "",
]
ACCESS = [
    "Key safe beside the back door.",
    "Ring twice and wait; walking takes a while.",
    "Park on the street; the driveway is the neighbour's.",
    "Second floor, no lift.",
    "Friendly dog called Biscuit.",
    "",
]
NOTES = [
    "Had a good breakfast and was in high spirits. Walked to the mailbox with the walker.",
    "A little tired today. Washed and dressed with help, rested after lunch.",
    "We sorted the photographs together and laughed a lot. Ankles slightly swollen.",
    "Refused the shower, accepted a wash at the sink. Will offer again on the next visit.",
    "Ate half of lunch. Daughter phoned while I was there.",
    "Exercises done twice. Says the knee feels better than last week.",
    "Slept badly. Quiet visit, kept the house tidy and changed the bed.",
]
RELATIONS = ["Daughter", "Son", "Wife", "Husband", "Niece", "Neighbour"]
CONDITIONS = [
    ("84114007", "Heart failure", "heart_failure"),
    ("13645005", "Chronic obstructive lung disease", "copd"),
    ("44054006", "Diabetes mellitus type 2", "diabetes"),
    ("52448006", "Dementia", "dementia"),
    ("230690007", "Cerebrovascular accident", "stroke"),
    ("396275006", "Osteoarthritis", "frailty"),
]
ALLERGIES = ["Penicillin", "Latex", "Peanuts", "Sulfonamide"]
