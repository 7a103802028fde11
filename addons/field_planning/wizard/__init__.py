from . import field_reassign
from . import field_calendar_wizard
