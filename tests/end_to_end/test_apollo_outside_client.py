"""A client that others wrote reads from the sandbox of Apollo what we wrote: its models validate each answer."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.apollo_world import BASIC, ApolloWorld

ApolloClient = pytest.importorskip("qodev_apollo_api", reason="the extra `dev` has it").ApolloClient


@pytest.fixture
def world(tmp_path: Path) -> Iterator[ApolloWorld]:
    world = ApolloWorld.create(tmp_path, BASIC)
    with world.ap, world.gh:
        yield world


def test_a_client_of_others_reads_what_we_wrote(world: ApolloWorld) -> None:
    world.add_to_hub(3, companyName="Example", tags=["vip"], phone="+12125550111", city="Boston", country="US",
        assignedTo=world.gh.users[1]["id"])  # fmt: skip
    world.run()

    async def read() -> None:
        async with ApolloClient(world.ap.key) as client:
            assert client._client is not None
            client._client.base_url = world.ap.base_url  # its own is that of Apollo, and no argument changes it
            found = await client.search_contacts(limit=2, sort_by_field="contact_updated_at", sort_ascending=False)
            more = await client.search_contacts(page=2, limit=2)
            assert (found.total, len(found.items), len(more.items)) == (3, 2, 1)
            contact = await client.get_contact(found.items[0].id)
            assert (contact.organization_name, contact.owner_id) == ("Example", world.ap.users[1]["id"])
            assert (contact.city, contact.country) == ("Boston", "United States")
            assert [world.ap.labels[each] for each in contact.label_ids] == ["vip"]
            assert [each.sanitized_number for each in contact.phone_numbers] == ["+12125550111"]
            assert [each.email for each in contact.contact_emails] == [contact.email]
            (source_id,) = contact.typed_custom_fields.values()
            assert any(each["id"] in source_id for each in world.gh.people())
            names = [each["name"] for each in await client.get_contact_stages()]
            assert "Do Not Contact" in names
            assert client.rate_limit_status["minute_left"] is not None

    asyncio.run(read())
