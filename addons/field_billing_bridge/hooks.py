from odoo.fields import Command

# Menus of field_mission that this addon opens to accountants and salespeople.
MENUS = ("field_mission.menu_field_root", "field_mission.menu_field_missions_all")
GROUPS = ("account.group_account_invoice", "sales_team.group_sale_salesman")


def uninstall_hook(env):
    """Close again the menus that were opened to people who bill."""
    groups = env["res.groups"].union(*(env.ref(name) for name in GROUPS))
    for name in MENUS:
        if menu := env.ref(name, raise_if_not_found=False):
            menu.group_ids = [Command.unlink(group.id) for group in groups]
