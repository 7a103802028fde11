from . import field_visit_certificate
