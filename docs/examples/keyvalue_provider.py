"""A provider in a process of its own: key-value in a file of SQLite, as any NATS client can provide it.

Needs `pip install nats-py nkeys msgpack`. Start it, then link an actor to the key that it prints:

    wisteria up --nats-listen 127.0.0.1:4222
    wisteria token mint --role host --creds-file provider.creds -o json     # prints the user, U…
    python keyvalue_provider.py nats://127.0.0.1:4222 visits.db --creds provider.creds --user U…
    wisteria link put ACTOR V… wasmcloud:keyvalue

Counting, texts and their removal are there; lists, sets and expiry are left out, and said to be.
"""

import argparse
import asyncio
import base64
import binascii
import json
import os
import signal
import sqlite3

import msgpack
import nats

CONTRACT = "wasmcloud:keyvalue"
LATTICE = "default"


class Refused(Exception):
    """Why an operation was not carried out: a code for programs, words for people."""

    def __init__(self, code, words):
        super().__init__(words)
        self.code = code


class Store:
    """Texts by their keys. An operation is on the disk when its method returns."""

    def __init__(self, path):
        self.database = sqlite3.connect(path, isolation_level=None)
        self.database.execute("PRAGMA synchronous = FULL")
        self.database.execute("CREATE TABLE IF NOT EXISTS texts (key TEXT PRIMARY KEY, value TEXT NOT NULL)")
        self.database.execute("CREATE TABLE IF NOT EXISTS own (name TEXT PRIMARY KEY, value TEXT NOT NULL)")

    def provider_key(self):
        """The key of this provider, made once: links name it, so it stays with what it holds."""
        fresh = provider_key(os.urandom(32))
        self.database.execute("INSERT OR IGNORE INTO own VALUES ('key', ?)", (fresh,))
        return self.database.execute("SELECT value FROM own WHERE name = 'key'").fetchone()[0]

    def get(self, key):
        row = self.database.execute("SELECT value FROM texts WHERE key = ?", (key,)).fetchone()
        return {"value": row[0] if row else "", "exists": row is not None}

    def set(self, argument):
        if argument.get("expires", 0) != 0:
            raise Refused("provider-failed", "this provider keeps texts for good; set them with expires 0")
        self.put(argument["key"], argument["value"])

    def put(self, key, value):
        self.database.execute("INSERT OR REPLACE INTO texts VALUES (?, ?)", (key, value))

    def contains(self, key):
        return self.get(key)["exists"]

    def delete(self, key):
        return self.database.execute("DELETE FROM texts WHERE key = ?", (key,)).rowcount == 1

    def increment(self, argument):
        key, text = argument["key"], self.get(argument["key"])["value"] or "0"
        try:
            total = int(text) + argument["value"]
        except ValueError:
            raise Refused("provider-failed", f'"{key}" holds a text that is no whole number; set it to one first')
        if not -(2**31) <= total < 2**31:
            raise Refused("provider-failed", f'"{key}" would leave the range of 32 bits; count under several keys')
        self.put(key, str(total))
        return total


class Provider:
    """Answers for its links on the subjects of the lattice."""

    def __init__(self, client, store):
        self.client, self.store, self.key = client, store, store.provider_key()
        self.links = set()
        self.operations = {
            "KeyValue.Increment": store.increment,
            "KeyValue.Contains": store.contains,
            "KeyValue.Del": store.delete,
            "KeyValue.Get": store.get,
            "KeyValue.Set": store.set,
        }

    async def start(self):
        calls = f"wasmbus.rpc.{LATTICE}.{self.key}"
        await self.client.subscribe(f"{calls}.*", queue="rpc", cb=self.call)
        await self.client.subscribe(f"{calls}.*.linkdefs.put", cb=self.put_link)
        await self.client.subscribe(f"{calls}.*.linkdefs.del", cb=self.delete_link)
        await self.client.subscribe(f"{calls}.*.health", cb=self.health)
        await self.client.subscribe(f"{calls}.*.values", cb=self.values)
        await self.client.flush()
        # Links that were put while this was away.
        reply = await self.client.request(f"wasmbus.ctl.{LATTICE}.get.links", b"", timeout=5)
        for link in json.loads(reply.data)["links"]:
            if link["provider_id"] == self.key and self.refusal(link) is None:
                self.links.add((link["actor_id"], link["link_name"]))

    def refusal(self, link):
        """Why a link is not taken, or None."""
        if link["contract_id"] != CONTRACT:
            return f"it implements {CONTRACT}, not {link['contract_id']}"
        unknown = ", ".join(link["values"])
        return f"it knows no value `{unknown}`; it takes none" if unknown else None

    async def put_link(self, message):
        link = msgpack.unpackb(message.data)
        why = self.refusal(link)
        if why is None:
            self.links.add((link["actor_id"], link["link_name"]))
        await message.respond(msgpack.packb({"accepted": why is None, "error": why or ""}))

    async def delete_link(self, message):
        link = msgpack.unpackb(message.data)
        self.links.discard((link["actor_id"], link["link_name"]))
        await message.respond(msgpack.packb({"accepted": True, "error": ""}))

    async def health(self, message):
        await message.respond(msgpack.packb({"healthy": True}))

    async def values(self, message):
        await message.respond(msgpack.packb({"values": []}))

    async def call(self, message):
        invocation = msgpack.unpackb(message.data)
        answer = {"invocation_id": invocation["id"], "msg": b""}
        headers = None
        try:
            reply = self.carry_out(invocation, message.subject.rsplit(".", 1)[1])
            # Nothing is an empty message.
            answer["msg"] = b"" if reply is None else msgpack.packb(reply)
            answer["content_length"] = len(answer["msg"])
        except Refused as refused:
            answer["error"], headers = str(refused), {"Wisteria-Error": refused.code}
        await self.client.publish(message.reply, msgpack.packb(answer), headers=headers)

    def carry_out(self, invocation, link_name):
        actor, operation = invocation["origin"]["public_key"], invocation["operation"]
        if (actor, link_name) not in self.links:
            raise Refused("not-linked", f'actor {actor} is not linked to {CONTRACT} under "{link_name}"')
        method = self.operations.get(operation)
        if method is None:
            known = ", ".join(self.operations)
            raise Refused("bad-request", f"this provider has no operation {operation}; it has: {known}")
        try:
            return method(msgpack.unpackb(invocation["msg"]))
        except (KeyError, TypeError, AttributeError, ValueError, sqlite3.InterfaceError) as error:
            raise Refused("bad-request", f"the argument of {operation} cannot be read: {error}")


def provider_key(raw):
    """The text of a provider's key, V…, of 32 bytes."""
    prefixed = bytes([21 << 3]) + raw
    checksum = binascii.crc_hqx(prefixed, 0).to_bytes(2, "little")
    return base64.b32encode(prefixed + checksum).decode().rstrip("=")


async def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url")
    parser.add_argument("database")
    parser.add_argument("--creds", help="what lets it in, written by: wisteria token mint --role host --creds-file FILE")
    parser.add_argument("--user", help="the user U… of the credentials, below which its inbox is")
    options = parser.parse_args()
    way = {"user_credentials": options.creds} if options.creds else {}
    if options.user:
        way["inbox_prefix"] = f"_INBOX.{options.user}"
    client = await nats.connect(options.url, name="keyvalue in SQLite", **way)
    provider = Provider(client, Store(options.database))
    await provider.start()
    print(provider.key, flush=True)
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    await stopped.wait()
    await client.drain()


asyncio.run(main())
