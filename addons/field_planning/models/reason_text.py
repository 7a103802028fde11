"""Sentences of the optimiser in the user's language.

The optimiser knows no Odoo and gives codes with parameters; the English texts are its own
(``optimizer.reasons.SENTENCES``; a test holds the two together).
"""

from datetime import timedelta

from odoo import fields
from odoo.tools import LazyTranslate, format_datetime

from odoo.addons.field_mission.core.slots import utc_to_local

_lt = LazyTranslate(__name__)

ONE_SHIFT = timedelta(hours=16)

SENTENCES = {
    "no_position": _lt("The site has no coordinates: locate its address."),
    "nobody_works": _lt("No technician works that day."),
    "day_off": _lt("%(technician)s does not work that day."),
    "on_leave": _lt("%(technician)s is absent that day: %(absence)s."),
    "skill": _lt("%(technician)s lacks the skill %(skills)s on that day."),
    "nobody_skilled": _lt("No technician working that day has the skill %(skills)s."),
    "nobody_in_zone": _lt("No technician of the zone works that day."),
    "too_long": _lt("%(minutes)s min do not fit into %(technician)s's hours that day."),
    "absence": _lt(
        "Promised %(earliest_at)s–%(latest_at)s, but %(technician)s is absent then: %(absence)s."
    ),
    "outside_hours": _lt(
        "Promised %(earliest_at)s–%(latest_at)s, outside %(technician)s's hours "
        "%(open_at)s–%(close_at)s."
    ),
    "too_far": _lt(
        "Promised %(earliest_at)s–%(latest_at)s: leaving at %(open_at)s, %(technician)s is "
        "there at %(arrival_at)s at the earliest."
    ),
    "too_far_back": _lt(
        "Promised %(earliest_at)s–%(latest_at)s: %(technician)s would be back at %(back_at)s, "
        "after hours (%(close_at)s)."
    ),
    "far": _lt("Too far: %(technician)s would be back at %(back_at)s, after hours (%(close_at)s)."),
    "lunch": _lt(
        "Promised %(earliest_at)s–%(latest_at)s: no time left for lunch before %(lunch_at)s."
    ),
    "clash": _lt(
        "Promised %(earliest_at)s–%(latest_at)s clashes with %(other)s, promised "
        "%(other_earliest_at)s–%(other_latest_at)s."
    ),
    "clash_lunch": _lt(
        "Promised %(earliest_at)s–%(latest_at)s: beside %(other)s, promised "
        "%(other_earliest_at)s–%(other_latest_at)s, no time is left for lunch."
    ),
    "clash_kept": _lt(
        "Promised %(earliest_at)s–%(latest_at)s clashes with %(other)s, which was set aside."
    ),
    "full_late": _lt("The day is full: at best %(other)s would start %(minutes)s min late."),
    "full_self": _lt("The day is full: at best it would start %(minutes)s min late."),
    "full_hours": _lt("The day is full: at best it would end %(minutes)s min after hours."),
    "full_lunch": _lt("The day is full: at best there would be no time for lunch."),
    "all_full": _lt("No technician who may do it has time left for it that day."),
    "leader_unplanned": _lt("The visit of the person to help (%(other)s) could not be planned."),
    "with_leader": _lt("Not free when %(other)s needs help, at %(start_at)s."),
    "no_time_left": _lt("%(technician)s has no working time left before the deadline."),
    "placed_first": _lt("First visit of %(technician)s's day: %(minutes)s min of detour."),
    "placed_after": _lt("With %(technician)s after %(other)s: %(minutes)s min of detour."),
    "moved_technician": _lt(
        "From %(former)s to %(technician)s: %(minutes_before)s min of detour there, "
        "%(minutes)s min here."
    ),
    "moved_technician_dearer": _lt(
        "From %(former)s to %(technician)s: %(minutes)s min of detour instead of "
        "%(minutes_before)s, so that all of the plan is better."
    ),
    "moved_day": _lt(
        "Same technician, other day: %(minutes_before)s min of detour then, %(minutes)s min now."
    ),
    "moved_day_dearer": _lt(
        "Same technician, other day: %(minutes)s min of detour instead of "
        "%(minutes_before)s, so that all of the plan is better."
    ),
    "moved_order": _lt("Other order: the day drives %(minutes)s min less."),
    "moved_room": _lt("Makes room for %(other)s."),
    "moved_gap": _lt("Closes the gap that %(other)s leaves."),
    "moved_earlier": _lt("Same order, %(minutes)s min earlier: less waiting."),
    "moved_later": _lt("Same order, %(minutes)s min later, within what was promised."),
    "fits_now": _lt("There is room for it now: plan it, or optimise the day again."),
    "broken_late": _lt("Would start at %(start_at)s, promised %(earliest_at)s–%(latest_at)s."),
    "broken_before_promise": _lt(
        "Would start at %(start_at)s, promised %(earliest_at)s–%(latest_at)s."
    ),
    "broken_fixed_moved": _lt("Would start at %(start_at)s, but is fixed at %(promised_at)s."),
    "broken_outside_hours": _lt("%(start_at)s–%(end_at)s is outside %(technician)s's hours."),
    "broken_overtime": _lt(
        "%(technician)s would be back at %(back_at)s, after hours (%(close_at)s)."
    ),
    "broken_early": _lt("%(technician)s would have to leave at %(start_at)s, before hours."),
    "broken_skill": _lt("%(technician)s lacks the skill %(skills)s on that day."),
    "broken_lock": _lt("Belongs to another technician or day."),
    "broken_zone": _lt("Outside %(technician)s's zones."),
    "broken_no_position": _lt("The site has no coordinates: travel to it is not counted."),
    "broken_no_lunch": _lt("No lunch between %(earliest_at)s and %(latest_at)s."),
    "broken_lunch_short": _lt("Only %(minutes)s min for lunch."),
    "broken_lunch_time": _lt("Lunch at %(lunch_at)s instead of %(earliest_at)s–%(latest_at)s."),
    "broken_lunch_overlap": _lt("Lunch at %(lunch_at)s falls into the visit."),
    "broken_crew_apart": _lt("Does not start when the person to help does."),
    "broken_no_time_to_drive": _lt("%(minutes)s min are missing to drive there."),
    "broken_travel_wrong": _lt("The travel time does not match the distance."),
    "broken_served_twice": _lt("The visit is planned twice."),
    "broken_unknown_visit": _lt("The visit is not known."),
    "broken_unknown_shift": _lt("The day is not known."),
    "broken_served_and_not": _lt("The visit is both planned and left out."),
}

