"""The table of cases for nats-py: prints what became of each on the server at a URL, one JSON line per case."""

import asyncio
import json
import sys

import nats
from nats.errors import MaxPayloadError, NoRespondersError

PATIENCE = 10
BURST = 20_000
MANY = 1000


async def facts(client):
    told = client._server_info
    return {"headers": told["headers"], "proto": told["proto"], "has_largest_payload": client.max_payload >= 1 << 20}


async def publish_and_subscribe(client):
    subscription = await client.subscribe("clients.plain")
    await client.publish("clients.plain", b"hello")
    await client.publish("clients.other", b"not for us")
    await client.publish("clients.plain", b"")
    return await texts(subscription, 2)


async def star(client):
    subscription = await client.subscribe("clients.*.leaf")
    for subject in ["clients.a.leaf", "clients.a.b.leaf", "clients.leaf", "clients.b.leaf", "clients.b.leaf.c"]:
        await client.publish(subject, b"x")
    return await subjects_until_end(client, subscription, "clients.end.leaf")


async def greater(client):
    subscription = await client.subscribe("clients.>")
    for subject in ["clients", "clients.a", "clients.a.b.c", "others.a"]:
        await client.publish(subject, b"x")
    return await subjects_until_end(client, subscription, "clients.end")


async def both_wildcards(client):
    subscription = await client.subscribe("*.b.>")
    for subject in ["a.b", "a.b.c", "x.b.c.d", "a.c.b"]:
        await client.publish(subject, b"x")
    return await subjects_until_end(client, subscription, "z.b.end")


async def overlapping(client):
    """Each of two subscriptions that match gets the message."""
    narrow, wide = await client.subscribe("clients.a"), await client.subscribe("clients.*")
    await client.publish("clients.a", b"once each")
    return [await texts(narrow, 1), await texts(wide, 1)]


async def queue_group(client):
    """Each message reaches one member, and none is left out."""
    got = [[], [], []]
    done = asyncio.Event()

    def member(mine):
        async def take(message):
            mine.append(int(message.data))
            if sum(map(len, got)) == 100:
                done.set()

        return take

    for mine in got:
        await client.subscribe("clients.jobs", queue="workers", cb=member(mine))
    for number in range(100):
        await client.publish("clients.jobs", str(number).encode())
    await within(done.wait())
    await client.flush()
    return {"each_once": sorted(sum(got, [])) == list(range(100)), "all_members": all(got)}


async def group_beside_subscriber(client):
    plain, grouped = await client.subscribe("clients.g"), await client.subscribe("clients.g", queue="g")
    await client.publish("clients.g", b"x")
    return [await texts(plain, 1), await texts(grouped, 1)]


async def request(client):
    async def answer(message):
        await message.respond(b"answer to " + message.data)

    await client.subscribe("clients.ask", cb=answer)
    replies = await within(asyncio.gather(*(client.request("clients.ask", str(n).encode(), timeout=PATIENCE) for n in range(20))))
    return [reply.data.decode() for reply in replies]


async def request_old_style(client):
    async def answer(message):
        await message.respond(b"answer")

    await client.subscribe("clients.ask", cb=answer)
    reply = await client.request("clients.ask", b"x", timeout=PATIENCE, old_style=True)
    return reply.data.decode()


async def no_responders(client):
    try:
        await client.request("clients.nobody", b"x", timeout=PATIENCE)
    except NoRespondersError as error:
        return str(error)
    return "a reply"


async def headers(client):
    subscription = await client.subscribe("clients.headers")
    await client.publish("clients.headers", b"body", headers={"Plain": "one", "case-Kept": "a: b"})
    await client.publish("clients.headers", b"", headers={"Alone": "no body"})
    return [[message.headers, message.data.decode()] for message in await take(subscription, 2)]


async def echo_off(client, url):
    quiet = await nats.connect(url, no_echo=True, allow_reconnect=False)
    own, others = await quiet.subscribe("clients.echo"), await client.subscribe("clients.echo")
    await client.flush()
    await quiet.flush()
    await quiet.publish("clients.echo", b"mine")
    seen = await texts(others, 1)
    await client.publish("clients.echo", b"theirs")
    await client.flush()
    outcome = [seen, await texts(own, 1)]
    await quiet.close()
    return outcome


async def verbose(_client, url):
    talker = await nats.connect(url, verbose=True, allow_reconnect=False)
    subscription = await talker.subscribe("clients.verbose")
    await talker.publish("clients.verbose", b"x")
    outcome = await texts(subscription, 1)
    await talker.close()
    return outcome


