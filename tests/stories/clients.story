# A legal entity belongs to one client at a time
ledger UTC EUR
2024-01-01 client.registered client=C name=C kind=org
2024-01-01 client.registered client=D name=D kind=org
2024-01-01 client.registered client=E name=E kind=person
2024-01-01 counterparty.registered counterparty=L1 legal_name='L1 Ltd'
2024-02-01 counterparty.linked counterparty=L1 client=C
refused counterparty_linked_twice 2024-03-01 counterparty.linked counterparty=L1 client=D
refused counterparty_linked_twice 2024-03-01 counterparty.linked counterparty=L1 client=C
refused counterparty_not_linked 2024-03-01 counterparty.unlinked counterparty=L1 client=D
2024-04-01 counterparty.unlinked counterparty=L1 client=C
refused counterparty_not_linked 2024-05-01 counterparty.unlinked counterparty=L1 client=C
2024-06-01 counterparty.linked counterparty=L1 client=D
# back-dated: what stands later must still fit
refused counterparty_linked_twice 2024-05-01 counterparty.linked counterparty=L1 client=E
refused counterparty_linked_twice 2024-01-15 counterparty.linked counterparty=L1 client=E
refused counterparty_not_linked 2024-03-01 counterparty.unlinked counterparty=L1 client=C
# voids: a link that a later unlink ends has dependants; without the unlink, the later link does not fit
refused has_dependants void 2024-07-01 6
refused has_dependants void 2024-07-01 7
void 2024-07-01 8
void 2024-07-01 7
refused counterparty_linked_twice 2024-06-01 counterparty.linked counterparty=L1 client=D
# an entity that others name cannot vanish
refused has_dependants void 2024-07-01 2
refused has_dependants void 2024-07-01 5
# Merges form no circle, and happen once
ledger UTC EUR
2024-01-01 client.registered client=A name=A kind=org
2024-01-01 client.registered client=B name=B kind=org
2024-01-01 client.registered client=C name=C kind=org
2024-01-01 client.registered client=D name=D kind=org
refused merge_cycle 2024-02-01 client.merged client=A into=A
refused client_not_merged 2024-02-01 client.unmerged client=A
2024-02-01 client.merged client=A into=B
refused client_merged_twice 2024-03-01 client.merged client=A into=C
refused merge_cycle 2024-03-01 client.merged client=B into=A
2024-03-01 client.merged client=B into=C
refused merge_cycle 2024-04-01 client.merged client=C into=A
# back-dated: before A was merged nothing bars C into A, but from February on it would be a circle
refused merge_cycle 2024-01-15 client.merged client=C into=A
refused client_merged_twice 2024-01-15 client.merged client=A into=D
2024-05-01 client.unmerged client=A
refused client_not_merged 2024-06-01 client.unmerged client=A
2024-06-01 client.merged client=C into=A
refused has_dependants void 2024-07-01 8
refused has_dependants void 2024-07-01 6
void 2024-07-01 9
void 2024-07-01 8
refused merge_cycle 2024-06-01 client.merged client=C into=A
refused unknown_reference 2024-06-01 client.merged client=C into=X
# The company's own fields
ledger UTC EUR
refused field_definition 2024-01-01 custom_field.defined custom_field=F1 entity=client key=region type=option required=true
refused field_definition 2024-01-01 custom_field.defined custom_field=F1 entity=client key=region type=text options=["north"] required=true
2024-01-01 client.registered client=Z name=Z kind=org
2024-01-02 custom_field.defined custom_field=F1 entity=client key=region type=option options=["north","south"] required=true
refused field_definition 2024-01-02 custom_field.defined custom_field=F2 entity=client key=region type=text required=false
2024-01-02 custom_field.defined custom_field=F2 entity=client key=staff type=number required=false
2024-01-02 custom_field.defined custom_field=F3 entity=client key=since type=date required=false
2024-01-02 custom_field.defined custom_field=F4 entity=client key=vip type=boolean required=false
2024-01-02 custom_field.defined custom_field=F5 entity=counterparty key=region type=text required=true
refused field_missing 2024-01-03 client.registered client=A name=A kind=org
refused field_value 2024-01-03 client.registered client=A name=A kind=org attributes={"region":"west"}
refused field_value 2024-01-03 client.registered client=A name=A kind=org attributes={"region":"north","staff":"many"}
refused field_value 2024-01-03 client.registered client=A name=A kind=org attributes={"region":"north","since":"2024-02-30"}
refused field_value 2024-01-03 client.registered client=A name=A kind=org attributes={"region":"north","vip":"yes"}
2024-01-03 client.registered client=A name=A kind=org attributes={"region":"north","staff":"12.5","since":"2024-02-29","vip":"true","free":"anything"}
refused field_missing 2024-01-04 client.attributes_set client=A set={"region":null}
refused field_value 2024-01-04 client.attributes_set client=A set={"region":"west"}
2024-01-04 client.attributes_set client=A set={"region":"south","staff":null}
refused field_missing 2024-01-04 counterparty.registered counterparty=L1 legal_name=L1
2024-01-04 counterparty.registered counterparty=L1 legal_name=L1 attributes={"region":"anywhere"}
# a definition judges what happens from its own date on
2024-01-01 client.registered client=B name=B kind=org
# and a revision replaces it
2024-02-01 custom_field.defined custom_field=F1 entity=client key=region type=option options=["north","south","west"] required=false
2024-02-01 client.attributes_set client=A set={"region":"west"}
refused field_value 2024-01-31 client.attributes_set client=A set={"region":"west"}
2024-02-02 client.registered client=C name=C kind=org
# Contracts
refused contract_period 2024-03-01 contract.signed contract=K1 counterparty=L1 valid_from=2024-03-01 valid_to=2024-02-29 payment_days=#30
refused negative_limit 2024-03-01 contract.signed contract=K1 counterparty=L1 valid_from=2024-03-01 payment_days=#30 credit_limit=-1EUR
2024-03-01 contract.signed contract=K1 counterparty=L1 valid_from=2024-03-01 valid_to=2024-03-01 payment_days=#30 credit_limit=0EUR
