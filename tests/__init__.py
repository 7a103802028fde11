from . import test_break_in
from . import test_chain
from . import test_evidence_tamper
from . import test_security_matrix
from . import test_shared_chain
