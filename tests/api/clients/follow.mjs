// Ten checks of the gRPC door with the official Node client. Invariant: what the door promises in src/grpc/README.md, seen from outside.
// Arguments: the directory of the client, the connection string, the number of records.
import { createRequire } from "node:module";
import assert from "node:assert/strict";

const [, , where, url, said] = process.argv;
const count = Number(said);
const { KurrentDBClient, START, END, BACKWARDS, jsonEvent, eventTypeFilter, streamNameFilter } = createRequire(where + "/")("@kurrent/kurrentdb-client");
const client = KurrentDBClient.connectionString(url);
let passed = 0;
const check = (name, holds) => {
  assert.ok(holds, name);
  passed += 1;
  console.log(String(passed).padStart(2), name);
};
const all = async (events) => {
  const found = [];
  for await (const { event } of events) found.push(event);
  return found;
};

const ledger = await all(client.readStream("ledger"));
check("the ledger's stream has every record, revisions from 0", ledger.length === count && ledger.every((e, n) => e.revision === BigInt(n)));
check("types are wire names, data and metadata JSON", ledger[0].type === "ledger.opened" && ledger[0].data.company === "acme" && ledger[0].metadata.position === 1);
const everything = await all(client.readAll({ fromPosition: START }));
check("$all has the same events in the same order", everything.length === count && everything.every((e, n) => e.id === ledger[n].id));
const one = await all(client.readStream("client-C1"));
check("a home entity has a stream of its own, revisions from 0", one.length === 11 && one.every((e, n) => e.revision === BigInt(n)));
const back = await all(client.readStream("ledger", { direction: BACKWARDS, fromRevision: END, maxCount: 3 }));
check("backwards with a limit", back.length === 3 && back[0].revision === BigInt(count - 1));
const some = await all(client.readStream("ledger", { fromRevision: 5n, maxCount: 2 }));
check("from a revision on", some.length === 2 && some[0].revision === 5n);
const missing = await all(client.readStream("client-nobody")).then(() => "found", (error) => error.type);
check("a stream that is not there", missing === "stream-not-found");
const follow = (subscription, wanted) =>
  new Promise((resolve, reject) => {
    const found = [];
    subscription.on("error", reject);
    subscription.on("data", ({ event }) => {
      found.push(event);
      if (found.length === wanted) subscription.unsubscribe().then(() => resolve(found));
    });
  });
const owners = await follow(client.subscribeToAll({ fromPosition: START, filter: eventTypeFilter({ prefixes: ["client.owner_"], checkpointInterval: 1, checkpointReached: async () => {} }) }), 10);
check("a subscription filtered by type", owners.every((e) => e.type === "client.owner_assigned"));
const invoices = await follow(client.subscribeToAll({ fromPosition: START, filter: streamNameFilter({ regex: "^invoice-" }) }), 5);
check("a subscription filtered by stream", invoices.every((e) => e.streamId.startsWith("invoice-")));
const denied = await client.appendToStream("ledger", jsonEvent({ type: "x", data: {} })).then(() => "taken", (error) => error.type);
check(`an append is refused: ${denied}`, denied === "access-denied");
console.log(`${passed} passed, 0 failed`);
await client.dispose();
process.exit(0);
