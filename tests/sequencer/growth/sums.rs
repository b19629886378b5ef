//! Lists with sums of their stretches, against a walk. Invariant: whatever comes and goes, in
//! whatever order, an answer is the walk's, and takes few steps.

use rust_decimal::Decimal;
use sijil_projections::{
    steps,
    summed::{Flow, Stretch, Summed},
};

/// A generator of numbers below a bound, the same for each seed.
fn numbers(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |below| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    }
}
fn walked<'a>(entries: impl Iterator<Item = &'a (u64, Flow)>) -> Flow {
    entries.fold(Flow::default(), |sum, (_, next)| sum.then(next))
}

#[test]
fn sums_of_stretches_are_those_of_a_walk_whatever_comes_and_goes() {
    for seed in 0..40 {
        let (mut draw, mut list, mut plain) =
            (numbers(seed), Summed::default(), Vec::<(u64, Flow)>::new());
        for n in 0..400 {
            let key = if seed % 3 == 0 { n } else { draw(60) };
            if draw(4) == 0 && !plain.is_empty() {
                let (key, flow) = plain[draw(plain.len() as u64) as usize];
                let first =
                    plain.iter().position(|entry| *entry == (key, flow)).expect("it is there");
                assert_eq!(list.remove(key, |one| *one == flow), Some(plain.remove(first).1));
                assert_eq!(list.remove(1_000, |_| true), None);
            } else {
                let amount = Decimal::from(draw(20)) - Decimal::from(10);
                let flow =
                    if amount < Decimal::ZERO { Flow::bound(amount) } else { Flow::free(amount) };
                plain.insert(plain.partition_point(|(k, _)| *k <= key), (key, flow));
                list.insert(key, flow);
            }
            let place = draw(62);
            assert_eq!(
                list.before(place),
                walked(plain.iter().filter(|(k, _)| *k < place)),
                "seed {seed}"
            );
            assert_eq!(
                list.since(place),
                walked(plain.iter().filter(|(k, _)| *k >= place)),
                "seed {seed}"
            );
            assert_eq!(list.whole(), walked(plain.iter()));
            assert_eq!(list.last(), plain.last().map(|(k, _)| *k));
            assert!(
                list.iter_since(place).eq(plain.iter().filter(|(k, _)| *k >= place)),
                "seed {seed}"
            );
            assert!(list.iter().eq(&plain));
        }
    }
}

#[test]
fn a_long_list_answers_in_few_steps() {
    let mut list = Summed::default();
    for key in 0..100_000_u64 {
        list.insert(key, Flow::free(Decimal::ONE));
    }
    let ((), taken) = steps::counted(|| {
        assert_eq!(list.before(50_000).sum, Decimal::from(50_000));
        assert_eq!(list.since(50_000).sum, Decimal::from(50_000));
        list.insert(50_000, Flow::bound(Decimal::NEGATIVE_ONE));
    });
    assert!((1..200).contains(&taken), "{taken} steps");
}
