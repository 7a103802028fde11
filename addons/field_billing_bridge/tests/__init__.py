from . import test_billing_access
from . import test_billing_concurrency
from . import test_billing_flow
from . import test_billing_query_counts
from . import test_billing_views
from . import test_nonconformity_quote
