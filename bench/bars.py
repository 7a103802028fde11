"""The bars: for each case and line, what we may cost at most, per record at n = 1000.

``queries`` bounds queries per record; ``against`` adds the queries of another line of the same
run (what Odoo itself needs), so the bar is a distance from it. ``cpu`` and ``wall`` bound the seconds of
the whole line.
"""

BARS = {
    "create": {"create, 10 checks each": {"queries": 2}},
    "reschedule": {"reschedule and assign, one write": {"queries": 0.1}},
    "complete": {
        "complete, one call": {"queries": 4},
        "complete, one by one": {"queries": 20},
    },
    "app": {"200 operations of the app": {"queries": 12, "cpu": 3}},
    "invoice": {
        "Odoo alone: same orders and lines → draft invoices": {},
        "done missions → draft invoices": {
            "queries": 3,
            "against": "Odoo alone: same orders and lines → draft invoices",
        },
    },
    "recurring": {
        "a year of weekly visits, 50 contracts": {"queries": 1.5},
        "the daily run with nothing to do": {"queries": 4},
    },
    "week": {"board, a week of 50 technicians": {"queries": 12, "cpu": 0.1}},
    "list": {
        "first 80 in the list": {"queries": 10},
        "first 80 in the kanban": {"queries": 10},
        "group by technician and day": {"queries": 5, "cpu": 0.05},
    },
    "evidence": {
        "verify 10,000 items": {"queries": 0.1, "wall": 10},
        "dossier of 60 photos as a PDF": {"wall": 15},
        "a customer's list, 100,000 missions": {"queries": 12},
    },
}
# Known to the design, built by later issues together with what they measure.
LATER = ("scale", "billing")
# Cases with figures of their own kind: quality and time, not queries (bench/optimizer.py).
FIGURES = ("optimizer",)
