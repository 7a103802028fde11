from . import (
    test_absences,
    test_hours,
    test_import_access,
    test_import_flow,
    test_import_shared,
    test_optimization,
    test_board,
    test_placement,
    test_planning_access,
    test_planning_texts,
    test_tour,
    test_tours_shared,
)