async def unsubscribe_after(client):
    subscription = await client.subscribe("clients.max")
    await subscription.unsubscribe(limit=3)
    end = await client.subscribe("clients.end")
    for number in range(5):
        await client.publish("clients.max", str(number).encode())
    await client.publish("clients.end", b"")
    await take(end, 1)
    return {"got": await texts(subscription, 3), "more": subscription.pending_msgs}


async def unsubscribe(client):
    subscription, end = await client.subscribe("clients.left"), await client.subscribe("clients.end")
    await client.publish("clients.left", b"before")
    got = await texts(subscription, 1)
    await subscription.unsubscribe()
    await client.publish("clients.left", b"after")
    await client.publish("clients.end", b"")
    await take(end, 1)
    return {"got": got, "more": subscription.pending_msgs}


async def drain_subscription(client):
    got = []

    async def note(message):
        got.append(int(message.data))

    subscription = await client.subscribe("clients.drain", cb=note)
    for number in range(100):
        await client.publish("clients.drain", str(number).encode())
    await client.flush()
    await within(subscription.drain())
    await client.publish("clients.drain", b"100")
    await client.flush()
    return got == list(range(100))


async def drain_connection(client, url):
    got = []

    async def note(message):
        got.append(int(message.data))

    leaving = await nats.connect(url, allow_reconnect=False)
    await leaving.subscribe("clients.drain", cb=note)
    await leaving.flush()
    for number in range(100):
        await client.publish("clients.drain", str(number).encode())
    await client.flush()
    await leaving.flush()
    await within(leaving.drain())
    return {"all": got == list(range(100)), "closed": leaving.is_closed}


async def largest_payload(client):
    subscription = await client.subscribe("clients.large")
    await client.publish("clients.large", b"x" * client.max_payload)
    (message,) = await take(subscription, 1)
    return len(message.data) == client.max_payload


async def too_large_payload(client):
    try:
        await client.publish("clients.large", b"x" * (client.max_payload + 1))
    except MaxPayloadError as error:
        return str(error)
    return "taken"


async def too_large_for_the_server(_client, url):
    """A client that does not look at the limit itself hears of it and is cut off."""
    closed = asyncio.Event()

    async def close():
        closed.set()

    rude = await nats.connect(url, closed_cb=close, allow_reconnect=False)
    told, process = [], rude._process_err

    # Its last error may be that the connection ended, which is read while it closes.
    async def note(words):
        told.append(words)
        await process(words)

    rude._process_err = note
    await rude._send_command(f"PUB clients.large {rude.max_payload + 1}\r\n".encode())
    await rude._flush_pending()
    await within(closed.wait())
    return told


async def burst(client):
    subscription = await client.subscribe("clients.burst")
    await client.flush()
    for number in range(BURST):
        await client.publish("clients.burst", str(number).encode())
    return await texts(subscription, BURST) == [str(number) for number in range(BURST)]


async def many_subscriptions(client):
    subscriptions = [await client.subscribe(f"clients.many.{number}") for number in range(MANY)]
    for number in range(MANY):
        await client.publish(f"clients.many.{number}", str(number).encode())
    return [await texts(subscription, 1) for subscription in subscriptions] == [[str(number)] for number in range(MANY)]


async def round_trip(client):
    return await client.rtt() > 0


CASES = [
    facts, publish_and_subscribe, star, greater, both_wildcards, overlapping, queue_group, group_beside_subscriber, request,
    request_old_style, no_responders, headers, echo_off, verbose, unsubscribe_after, unsubscribe, drain_subscription,
    drain_connection, largest_payload, too_large_payload, too_large_for_the_server, burst, many_subscriptions, round_trip,
]  # fmt: skip


async def within(future):
    return await asyncio.wait_for(future, PATIENCE)


async def take(subscription, count):
    return [await subscription.next_msg(timeout=PATIENCE) for _ in range(count)]


async def texts(subscription, count):
    return [message.data.decode() for message in await take(subscription, count)]


async def subjects_until_end(client, subscription, end):
    """The subjects seen before the one that says that nothing follows."""
    await client.publish(end, b"")
    seen = []
    while not seen or seen[-1] != end:
        (message,) = await take(subscription, 1)
        seen.append(message.subject)
    return seen


async def run(case, url):
    """What became of a case on a connection of its own. An exception is an outcome as well."""
    client = await nats.connect(url, allow_reconnect=False)
    arguments = [client, url][: case.__code__.co_argcount]
    try:
        return await case(*arguments)
    except Exception as error:  # noqa: BLE001
        return {"failed": f"{type(error).__name__}: {error}"}
    finally:
        await client.close()


async def main(url):
    for case in CASES:
        print(json.dumps({"case": case.__name__, "outcome": await run(case, url)}), flush=True)


asyncio.run(main(sys.argv[1]))
