"""Steps 5 to 8 of the main job: parts moved, work validated, charges invoiced."""

from __future__ import annotations

from datetime import timedelta


def close_missions(desk, days):
    """Move the parts of the done missions of these days, then validate them, as the planner.

    What the devices told only hours later on the last of these days stays to be looked at.

    :return: the missions validated by this run
    """
    missions = desk.as_user("planner")["field.mission"].search(
        [
            ("company_id", "=", desk.company.id),
            ("state", "=", "done"),
            ("validated", "=", False),
            ("planned_date", "in", days),
        ],
        order="id",
    )
    missions.filtered(lambda mission: mission.stock_state == "to_do").action_make_pickings()
    missions -= missions.filtered(lambda mission: _is_late_news(mission, days[-1]))
    if missions:
        desk.say(f"planner: parts moved and {len(missions)} missions validated")
        missions.action_validate()
        desk.commit()
    return missions.with_env(desk.env)


def _is_late_news(mission, day):
    known_after = mission.actual_end_server - mission.actual_end
    return mission.planned_date == day and known_after > timedelta(hours=1)


def prove(desk, days):
    """Make each validated mission's report and verify its dossier, as the manager.

    :return: the missions of these days whose report is there
    """
    missions = desk.as_user("manager")["field.mission"].search(
        [
            ("company_id", "=", desk.company.id),
            ("validated", "=", True),
            ("planned_date", "in", days),
        ],
        order="id",
    )
    bare = missions.filtered(lambda mission: not mission.report_attachment_id)
    for number, mission in enumerate(bare, 1):
        if number % 10 == 1:
            desk.say(f"reports: {number} to {min(number + 9, len(bare))} of {len(bare)}")
        mission.action_open_report()
        if number % 10 == 0:
            desk.commit()
    unverified = missions.filtered(lambda mission: not mission.evidence_verdict)
    if unverified:
        desk.say(f"manager: verifies {len(unverified)} dossiers")
        unverified.action_verify_evidence()
        desk.commit()
    return missions.with_env(desk.env)


def write_reports(missions, folder):
    """Write the missions' reports into a folder, named after them.

    :param folder: ``pathlib.Path``, made where missing
    :return: the files' paths
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for mission in missions:
        report = mission.report_attachment_id
        if report:
            path = folder / report.name.replace("/", "-")
            if not path.exists():
                path.write_bytes(report.raw)
            written.append(path)
    return written


def bill(desk):
    """Put what is ready on sales orders, invoice them and post, as the accountant.

    Everything from the orders on is Odoo's own: its wizard makes the invoices, its button posts.

    :return: the invoices posted by this run
    """
    accountant = desk.as_user("accountant")
    ready = accountant["field.charge"].search(
        [("company_id", "=", desk.company.id), ("state", "=", "to_release")]
    )
    if ready:
        desk.say(f"accountant: {len(ready)} charges put on sales orders")
        ready.action_release()
    orders = accountant["sale.order"].search(
        [
            ("company_id", "=", desk.company.id),
            ("field_group_key", "!=", False),
            ("invoice_status", "=", "to invoice"),
        ]
    )
    if orders:
        wizard = accountant["sale.advance.payment.inv"].with_context(
            active_model="sale.order", active_ids=orders.ids
        )
        wizard.create({"advance_payment_method": "delivered"}).create_invoices()
    drafts = orders.invoice_ids.filtered(lambda invoice: invoice.state == "draft")
    if drafts:
        desk.say(f"accountant: {len(drafts)} invoices posted")
        drafts.action_post()
        desk.commit()
    return drafts.with_env(desk.env)
