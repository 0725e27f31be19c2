from sync.text_output.accounts import check_lines


def test_a_check_shows_what_is_wrong_and_how_to_fix_it() -> None:
    missing = {"what": "custom fields", "ok": False, "problem": "2 are missing", "mend": "make them", "fixable": True}
    accounts = [
        {"account": "gg", "connector": "growthgenius", "ok": True, "findings": [
            {"what": "credentials", "ok": True, "problem": "", "mend": "", "fixable": False, "fatal": True},
            {**missing, "fatal": False}]},
        {"account": "gh", "connector": "growthhub", "ok": False, "findings": [
            {"what": "scope", "ok": False, "problem": "no", "mend": "", "fixable": False, "fatal": True}]},
    ]  # fmt: skip
    assert list(check_lines({"accounts": accounts})) == [
        "gg (growthgenius): ok",
        "  ok    credentials",
        "  note  custom fields: 2 are missing",
        "        make them",
        "        or have it created: sync check --fix",
        "gh (growthhub): does not work",
        "  wrong scope: no",
    ]
