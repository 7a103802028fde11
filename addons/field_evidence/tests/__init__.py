from . import test_access
from . import test_multi_company
from . import test_query_counts
from . import test_report
from . import test_seal_records
from . import test_tamper
from . import test_views
