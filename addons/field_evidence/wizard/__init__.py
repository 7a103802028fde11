from . import field_photo_hint_dismissal
from . import field_reason_wizard
from . import privacy_lookup_wizard
