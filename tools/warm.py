"""Build the web client's asset bundles of a database, so that its first page comes at once."""


def main(env):
    """Generate all bundles; they are kept in the database's files."""
    env["ir.qweb"]._pregenerate_assets_bundles()
