from . import (
    field_mission,
    field_service_type,
    purchase_order,
    res_company,
    res_config_settings,
)
