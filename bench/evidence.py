"""The case `evidence`: verify many items, make a dossier into a PDF, open the customer's list."""

from __future__ import annotations

import base64
import hashlib
import io
import random
import uuid
from collections.abc import Iterator

from .measure import Cost, measured

PHOTOS = 60
# A customer's page of the list.
PAGE = 80
# Columns that a copied mission must not share with the first one.
OWN = ("id", "name", "access_token", "evidence_dossier_id")


def cases(world) -> Iterator[tuple[str, Cost]]:
    """Yield the lines of the case.

    :param world: ``bench.ours.Ours``; its size is a tenth of the items and a hundredth of the list
    """
    yield "verify 10,000 items", _verified(world)
    yield "dossier of 60 photos as a PDF", _printed(world)
    yield "a customer's list, 100,000 missions", _listed(world)


def _verified(world) -> Cost:
    """Verify the dossiers of visits with ten answers each, ten items a unit of the size."""
    # What a visit seals: the mission, start, ten answers, times, end, closing.
    missions = world._under_way(max(1, world.size * 2 // 3))
    world._answer(missions, world._answers(missions))
    world._times(missions)
    missions.action_done()
    world.env.cr.flush()
    dossiers = missions.sudo()
    count = sum(dossiers.mapped("evidence_count"))
    assert count >= 10 * world.size, f"{count} items for {10 * world.size}"
    with measured(world.root, count) as cost:
        results = dossiers.with_env(world.root)._verify_evidence()
    assert {result["verdict"] for result in results.values()} == {"intact"}
    return cost


def _printed(world) -> Cost:
    """Make the dossier of one visit with 60 photos of a phone's size into a PDF."""
    mission, _operations = world._day_of_the_app(1, 0)
    sender = world.env(user=mission.technician_id.user_id.id)
    work = mission.with_env(sender)
    work.action_arrive()
    work.action_answer_checks(world._answers(mission)[mission.id])
    photos, pictures = sender["field.photo"], _pictures()
    for number in range(PHOTOS):
        data = next(pictures)
        name = work.action_add_photo(
            {
                "uuid": str(uuid.uuid4()),
                "sha256": hashlib.sha256(data).hexdigest(),
                "caption": f"Picture {number}",
                "stage": ("before", "during", "after")[number * 3 // PHOTOS],
            }
        )
        photos.action_receive(name, base64.b64encode(data).decode())
    work.action_done()
    sender.cr.flush()
    run = world.root["field.dossier.print"]._start(mission.with_env(world.root))
    assert run.photo_count == PHOTOS
    with measured(world.root, 1) as cost:
        steps = sum(run._make())
    assert run.state == "done", run.error
    assert steps == run.part_count + 1
    return cost


def _pictures() -> Iterator[bytes]:
    """Yield pictures of 1600 × 1200, none twice."""
    from PIL import Image

    chance = random.Random(7)
    while True:
        small = Image.frombytes("RGB", (200, 150), chance.randbytes(200 * 150 * 3))
        data = io.BytesIO()
        small.resize((1600, 1200), Image.Resampling.BICUBIC).save(data, "JPEG", quality=80)
        yield data.getvalue()


def _listed(world) -> Cost:
    """Count the missions of a customer, find a page of them and read what it shows."""
    customer = world.customers[0]
    first = world._published(1)
    count = world.size * 100
    _copy(world.root, first, count)
    user = world.root["res.users"].create(
        {
            "name": "Customer",
            "login": "bench-customer",
            "email": "customer@example.com",
            "group_ids": [(6, 0, world.root.ref("base.group_portal").ids)],
        }
    )
    user.partner_id.parent_id = customer
    missions = world.env(user=user.id)["field.mission"]
    missions._search_portal(limit=1)
    with measured(missions.env, 1) as cost:
        found, find = missions._get_portal_pages()
        page = find(order="mission_date desc, planned_start desc, id desc", limit=PAGE)
        shown = [
            (
                mission.name,
                mission.site_id.name,
                mission.site_id.city,
                mission.service_type_id.name,
                mission._get_portal_slot(),
                mission.state,
                mission.actual_end,
            )
            for mission in page
        ]
    assert found >= count, f"{found} of {count} found"
    assert len(shown) == PAGE
    return cost


def _copy(env, mission, count: int) -> None:
    """Put many rows like one mission's into the database."""
    from odoo.tools import SQL

    env.flush_all()
    names = env.execute_query(
        SQL(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'field_mission'"
            " AND table_schema = current_schema() AND column_name <> ALL(%s)",
            list(OWN),
        )
    )
    columns = SQL(", ").join(SQL.identifier(name) for (name,) in names)
    env.cr.execute(
        SQL(
            "INSERT INTO field_mission (name, %s) SELECT 'BENCH/' || number, %s"
            " FROM field_mission, generate_series(1, %s) AS number WHERE field_mission.id = %s",
            columns,
            columns,
            count,
            mission.id,
        )
    )
    env.cr.execute("ANALYZE field_mission")
    env.invalidate_all()
