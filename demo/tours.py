"""Step 3 of the main job: the week's tours, proposed by the optimiser, accepted, published."""

from __future__ import annotations


def plan_tours(desk, days):
    """Order the missions of these days, accept the proposal and publish the tours, as planner.

    Missions without a technician are placed too; what clashes stays in the tray with its reason.

    :param days: list of dates
    :return: ``field.optimization``, the accepted run
    """
    planner = desk.as_user("planner")
    run = planner["field.optimization"].search(
        [
            ("company_id", "=", desk.company.id),
            ("date_from", "=", min(days)),
            ("date_to", "=", max(days)),
            ("state", "=", "accepted"),
        ],
        limit=1,
    )
    if not run:
        desk.say("planner: optimises the week's tours")
        run = planner["field.optimization"].create(
            {"date_from": min(days), "date_to": max(days), "mode": "fill"}
        )
        run._run_now()
        if run.state != "proposed":
            raise ValueError(f"No tours were proposed: {run.error or run.state}")
        run.action_accept()
        desk.commit()
    mark = f"published {min(days)}"
    if desk.get_mark(mark):
        # What the planner changed since is not ours to publish.
        return run.with_env(desk.env)
    tours = get_tours(desk, days).with_env(planner)
    # A day of which everything clashes waits for the planner; there is nothing to publish yet.
    hidden = tours.filtered(
        lambda tour: tour.state != "published" and not all(tour.stop_ids.mapped("set_aside"))
    )
    if hidden:
        desk.say(f"planner: publishes {len(hidden)} tours")
        hidden.action_publish()
    desk.set_mark(mark, "1")
    desk.commit()
    return run.with_env(desk.env)


def tell_customers(desk, days):
    """Tell the customers, once, of what was published of these days."""
    if desk.get_mark("told"):
        return
    stops = get_tours(desk, days).stop_ids.filtered(lambda stop: not stop.set_aside)
    tell(
        desk,
        stops.mission_id.filtered(
            lambda mission: mission.state == "planned" and mission.publish_state == "current"
        ),
    )
    desk.set_mark("told", "1")
    desk.commit()


def tell(desk, missions):
    """Tell the customers of published missions, in the preview of a publication.

    There is no mail server: what was written counts as taken by one.
    """
    preview = desk.as_user("planner")["field.publish"]
    action = preview.action_open(mission_ids=missions.ids)
    desk.say("planner: tells the customers")
    preview.browse(action["res_id"]).action_publish()
    messages = desk.env["field.customer.message"].search([("state", "=", "queued")])
    messages._send_now()
    messages.mail_mail_id.write({"state": "sent"})
    messages.filtered(lambda message: message.state == "sending")._note_result()


def get_tours(desk, days):
    """Return the company's tours of these days."""
    return desk.env["field.tour"].search(
        [("company_id", "=", desk.company.id), ("date", "in", days)]
    )
