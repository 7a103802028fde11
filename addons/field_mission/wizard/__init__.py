from . import field_technician_setup
