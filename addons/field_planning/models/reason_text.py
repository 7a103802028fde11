"""Sentences of the optimiser in the user's language.

The optimiser knows no Odoo and gives codes with parameters; the English texts are its own
(``optimizer.reasons.SENTENCES``; a test holds the two together).
"""

from odoo import fields
from odoo.tools import LazyTranslate

from odoo.addons.field_mission.core.slots import utc_to_local

_lt = LazyTranslate(__name__)

SENTENCES = {
    "no_position": _lt("The site has no coordinates: locate its address."),
    "nobody_works": _lt("No technician works that day."),
    "day_off": _lt("{technician} does not work that day."),
    "on_leave": _lt("{technician} is absent that day: {absence}."),
    "skill": _lt("{technician} lacks the skill {skills} on that day."),
    "nobody_skilled": _lt("No technician working that day has the skill {skills}."),
    "nobody_in_zone": _lt("No technician of the zone works that day."),
    "too_long": _lt("{minutes} min do not fit into {technician}'s hours that day."),
    "absence": _lt(
        "Promised {earliest_at}–{latest_at}, but {technician} is absent then: {absence}."
    ),
    "outside_hours": _lt(
        "Promised {earliest_at}–{latest_at}, outside {technician}'s hours {open_at}–{close_at}."
    ),
    "too_far": _lt(
        "Promised {earliest_at}–{latest_at}: leaving at {open_at}, {technician} is "
        "there at {arrival_at} at the earliest."
    ),
    "too_far_back": _lt(
        "Promised {earliest_at}–{latest_at}: {technician} would be back at {back_at}, "
        "after hours ({close_at})."
    ),
    "far": _lt("Too far: {technician} would be back at {back_at}, after hours ({close_at})."),
    "lunch": _lt("Promised {earliest_at}–{latest_at}: no time left for lunch before {lunch_at}."),
    "clash": _lt(
        "Promised {earliest_at}–{latest_at} clashes with {other}, promised "
        "{other_earliest_at}–{other_latest_at}."
    ),
    "clash_lunch": _lt(
        "Promised {earliest_at}–{latest_at}: beside {other}, promised "
        "{other_earliest_at}–{other_latest_at}, no time is left for lunch."
    ),
    "clash_kept": _lt(
        "Promised {earliest_at}–{latest_at} clashes with {other}, which was set aside."
    ),
    "full_late": _lt("The day is full: at best {other} would start {minutes} min late."),
    "full_self": _lt("The day is full: at best it would start {minutes} min late."),
    "full_hours": _lt("The day is full: at best it would end {minutes} min after hours."),
    "full_lunch": _lt("The day is full: at best there would be no time for lunch."),
    "all_full": _lt("No technician who may do it has time left for it that day."),
    "leader_unplanned": _lt("The visit of the person to help ({other}) could not be planned."),
    "with_leader": _lt("Not free when {other} needs help, at {start_at}."),
    "fits_now": _lt("There is room for it now: plan it, or optimise the day again."),
    "broken_late": _lt("Would start at {start_at}, promised {earliest_at}–{latest_at}."),
    "broken_before_promise": _lt("Would start at {start_at}, promised {earliest_at}–{latest_at}."),
    "broken_fixed_moved": _lt("Would start at {start_at}, but is fixed at {promised_at}."),
    "broken_outside_hours": _lt("{start_at}–{end_at} is outside {technician}'s hours."),
    "broken_overtime": _lt("{technician} would be back at {back_at}, after hours ({close_at})."),
    "broken_early": _lt("{technician} would have to leave at {start_at}, before hours."),
    "broken_skill": _lt("{technician} lacks the skill {skills} on that day."),
    "broken_lock": _lt("Belongs to another technician or day."),
    "broken_zone": _lt("Outside {technician}'s zones."),
    "broken_no_position": _lt("The site has no coordinates: travel to it is not counted."),
    "broken_no_lunch": _lt("No lunch between {earliest_at} and {latest_at}."),
    "broken_lunch_short": _lt("Only {minutes} min for lunch."),
    "broken_lunch_time": _lt("Lunch at {lunch_at} instead of {earliest_at}–{latest_at}."),
    "broken_lunch_overlap": _lt("Lunch at {lunch_at} falls into the visit."),
    "broken_crew_apart": _lt("Does not start when the person to help does."),
    "broken_no_time_to_drive": _lt("{minutes} min are missing to drive there."),
    "broken_travel_wrong": _lt("The travel time does not match the distance."),
    "broken_served_twice": _lt("The visit is planned twice."),
    "broken_unknown_visit": _lt("The visit is not known."),
    "broken_unknown_shift": _lt("The day is not known."),
    "broken_served_and_not": _lt("The visit is both planned and left out."),
}


def render_reason(env, reason, tz):
    """Return the sentence of a reason in the user's language, times as local hours.

    :param reason: ``{"code", …}``; keys ending in ``_at`` hold naive UTC datetimes as text
    :param tz: IANA time zone in which the times are shown
    """
    values = {
        key: f"{utc_to_local(fields.Datetime.to_datetime(value), tz):%H:%M}"
        if key.endswith("_at") and value
        else value
        for key, value in reason.items()
    }
    return env._(SENTENCES[reason["code"]]).format(**values)