# Where a visit had several days to choose from.
SENTENCES_PERIOD = {
    "nobody_works": _lt("No technician works in these days."),
    "nobody_skilled": _lt("No technician working in these days has the skill %(skills)s."),
    "nobody_in_zone": _lt("No technician of the zone works in these days."),
    "all_full": _lt("No technician who may do it has time left for it in these days."),
}


def render_reason(env, reason, tz):
    """Return the sentence of a reason in the user's language, times as local hours.

    :param reason: ``{"code", …}``; keys ending in ``_at`` hold naive UTC datetimes as text
    :param tz: IANA time zone in which the times are shown
    """
    values = {**reason, **_render_times(env, reason, tz)}
    sentences = SENTENCES_PERIOD if reason.get("period") else SENTENCES
    sentence = env._(sentences[reason["code"]])
    return sentence % values


def _render_times(env, reason, tz):
    """Return the local hours of a reason's moments, with their days where an hour alone misleads.

    A promise of last week is no hour of today; a night shift needs no dates.
    """
    moments = {
        key: fields.Datetime.to_datetime(value)
        for key, value in reason.items()
        if key.endswith("_at") and value
    }
    local = {key: utc_to_local(moment, tz) for key, moment in moments.items()}
    far = moments and max(moments.values()) - min(moments.values()) > ONE_SHIFT
    if far and len({moment.date() for moment in local.values()}) > 1:
        return {
            key: format_datetime(env, moment, tz, dt_format="short")
            for key, moment in moments.items()
        }
    return {key: f"{moment:%H:%M}" for key, moment in local.items()}
