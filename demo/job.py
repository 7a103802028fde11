"""The main job: from a planning spreadsheet to posted invoices with their proof.

Each step looks at what is there and does the rest, so that an interrupted run goes on and a
second one changes nothing.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from odoo import fields

from . import agreements, company, fieldwork, history, intake, office, summary, today, tours
from .clock import local, look_at
from .desk import Desk
from .week import Week, default_start

# So many of the planning's first days are worked off; the rest stays planned.
WORKED_DAYS = 2
# Customers of the demo with a contract, by their code.
UNDER_CONTRACT = ("HTR", "RVL", "LAR")


def run(
    env,
    planning=None,
    technicians=None,
    sites=None,
    *,
    start=None,
    folder=None,
    limit=None,
    say=None,
    commit=True,
    story=True,
):
    """Do what is still to be done and return the figures.

    :param env: environment of the superuser
    :param planning: path of a planning (default: the demo company's own week)
    :param technicians: path of the technicians' file
    :param sites: path of a file of sites
    :param start: first day of the demo's own week (default: two working days ago, remembered)
    :param folder: where the reports are written as files (``pathlib.Path``; default: nowhere)
    :param limit: at most so many missions are worked off (default: all of the first days)
    :param say: takes each progress line (default: print)
    :param commit: whether steps are committed one by one
    :param story: whether the demo's own company also lives the weeks around its planning
    :return: ``table.Result``
    """
    with Desk(env, say or (lambda line: print(line, flush=True)), commit) as desk:
        week = None if planning else Week(_get_start(desk, start))
        given = intake.read_files(week, planning, technicians, sites)
        days = intake.find_days(given["planning"])
        eve = local(_working_day_before(days[0]), 15)
        tells = week is not None and story
        now = _get_hour(desk, week.days[2]) if tells else None
        desk.at(history.first_moment(week.start) if tells else eve)
        company.set_up(desk, week)
        _take_in(desk, week, given)
        if tells:
            history.live(desk, week.start)
        desk.at(eve)
        _plan(desk, week, given)
        run_of_tours = tours.plan_tours(desk, days)
        worked = days[:WORKED_DAYS]
        desk.at(local(worked[0], 7))
        fieldwork.work_off(desk, worked, limit)
        desk.at(local(worked[-1], 21))
        office.close_missions(desk, worked)
        proven = office.prove(desk, worked)
        office.bill(desk)
        files = office.write_reports(proven, folder) if folder else []
        if tells:
            tours.tell_customers(desk, week.days)
            today.live(desk, week.days, now)
        return summary.collect(desk, run_of_tours, files, week.days[2] if tells else None)


def _get_start(desk, start):
    known = desk.get_mark("start")
    if known:
        return date.fromisoformat(known)
    start = start or default_start(fields.Date.context_today(desk.env.user))
    desk.set_mark("start", start.isoformat())
    return start


def _get_hour(desk, day):
    """The hour at which the planner looks at the day, remembered by the first run."""
    if not desk.get_mark("hour"):
        hour, minute = look_at(day, datetime.now(UTC))
        desk.set_mark("hour", f"{hour}:{minute}")
    hour, minute = desk.get_mark("hour").split(":")
    return int(hour), int(minute)


def _take_in(desk, week, files):
    """Step 1: people and places of the files become records; the company agrees with customers."""
    if week:
        customers = desk.env["res.partner"].union(
            *(desk.find(f"customer_{code}") for code in UNDER_CONTRACT)
        )
        _agree(desk, customers, week.start)
    intake.import_technicians(desk, files["technicians"])
    company.equip_technicians(desk)
    intake.import_sites(desk, files["sites"])
    desk.commit()


def _plan(desk, week, files):
    """Step 2: the planning becomes missions."""
    intake.import_planning(desk, files["planning"], week)
    if not week:
        _agree(desk, intake.largest_customers(desk, 1), fields.Date.today())
        intake.cover_by_contract(desk)
    company.make_portal_user(desk, intake.largest_customers(desk, 1))
    desk.commit()


def _agree(desk, customers, first_day):
    agreements.make_contracts(desk, customers, first_day)
    agreements.make_prices(desk, desk.env["field.service.type"].search([]))
    desk.commit()


def _working_day_before(day):
    day -= timedelta(days=1)
    while day.weekday() > 4:
        day -= timedelta(days=1)
    return day
