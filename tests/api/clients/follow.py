"""Twelve checks of the gRPC door with the official Python client.

Invariant: what the door promises in src/grpc/README.md, seen from outside. Arguments: the connection string and the number of records.
"""

import json
import sys

from kurrentdbclient import KurrentDBClient, NewEvent, StreamState
from kurrentdbclient.exceptions import KurrentDBClientError, NotFoundError

client = KurrentDBClient(uri=sys.argv[1])
count = int(sys.argv[2])
passed = 0


def check(name, holds):
    global passed
    assert holds, name
    passed += 1
    print(f"{passed:2} {name}")


ledger = client.get_stream("ledger")
check("the ledger's stream has every record, revisions from 0", [e.stream_position for e in ledger] == list(range(count)))
check("types are wire names, data and metadata JSON", ledger[0].type == "ledger.opened" and json.loads(ledger[0].metadata)["position"] == 1 and json.loads(ledger[0].data)["company"] == "acme")
everything = list(client.read_all(filter_exclude=()))
check("$all has the same events in the same order", [e.id for e in everything] == [e.id for e in ledger])
check("commit positions are the ledger's positions", [e.commit_position for e in everything] == list(range(1, count + 1)))
one = client.get_stream("client-C1")
check("a home entity has a stream of its own, revisions from 0", [e.stream_position for e in one] == list(range(len(one))) and one[0].type == "client.registered" and len(one) == 11)
back = client.get_stream("ledger", backwards=True, limit=3)
check("backwards with a limit", [e.stream_position for e in back] == [count - 1, count - 2, count - 3])
check("from a revision on", [e.stream_position for e in client.get_stream("ledger", stream_position=5, limit=2)] == [5, 6])
invoices = list(client.read_all(filter_include=("invoice-.*",), filter_by_stream_name=True))
check("a filter by stream", len(invoices) == 5 and all(e.stream_name.startswith("invoice-") for e in invoices))
try:
    client.get_stream("client-nobody")
    check("a stream that is not there", False)
except NotFoundError:
    check("a stream that is not there", True)
followed = []
with client.subscribe_to_all(filter_include=("client\\.owner_.*",), include_checkpoints=True, include_caught_up=True) as subscription:
    for event in subscription:
        followed.append(event)
        if type(event).__name__ == "CaughtUp":
            break
types = [e.type for e in followed if getattr(e, "type", None) == "client.owner_assigned"]
check("a subscription by type, with a checkpoint, catches up", len(types) == 10 and any(type(e).__name__ == "Checkpoint" for e in followed))
try:
    with client.subscribe_to_all(commit_position=count + 10) as beyond:
        next(beyond)
    check("a subscription from beyond the head", False)
except KurrentDBClientError as refused:
    check("a subscription from beyond the head is refused by name", "follower_beyond_head" in str(refused))
try:
    client.append_to_stream("ledger", current_version=StreamState.ANY, events=NewEvent(type="x", data=b"{}"))
    check("an append is refused", False)
except KurrentDBClientError as refused:
    check(f"an append is refused: {type(refused).__name__}", "denied" in type(refused).__name__.lower() or "denied" in str(refused).lower())
print(f"{passed} passed, 0 failed")
