//! Ids and their numbers.

use proptest::prelude::*;
use sijil_facts::{EntityLinks, EntitySym, Ids, Side, ids::Names};
use sijil_schemas::{
    Position,
    id::{Kind, kind},
};

fn at(position: u64) -> Position {
    Position::new(position)
}

#[test]
fn an_id_has_one_number_of_its_kind() {
    let ids = Ids::default();
    for (id, position, number) in
        [("order:A", 1, 0), ("order:B", 1, 1), ("order:A", 2, 0), ("deal:A", 2, 0)]
    {
        assert_eq!(ids.intern(&id.parse().expect("an entity"), at(position)), number, "{id}");
    }
    let order = ids.find::<kind::Order>("B").expect("named before");
    assert_eq!((ids.name(order), ids.count::<kind::Order>()), ("B", 2));
    assert_eq!(ids.find::<kind::Client>("A"), None);
}

#[test]
fn what_is_noted_of_an_entity_is_found_by_its_kind_and_number() {
    let links = EntityLinks::default();
    let (order, deal) =
        (EntitySym { kind: Kind::Order, number: 3 }, EntitySym { kind: Kind::Deal, number: 3 });
    for (entity, position, number) in [(order, 1, 10), (deal, 2, 11), (order, 5, 12)] {
        links.push(entity, at(position), [number]);
    }
    let noted = |links: &EntityLinks, entity, side| {
        links.back(entity, side).map(|(_, [number])| number).collect::<Vec<_>>()
    };
    assert_eq!(noted(&links, order, Side::Decided), [12, 10]);
    assert!(noted(&links, order, Side::Durable).is_empty());
    links.publish(at(5));
    assert_eq!(noted(&links, order, Side::Durable), [12, 10]);
    links.push(deal, at(6), [13]);
    links.truncate(at(5));
    assert_eq!(noted(&links, deal, Side::Decided), [11]);
    assert_eq!(noted(&links.clone(), order, Side::Decided), [12, 10]);
}

proptest! {
    /// What is taken back leaves no number: the same texts get those a straight run gives them.
    #[test]
    fn numbers_that_were_taken_back_are_given_again(
        kept in prop::collection::vec(0_u32..400, 0..300),
        lost in prop::collection::vec(0_u32..800, 1..300),
        more in prop::collection::vec(0_u32..800, 0..300),
    ) {
        let (straight, bent) = (Names::default(), Names::default());
        let say = |names: &Names, texts: &[u32], from: u64| {
            for (n, text) in texts.iter().enumerate() {
                let name = format!("a-name-that-is-longer-than-most-{text}");
                names.intern(&name, at(from + n as u64));
            }
        };
        say(&bent, &kept, 1);
        say(&bent, &lost, 1_000);
        bent.truncate(at(999));
        say(&bent, &more, 1_000);
        say(&straight, &kept, 1);
        say(&straight, &more, 1_000);
        prop_assert_eq!(&bent, &straight);
        for number in 0..straight.len() {
            prop_assert_eq!(bent.find(straight.at(number)), Some(number));
        }
        let lost_alone = lost.iter().filter(|text| !kept.contains(text) && !more.contains(text));
        for text in lost_alone {
            prop_assert_eq!(bent.find(&format!("a-name-that-is-longer-than-most-{text}")), None);
        }
        prop_assert_eq!(&bent.clone(), &straight);
    }
}
