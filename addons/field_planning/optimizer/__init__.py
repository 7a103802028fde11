"""Route optimiser of field tours: plain typed Python, no Odoo import.

Everything goes in and out as JSON-able dictionaries, so that the solver can run in another process
or on another machine. ``docs`` of the shapes: :mod:`.problem`.

* :func:`solve` builds the tours; :func:`check` times hand-made ones and names what they break;
  :func:`insert` offers places for one more visit, :func:`offers` places for an urgent one on a day
  that is under way.
* :func:`evaluate` judges any result and shares no code with the solvers; :func:`compare` says
  whether it is worse than the plan in place.
"""

from .compare import compare
from .evaluator import evaluate
from .problem import Problem, ProblemError
from .solver import available_backends, can_refine, check, insert, level_for, solve
from .urgent import offers

__all__ = [
    "Problem",
    "ProblemError",
    "available_backends",
    "can_refine",
    "check",
    "compare",
    "evaluate",
    "insert",
    "level_for",
    "offers",
    "solve",
]
