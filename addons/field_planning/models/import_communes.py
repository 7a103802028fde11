"""The official list of French communes, where the set-up put it: INSEE code, name, postcodes."""

import json
import logging
from functools import lru_cache

from odoo.tools.misc import file_path

_logger = logging.getLogger(__name__)
# Licence Ouverte 2.0; put there with the other third-party files, never needed to work.
COMMUNES = "field_planning/static/lib/communes/communes.json"


@lru_cache(maxsize=1)
def load_communes():
    """Return ``[(INSEE code, name, [postcodes])]`` of every commune, [] where the list is missing."""
    try:
        path = file_path(COMMUNES)
    except FileNotFoundError:
        return []
    try:
        with open(path, encoding="utf-8") as stream:
            rows = json.load(stream)
        return [
            (row["code"], row["nom"], row["codesPostaux"])
            for row in rows
            if row.get("codesPostaux")
        ]
    except (ValueError, KeyError, TypeError):
        _logger.exception("The list of communes can't be read; postcodes won't be looked up.")
        return []
