"""The demo's office: the database as a named person, records by external id, progress lines."""

from __future__ import annotations

import time
from datetime import timedelta

from freezegun import freeze_time

MODULE = "__field_demo__"


class Desk:
    """What each step of the main job works with.

    Records that the job makes carry an external id of the module ``__field_demo__``: a second run
    finds them instead of making them again.

    The demo lives its week: ``at`` sets the server's clock, so that what is published in the
    morning is worked off during the day, and device and server agree as they do in reality. Use
    the desk as a context manager: the clock is right again at its end.

    :param env: environment of the administrator
    :param say: where progress lines go
    :param commit: whether steps are committed one by one (not inside tests)
    """

    def __init__(self, env, say=print, commit=True):
        self.env = env(context={**env.context, "lang": "fr_FR", "tz": "Europe/Paris"})
        self.company = env.company
        self._say = say
        self._commits = commit
        # Bound before the clock is set: it goes on telling real seconds.
        self._seconds = time.monotonic
        self._started = self._seconds()
        self._users = {}
        self._freezer = self._clock = None

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if self._freezer:
            self._freezer.stop()
            self._freezer = self._clock = None

    def at(self, moment):
        """Set the clock, never backwards; it goes on ticking from there.

        :param moment: naive UTC
        """
        if not self._freezer:
            self._freezer = freeze_time(moment, tick=True)
            self._clock = self._freezer.start()
        elif moment > self._clock() + timedelta(seconds=1):
            self._clock.move_to(moment)

    def say(self, text):
        """Print one progress line with the seconds since the job started."""
        self._say(f"  {self._seconds() - self._started:6.1f} s  {text}")

    def commit(self):
        """Keep what was done so far: an interrupted job goes on from here."""
        self.env.flush_all()
        if self._commits:
            self.env.cr.commit()

    def user(self, login):
        """Return the user with that login (``res.users``, of the administrator)."""
        if login not in self._users:
            self._users[login] = self.env["res.users"].search([("login", "=", login)])
        return self._users[login]

    def as_user(self, login):
        """Return an environment in which everything happens with that person's own rights."""
        user = self.user(login)
        return self.env(user=user.id, su=False)

    def find(self, key):
        """Return the record made under that key, or none."""
        return self.env.ref(f"{MODULE}.{key}", raise_if_not_found=False)

    def keep(self, key, record):
        """Remember a record under a key."""
        self.env["ir.model.data"]._update_xmlids(
            [{"xml_id": f"{MODULE}.{key}", "record": record, "noupdate": True}]
        )
        return record

    def make(self, key, model, values, login=None):
        """Return the record of that key; make it, as that person, if there is none.

        :param values: dict for ``create``, or a function that returns it
        """
        record = self.find(key)
        if record:
            return record
        env = self.as_user(login) if login else self.env
        made = env[model].create(values() if callable(values) else values)
        return self.keep(key, made.with_env(self.env))

    def get_mark(self, name):
        """Return what ``set_mark`` kept, or none."""
        return self.env["ir.config_parameter"].get_param(f"field_suite.demo.{name}") or None

    def set_mark(self, name, value):
        """Keep a short text about the job itself (a first day, a finished step)."""
        self.env["ir.config_parameter"].set_param(f"field_suite.demo.{name}", value)
