//! The frame around every page. Invariant: it reads and works without a script, and every link in
//! it keeps the reader's clocks and language.

use maud::{DOCTYPE, Markup, html};
use sijil_schemas::{May, id::Kind};

use crate::{
    assets,
    link::{At, Link, Records},
    reader::Reader,
    words::{Lang, Say, named, title},
};

/// A page to be put into the frame.
pub(crate) struct Leaf {
    /// Its heading as text, for the window.
    pub(crate) title: String,
    pub(crate) body: Markup,
}

/// The part of the rail under a heading.
enum Row {
    Report(&'static str),
    Kind(Kind),
}

const RAIL: [(Say, &[Row]); 4] = [
    (
        Say::Sell,
        &[
            Row::Kind(Kind::Deal),
            Row::Report("funnel"),
            Row::Report("pipeline"),
            Row::Kind(Kind::Client),
            Row::Report("tasks"),
        ],
    ),
    (
        Say::Money,
        &[
            Row::Report("sales"),
            Row::Report("receivables"),
            Row::Report("payments"),
            Row::Report("trial_balance"),
            Row::Kind(Kind::Invoice),
        ],
    ),
    (
        Say::Goods,
        &[
            Row::Report("stock"),
            Row::Report("valuation"),
            Row::Report("orders"),
            Row::Kind(Kind::Item),
        ],
    ),
    (Say::People, &[Row::Report("kpi"), Row::Report("headcount"), Row::Kind(Kind::Employee)]),
];

fn rail(reader: &Reader<'_>) -> Markup {
    let entry = |link: Link, said: Markup| {
        let is_here = match (&reader.link, &link) {
            (Link::Report(a, _) | Link::Why(a, ..) | Link::Changed(a, ..), Link::Report(b, _)) => {
                a == b
            }
            (Link::Kind(a, _), Link::Kind(b, _)) => a == b,
            (Link::Entity(a), Link::Kind(b, _)) => a.kind == *b,
            (Link::Record(_) | Link::Log(_), Link::Log(_)) => true,
            (a, b) => a == b,
        };
        html! {
            li { a href=(reader.to(&link)) aria-current=[is_here.then_some("page")] { (said) } }
        }
    };
    let row = |row: &Row| match row {
        Row::Report(name) => {
            let found = sijil_projections::reports::find(name);
            let said = found.map_or_else(
                || reader.term(name),
                |report| {
                    let (said, lang) = title(report, reader.lang);
                    reader.marked((said.to_owned(), lang))
                },
            );
            entry(Link::Report((*name).to_owned(), Default::default()), said)
        }
        Row::Kind(kind) => entry(Link::Kind(*kind, None), html! { (plural_of(reader, *kind)) }),
    };
    html! {
        nav.rail #menu aria-label=(reader.say(Say::MainMenu)) {
            a.brand href=(reader.to(&Link::Today)) {
                span.seal aria-hidden="true" lang="ar" { "سجل" }
                span { "Sijil" small { bdi { (reader.desk.views().company.id()) } } }
            }
            ul { (entry(Link::Today, html! { (reader.say(Say::Today)) })) }
            @for (say, rows) in &RAIL {
                h2 { (reader.say(*say)) }
                ul { @for one in *rows { (row(one)) } }
            }
            h2 { (reader.say(Say::House)) }
            ul {
                (entry(Link::Reports, html! { (reader.say(Say::AllReports)) }))
                (entry(Link::Log(Records::default()), html! { (reader.say(Say::Log)) }))
                @if [May::Operate, May::Audit].iter().any(|may| reader.desk.may_anywhere(*may)) {
                    (entry(Link::Projections, html! { (reader.say(Say::Projections)) }))
                    (entry(Link::House, html! { (reader.say(Say::Health)) }))
                }
                li { a href="/docs" { (reader.say(Say::Reference)) } }
            }
        }
    }
}

/// The word for entities of a kind: several of them where a language has one here.
pub(crate) fn plural_of(reader: &Reader<'_>, kind: Kind) -> Markup {
    let plural = sijil_ledger::plural(kind);
    let (said, lang) = named(&plural, reader.lang);
    if lang == reader.lang {
        html! { (said) }
    } else {
        reader.term(kind.name())
    }
}

fn clocks(reader: &Reader<'_>) -> Markup {
    let here = reader.link.to(&At::default());
    let choose = reader.to(&Link::Clocks(here, false));
    let position = reader.words().count(reader.clocks.cut.known_at.get());
    let is_past = reader.at.known_at.is_some();
    html! {
        div.clocks role="group" aria-label=(reader.say(Say::Clocks)) {
            a href=(choose) {
                small { (reader.say(Say::TrueOn)) } " " b { (reader.words().day(reader.day)) }
            }
            a.past[is_past] href=(choose) {
                small { (reader.say(Say::Known)) } " "
                b {
                    @if is_past {
                        (reader.say(Say::RecordWord)) " "
                    } @else {
                        (reader.say(Say::Now)) " · "
                    }
                    bdi { "#" (position) }
                }
            }
        }
    }
}

