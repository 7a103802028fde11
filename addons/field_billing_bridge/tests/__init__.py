from . import test_billing_flow
