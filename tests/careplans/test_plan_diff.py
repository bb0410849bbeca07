from careplans.plan_diff import Change, Part, compare


def test_versions_compare_by_title():
    before = [
        Part("Shower", (("Instructions", "Standing"), ("Days", "Tue"))),
        Part("Lunch"),
        Part("Walk", (("Days", "Every visit"),)),
    ]
    after = [
        Part("walk ", (("Days", "Every visit"),)),
        Part("Shower", (("Instructions", "Sitting"), ("Days", "Tue"))),
        Part("Weigh"),
    ]
    assert compare(before, after) == [
        Change("changed", "Shower", [("Instructions", "Standing", "Sitting")]),
        Change("added", "Weigh"),
        Change("removed", "Lunch"),
    ]


def test_same_version_has_no_changes():
    parts = [Part("Shower", (("Days", "Tue"),)), Part("Shower")]
    assert compare(parts, list(parts)) == []
