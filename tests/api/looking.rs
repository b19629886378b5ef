//! The console in a real browser, in each language, light and dark, narrow and wide. Invariant: no
//! page says anything on the browser's console, none scrolls sideways, and axe-core finds nothing.

use std::{fs, path::Path};

use serde_json::Value;

use crate::{
    browser::Browser,
    console::demo,
    server::{Directory, credential_of},
};

/// The kinds of pages: each is looked at in every way.
const KINDS: [(&str, &str); 18] = [
    ("today", "/?as_of=2024-05-31"),
    ("reports", "/reports?"),
    ("receivables", "/reports/receivables?as_of=2024-05-31"),
    ("why", "/reports/receivables/why?as_of=2024-05-31&row=EUR&column=gross"),
    ("changed", "/reports/receivables/changed?as_of=2024-05-31&since=1100"),
    ("clients", "/clients?as_of=2024-05-31"),
    ("deal", "/deals/D-1?as_of=2024-05-31"),
    ("compare", "/deals/D-1/compare?as_of=2024-05-31&since=2024-01-31"),
    ("log", "/log?as_of=2024-05-31"),
    ("record", "/log/794?"),
    ("proof", "/log/794/proof?"),
    ("clocks", "/clocks?to=%2Freports%2Fsales"),
    ("search", "/search?q=nothing-has-this"),
    ("recording", "/record?"),
    ("form", "/record/order.placed?like=794"),
    ("projections", "/projections?"),
    ("house", "/house?"),
    ("void", "/record/event.voided?"),
];
/// Other pages, and pictures of each kind that the company has: each is looked at in some ways, in
/// turn.
const OTHERS: [(&str, &str); 15] = [
    ("receivables-clients", "/reports/receivables?as_of=2024-05-31&group=client"),
    ("payments", "/reports/payments?as_of=2024-05-31"),
    ("funnel", "/reports/funnel?as_of=2024-05-31"),
    ("flow", "/reports/funnel?as_of=2024-05-31&view=flow"),
    ("losses", "/reports/losses?as_of=2024-05-31"),
    ("abc", "/reports/abc?as_of=2024-05-31"),
    ("kpi", "/reports/kpi?as_of=2024-05-31&from=2024-04-01&to=2024-06-30"),
    ("stock-card", "/reports/stock_card?as_of=2024-05-31&item=item-1"),
    ("valuation", "/reports/valuation?as_of=2024-05-31&group=all"),
    ("cycle", "/reports/cycle_time?as_of=2024-05-31"),
    ("trial-balance", "/reports/trial_balance?as_of=2024-05-31&in=base"),
    ("timeline", "/reports/client_timeline?as_of=2024-05-31&client=C-1"),
    ("wanting", "/reports/stock_card?as_of=2024-05-31"),
    ("past", "/deals/D-1?as_of=2024-05-31&known_at=2000"),
    ("segment", "/record/segment.defined?"),
];
/// Of so many ways, another page than one of a kind is looked at in one.
const IN_TURN: usize = 3;

/// What axe-core has to say of a page: rule, how many, and the first place.
const AXE: &str = "\
    return axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', \
    'best-practice']}).then(found => found.violations.map(one => \
    one.id + ' ×' + one.nodes.length + ' ' + one.nodes[0].html.slice(0, 200) + ' ' + \
    (one.nodes[0].failureSummary || '').slice(0, 200)))";

/// Texts in pictures that reach out of them, and pages that are wider than the window.
const WIDE: &str = "\
    const wide = document.documentElement.scrollWidth > window.innerWidth \
      ? ['the page is ' + document.documentElement.scrollWidth + ' wide'] : []; \
    for (const svg of document.querySelectorAll('svg.chart')) { \
      const box = svg.viewBox.baseVal; \
      for (const text of svg.querySelectorAll('text')) { \
        const at = text.getBBox(); \
        if (at.x < -2 || at.x + at.width > box.width + 2 || at.y + at.height > box.height + 2) \
          wide.push('out of its picture: ' + text.textContent + ' ' + at.x + ' ' + at.width); } } \
    return wide";

/// The script of axe-core; `None` where it is missing, which is a failure with `CI=true`.
fn axe() -> Option<String> {
    let file = "target/clients/node/node_modules/axe-core/axe.min.js";
    let script = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).ok();
    if script.is_none() {
        let in_ci = std::env::var("CI").as_deref() == Ok("true");
        assert!(!in_ci, "axe-core is missing: tests/run installs it");
        eprintln!("skipped: no axe-core (tests/run installs it)");
    }
    script
}

fn texts(found: &Value) -> Vec<String> {
    let all = found.as_array().expect("a list").iter();
    all.map(|one| one.as_str().expect("a text").to_owned()).collect()
}

