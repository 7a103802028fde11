from . import field_check
from . import field_dossier
from . import field_api
from . import field_positions
