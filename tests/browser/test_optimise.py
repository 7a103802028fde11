"""The optimiser as a planner uses it, its real process at work: ask, read, accept one, undo."""

from datetime import date, timedelta

import pytest

# Nobody works then.
HOLIDAYS = {(1, 1), (1, 5), (8, 5), (14, 7), (15, 8), (1, 11), (11, 11), (25, 12)}


@pytest.fixture
def planner(screen):
    """A screen of the demo's planner."""
    from tools.demo import logins

    people = {role.split()[0].lower(): (login, word) for role, login, word in logins()}
    screen.log_in(*people["planner"])
    return screen


def _day():
    """A Tuesday two months ahead."""
    day = date.today() + timedelta(days=63)
    day += timedelta(days=(1 - day.weekday()) % 7)
    return day + timedelta(days=7) if (day.day, day.month) in HOLIDAYS else day


def _two_missions(planner, day):
    """Missions of two technicians that did the same before, promised for a day."""
    known = planner.call(
        "field.mission", "search_read",
        [["state", "=", "done"], ["technician_id", "!=", False], ["helper_ids", "=", False]],
        ["technician_id", "site_id", "service_type_id", "partner_id", "company_id"],
        limit=60, order="id desc",
    )  # fmt: skip
    one = known[0]
    other = next(item for item in known if item["technician_id"] != one["technician_id"])
    return planner.call(
        "field.mission", "create",
        [
            {
                **{name: item[name][0] for name in
                   ("technician_id", "site_id", "service_type_id", "partner_id", "company_id")},
                "promised_kind": "day",
                "promised_date": str(day),
                "planned_duration": 0.5,
            }
            for item in (one, other)
        ],
    )  # fmt: skip


def _states(planner, missions):
    rows = planner.call("field.mission", "read", missions, ["state"])
    return sorted(row["state"] for row in rows)


@pytest.mark.parametrize("screen", ["desktop"], indirect=True)
def test_ask_accept_one_and_undo(planner):
    day = _day()
    missions = _two_missions(planner, day)
    page = planner.page
    (run,) = planner.call(
        "field.optimization", "create", [{"date_from": str(day), "date_to": str(day)}]
    )
    page.goto(f"{planner.url}/odoo/field-optimisation/{run}")
    page.wait_for_selector(".o_field_widget[name=scope_count]")
    page.click("button[name=action_run]")
    # The solver has a process of its own; the form asks once a second how far it is.
    page.wait_for_selector(".o_statusbar_buttons button[name=action_accept]", timeout=120000)
    assert _states(planner, missions) == ["draft", "draft"], "a proposal changes nothing"
    (line,) = planner.call(
        "field.optimization.tour", "search_read",
        [["run_id", "=", run], ["stop_ids.mission_id", "=", missions[0]]],
        ["technician_id", "partner_text"],
    )  # fmt: skip
    name = line["technician_id"][1]
    page.click("a[name=changes]")
    page.wait_for_selector(f'.o_field_widget[name=change_ids] tr:has-text("{name}")')
    page.click("a[name=tours]")
    page.click(f'tr:has-text("{name}") button[name=action_accept]')
    page.wait_for_selector(".o_statusbar_buttons button[name=action_undo]:visible")
    planner.settle()
    assert _states(planner, missions) == ["draft", "planned"]
    page.click(".o_statusbar_buttons button[name=action_undo]")
    page.wait_for_selector(".o_statusbar_buttons button[name=action_undo]", state="hidden")
    planner.settle()
    assert _states(planner, missions) == ["draft", "draft"]
    assert not planner.errors, planner.errors
    planner.call("field.optimization", "unlink", [run])
    planner.call("field.mission", "unlink", missions)
