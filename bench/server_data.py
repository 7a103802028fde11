"""The day that the server has optimised in the benchmark: run in Odoo by tools/bench.py."""

from __future__ import annotations

from bench.days import made_day

LOGIN = "bench-server"


def main(env, day: str) -> None:
    """Make a day of 300 missions for 40 technicians and a planner, and commit them.

    :param day: the date, ISO
    """
    from odoo.fields import Command

    data = made_day(1, 300, 40)
    planner = env["res.users"].create(
        {
            "name": "Bench",
            "login": LOGIN,
            "password": LOGIN,
            "tz": "Europe/Paris",
            "group_ids": [Command.link(env.ref("field_mission.group_field_manager").id)],
        }
    )
    kind = env["field.service.type"].create({"name": "Bench visit", "default_duration": 1.0})
    sites = env["res.partner"].create(
        [
            {
                "name": f"Bench site {visit['id']}",
                "is_field_site": True,
                "partner_latitude": visit["point"][0],
                "partner_longitude": visit["point"][1],
            }
            for visit in data["visits"]
        ]
    )
    sites.write({"site_customer_id": env["res.partner"].create({"name": "Bench customer"}).id})
    env["hr.employee"].create(
        [
            {
                "name": f"Bench technician {shift['id']}",
                "is_field_technician": True,
                "field_start_latitude": shift["start"][0],
                "field_start_longitude": shift["start"][1],
            }
            for shift in data["shifts"]
        ]
    )
    env["field.mission"].with_user(planner).create(
        [
            {
                "site_id": site.id,
                "service_type_id": kind.id,
                "promised_kind": "day",
                "promised_date": day,
                "planned_duration": visit["service"] / 3600,
            }
            for site, visit in zip(sites, data["visits"], strict=True)
        ]
    )
    env.cr.commit()
