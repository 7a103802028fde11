"""What a dossier decides without a database: plain typed Python, no ``odoo`` import."""
