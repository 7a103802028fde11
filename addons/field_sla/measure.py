"""A number that may be unknown: an average must not take what was never measured for zero."""

from odoo import fields


class Measure(fields.Float):
    """A float that keeps NULL apart from zero, and is averaged where records are grouped."""

    aggregator = "avg"
    falsy_value = None

    def convert_to_column(self, value, record, values=None, validate=True):
        if value is None or value is False:
            return None
        return super().convert_to_column(value, record, values, validate)

    def convert_to_cache(self, value, record, validate=True):
        if value is None or value is False:
            return None
        return super().convert_to_cache(value, record, validate)

    def convert_to_record(self, value, record):
        return False if value is None else value
