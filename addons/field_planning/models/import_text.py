"""Sentences of an import in the reader's language."""

from odoo.tools import LazyTranslate
from odoo.tools.translate import get_translation

from ..spreadsheet.fields import FIELD_SETS
from ..spreadsheet.issues import TEXTS

_lt = LazyTranslate(__name__)
MODULE = "field_planning"

FILE_ERRORS = {
    "empty": _lt("The file is empty."),
    "too_large": _lt("The file is too large. Split it into several ones."),
    "unknown_kind": _lt("This is no spreadsheet. Save it as xlsx, ods or csv and choose it again."),
    "encrypted": _lt("The file is protected by a password. Save it without one."),
    "broken": _lt("The file is damaged. Open it in a spreadsheet program and save it again."),
}
SKIP_REASONS = {
    "title": _lt("title above the table"),
    "header": _lt("header"),
    "total": _lt("total"),
    "note": _lt("note or legend"),
    "section": _lt("heading of the lines below"),
    "hidden": _lt("hidden sheet"),
    "sheet": _lt("not a planning"),
}


def sentence(env, issue, labels=None):
    """Return an issue as a sentence in the user's language.

    The sources stand in the plain package ``spreadsheet``, which can't translate.

    :param issue: ``spreadsheet.issues.Issue``
    :param labels: ``{field key: label}`` to name the field and its value first
    """
    lang = env.lang or "en_US"
    args = {"value": issue.value, **issue.args}
    if "found" in args:
        args["found"] = get_translation(MODULE, lang, args["found"], ())
    text = get_translation(MODULE, lang, TEXTS[issue.code], args)
    if not labels or issue.field not in labels:
        return text
    if issue.value:
        return env._(
            "%(field)s “%(value)s”: %(text)s",
            field=labels[issue.field],
            value=issue.value,
            text=text,
        )
    return env._("%(field)s: %(text)s", field=labels[issue.field], text=text)


def field_labels(env, kind):
    """Return ``{field key: label}`` of a kind of file, in the user's language."""
    lang = env.lang or "en_US"
    return {
        key: get_translation(MODULE, lang, spec.label, ()) for key, spec in FIELD_SETS[kind].items()
    }
