# The ledger opens once, and first.
empty
refused ledger_not_open 2025-01-01 client.registered client=C1 name=Buyer kind=org
2025-01-01 ledger.opened company=acme time_zone=Europe/Berlin base_currency=EUR
refused ledger_already_open 2025-01-01 ledger.opened company=acme2 time_zone=UTC base_currency=EUR
2025-01-01 client.registered client=C1 name=Buyer kind=org
refused already_exists 2025-01-02 client.registered client=C1 name=Other kind=org
refused unknown_reference 2025-01-02 client.renamed client=C9 name=Other
refused unknown_reference 2025-01-02 client.owner_assigned client=C1 employee=m9
refused too_far_ahead 2150-01-01 client.renamed client=C1 name=Other
# Closed periods
2025-02-01 period.closed area=all until=2025-01-31
refused period_closed 2025-01-31 client.renamed client=C1 name=Other
2025-02-01 period.reopened area=all reason=late
2025-01-31 client.renamed client=C1 name=Other
# Voids: an opening with dependants, its rename first, then itself; the id is free again
refused has_dependants void 2025-02-02 2
void 2025-02-02 last
refused already_voided void 2025-02-02 5
refused void_of_void void 2025-02-02 last
void 2025-02-02 2
2025-02-03 client.registered client=C1 name=Again kind=org
