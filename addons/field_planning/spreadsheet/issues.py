"""What reading a spreadsheet can find wrong, as data: code, field, value and a sentence.

The sentences are the English source; the Odoo side translates them by their source text, which
is why they are marked with `_lt` (a marker only: this package knows nothing of Odoo).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

ERROR, WARNING, INFO = "error", "warning", "info"


def _lt(source: str) -> str:
    """Mark `source` for the extraction of translations."""
    return source


#: Sentence of each issue. Every one of them says what to do.
TEXTS: dict[str, str] = {
    "missing_date": _lt("There is no date. Type the day of the visit."),
    "bad_date": _lt("This is no date of the calendar. Type the right one."),
    "weekday_mismatch": _lt(
        "The weekday and the date don't agree: that day is a %(found)s. Type the right date."
    ),
    "far_date": _lt(
        "The date is %(days)s days away from the rest of the planning. Check the year."
    ),
    "bad_time": _lt("The time can't be read. Type the time, the half-day, or leave it open."),
    "ambiguous_half_day": _lt(
        "“AM” may mean the morning or “après-midi” here. Choose the half-day."
    ),
    "approximate_time": _lt("The time is marked as approximate: it is kept as the promised time."),
    "bad_duration": _lt("The duration can't be read. Type it in hours and minutes."),
    "odd_duration": _lt("The duration is unusual. Check it."),
    "unknown_technician": _lt(
        "No technician has this name. Choose one, or leave the visit unassigned."
    ),
    "ambiguous_technician": _lt(
        "Several technicians could be meant: %(candidates)s. Choose one of them."
    ),
    "fuzzy_technician": _lt("Read as %(name)s. Change it if that is wrong."),
    "unassigned": _lt("No technician yet: the visit will wait in the tray."),
    "missing_customer": _lt("There is no customer. Choose one."),
    "new_customer": _lt("This customer is new: it will be created."),
    "fuzzy_customer": _lt("Read as the customer %(name)s. Change it if that is wrong."),
    "ambiguous_customer": _lt(
        "This looks like the customer %(candidates)s, without being sure. Choose the right one."
    ),
    "customer_from_site": _lt("The customer is taken from the site: %(name)s."),
    "missing_site": _lt("Neither a site nor an address is given. Choose the site."),
    "new_site": _lt("This site is new: it will be created."),
    "fuzzy_site": _lt("Read as the site %(name)s. Change it if that is wrong."),
    "ambiguous_site": _lt("Several sites could be meant: %(candidates)s. Choose the right one."),
    "twin_site": _lt(
        "%(count)s sites bear this name at this place; %(name)s is taken. "
        "Change it if another one is meant."
    ),
    "other_customer_site": _lt("The site is known as one of %(name)s. Check the customer."),
    "missing_type": _lt("There is no service type. Choose one."),
    "unknown_type": _lt("No service type has this name. Choose one."),
    "ambiguous_type": _lt("Several service types could be meant: %(candidates)s. Choose one."),
    "fuzzy_type": _lt("Read as %(name)s. Change it if that is wrong."),
    "cancelled": _lt("Marked as cancelled in the file: nothing is created."),
    "postponed": _lt("Marked as postponed in the file. Give its new date to import it."),
    "struck": _lt("The line is struck through in the file: nothing is created."),
    "duplicate": _lt("The same visit already stands on line %(row)s: it is not created twice."),
    "near_duplicate": _lt("Nearly the same visit stands on line %(row)s. Check both."),
    "imported": _lt("Imported before: nothing is created again."),
    "failed": _lt("The line could not be imported: %(error)s"),
    "hidden": _lt("The line is hidden in the file. Accept it to import it all the same."),
    "bad_phone": _lt("This is no complete phone number: it is kept as text."),
    "insee_code": _lt("%(value)s is the commune's INSEE code, not a postcode: it is kept as such."),
    "missing_postcode": _lt("The postcode is missing. Complete the site's address later."),
    "found_postcode": _lt("The postcode %(zip)s was found from the commune."),
    "neighbour_postcode": _lt(
        "The postcode %(zip)s is the one of another site of the same commune. Check it."
    ),
    "several_postcodes": _lt("The commune has several postcodes (%(zips)s). Choose one later."),
    "bad_postcode": _lt("This is no postcode. Complete the site's address later."),
    "unsure_postcode": _lt(
        "This number may be an INSEE code rather than a postcode. Check the address."
    ),
    "damaged_text": _lt("Letters were lost in the file. Correct the text."),
    "damaged_text_guess": _lt("Letters were lost in the file. It probably reads “%(guess)s”."),
    "suspect_text": _lt("Some letters look wrong. Check the text."),
    "missing_coordinates": _lt("The coordinates are missing. Locate the site later."),
    "bad_coordinates": _lt("These coordinates lie nowhere sensible. Locate the site later."),
    "far_coordinates": _lt(
        "The coordinates lie %(km)s km away from the other sites of the department. Check them."
    ),
    "missing_name": _lt("There is no name. Type one."),
    "duplicate_site": _lt("The same site already stands on line %(row)s."),
    "duplicate_person": _lt("The same technician already stands on line %(row)s."),
    "bad_hours": _lt("The working hours can't be read. Type them as 08:00."),
    "cell_error": _lt("The cell holds an error of the spreadsheet."),
    "formula": _lt("The formula has no stored result. Open and save the file again."),
}


@dataclass(frozen=True)
class Issue:
    """One finding about one value.

    :param code: key of `TEXTS`
    :param field: key of the field it is about, "" for the whole line
    :param value: the value as typed
    :param level: `ERROR` (can't be imported so), `WARNING` (look at it) or `INFO`
    :param args: what the sentence needs
    """

    code: str
    field: str = ""
    value: str = ""
    level: str = ERROR
    args: dict[str, Any] = dataclasses.field(default_factory=dict, hash=False)

    def text(self) -> str:
        """The sentence in English."""
        return TEXTS[self.code] % {"value": self.value, **self.args}

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for storage."""
        return {
            "code": self.code,
            "field": self.field,
            "value": self.value,
            "level": self.level,
            "args": self.args,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Issue:
        """The reverse of `as_dict`."""
        return cls(
            data["code"], data["field"], data["value"], data["level"], data.get("args") or {}
        )


def warning(code: str, field_key: str = "", value: str = "", **args: Any) -> Issue:
    """An issue to look at, which does not stop the import."""
    return Issue(code, field_key, value, WARNING, args)


def info(code: str, field_key: str = "", value: str = "", **args: Any) -> Issue:
    """An issue that only tells what was done."""
    return Issue(code, field_key, value, INFO, args)


def error(code: str, field_key: str = "", value: str = "", **args: Any) -> Issue:
    """An issue that must be solved before the line can be imported."""
    return Issue(code, field_key, value, ERROR, args)
