//! What the demo's story never leads up to: a few facts of their own, and the drafts that they
//! refuse. Invariant: it stands at the end of a history and touches nothing that came before.

use serde_json::{Value, json};

use super::{otherwise, story::Story};

/// Facts and refusals, in order: some are meant to be refused, each by a name of its own.
const WORDS: &[(&str, &str)] = &[
    ("client.registered", r#"{"client":"wide-a","name":"A","kind":"org"}"#),
    ("client.registered", r#"{"client":"wide-b","name":"B","kind":"org"}"#),
    ("client.registered", r#"{"client":"wide-c","name":"C","kind":"org"}"#),
    ("counterparty.registered", r#"{"counterparty":"wide-l","legal_name":"L"}"#),
    ("counterparty.unlinked", r#"{"counterparty":"wide-l","client":"wide-a"}"#),
    // A legal entity that changes hands: its invoice was one client's, and is another's now.
    ("counterparty.registered", r#"{"counterparty":"wide-sold","legal_name":"Sold"}"#),
    ("counterparty.linked", r#"{"counterparty":"wide-sold","client":"wide-c"}"#),
    (
        "invoice.issued",
        r#"{"invoice":"wide-of-sold","counterparty":"wide-sold","due_on":"2026-07-31",
           "total":{"amount":"70","currency":"EUR"},"lines":[{"line":"1","qty":"1","price":"70",
           "net":"70","tax":"0"}]}"#,
    ),
    (
        "invoice.issued",
        r#"{"invoice":"wide-own","client":"wide-b","due_on":"2026-07-31","total":{"amount":"30",
           "currency":"EUR"},"lines":[{"line":"1","qty":"1","price":"30","net":"30","tax":"0"}]}"#,
    ),
    ("counterparty.unlinked", r#"{"counterparty":"wide-sold","client":"wide-c"}"#),
    ("counterparty.linked", r#"{"counterparty":"wide-sold","client":"wide-b"}"#),
    // The same legal entity buys again under its new client: two clients' sales, or all of them
    // one's.
    (
        "invoice.issued",
        r#"{"invoice":"wide-again","counterparty":"wide-sold","due_on":"2026-07-31",
           "total":{"amount":"20","currency":"EUR"},"lines":[{"line":"1","qty":"1","price":"20",
           "net":"20","tax":"0"}]}"#,
    ),
    ("client.merged", r#"{"client":"wide-a","into":"wide-b"}"#),
    ("client.merged", r#"{"client":"wide-a","into":"wide-c"}"#),
    ("client.merged", r#"{"client":"wide-b","into":"wide-a"}"#),
    ("client.unmerged", r#"{"client":"wide-c"}"#),
    (
        "contract.signed",
        r#"{"contract":"wide-k","counterparty":"wide-l","valid_from":"2026-03-01",
           "valid_to":"2026-02-28","payment_days":30}"#,
    ),
    ("contract.amended", r#"{"contract":"wide-k2","valid_to":"2026-12-31"}"#),
    (
        "contract.signed",
        r#"{"contract":"wide-k2","counterparty":"wide-l","valid_from":"2026-03-01",
           "valid_to":"2026-05-31","payment_days":30}"#,
    ),
    ("contract.amended", r#"{"contract":"wide-k2","valid_to":"2026-12-31"}"#),
    ("counterparty.details_changed", r#"{"counterparty":"wide-l"}"#),
    (
        "interaction.recorded",
        r#"{"interaction":"wide-talk","client":"wide-b","channel":"call","direction":"in"}"#,
    ),
    ("interaction.annotated", r#"{"interaction":"wide-talk","text":"Prefers mornings"}"#),
    (
        "interaction.planned",
        r#"{"interaction":"wide-plan","client":"wide-b","channel":"meeting",
           "at":"2026-06-20T10:00:00Z"}"#,
    ),
    ("agreement.noted", r#"{"agreement":"wide-ag","client":"wide-b","text":"Sends the plan"}"#),
    ("agreement.settled", r#"{"agreement":"wide-ag","kept":true}"#),
    (
        "classification.completed",
        r#"{"classification":"wide-cl","kind":"abc","params":{"measure":"revenue"},
           "window":{"first":"2025-01-01","last":"2025-12-31"},"known_at":999999999,
           "result":[{"object":"client:wide-b","class":"A"}]}"#,
    ),
    ("client.registered", r#"{"client":"wide-q","name":"Q","kind":"org"}"#),
    ("client.archived", r#"{"client":"wide-q"}"#),
    (
        "order.placed",
        r#"{"order":"wide-oq","client":"wide-q","currency":"EUR","lines":[{"line":"1","qty":"4",
           "price":"2","net":"8","tax":"0"}]}"#,
    ),
    ("consent.given", r#"{"subject":"client:wide-q","channel":"any"}"#),
    ("client.restored", r#"{"client":"wide-q"}"#),
    (
        "deal.credit_shares_set",
        r#"{"deal":"D-1","shares":[{"employee":"manager-1","share":"0.5"}]}"#,
    ),
    ("competitor.registered", r#"{"competitor":"wide-rival","name":"Rival"}"#),
    ("competitor.fact_observed", r#"{"competitor":"wide-rival","kind":"price","value":"3"}"#),
    ("survey.published", r#"{"survey":"wide-sv","questions":[]}"#),
    (
        "survey.published",
        r#"{"survey":"wide-sv","questions":[{"question":"n","kind":"nps","text":"?"},
           {"question":"d","kind":"number","text":"?"}]}"#,
    ),
    ("survey.invited", r#"{"survey":"wide-sv","respondent":"client:wide-q"}"#),
    ("survey.answered", r#"{"survey":"wide-sv","answers":[{"question":"n","value":"11"}]}"#),
    (
        "survey.answered",
        r#"{"survey":"wide-sv","answers":[{"question":"n","value":"9"},{"question":"d",
           "value":"2.5"}]}"#,
    ),
    ("survey.closed", r#"{"survey":"wide-sv"}"#),
    ("survey.answered", r#"{"survey":"wide-sv","answers":[{"question":"n","value":"9"}]}"#),
    ("segment.defined", r#"{"segment":"wide-g","criteria":{"all":[]}}"#),
    ("source.defined", r#"{"source":"wide-s","kind":"channel"}"#),
    ("employee.hired", r#"{"employee":"wide-m","name":"M","department":"sales","role":"seller"}"#),
    (
        "attribution.stated",
        r#"{"subject":"employee:wide-m","question":"learned","source":"wide-s"}"#,
    ),
    (
        "classification.completed",
        r#"{"classification":"wide-k","kind":"abc","params":{},"window":{"first":"2026-01-01",
           "last":"2026-01-31"},"known_at":3,"result":[{"object":"client:wide-a","class":"A"},
           {"object":"client:wide-a","class":"B"}]}"#,
    ),
    (
        "invoice.issued",
        r#"{"invoice":"wide-i","client":"wide-b","total":{"amount":"100","currency":"EUR"},
           "instalments":[{"due_on":"2026-07-31","amount":"99"}],"lines":[{"line":"1","qty":"1",
           "price":"100","net":"80","tax":"20"}]}"#,
    ),
    (
        "item.registered",
        r#"{"item":"wide-x","sku":"wide-x","unit":"piece","kind":"goods","costing":"fifo"}"#,
    ),
    ("warehouse.registered", r#"{"warehouse":"wide-w","name":"Main"}"#),
    (
        "goods.received",
        r#"{"receipt":"wide-r","item":"wide-x","warehouse":"wide-w","qty":"9",
           "value":{"amount":"90","currency":"EUR"}}"#,
    ),
    (
        "purchase_order.placed",
        r#"{"purchase_order":"wide-u","supplier":"wide-l","currency":"EUR",
           "attributes":{"group":"north"},"refs":["warehouse:wide-w"],"lines":[{"line":"1",
           "item":"wide-x","qty":"4","price":"2","net":"8","tax":"0"}]}"#,
    ),
    ("purchase_order.closed", r#"{"purchase_order":"wide-u","reason":"too late"}"#),
    ("purchase_order.closed", r#"{"purchase_order":"wide-u","reason":"again"}"#),
    (
        "goods.received",
        r#"{"receipt":"wide-late","item":"wide-x","warehouse":"wide-w","qty":"1",
           "value":{"amount":"6","currency":"EUR"},"purchase_order":"wide-u"}"#,
    ),
    (
        "stock.adjusted",
        r#"{"adjustment":"wide-j","item":"wide-x","warehouse":"wide-w","delta":"0",
           "reason":"none"}"#,
    ),
    (
        "stock.adjusted",
        r#"{"adjustment":"wide-j","item":"wide-x","warehouse":"wide-w","delta":"-1",
           "value":{"amount":"5000","currency":"EUR"},"reason":"broken"}"#,
    ),
    (
        "item.registered",
        r#"{"item":"wide-z","sku":"wide-z","unit":"piece","kind":"goods","costing":"fifo"}"#,
    ),
    (
        "stock.reserved",
        r#"{"reservation":"wide-v","item":"wide-x","warehouse":"wide-w","qty":"1",
           "ref":"client:wide-b"}"#,
    ),
    (
        "goods.received",
        r#"{"receipt":"wide-rz","item":"wide-z","warehouse":"wide-w","qty":"3",
           "value":{"amount":"9","currency":"EUR"}}"#,
    ),
    (
        "goods.issued",
        r#"{"issue":"wide-nz","item":"wide-z","warehouse":"wide-w","qty":"1","reason":"sale",
           "reservation":"wide-v"}"#,
    ),
    (
        "bill.received",
        r#"{"bill":"wide-b1","supplier":"wide-l","due_on":"2026-07-01","total":{"amount":"10",
           "currency":"EUR"},"lines":[{"line":"1","text":"rent","qty":"1","price":"10","net":"10",
           "tax":"0","account":"income/other"}]}"#,
    ),
    (
        "bill.received",
        r#"{"bill":"wide-b1","supplier":"wide-l","due_on":"2026-07-01","total":{"amount":"10",
           "currency":"EUR"},"lines":[{"line":"1","item":"wide-x","qty":"1","price":"10","net":"10",
           "tax":"0","account":"expenses/purchases"}]}"#,
    ),
    ("import.keyed", r#"{"import":"wide-shop","fingerprint":"9f2c1a7be0d34c58"}"#),
    (
        "receipt.cost_adjusted",
        r#"{"receipt":"wide-r","delta_value":{"amount":"-90.01","currency":"EUR"},
           "reason":"rebate"}"#,
    ),
    (
        "goods.issued",
        r#"{"issue":"wide-n","item":"wide-x","warehouse":"wide-w","qty":"1","reason":"loss"}"#,
    ),
    (
        "goods.received",
        r#"{"receipt":"wide-q","item":"wide-x","warehouse":"wide-w","qty":"1","returns":"wide-n"}"#,
    ),
    (
        "goods.issued",
        r#"{"issue":"wide-ns","item":"wide-x","warehouse":"wide-w","qty":"1","reason":"sale"}"#,
    ),
    (
        "goods.received",
        r#"{"receipt":"wide-qa","item":"wide-x","warehouse":"wide-w","qty":"2",
           "returns":"wide-ns"}"#,
    ),
    (
        "goods.received",
        r#"{"receipt":"wide-qo","item":"wide-z","warehouse":"wide-w","qty":"1",
           "returns":"wide-ns"}"#,
    ),
    (
        "product_limit.set",
        r#"{"limit":"wide-p","scope":{"client":"wide-b"},"of":{"item":"wide-x"},
           "period":{"first":"2026-01-01","last":"2026-12-31"},"most":{"qty":"3"},
           "mode":"refuse"}"#,
    ),
    (
        "order.placed",
        r#"{"order":"wide-o","client":"wide-b","currency":"EUR","lines":[{"line":"1",
           "item":"wide-x","qty":"4","price":"2","net":"8","tax":"0"}]}"#,
    ),
    ("bank_account.opened", r#"{"bank_account":"wide-k","currency":"EUR"}"#),
    (
        "payment.received",
        r#"{"payment":"wide-y","client":"wide-b","amount":{"amount":"60","currency":"EUR"},
           "bank_account":"wide-k"}"#,
    ),
    (
        "statement_line.imported",
        r#"{"statement_line":"wide-t","bank_account":"wide-k","amount":{"amount":"100",
           "currency":"EUR"}}"#,
    ),
    (
        "statement_line.matched",
        r#"{"statement_line":"wide-t","to":"payment:wide-y","amount":"100.01"}"#,
    ),
    ("statement_line.matched", r#"{"statement_line":"wide-t","to":"client:wide-b"}"#),
    ("counterparty.linked", r#"{"counterparty":"wide-l","client":"wide-c"}"#),
    ("counterparty.unlinked", r#"{"counterparty":"wide-l","client":"wide-c"}"#),
    ("exchange_rate.set", r#"{"currency":"XQQ","rate":"2"}"#),
    ("currency.defined", r#"{"currency":"KWD","decimals":2}"#),
    (
        "invoice.issued",
        r#"{"invoice":"wide-j","client":"wide-b","total":{"amount":"100","currency":"EUR"},
           "due_on":"2026-07-31","lines":[{"line":"1","qty":"1","price":"100","net":"80",
           "tax":"20"}]}"#,
    ),
    (
        "credit_note.issued",
        r#"{"credit_note":"wide-cn","invoice":"wide-j","client":"wide-b","total":{"amount":"1",
           "currency":"EUR"},"reason":"late"}"#,
    ),
    (
        "credit_note.issued",
        r#"{"credit_note":"wide-cn","invoice":"wide-j","total":{"amount":"1","currency":"EUR"},
           "reason":"late"}"#,
    ),
    (
        "credit_note.issued",
        r#"{"credit_note":"wide-cf","client":"wide-b","total":{"amount":"1","currency":"EUR"},
           "reason":"late"}"#,
    ),
    (
        "credit_note.issued",
        r#"{"credit_note":"wide-co","invoice":"wide-j","total":{"amount":"100","currency":"EUR"},
           "reason":"late"}"#,
    ),
    ("invoice.lines_added", r#"{"invoice":"wide-j","part":2,"lines":[]}"#),
    ("credit_note.allocated", r#"{"credit_note":"wide-cn","invoice":"wide-j","amount":"1"}"#),
    (
        "payment.received",
        r#"{"payment":"wide-e","client":"wide-b","amount":{"amount":"1","currency":"EUR"},
           "bank_account":"bank-eur","deductions":[{"account":"expenses/fees","amount":"0"}]}"#,
    ),
    (
        "custom_field.defined",
        r#"{"custom_field":"wide-n","entity":"client","key":"wide_size","type":"number",
           "required":false}"#,
    ),
    (
        "client.registered",
        r#"{"client":"wide-d","name":"D","kind":"org","attributes":{"wide_size":"large"}}"#,
    ),
    (
        "custom_field.defined",
        r#"{"custom_field":"wide-f","entity":"client","key":"wide_region","type":"text",
           "required":true}"#,
    ),
    ("client.registered", r#"{"client":"wide-d","name":"D","kind":"org"}"#),
    (
        "employee.absent",
        r#"{"absence":"wide-ab","employee":"wide-m","kind":"leave","from":"2026-06-05",
           "to":"2026-06-10"}"#,
    ),
    (
        "employee.absent",
        r#"{"absence":"wide-ac","employee":"wide-m","kind":"leave","from":"2026-06-10",
           "to":"2026-06-12"}"#,
    ),
    (
        "warranty.started",
        r#"{"warranty":"wide-wa","client":"wide-b","from":"2026-01-01","months":1}"#,
    ),
    (
        "warranty.started",
        r#"{"warranty":"wide-wb","client":"wide-b","item":"wide-x","from":"2026-06-01",
           "months":2}"#,
    ),
    ("service.performed", r#"{"service_job":"wide-sj","warranty":"wide-wa","in_warranty":true}"#),
    (
        "service.performed",
        r#"{"service_job":"wide-sj","warranty":"wide-wa","in_warranty":false,
           "cost":{"amount":"12.50","currency":"EUR"},"price":{"amount":"30","currency":"EUR"}}"#,
    ),
    ("employee.hired", r#"{"employee":"wide-n","name":"N","department":"sales","role":"seller"}"#),
    ("employee.dismissed", r#"{"employee":"wide-n"}"#),
    ("task.assigned", r#"{"task":"wide-tk","assignee":"wide-n","due":"2026-07-01T00:00:00Z"}"#),
];

/// Who may do what, from the time of the clock on.
const ACCESS: &[(&str, &str)] = &[
    ("role.defined", r#"{"role":"auditor","rights":[{"family":"all","may":["read"]}]}"#),
    (
        "role.defined",
        r#"{"role":"wide_role","rights":[{"family":"stock","may":["read","record"],
        "scope":{"warehouse":["wide-w"]}},{"family":"staff","may":["read"],"scope":"team"},
        {"family":"invoices","may":["read"],"scope":{"bank_account":["wide-k"]}},
        {"family":"clients","may":["read"],"scope":{"department":["sales"]}}]}"#,
    ),
    ("user.enrolled", r#"{"user":"wide-1","employee":"wide-m"}"#),
    ("user.enrolled", r#"{"user":"wide-2","employee":"wide-m"}"#),
    (
        "user.enrolled",
        r#"{"user":"wide-user-of-more-than-fifty-nine-bytes-who-is-no-actor-at-all"}"#,
    ),
    (
        "user.enrolled",
        r#"{"user":"wide-2","name":"Two",
        "logins":[{"issuer":"https://id.example.com","subject":"two"}]}"#,
    ),
    ("user.suspended", r#"{"user":"wide-2","reason":"leave"}"#),
    ("integration.enrolled", r#"{"service":"wide-shop","owner":"wide-2","purpose":"shop"}"#),
    ("user.resumed", r#"{"user":"wide-2"}"#),
    ("integration.enrolled", r#"{"service":"wide-shop","owner":"wide-2","purpose":"shop"}"#),
    (
        "permission.granted",
        r#"{"grant":"wide-g","to":"user:wide-1","role":"keyholder",
        "reason":"founded it"}"#,
    ),
    (
        "permission.granted",
        r#"{"grant":"wide-h","to":"user:wide-2","role":"no_such_role",
        "reason":"helps"}"#,
    ),
    (
        "permission.granted",
        r#"{"grant":"wide-h","to":"user:wide-2","role":"wide_role",
        "from":"2026-06-02T00:00:00Z","until":"2026-06-01T00:00:00Z","reason":"helps"}"#,
    ),
    (
        "permission.granted",
        r#"{"grant":"wide-h","to":"user:wide-2","role":"wide_role",
        "scope":{"warehouse":["wide-w"]},"reason":"helps"}"#,
    ),
    ("permission.revoked", r#"{"grant":"wide-g","reason":"left"}"#),
    ("permission.revoked", r#"{"grant":"wide-h","reason":"left"}"#),
    (
        "key.issued",
        r#"{"key":"wide-k1","of":"service:wide-shop","hint":"7fQz",
        "sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "expires_on":"2027-07-01"}"#,
    ),
    (
        "key.issued",
        r#"{"key":"wide-k1","of":"service:wide-shop","hint":"7fQz",
        "sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "expires_on":"2026-12-31","networks":["10.0.0.0/8","2001:db8::/32"],
        "narrows":[{"family":"orders","may":["record"]}]}"#,
    ),
    (
        "key.issued",
        r#"{"key":"wide-k2","of":"user:wide-1","hint":"Bm3x","replaces":"wide-k1",
        "sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "expires_on":"2026-12-31"}"#,
    ),
    (
        "key.issued",
        r#"{"key":"wide-k2","of":"service:wide-shop","hint":"Bm3x",
        "sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "expires_on":"2026-12-31","replaces":"wide-k1","overlap_h":24}"#,
    ),
    ("key.revoked", r#"{"key":"wide-k2","reason":"lost"}"#),
    ("module.disabled", r#"{"module":"claims","department":"wide"}"#),
    ("module.enabled", r#"{"module":"claims","department":"wide"}"#),
    ("module.disabled", r#"{"module":"tasks"}"#),
    ("task.completed", r#"{"task":"wide-none"}"#),
    ("module.enabled", r#"{"module":"tasks"}"#),
    (
        "export.begun",
        r#"{"export":"wide-x","what":"events","known_at":9999999,
        "personal":true,"purpose":"work"}"#,
    ),
    (
        "export.begun",
        r#"{"export":"wide-x","what":"events","known_at":1,"personal":true,"purpose":"work"}"#,
    ),
    (
        "data.exported",
        r#"{"export":"wide-x","rows":1,"bytes":2,"whole":true,
        "sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}"#,
    ),
    (
        "checkpoint_key.added",
        r#"{"checkpoint_key":"wide-c","node":"a",
        "vkey":"ledger.example/L1/1+5e2a91c4+AWXz1n8Q5t0o2u8Q6mJv0Gm3k7p0r1s2t3u4v5w6x7y8"}"#,
    ),
    ("checkpoint_key.retired", r#"{"checkpoint_key":"wide-c"}"#),
    (
        "figures.attested",
        r#"{"company":"demo-trading","report":"sales","parameters":"","known_at":1,
        "sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}"#,
    ),
    (
        "ledger.restored",
        r#"{"company":"demo-trading","size":1,"incarnation":"2",
        "root":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}"#,
    ),
    (
        "subject_request.received",
        r#"{"request":"wide-r","kind":"access","subject":"user:wide-2","due_on":"2026-07-01"}"#,
    ),
    ("subject_request.answered", r#"{"request":"wide-r","outcome":"done"}"#),
    ("hold.placed", r#"{"hold":"wide-h","subject":"user:wide-2","basis":"contract"}"#),
    (
        "personal_data.erased",
        r#"{"erasure":"wide-e","subject":"user:wide-2","basis":"objection","parts":[[1,9]]}"#,
    ),
    ("hold.lifted", r#"{"hold":"wide-h"}"#),
    ("personal_data.restricted", r#"{"subject":"user:wide-2","basis":"claims"}"#),
    ("personal_data.released", r#"{"subject":"user:wide-2"}"#),
    (
        "personal_data.erased",
        r#"{"erasure":"wide-e","subject":"user:wide-2","basis":"objection","parts":[[1,9]]}"#,
    ),
    (
        "personal_data.erased",
        r#"{"erasure":"wide-f","subject":"user:wide-2","basis":"objection","parts":[[1,9]]}"#,
    ),
    ("erasure.completed", r#"{"erasure":"wide-e","place":"log"}"#),
    (
        "personal_data.erased",
        r#"{"erasure":"wide-g","subject":"client:wide-b","basis":"objection","parts":[[2,9]]}"#,
    ),
    ("client.renamed", r#"{"client":"wide-b","name":"Again"}"#),
];

/// Areas whose books nobody may have closed.
const AREAS: [&str; 4] = ["money", "sales", "stock", "purchases"];

pub fn tell(story: &mut Story) {
    let mut say = |event: &str, data: Value| {
        story.record(json!({"type": event, "occurred_at": "2026-06-01T10:00:00Z", "data": data}));
    };
    for (event, data) in WORDS.iter().chain(otherwise::WORDS) {
        say(event, serde_json::from_str(data).unwrap());
    }
    for _ in 0..60 {
        AREAS
            .iter()
            .for_each(|area| say("period.reopened", json!({"area": area, "reason": "late"})));
    }
    for (event, data) in ACCESS {
        say(event, serde_json::from_str(data).unwrap());
    }
    let long: serde_json::Map<String, Value> =
        (0..20).map(|n| (format!("wide_{n}"), json!("x".repeat(4_000)))).collect();
    say("client.attributes_set", json!({"client": "wide-b", "set": long}));
    story.record(json!({
        "type": "user.enrolled", "occurred_at": "2026-05-01T10:00:00Z", "data": {"user": "wide-3"},
    }));
    let gave = story.world.records.iter().rfind(|record| record.event.family() == "access");
    if let Some(target) = gave.map(|record| record.id) {
        story.record(json!({
            "type": "event.voided", "occurred_at": "2026-06-01T10:00:00Z",
            "data": {"target": target, "reason": "wrong"},
        }));
    }
}