#[test]
fn every_page_reads_in_every_language_light_and_dark_narrow_and_wide() {
    let (Some(browser), Some(axe)) = (Browser::start(&[]), axe()) else { return };
    let directory = Directory::new();
    let server = demo(&directory);
    browser.go(&format!("{}/sign-in", server.url));
    browser.types("#key", &credential_of(&server.url).expect("a credential"));
    browser.click("button");
    browser.comes_to(&format!("{}/", server.url));
    let banks = server.get("/v1/bank_accounts").json();
    let bank = banks["rows"][0]["id"].as_str().expect("a bank account").to_owned();
    let form = format!(
        "{}/record/payment.received?client=C-1&bank_account={bank}&amount.currency=EUR\
         &amount.amount",
        server.url
    );
    let (mut looked, mut ways, mut wrong) = (0, 0, Vec::new());
    for lang in ["en", "ar", "ru"] {
        for scheme in ["light", "dark"] {
            for width in [1440, 390] {
                browser.looks(width, scheme);
                let mut look = |name: &str| {
                    let view = format!("{name}-{lang}-{scheme}-{width}");
                    browser.picture(&view);
                    browser.runs(&axe);
                    let found = [texts(&browser.runs(AXE)), texts(&browser.runs(WIDE))].concat();
                    // That a form was refused is what is looked at.
                    let is_meant = |line: &String| name == "refused" && line.contains(" 422 ");
                    let console = browser.console().into_iter().filter(|line| !is_meant(line));
                    let said = found.into_iter().chain(console);
                    wrong.extend(said.map(|what| format!("{view}: {what}")));
                    let told = browser.runs("return document.documentElement.lang");
                    assert_eq!(told, lang, "{view}");
                    looked += 1;
                };
                let turn = |(at, _): &(usize, &(&str, &str))| (at + ways) % IN_TURN == 0;
                let others = OTHERS.iter().enumerate().filter(turn).map(|(_, page)| page);
                for (name, path) in KINDS.iter().chain(others) {
                    browser.go(&format!("{}{path}&lang={lang}", server.url));
                    look(name);
                }
                // What comes of forms: what would happen, and what is wrong.
                browser.go(&format!("{form}=125.50&lang={lang}"));
                browser.types("[name='~occurred_at']", "\u{e007}");
                look("would");
                assert_eq!(browser.runs("return !!document.querySelector('[value=record]')"), true);
                browser.go(&format!("{form}=125.505&lang={lang}"));
                browser.types("[name='~occurred_at']", "\u{e007}");
                look("refused");
                assert_eq!(browser.runs("return !!document.querySelector('[role=alert]')"), true);
                ways += 1;
            }
        }
    }
    println!("{looked} views");
    assert_eq!(wrong, Vec::<String>::new(), "{} things are wrong", wrong.len());
}

#[test]
fn a_number_of_today_is_two_clicks_from_its_records_and_the_keyboard_finds_the_way() {
    let Some(browser) = Browser::start(&[]) else { return };
    let directory = Directory::new();
    let server = demo(&directory);
    browser.go(&format!("{}/sign-in", server.url));
    browser.types("#key", &credential_of(&server.url).expect("a credential"));
    browser.click("button");
    browser.comes_to(&format!("{}/", server.url));
    browser.go(&format!("{}/?as_of=2024-05-31&lang=en", server.url));
    browser.click(".stats li:nth-child(3) a");
    browser.shows("Receivables");
    browser.click("td[data-column=gross] a");
    browser.shows("The records add up to the cell");
    // The first stop of the keyboard leads over the rail to the content.
    browser.types("body", "\u{e004}");
    let first = browser.runs("return document.activeElement.textContent");
    assert_eq!(first, "Skip to the content");
    browser.types(":focus", "\u{e007}");
    let at = browser.runs("return document.activeElement.id");
    assert_eq!(at, "main");
    assert_eq!(browser.console(), Vec::<String>::new(), "nothing is amiss on any page");
}

#[test]
fn a_void_is_recorded_by_the_keyboard_alone_in_arabic() {
    let Some(browser) = Browser::start(&[]) else { return };
    let directory = Directory::new();
    let server = demo(&directory);
    browser.go(&format!("{}/sign-in", server.url));
    browser.types("#key", &credential_of(&server.url).expect("a credential"));
    browser.types("#key", "\u{e007}");
    browser.comes_to(&format!("{}/", server.url));
    // The last record: nothing rests on it.
    let head = server.get("/v1/log").json()["position"].as_u64().expect("a position");
    browser.go(&format!("{}/log/{head}?lang=ar", server.url));
    browser.runs("document.querySelector('a[href^=\"/record/event.voided\"]').focus()");
    browser.types(":focus", "\u{e007}");
    browser.types("#f-reason", "خطأ");
    // Enter in a line asks what would happen.
    browser.types("[name='~occurred_at']", "\u{e007}");
    browser.types("[value=record]", "\u{e007}");
    let after = head + 1;
    browser.comes_to(&format!("{}/log/{after}?lang=ar#r{after}", server.url));
    let voided = server.get(&format!("/v1/events/{head}")).json();
    assert_eq!(voided["voided"]["reason"], "خطأ", "{voided}");
    assert_eq!(browser.console(), Vec::<String>::new());
}
