"""The planning board in a browser: how fast it paints and drags, and what a planner does on it.

The speed is measured on 100 technicians and 1,000 missions of one week, given to the real client
instead of the server's answer. Other programs slow a machine down: the best of some tries counts.
"""

import json
import os
from datetime import datetime, timedelta, timezone

import pytest

PEOPLE, MISSIONS, TRIES = 100, 1000, 4
# The bars: painted after the data arrives, and the longest task while dragging.
PAINTED = 1500
LONG_TASK = 50
# A busy machine may widen them, never a release.
SLACK = float(os.environ.get("FIELD_SLACK", "1"))

WATCH = """
(() => {
    const open = XMLHttpRequest.prototype.open;
    XMLHttpRequest.prototype.open = function (method, url, ...rest) {
        if (String(url).includes("field_board_read")) {
            this.addEventListener("load", () => {
                window.boardData = performance.now();
                const paint = () => {
                    if (document.querySelectorAll(".o_field_board_pill").length > 20) {
                        requestAnimationFrame(() => setTimeout(() => {
                            window.boardPainted = performance.now();
                            window.boardRows =
                                document.querySelectorAll(".o_field_board_row").length;
                        }));
                    } else {
                        requestAnimationFrame(paint);
                    }
                };
                requestAnimationFrame(paint);
            });
        }
        return open.call(this, method, url, ...rest);
    };
    window.longTasks = [];
    new PerformanceObserver((list) => {
        window.longTasks.push(...list.getEntries().map((entry) => entry.duration));
    }).observe({ type: "longtask" });
})();
"""


def _monday():
    now = datetime.now(timezone.utc)
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=now.weekday())


def _week():
    """A synthetic answer of ``field_board_read``."""
    monday = _monday()
    people, missions = [], []

    def at(day, hour):
        return int((monday + timedelta(days=day, hours=hour)).timestamp())

    for number in range(PEOPLE):
        tours = []
        for day in range(5):
            ids = [1 + number + PEOPLE * (2 * day + part) for part in range(2)]
            stops = [[ids[part], at(day, 8 + 4 * part), 30, 12.5, False] for part in range(2)]
            tours.append(
                {
                    "id": number * 10 + day,
                    "day": (monday + timedelta(days=day)).date().isoformat(),
                    "departure": at(day, 7.5),
                    "back": at(day, 15),
                    "back_minutes": 30,
                    "back_km": 10,
                    "lunch": [at(day, 11), at(day, 12)],
                    "travel_minutes": 90,
                    "travel_km": 35,
                    "published": True,
                    "stops": stops,
                }
            )
        days = [
            {
                "day": (monday + timedelta(days=day)).date().isoformat(),
                "work": [[at(day, 7), at(day, 16)]],
                "away": [],
                "lunch": 2700,
            }
            for day in range(5)
        ]
        people.append(
            {
                "id": number + 1,
                "name": f"Technician {number + 1:03}",
                "active": True,
                "group": False,
                "has_calendar": True,
                "tz": "Europe/Paris",
                "days": days,
                "pending": [],
                "tours": tours,
            }
        )
    for number in range(MISSIONS):
        day, part = divmod(number // PEOPLE, 2)
        start = at(day, 8 + 4 * part)
        missions.append(
            {
                "id": number + 1,
                "name": f"M{number}",
                "plan_version": 1,
                "technician_id": number % PEOPLE + 1,
                "helpers": [],
                "state": "planned",
                "published": number % 3 > 0,
                "validated": False,
                "is_locked": False,
                "priority": "0",
                "zone_id": False,
                "team_id": False,
                "company_id": 1,
                "promised_kind": "none",
                "planned_duration": 2.0,
                "start": start,
                "stop": start + 7200,
                "promised_from": None,
                "promised_to": None,
                "tolerance": 0,
                "promised_date": None,
                "date": (monday + timedelta(days=day)).date().isoformat(),
                "deadline": None,
                "site_id": 1,
                "site": f"Site {number}",
                "city": "Angers",
                "located": True,
                "customer": "Customer",
                "type": "Visit",
                "color": number % 12,
            }
        )
    return {"missions": missions, "people": people, "groups": [], "tray": [], "tray_count": 0}


def _serve_week(screen):
    """Answer the board's reads with the week, and its moves with their application."""
    answer = json.dumps({"jsonrpc": "2.0", "id": 1, "result": _week()})
    screen.page.route(
        "**/field_board_read*",
        lambda route: route.fulfill(content_type="application/json", body=answer),
    )
    screen.page.route("**/action_place*", _apply)


def _apply(route):
    moves = json.loads(route.request.post_data)["params"]["args"][0]
    result = {
        "applied": [
            {
                "id": move["id"],
                "plan_version": move["plan_version"] + 1,
                "state": "planned",
                "published": True,
                "is_locked": False,
            }
            for move in moves
        ],
        "refused": [],
        "to_confirm": [],
        "conflicts": [],
        "undo": [],
    }
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "result": result})
    route.fulfill(content_type="application/json", body=body)


