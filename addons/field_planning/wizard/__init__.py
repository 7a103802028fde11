from . import field_reassign
