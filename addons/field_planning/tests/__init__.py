from . import test_import_shared