@pytest.fixture
def board(screen):
    from tools.demo import logins

    people = {role.split()[0].lower(): (login, pw) for role, login, pw in logins()}
    screen.page.add_init_script(WATCH)
    screen.page.add_init_script(
        'localStorage.setItem("field_planning.board", JSON.stringify({ scale: "week" }))'
    )
    screen.log_in(*people["planner"])
    return screen


def test_a_thousand_missions_are_painted_in_time(board):
    _serve_week(board)
    times = []
    for _try in range(TRIES):
        board.page.goto(f"{board.url}/odoo/field-board")
        board.page.wait_for_function("window.boardPainted", timeout=90000)
        times.append(board.page.evaluate("window.boardPainted - window.boardData"))
    print(f"painted after {[round(one) for one in times]} ms")
    assert min(times) < PAINTED * SLACK
    assert board.page.evaluate("window.boardRows") < PEOPLE / 2
    assert not board.errors, board.errors


def test_nothing_stalls_while_dragging(board):
    _serve_week(board)
    page = board.page
    page.goto(f"{board.url}/odoo/field-board")
    page.wait_for_selector(".o_field_board_pill")
    # The rest of the rows is made ready while nobody does anything.
    page.wait_for_function(
        f"document.querySelectorAll('.o_field_board_row').length === {PEOPLE}", timeout=60000
    )
    page.wait_for_timeout(500)
    worst = []
    for number in range(TRIES):
        pill = page.locator(".o_field_board_pill").nth(3 + number).bounding_box()
        page.mouse.move(pill["x"] + 4, pill["y"] + 8)
        page.mouse.down()
        page.mouse.move(pill["x"] + 30, pill["y"] + 20, steps=4)
        page.wait_for_selector(".o_field_board_ghost")
        page.evaluate("window.longTasks.length = 0")
        for step in range(60):
            page.mouse.move(pill["x"] + 30 + step * 5, pill["y"] + 20 + step * 7)
        # Held at the lower edge the board scrolls, and draws rows that come into sight.
        box = page.locator(".o_field_board_scroller").bounding_box()
        for _step in range(20):
            page.mouse.move(box["x"] + 400, box["y"] + box["height"] - 12)
            page.mouse.move(box["x"] + 402, box["y"] + box["height"] - 11)
        tasks = page.evaluate("window.longTasks")
        worst.append(max(tasks, default=0))
        page.keyboard.press("Escape")
        page.mouse.up()
        page.locator(".o_field_board_scroller").evaluate("one => one.scrollTo(0, 0)")
        page.wait_for_timeout(600)
    print(f"longest tasks {[round(one) for one in worst]} ms")
    assert min(worst) <= LONG_TASK * SLACK
    assert not board.errors, board.errors


def test_drag_and_undo_of_a_shown_move(board):
    _serve_week(board)
    page = board.page
    page.goto(f"{board.url}/odoo/field-board")
    page.wait_for_selector(".o_field_board_pill")
    page.wait_for_timeout(800)
    pill = page.locator('.o_field_board_row[data-person="2"] [data-mission="2"]').bounding_box()
    row = page.locator('.o_field_board_row[data-person="4"]').bounding_box()
    page.mouse.move(pill["x"] + 4, pill["y"] + 8)
    page.mouse.down()
    page.mouse.move(pill["x"] + 40, row["y"] + 20, steps=8)
    page.mouse.up()
    page.wait_for_selector('.o_field_board_row[data-person="4"] [data-mission="2"]')
    assert not board.errors, board.errors
