"""What the addon leaves on others' records goes with it."""


def uninstall_hook(env):
    """Remove the activities that tell of deadlines nobody measures any more."""
    lines = env["field.request.sla"].sudo().search([("activity_id", "!=", False)])
    lines.activity_id.unlink()
