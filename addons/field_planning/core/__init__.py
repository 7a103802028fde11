"""Decisions of planning that need no database: typed, without Odoo, tested in milliseconds."""
