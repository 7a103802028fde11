from . import field_customer_message, res_company, res_partner, sms_sms
