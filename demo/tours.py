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


def get_tours(desk, days):
    """Return the company's tours of these days."""
    return desk.env["field.tour"].search(
        [("company_id", "=", desk.company.id), ("date", "in", days)]
    )
