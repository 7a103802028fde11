from . import field_charge_exclude
