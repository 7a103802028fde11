"""Every screen that a person of the demo can reach opens, at desktop and at phone size."""

import pytest

# Who must find the suite's menus, with the password that the demo prints.
OFFICE = ("planner", "manager", "accountant")


@pytest.fixture(scope="module")
def people():
    """The demo's logins by role."""
    from tools.demo import logins

    return {role.split()[0].lower(): (login, password) for role, login, password in logins()}


def _menus(screen):
    """Return the suite's actions of this person's menu: name and path of each."""
    menus = screen.page.request.get(f"{screen.url}/web/webclient/load_menus").json()
    found = {}
    for menu in menus.values():
        ours = str(menu.get("xmlid") or "").startswith("field_")
        if ours and menu.get("actionID"):
            path = menu.get("actionPath") or f"action-{menu['actionID']}"
            found[path] = menu["name"]
    return found


@pytest.mark.parametrize(
    ("screen", "role"),
    [*(("desktop", role) for role in OFFICE), ("phone", "planner")],
    indirect=["screen"],
)
def test_every_menu_opens(screen, people, role):
    screen.log_in(*people[role])
    menus = _menus(screen)
    assert menus, f"{role} sees no menu of the suite"
    for path, name in menus.items():
        screen.page.goto(f"{screen.url}/odoo/{path}")
        screen.page.wait_for_selector(".o_action_manager > *, .modal-content", timeout=60000)
        screen.settle()
        dialog = screen.page.query_selector(".o_error_dialog")
        assert not dialog, f"{name}: {dialog.inner_text()}"
        assert not screen.errors, f"{name}: {screen.errors}"


@pytest.mark.parametrize("screen", ["desktop", "phone"], indirect=True)
@pytest.mark.parametrize("role", ["technician", "customer"])
def test_home_opens(screen, people, role):
    screen.log_in(*people[role])
    screen.settle()
    assert not screen.page.query_selector(".o_error_dialog")
    assert not screen.errors, screen.errors


@pytest.mark.parametrize("screen", ["desktop", "phone"], indirect=True)
def test_nothing_comes_from_outside(screen, people):
    """No page may need the network: no font, script or picture from another host."""
    strangers = []
    screen.page.on(
        "request",
        lambda request: (
            strangers.append(request.url)
            if not request.url.startswith((screen.url, "data:", "blob:"))
            else None
        ),
    )
    screen.log_in(*people["planner"])
    for path in list(_menus(screen))[:4]:
        screen.page.goto(f"{screen.url}/odoo/{path}")
        screen.settle()
    assert not strangers


@pytest.mark.parametrize("screen", ["phone"], indirect=True)
@pytest.mark.parametrize("path", ["missions", "sites", "visits"])
def test_portal_lists_fit_a_phone(screen, people, path):
    """A customer reads his lists whole on a phone: no column aside, no word cut."""
    screen.log_in(*people["customer"])
    screen.page.goto(f"{screen.url}/my/{path}")
    screen.settle()
    cells = screen.page.locator(".o_portal_my_doc_table tbody td:visible")
    assert cells.count(), "the demo's customer has an empty list"
    cut = cells.evaluate_all(
        "cells => cells.filter(cell => cell.scrollWidth > cell.clientWidth + 1)"
        ".map(cell => cell.innerText)"
    )
    assert not cut
    table = screen.page.locator(".table-responsive")
    assert table.evaluate("box => box.scrollWidth <= box.clientWidth")
