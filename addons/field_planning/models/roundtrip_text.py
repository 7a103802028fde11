"""Rows of an edited export in words."""

from markupsafe import Markup

from odoo import fields
from odoo.tools import format_date
from odoo.tools.translate import get_translation

from ..spreadsheet.roundtrip import PROBLEMS
from .import_text import MODULE


def get_column_labels(env):
    """Return ``{column key: title}`` in the user's language."""
    export = env["field.roundtrip.export"]
    return {column.key: column.title for column in export._get_columns({"people": {}, "types": {}})}


def describe_problems(line):
    """Return what can't be taken over from one row, a sentence each, naming the cell.

    :param line: ``field.roundtrip.line``
    """
    env, labels = line.env, None
    told = []
    for code, column, value in line.problems or ():
        labels = labels or get_column_labels(env)
        text = get_translation(MODULE, env.lang or "en_US", PROBLEMS[code], ())
        where = {"sheet": line.sheet, "row": line.row_number, "text": text}
        if not column:
            told.append(env._("Sheet “%(sheet)s”, row %(row)s: %(text)s", **where))
        elif value:
            told.append(
                env._(
                    "Sheet “%(sheet)s”, row %(row)s, %(column)s “%(value)s”: %(text)s",
                    column=labels.get(column, column),
                    value=value[:80],
                    **where,
                )
            )
        else:
            told.append(
                env._(
                    "Sheet “%(sheet)s”, row %(row)s, %(column)s: %(text)s",
                    column=labels.get(column, column),
                    **where,
                )
            )
    return told


def describe_changes(lines):
    """Return the changes of rows as HTML, ``{line: markup or False}``.

    :param lines: ``field.roundtrip.line``
    """
    env = lines.env
    labels = get_column_labels(env)
    names = _get_names(lines)
    return {line: _describe(env, line, labels, names) for line in lines}


def _get_names(lines):
    """Names of the people and types in the changes, read together."""
    people, types = set(), set()
    for line in lines:
        for key, *values in line.changes or ():
            for value in values[:3]:
                if key == "technician" and value:
                    people.add(value)
                elif key == "helpers" and value:
                    people.update(value)
                elif key == "type" and value:
                    types.add(value)
    env = lines.env
    # Names only, also of people who have left.
    employees = env["hr.employee"].sudo().browse(people).exists()
    kinds = env["field.service.type"].sudo().browse(types).exists()
    return {
        "people": {one.id: one.name for one in employees},
        "types": {one.id: one.name for one in kinds},
    }


def _describe(env, line, labels, names):
    if not line.changes:
        return False
    rows = []
    if line.kind == "new" and line.writes:
        rows.append(Markup("<div><b>{}</b> {}</div>").format(labels["site"], line.writes["site"]))
    for key, base, file, now, conflict in line.changes:
        old, new = _show(env, key, now, names), _show(env, key, file, names)
        if line.kind == "new":
            rows.append(Markup("<div><b>{}</b> {}</div>").format(labels[key], new))
        elif conflict:
            rows.append(
                Markup(
                    "<div><b>{}</b> <span class='text-muted'>{} {}</span><br/>"
                    "<span class='badge text-bg-warning'>{}</span> {}<br/>"
                    "<span class='badge text-bg-info'>{}</span> {}</div>"
                ).format(
                    labels[key],
                    env._("at the export:"),
                    _show(env, key, base, names),
                    env._("Now"),
                    old,
                    env._("File"),
                    new,
                )
            )
        else:
            rows.append(
                Markup("<div><b>{}</b> <s class='text-muted'>{}</s> → {}</div>").format(
                    labels[key], old, new
                )
            )
    return Markup("").join(rows)


def _show(env, key, value, names):
    if key == "day" and value:
        return format_date(env, fields.Date.to_date(value))
    if key == "duration" and value:
        return f"{value // 60}:{value % 60:02d}"
    if key == "technician":
        return names["people"].get(value) or env._("nobody")
    if key == "helpers":
        return ", ".join(names["people"].get(one, "?") for one in value or ()) or "–"
    if key == "type":
        return names["types"].get(value) or "–"
    text = str(value or "–")
    return text if len(text) <= 160 else f"{text[:160]}…"
