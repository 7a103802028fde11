"""What a mission decides without a database: plain typed Python, no ``odoo`` import."""
