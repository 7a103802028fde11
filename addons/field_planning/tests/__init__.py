from . import test_import_access, test_import_flow, test_import_shared
