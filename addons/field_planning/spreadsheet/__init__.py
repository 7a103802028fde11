"""Reading companies' spreadsheets: plannings, lists of sites and of technicians.

Plain Python without Odoo. `reader` turns a file into rows, `layout` says what its columns mean,
`planning`, `site_list` and `technician_list` read the rows, `directory` and `sites` match names
with what the company knows. Nothing is guessed: what can't be told is an `issues.Issue`.
"""
