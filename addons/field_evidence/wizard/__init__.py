from . import field_reason_wizard
