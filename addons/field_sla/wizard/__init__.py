from . import field_indicators
from . import field_indicators_line
