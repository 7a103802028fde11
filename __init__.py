# Tools that walk the repository (pytest) import this file too, outside Odoo's loader.
if __name__.startswith("odoo.addons."):
    from . import models
