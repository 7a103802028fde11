from . import (
    test_complaint_access,
    test_complaint_portal,
    test_complaints,
    test_sla_access,
    test_sla_cron,
    test_sla_life,
    test_sla_multi_company,
    test_sla_openings,
    test_sla_policies,
    test_sla_query_counts,
    test_sla_scale,
    test_sla_week,
)
