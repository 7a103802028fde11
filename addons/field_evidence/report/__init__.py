from . import report_intervention