fn notices(reader: &Reader<'_>) -> Markup {
    let newer = reader.desk.durable().get().saturating_sub(reader.clocks.cut.known_at.get());
    let is_past = reader.at.known_at.is_some() && newer > 0;
    let known = reader.clocks.cut.known_at.to_string();
    let now = At { known_at: None, ..reader.at.clone() };
    let today = At { as_of: Some(reader.desk.now().date(&reader.zone).to_string()), ..now.clone() };
    html! {
        @if reader.desk.stale().is_some() { p.note role="status" { (reader.say(Say::Stale)) } }
        @if is_past {
            p.note role="status" {
                span {
                    (reader.says(
                        Say::PastNotice,
                        &[&reader.words().decimal(&known), &reader.words().count(newer)],
                    ))
                }
                @if let Link::Report(name, asked) = &reader.link {
                    a href=(Link::Changed(name.clone(), asked.clone(), Some(known)).to(&now)) {
                        (reader.say(Say::WhatChanged))
                    }
                } @else {
                    a href=(reader.link.to(&now)) { (reader.say(Say::SeeNow)) }
                }
            }
        }
        @if reader.is_quiet && !matches!(reader.link, Link::Record(_) | Link::Log(_)) {
            p.hint role="status" {
                (reader.says(Say::QuietNotice, &[&reader.words().day(reader.day)])) " "
                a href=(reader.link.to(&today)) { (reader.say(Say::SeeNow)) }
            }
        }
    }
}

fn foot(reader: &Reader<'_>) -> Markup {
    let caller = reader.desk.caller();
    let who = match caller.holder() {
        Some(holder) => match caller.actor() {
            Some(actor) => format!("{holder} ({actor})"),
            None => holder.to_string(),
        },
        None if caller.is_open() => reader.say(Say::Open).to_owned(),
        None => reader.say(Say::Operator).to_owned(),
    };
    let zone = reader.zone.iana_name().unwrap_or("UTC");
    html! {
        footer.foot {
            p {
                a href=(reader.link.to(&reader.pinned())) { (reader.say(Say::CopyLink)) } " · "
                (reader.says(Say::Zone, &[zone]))
            }
            nav.tongues aria-label=(reader.say(Say::Language)) {
                @for lang in Lang::ALL {
                    @let at = At { lang: Some(lang), ..reader.at.clone() };
                    a href=(reader.link.to(&at)) lang=(lang.tag()) hreflang=(lang.tag())
                        aria-current=[(lang == reader.lang).then_some("true")] { (lang.name()) }
                }
            }
            form.who method="post" action="/sign-out" {
                span { bdi { (reader.says(Say::Who, &[&who])) } }
                @if !caller.is_open() { button.btn { (reader.say(Say::SignOut)) } }
            }
        }
    }
}

/// A whole page.
pub(crate) fn framed(reader: &Reader<'_>, leaf: &Leaf) -> String {
    let search = Link::Search(String::new()).to(&At::default());
    let search = search.split('?').next().unwrap_or_default().to_owned();
    html! {
        (DOCTYPE)
        html lang=(reader.lang.tag()) dir=(reader.lang.way()) {
            (head(&leaf.title))
            body {
                a.skip href="#main" { (reader.say(Say::Skip)) }
                (rail(reader))
                div.page {
                    header.top {
                        a.btn.burger href="#menu" { (reader.say(Say::Menu)) }
                        form.search action=(search) role="search" {
                            (kept(reader))
                            input type="search" name="q" aria-label=(reader.say(Say::Search))
                                placeholder=(reader.say(Say::SearchHint)) autocomplete="off";
                            button.btn { (reader.say(Say::Search)) }
                        }
                        (clocks(reader))
                        @if reader.desk.may_anywhere(May::Record) {
                            a.btn href=(reader.to(&Link::Recording)) {
                                (reader.say(Say::RecordMore))
                            }
                        }
                    }
                    main #main tabindex="-1" { (notices(reader)) (leaf.body) }
                    (foot(reader))
                }
            }
        }
    }
    .into_string()
}

pub(crate) fn head(title: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            title { (title) " · Sijil" }
            link rel="icon" type="image/svg+xml" href=(assets::address("icon.svg"));
            link rel="stylesheet" href=(assets::address("console.css"));
        }
    }
}

/// The clocks and the language, as a form keeps them.
pub(crate) fn kept(reader: &Reader<'_>) -> Markup {
    let At { as_of, known_at, lang } = &reader.at;
    html! {
        @if let Some(as_of) = as_of { input type="hidden" name="as_of" value=(as_of); }
        @if let Some(known_at) = known_at { input type="hidden" name="known_at" value=(known_at); }
        @if let Some(lang) = lang { input type="hidden" name="lang" value=(lang.tag()); }
    }
}
