"""Cases in which the suite does something to the server or to this process, which the connection outlives:
`python life.py URL CASE…`."""

import asyncio
import json
import sys

import nats


async def ask(what, **more):
    """Asks the suite for something that is done to the server; returns once it is done."""
    print(json.dumps({"ask": what, **more}), flush=True)
    if not await asyncio.to_thread(sys.stdin.readline):
        raise RuntimeError(f"the suite went away instead of answering {what}")


async def come_back(connect, subject, act):
    """Awaits `act` and the way back, and says whether the subscriptions of before still hear."""
    left, returned, heard = asyncio.Event(), asyncio.Event(), [asyncio.Event(), asyncio.Event()]

    def hear(event):
        async def take(message):
            # Whatever piled up before may still come.
            if message.data == b"again":
                event.set()

        return take

    async def disconnected():
        left.set()

    async def reconnected():
        returned.set()

    client = await connect(disconnected_cb=disconnected, reconnected_cb=reconnected)
    await client.subscribe(subject, cb=hear(heard[0]))
    await client.subscribe(subject, queue="life", cb=hear(heard[1]))
    await settle(client)
    await act
    await left.wait()
    await returned.wait()
    await settle(client)
    other = await connect()
    await other.publish(subject, b"again")
    for event in heard:
        await event.wait()
    return "disconnected, reconnected, subscriptions live"


async def settle(client):
    """Waits until the server has all that was sent."""
    await client.flush()
    # The first question may overtake what the client had not yet written.
    await client.flush()


async def restart(connect):
    return await come_back(connect, "life.restart", ask("restart"))


async def cut(connect):
    return await come_back(connect, "life.cut", ask("cut"))


async def slow(connect):
    return await come_back(connect, "life.slow", ask("flood", subject="life.slow"))


async def lame_duck(connect):
    told = asyncio.Event()

    async def notice():
        told.set()

    await connect(lame_duck_mode_cb=notice)
    await ask("lame duck")
    await told.wait()
    return "told"


CASES = {"restart": restart, "cut": cut, "slow": slow, "lameDuck": lame_duck}


async def ignore(_):
    """Losing a connection is what these cases are about."""


async def main(url, names):
    for name in names:
        opened = []

        async def connect(**options):
            patience = {"error_cb": ignore, "reconnect_time_wait": 0.02, "max_reconnect_attempts": -1}
            opened.append(await nats.connect(url, **patience, **options))
            return opened[-1]

        try:
            outcome = await CASES[name](connect)
        except Exception as error:
            outcome = f"failed: {error!r}"
        print(json.dumps({"case": name, "outcome": outcome}), flush=True)
        for client in opened:
            await client.close()


asyncio.run(main(sys.argv[1], sys.argv[2:]))
