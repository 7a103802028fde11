"""Demo company: a week of its planning (plain Python) and the steps of the main job (Odoo)."""
