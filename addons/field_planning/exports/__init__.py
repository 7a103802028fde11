"""Files for the outside: plain Python, tested without a database."""
