//! One entity at two points on the two clocks: which fields differ. Invariant: both are read as the
//! entity's own page reads one.

use maud::html;
use sijil_ledger::{Clocks, family_of};
use sijil_projections::state::{State, differences, state};
use sijil_schemas::{May, id::EntityRef};

use super::entity::{changed, field_heading};
use crate::{
    frame::{Leaf, kept},
    link::{Asked, At, Link},
    reader::{Reader, Trouble},
    words::{Say, named},
};

fn state_at(
    reader: &Reader<'_>,
    entity: &EntityRef,
    clocks: &Clocks,
) -> Result<Option<State>, Trouble> {
    let records = reader.desk.history(entity, clocks.cut.known_at)?;
    let views = reader.desk.views();
    Ok(state(entity, &records, views.lens(clocks.cut)))
}

/// The clocks of an earlier point: a day is what was true and known then, a number what was known.
fn earlier(reader: &Reader<'_>, since: &str) -> Result<Clocks, Trouble> {
    let mut asked = Asked::from([("known_at".to_owned(), since.to_owned())]);
    match sijil_ledger::position(since) {
        Some(_) => asked.extend(reader.clocks.as_of.clone().map(|day| ("as_of".to_owned(), day))),
        None => drop(asked.insert("as_of".to_owned(), since.to_owned())),
    }
    Ok(reader.desk.clocks(&mut asked)?)
}

pub(super) fn page(
    reader: &Reader<'_>,
    entity: &EntityRef,
    since: Option<&str>,
) -> Result<Leaf, Trouble> {
    reader.desk.may(May::Read, family_of(entity.kind))?;
    // What may not be read is not told apart from what is not there.
    let unknown = || Trouble::not_found(format!("{entity} is not known"));
    reader.desk.card(entity, reader.clocks.clone())?.ok_or_else(unknown)?;
    let kind = named(entity.kind.name(), reader.lang).0;
    let found = match since {
        None => None,
        Some(since) => {
            let before = state_at(reader, entity, &earlier(reader, since)?)?;
            let after = state_at(reader, entity, &reader.clocks)?;
            Some(differences(before.as_ref(), after.as_ref()))
        }
    };
    let link = Link::Entity(entity.clone());
    let address = Link::Compare(entity.clone(), None).to(&At::default());
    let body = html! {
        p.crumb { a href=(reader.to(&link)) { (kind) " " bdi { (entity.id()) } } }
        h1 { (reader.say(Say::CompareEntity)) " " small { bdi { (entity.id()) } } }
        form.card.fields action=(address) {
            (kept(reader))
            div.field {
                label for="since" { (reader.say(Say::Since)) }
                input #since name="since" required value=(since.unwrap_or(""))
                    placeholder="2025-12-01" dir="ltr";
            }
            button.btn.pri { (reader.say(Say::Compare)) }
        }
        @if let Some(found) = &found {
            @if found.is_empty() { p.empty { (reader.say(Say::ChangedNone)) } } @else {
                section.card aria-label=(reader.say(Say::Difference)) {
                    dl.facts { @for change in found {
                        dt { (field_heading(reader, &change.field)) }
                        dd { (changed(reader, change)) }
                    } }
                }
            }
        }
    };
    Ok(Leaf { title: format!("{kind} {}", entity.id()), body })
}
