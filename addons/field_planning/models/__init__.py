from . import (
    field_mission,
    field_optimization,
    field_optimization_stop,
    field_optimization_tour,
    field_tour,
    field_tour_stop,
    hr_employee,
    res_company,
    res_config_settings,
)
