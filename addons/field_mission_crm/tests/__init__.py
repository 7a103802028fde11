from . import test_suggestion_lead
