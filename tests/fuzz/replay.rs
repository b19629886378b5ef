//! What the fuzzer kept, replayed by the ordinary tests, and some thousands of mutations of it.
//! Invariant: every target has a corpus, and none of it breaks a promise.

use std::{fs, path::Path};

use sijil_fuzz::TARGETS;
use sijil_simulation::dice::Dice;

/// Mutations of each target in every run.
const MUTATIONS: usize = 20_000;

fn files(under: &Path, found: &mut Vec<Vec<u8>>) {
    let Ok(entries) = fs::read_dir(under) else { return };
    let mut paths: Vec<_> = entries.map(|e| e.expect("an entry").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(fs::read(&path).expect("a file"));
        }
    }
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    files(&root.join("corpus").join(target), &mut found);
    assert!(!found.is_empty(), "{target} has no corpus");
    match target {
        "draft" => files(&root.join("../../schemas/json"), &mut found),
        "mapping" => files(&root.join("../../schemas/mappings"), &mut found),
        _ => (),
    }
    found
}

/// One of: a byte changed, taken out, put in, a piece doubled, the end cut, a piece of another
/// input put in.
fn mutated(input: &[u8], other: &[u8], dice: &mut impl FnMut(usize) -> usize) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=dice(3) {
        let at = dice(bytes.len() + 1).min(bytes.len());
        match dice(6) {
            0 if at < bytes.len() => bytes[at] = u8::try_from(dice(256)).unwrap_or(0),
            1 if at < bytes.len() => drop(bytes.remove(at)),
            2 => bytes.insert(at, u8::try_from(dice(256)).unwrap_or(0)),
            3 => bytes.extend_from_within(at..(at + dice(32)).min(bytes.len()).max(at)),
            4 => bytes.truncate(at),
            _ => {
                let from = dice(other.len() + 1).min(other.len());
                let piece = other[from..(from + dice(32)).min(other.len())].to_vec();
                drop(bytes.splice(at..at, piece));
            }
        }
    }
    bytes
}

#[test]
fn what_was_kept_and_what_is_near_it_breaks_no_promise() {
    let seed = std::env::var("SIJIL_SEED").ok().and_then(|s| s.parse::<u64>().ok()).unwrap_or(1);
    for (name, target) in TARGETS {
        let corpus = corpus(name);
        corpus.iter().for_each(|input| target(input));
        let mut random = Dice::new(seed).fork(corpus.len() as u64);
        let mut dice =
            |below: usize| usize::try_from(random.throw() % below.max(1) as u64).unwrap_or(0);
        for _ in 0..MUTATIONS {
            let input =
                mutated(&corpus[dice(corpus.len())], &corpus[dice(corpus.len())], &mut dice);
            target(&input);
        }
        println!(
            "row 9, fuzz {name}: {} kept inputs and {MUTATIONS} mutations, seed {seed}",
            corpus.len()
        );
    }
}
