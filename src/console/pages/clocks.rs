//! Where one chooses the two clocks of a page. Invariant: one is sent to a page of the console and
//! nowhere else.

use maud::html;
use sijil_schemas::time::Date;

use crate::{
    frame::Leaf,
    link::{At, Link},
    reader::{Reader, Trouble},
    words::Say,
};

/// How many month ends are offered.
const MONTHS: u8 = 12;

/// The page that was named, or the first one.
fn named(to: &str) -> Link {
    let (path, query) = to.split_once('?').unwrap_or((to, ""));
    Link::read(path, query).map_or(Link::Today, |(link, _)| link)
}

/// Where whoever chose goes on.
pub(super) fn sent_on(reader: &Reader<'_>, to: &str) -> Result<String, Trouble> {
    Ok(reader.to(&named(to)))
}

/// The last days of the months before a day, the nearest first.
fn month_ends(day: Date) -> impl Iterator<Item = Date> {
    let mut at = day;
    (0..MONTHS).map(move |_| {
        let first = at.plus_days(1 - i32::from(at.civil().day()));
        at = first.plus_days(-1);
        at
    })
}

pub(super) fn page(reader: &Reader<'_>, to: &str) -> Result<Leaf, Trouble> {
    let link = named(to);
    let at = |as_of: Date| {
        let as_of = Some(as_of.to_string());
        link.to(&At { as_of, ..reader.at.clone() })
    };
    let today = reader.desk.now().date(&reader.zone);
    let now = At { as_of: None, known_at: None, lang: reader.at.lang };
    let heading = reader.say(Say::PickDay);
    let body = html! {
        h1 { (heading) }
        p.lede { (reader.say(Say::ClocksLede)) }
        form.card.fields action="/clocks" {
            input type="hidden" name="to" value=(link.to(&At::default()));
            input type="hidden" name="go" value="1";
            @if let Some(lang) = reader.at.lang {
                input type="hidden" name="lang" value=(lang.tag());
            }
            div.field {
                label for="as_of" { (reader.say(Say::TrueOn)) }
                input #as_of name="as_of" aria-describedby="as_of-hint"
                    value=(reader.clocks.as_of.as_deref().unwrap_or(""));
                small #as_of-hint { (reader.say(Say::AsOfHint)) }
            }
            div.field {
                label for="known_at" { (reader.say(Say::Known)) }
                input #known_at name="known_at" aria-describedby="known_at-hint"
                    value=(reader.at.known_at.as_deref().unwrap_or(""));
                small #known_at-hint { (reader.say(Say::KnownHint)) }
            }
            button.btn.pri { (reader.say(Say::Go)) }
        }
        section.card aria-labelledby="ends" {
            h2 #ends { (reader.say(Say::MonthEnds)) }
            ul.days {
                li { a.btn href=(link.to(&now)) { (reader.say(Say::Now)) } }
                li { a.btn href=(at(today)) { (reader.words().day(today)) } }
                @for end in month_ends(reader.day) {
                    li { a.btn href=(at(end)) { (reader.words().day(end)) } }
                }
            }
        }
    };
    Ok(Leaf { title: heading.to_owned(), body })
}
