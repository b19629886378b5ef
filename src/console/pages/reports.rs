//! All reports, by what they are about.

use maud::html;
use sijil_projections::{report::Report, reports};

use crate::{
    frame::Leaf,
    link::{Asked, Link},
    reader::{Reader, Trouble},
    words::{Say, title},
};

/// The families by whose first one a report is listed, under a heading.
const SHELVES: [(Say, &[&str]); 4] = [
    (Say::Sell, &["deals", "clients", "interactions", "marketing", "surveys", "claims"]),
    (Say::Money, &["invoices", "accounting"]),
    (Say::Goods, &["stock", "orders", "catalogue"]),
    (Say::People, &["staff", "tasks"]),
];

fn shelf(report: &Report) -> Option<Say> {
    let first = report.draws_on.first()?;
    SHELVES.iter().find(|(_, families)| families.contains(first)).map(|(say, _)| *say)
}

/// A report as it is asked with nothing said.
fn asked(report: &Report) -> Link {
    Link::Report(report.name.into(), Asked::new())
}

pub(super) fn page(reader: &Reader<'_>) -> Result<Leaf, Trouble> {
    let said = reader.say(Say::AllReports);
    let shelves = SHELVES.iter().map(|(say, _)| Some(*say)).chain([None]);
    let body = html! {
        h1 { (said) }
        div.grid.half {
            @for shelf_of in shelves {
                section.card.flush {
                    header { h2 { (reader.say(shelf_of.unwrap_or(Say::House))) } }
                    ul.list {
                        @for report in reports::all().filter(|report| shelf(report) == shelf_of) {
                            @let (said, lang) = title(report, reader.lang);
                            li {
                                div {
                                    a
                                        href=(reader.to(&asked(report))) {
                                        (reader.marked((said.to_owned(), lang)))
                                    }
                                    small { (reader.english(report.question)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    };
    Ok(Leaf { title: said.to_owned(), body })
}
