from . import (
    field_contract,
    field_mission,
    field_request,
    field_request_sla,
    field_request_sla_event,
    field_sla_pause,
    field_sla_policy,
    field_sla_target,
    res_company,
    res_config_settings,
    resource_calendar,
)
