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


def _text(stamp):
    return datetime.fromtimestamp(stamp, timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


def _serve_week(screen):
    """Answer the board's reads with the week, and its moves with their application.

    :return: list that gets the moves of each call, as the board sent them
    """
    sent = []
    answer = json.dumps({"jsonrpc": "2.0", "id": 1, "result": _week()})
    screen.page.route(
        "**/field_board_read*",
        lambda route: route.fulfill(content_type="application/json", body=answer),
    )
    former = {mission["id"]: mission for mission in _week()["missions"]}
    screen.page.route("**/action_place*", lambda route: _apply(route, sent, former))
    return sent


def _apply(route, sent, former):
    moves = json.loads(route.request.post_data)["params"]["args"][0]
    sent.append(moves)
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
        "undo": [
            {
                "id": move["id"],
                "plan_version": move["plan_version"] + 1,
                "technician_id": former[move["id"]]["technician_id"],
                "planned_start": _text(former[move["id"]]["start"]),
                "planned_duration": former[move["id"]]["planned_duration"],
            }
            for move in moves
        ],
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


def test_names_stay_in_sight_sideways(board):
    _open(board)
    scroller = board.page.locator(".o_field_board_scroller")
    head = _row(board.page, 2).locator(".o_field_board_head")
    before = head.bounding_box()["x"]
    assert scroller.evaluate("one => { one.scrollTo(60, 0); return one.scrollLeft; }") == 60
    board.page.wait_for_function("document.querySelector('.o_field_board_aside')")
    assert head.bounding_box()["x"] == before


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


def _row(page, person):
    return page.locator(f'.o_field_board_row[data-person="{person}"]')


def _pill(page, mission):
    return page.locator(f'.o_field_board_lane [data-mission="{mission}"]')


def _open(board):
    """Open the board on the week; return the calls that it makes from then on."""
    sent = _serve_week(board)
    board.page.goto(f"{board.url}/odoo/field-board")
    first = '.o_field_board_row[data-person="4"] .o_field_board_pill'
    board.page.wait_for_selector(first, timeout=90000)
    return sent


def _wait_sent(board, sent, count):
    """Wait until the board has made so many calls and drawn what they did."""
    for _try in range(200):
        if len(sent) >= count:
            break
        board.page.wait_for_timeout(50)
    assert len(sent) == count, sent
    board.settle()


def test_keys_move_resize_and_undo(board):
    sent = _open(board)
    page, start = board.page, int((_monday() + timedelta(hours=8)).timestamp())
    _pill(page, 2).focus()
    page.keyboard.press("Control+ArrowRight")
    _wait_sent(board, sent, 1)
    assert sent[-1][0]["planned_start"] == _text(start + 900)
    page.keyboard.press("Control+ArrowDown")
    _wait_sent(board, sent, 2)
    assert (sent[-1][0]["id"], sent[-1][0]["technician_id"]) == (2, 3)
    page.keyboard.press("Shift+ArrowRight")
    _wait_sent(board, sent, 3)
    assert sent[-1][0]["planned_duration"] == 2.25
    # Each key is one step of the way back.
    for count in (4, 5, 6):
        page.keyboard.press("Control+z")
        _wait_sent(board, sent, count)
    assert sent[-1][0]["planned_start"] == _text(start)
    _row(page, 2).locator('[data-mission="2"]').wait_for()
    page.keyboard.press("Control+y")
    _wait_sent(board, sent, 7)
    assert not board.errors, board.errors


def test_several_missions_are_moved_and_taken_out_together(board):
    sent = _open(board)
    page = board.page
    chosen = page.locator(".o_field_board_lane .o_field_board_selected")
    for count, mission in enumerate((2, 3)):
        _pill(page, mission).click(modifiers=["Control"], position={"x": 6, "y": 8})
        chosen.nth(count).wait_for()
    assert chosen.count() == 2
    _pill(page, 3).focus()
    page.keyboard.press("Delete")
    _wait_sent(board, sent, 1)
    assert {move["id"] for move in sent[0]} == {2, 3}
    assert not any(move["planned_start"] or move["technician_id"] for move in sent[0])
    page.keyboard.press("Control+z")
    _wait_sent(board, sent, 2)
    assert {move["id"] for move in sent[1]} == {2, 3}
    _row(page, 2).locator('[data-mission="2"]').wait_for()
    assert not board.errors, board.errors


@pytest.mark.parametrize("screen", ["tablet"], indirect=True)
def test_a_finger_held_moves_a_finger_that_slides_scrolls(board):
    sent = _open(board)
    page = board.page
    touch = page.context.new_cdp_session(page)

    def point(kind, *at):
        points = [{"x": at[0], "y": at[1]}] if at else []
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    pill = _pill(page, 2).bounding_box()
    x, y = pill["x"] + 6, pill["y"] + 8
    goal = _row(page, 4).bounding_box()["y"] + 20
    # A finger that slides at once scrolls: nothing moves.
    point("touchStart", x, y)
    point("touchMove", x, y + 40)
    point("touchEnd")
    assert not page.locator(".o_field_board_ghost").count()
    page.locator(".o_field_board_scroller").evaluate("one => one.scrollTo(0, 0)")
    point("touchStart", x, y)
    page.wait_for_selector(".o_field_board_ghost")
    for part in range(1, 6):
        point("touchMove", x + 2, y + (goal - y) * part / 5)
    point("touchEnd")
    _wait_sent(board, sent, 1)
    assert (sent[0][0]["id"], sent[0][0]["technician_id"]) == (2, 4)
    _row(page, 4).locator('[data-mission="2"]').wait_for()
    assert not board.errors, board.errors
