from . import field_app
from . import field_api
from . import portal
from . import visit_notice
