//! How fast is a record proven, and a proof checked, here and by `verify.py`? Invariant: the tree
//! is of the size that is named, and every proof is accepted.

use std::{convert::Infallible, process::Command};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use sijil_benches::events;
use sijil_proof::{
    VERIFIER,
    checkpoint::Checkpoint,
    note::Signer,
    path,
    receipt::Receipt,
    tiles::{Levels, Tiled, Tiles},
    tree::{Frontier, Hash, leaf},
};

/// Of a run of the usual size, this makes the tree of a large company.
const LEAVES_OF_EVENT: u64 = 200;
/// Public bytes of a record, as the demo's are in the middle.
const RECORD_BYTES: usize = 350;
const ORIGIN: &str = "books.example/01890a5d-ac96-774b-bcce-b302099a8057/1";

/// The hashes of a tree, level by level, as a log keeps them.
struct Forest(Vec<Vec<Hash>>);

impl Forest {
    fn new(leaves: u64) -> Forest {
        let mut levels = vec![(0..leaves).map(|at| leaf(&record(at))).collect::<Vec<Hash>>()];
        while let Some(below) = levels.last().filter(|below| below.len() >= 256) {
            let next = below.chunks_exact(256).map(|tile| {
                let mut frontier = Frontier::default();
                tile.iter().for_each(|hash| frontier.push(*hash));
                frontier.root()
            });
            let next = next.collect();
            levels.push(next);
        }
        Forest(levels)
    }
}

impl Levels for Forest {
    type Error = Infallible;
    fn hashes(&self, level: u32, from: u64, count: usize) -> Result<Vec<Hash>, Infallible> {
        let from = usize::try_from(from).expect("it fits");
        Ok(self.0[level as usize][from..from + count].to_vec())
    }
}

fn record(at: u64) -> Vec<u8> {
    at.to_le_bytes().into_iter().cycle().take(RECORD_BYTES).collect()
}

fn prove(criterion: &mut Criterion) {
    let size = events() * LEAVES_OF_EVENT;
    let (forest, tiles) = (Forest::new(size), Tiles::default());
    let tree = Tiled::new(&forest, &tiles, size);
    let signer = Signer::new(ORIGIN, &[7; 32]).expect("a key");
    let Ok(root) = path::root(&tree, size);
    let checkpoint = Checkpoint { origin: ORIGIN.into(), size, root };
    let note = checkpoint.signed(&[&signer]).expect("a note");
    let made = |index: u64| {
        let Ok(path) = path::inclusion(&tree, index, size);
        Receipt { record: record(index), index, path, checkpoint: note.clone() }.to_string()
    };
    // Spread over the tree, so that nearly each is in another tile than the one before.
    let mut at = 0;
    let mut next = move || {
        at = (at + 7_368_787) % size;
        at
    };
    let keys = [signer.vkey().clone()];
    let checked = |text: &str| text.parse::<Receipt>().is_ok_and(|one| one.checked(&keys).is_ok());
    let mut group = criterion.benchmark_group("prove");
    group.throughput(Throughput::Elements(1));
    group.bench_function("anywhere", |bencher| {
        bencher.iter_batched(&mut next, made, BatchSize::SmallInput);
    });
    group.bench_function("the last ones", |bencher| bencher.iter(|| made(size - 1)));
    group.bench_function("sign", |bencher| {
        bencher.iter(|| checkpoint.signed(&[&signer]).expect("a note"));
    });
    let proof = made(size / 3);
    group.bench_function("check", |bencher| bencher.iter(|| assert!(checked(&proof))));
    group.finish();
    let Ok(path) = path::consistency(&tree, size / 3, size);
    println!(
        "a tree of {size}: a proof of a record of {RECORD_BYTES} bytes has {}, one of consistency \
         {}",
        proof.len(),
        path::lines(&path).len()
    );
    by_python(&proof, &keys[0].to_string());
}

/// Has the verifier check a proof many times in one process, and say how long one took.
fn by_python(proof: &str, key: &str) {
    let script = "
import time
key, proof = key_of(sys.argv[1]), sys.argv[2]
began = time.perf_counter()
for _ in range(20):
    check_proof(key, proof)
print(f\"verify.py: {(time.perf_counter() - began) * 50:.1f} ms a proof\")
";
    let program = VERIFIER.replace("if __name__ == \"__main__\":", "if False:") + script;
    let run = Command::new("python3").args(["-I", "-c", &program, key, proof]).output();
    let run = run.expect("python3 is there");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    print!("{}", String::from_utf8_lossy(&run.stdout));
}

criterion_group!(benches, prove);
criterion_main!(benches);
