//! Voids.

use proptest::prelude::*;
use sijil_facts::Voids;
use sijil_schemas::Position;

fn at(position: u64) -> Position {
    Position::new(position)
}

proptest! {
    /// The first void of a record is the one, and one that was taken back never was.
    #[test]
    fn what_is_taken_back_was_never_voided(
        kept in prop::collection::vec(1_u64..200, 0..80),
        lost in prop::collection::vec(1_u64..200, 0..80),
        more in prop::collection::vec(1_u64..200, 0..80),
    ) {
        let (straight, bent) = (Voids::default(), Voids::default());
        let say = |voids: &Voids, targets: &[u64], from: u64| {
            for (n, target) in (from..).zip(targets) {
                voids.void(at(*target), at(n));
            }
        };
        say(&bent, &kept, 1_000);
        say(&bent, &lost, 2_000);
        bent.truncate(at(1_999));
        say(&bent, &more, 2_000);
        say(&straight, &kept, 1_000);
        say(&straight, &more, 2_000);
        prop_assert_eq!(&bent, &straight);
        prop_assert_eq!(&bent.clone(), &straight);
        for target in 1..200 {
            let first = |targets: &[u64], from: u64| {
                (from..).zip(targets).find(|(_, of)| **of == target).map(|(n, _)| at(n))
            };
            let expected = first(&kept, 1_000).or_else(|| first(&more, 2_000));
            prop_assert_eq!(bent.of(at(target)), expected);
        }
    }
}
