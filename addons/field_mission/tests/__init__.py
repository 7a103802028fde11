from . import test_field_app, test_field_app_js
from . import test_mission_create
from . import test_mission_states
from . import test_mission_equipment
from . import test_mission_execution
from . import test_mission_stock
from . import test_operations
from . import test_access
from . import test_multi_company
from . import test_query_counts
from . import test_readiness
from . import test_intake
from . import test_review
from . import test_measures
from . import test_archive
from . import test_archive_speed
from . import test_times
from . import test_checklists
from . import test_contracts
from . import test_screen_tours
from . import test_screens
from . import test_work_dialogs
from . import test_portal
from . import test_mission_order
from . import test_documents, test_loading, test_nonconformity_visits, test_suggestions
from . import test_visit_notice
from . import test_nonconformity_repeat
from . import test_retention
