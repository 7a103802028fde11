from . import crm_lead
from . import field_suggestion
