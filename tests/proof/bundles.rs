//! Bundles. Invariant: what the room makes is accepted by it and by Python, and no bundle of which
//! anything was changed is, by either.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use sijil_proof::{
    VERIFIER,
    bundle::{Bundle, BundleError, Cited},
    path::PathError,
    pruned::{check_pruned, pruned},
};

use super::{
    naive::{self, Naive, record},
    receipts::{checkpoint, signer},
};

fn bundle(indices: &[u64], size: u64, all: bool) -> Bundle {
    let tree = pruned(&Naive::new(size), indices, size).unwrap_or_else(|never| match never {});
    let known_at = indices.last().map_or(0, |last| last + 1);
    let framed = |at: u64| {
        let record = record(at);
        [&u16::try_from(record.len()).unwrap().to_be_bytes()[..], &record].concat()
    };
    let tile = |from: u64| (from..size.min(from + 256)).flat_map(framed).collect();
    Bundle {
        question: format!(
            "{{\"report\": \"receivables\", \"parameters\": {{\"known_at\": \"{known_at}\"}}}}\n"
        ),
        answer: format!(
            "{{\"report\": \"receivables\", \"known_at\": {known_at}, \"rows\": []}}\n"
        ),
        records: indices.iter().map(|at| Cited { position: at + 1, public: record(*at) }).collect(),
        tree,
        checkpoint: checkpoint(size).signed(&[&signer()]).unwrap(),
        policy: None,
        entries: if all { (0..size).step_by(256).map(tile).collect() } else { Vec::new() },
    }
}

fn accepted(bytes: &[u8]) -> Result<(), BundleError> {
    let read = Bundle::read(bytes)?;
    read.checked(&[signer().vkey().clone()]).map(|_| ())
}

/// Has Python check many bundles in one process: how each ended.
#[expect(clippy::disallowed_methods, reason = "the room is pure; here a pipe would fill up")]
fn python(bundles: &[Vec<u8>]) -> Vec<String> {
    let script = r#"
key, data = key_of(sys.argv[1]), sys.stdin.buffer
while length := data.read(8):
    try:
        report, positions, size, whole = check_bundle(key, data.read(int.from_bytes(length, "big")))
        print("yes", *positions, "of", size, "all" if whole else "some")
    except No:
        print("no")
    except (Unreadable, UnicodeDecodeError, ValueError, KeyError, TypeError):
        print("unreadable")
"#;
    let program = VERIFIER.replace("if __name__ == \"__main__\":", "if False:") + script;
    let mut child = Command::new("python3")
        .args(["-I", "-c", &program, &signer().vkey().to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is there");
    let mut input = child.stdin.take().unwrap();
    let bundles = bundles.to_vec();
    let writer = std::thread::spawn(move || {
        for bundle in bundles {
            input.write_all(&(bundle.len() as u64).to_be_bytes()).unwrap();
            input.write_all(&bundle).unwrap();
        }
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(ToOwned::to_owned).collect()
}

#[test]
fn every_choice_of_leaves_of_small_trees_is_proven() {
    for size in 0..=9_u64 {
        let (tree, root) = (Naive::new(size), naive::root(&naive::leaves(size)));
        for chosen in 0..1_u64 << size {
            let indices: Vec<u64> = (0..size).filter(|at| chosen >> at & 1 == 1).collect();
            let made = pruned(&tree, &indices, size).unwrap_or_else(|never| match never {});
            let leaves: Vec<_> =
                indices.iter().map(|at| (*at, tree.leaves[*at as usize])).collect();
            assert_eq!(check_pruned(&leaves, size, &made, &root), Ok(()), "{indices:?} of {size}");
            let wrong = Err(PathError::Root { size });
            for at in 0..leaves.len() {
                let mut fewer = leaves.clone();
                fewer.remove(at);
                assert_eq!(check_pruned(&fewer, size, &made, &root), wrong, "one is left out");
                let mut other = leaves.clone();
                other[at].1[7] ^= 1;
                assert_eq!(check_pruned(&other, size, &made, &root), wrong, "one is another");
                let mut twice = leaves.clone();
                twice.insert(at, leaves[at]);
                assert_eq!(check_pruned(&twice, size, &made, &root), wrong, "one is there twice");
            }
            for at in 0..made.len() {
                let mut other = made.clone();
                other[at][0] ^= 1;
                assert_eq!(check_pruned(&leaves, size, &other, &root), wrong);
                other.remove(at);
                assert_eq!(check_pruned(&leaves, size, &other, &root), wrong);
            }
            let more = [made.clone(), vec![[7; 32]]].concat();
            assert_eq!(check_pruned(&leaves, size, &more, &root), wrong);
        }
    }
    let beyond = check_pruned(&[(5, [0; 32])], 5, &[], &[0; 32]);
    assert_eq!(beyond, Err(PathError::Index { index: 5, size: 5 }));
}

#[test]
fn bundles_are_accepted_here_and_there() {
    let rows = [
        (vec![0], 1, false),
        (vec![0, 1, 2], 3, true),
        (vec![3, 4, 299], 300, false),
        (vec![255, 256], 257, true),
        (vec![], 7, false),
        (vec![], 513, true),
        (vec![7, 65_535, 65_536], 65_537, false),
    ];
    let bundles: Vec<Vec<u8>> =
        rows.iter().map(|(indices, size, all)| bundle(indices, *size, *all).packed()).collect();
    for ((indices, size, all), packed) in rows.iter().zip(&bundles) {
        assert_eq!(accepted(packed), Ok(()), "{indices:?} of {size}");
        assert_eq!(Bundle::read(packed).unwrap(), bundle(indices, *size, *all));
    }
    let expected: Vec<String> = rows
        .iter()
        .map(|(indices, size, all)| {
            let positions: String = indices.iter().map(|at| format!(" {}", at + 1)).collect();
            format!("yes{positions} of {size} {}", if *all { "all" } else { "some" })
        })
        .collect();
    assert_eq!(python(&bundles), expected);
}

#[test]
fn each_byte_of_a_bundle_counts() {
    let whole = bundle(&[1, 2, 5], 7, true).packed();
    assert_eq!(accepted(&whole), Ok(()));
    let mut chosen = Vec::new();
    for at in 0..whole.len() {
        // A bit of each byte, another one each time.
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        assert!(accepted(&bytes).is_err(), "bit {} of byte {at}", at % 8);
        chosen.push(bytes);
    }
    let said = python(&chosen);
    assert_eq!(said.len(), whole.len());
    let wrong = said.iter().position(|word| word.starts_with("yes"));
    assert_eq!(wrong, None, "Python accepts a changed byte");
}

/// Whoever changes a file changes its hash in SHA256SUMS, too: then the tree says no.
#[test]
fn forged_bundles_are_refused_though_their_sums_fit() {
    type Forge = fn(&mut Bundle);
    let forgeries: [(&str, Forge); 11] = [
        ("a record is left out", |b| drop(b.records.remove(1))),
        ("all records are left out", |b| b.records.clear()),
        ("a record is put in", |b| b.records.push(Cited { position: 7, public: record(3) })),
        ("records change places", |b| b.records.swap(0, 1)),
        ("a record is another", |b| b.records[0].public[0] ^= 1),
        ("a record stands elsewhere", |b| b.records[0].position = 1),
        ("a record stands nowhere", |b| b.records[0].position = 0),
        ("a hash is left out", |b| b.tree.truncate(b.tree.len() - 1)),
        ("a hash is put in", |b| b.tree.push([0; 32])),
        ("an entry is left out", |b| {
            let most = b.entries[0].len() / 7 * 6;
            b.entries[0].truncate(most);
        }),
        ("the checkpoint is of less", |b| {
            b.checkpoint = checkpoint(6).signed(&[&signer()]).unwrap();
        }),
    ];
    let mut forged = Vec::new();
    for (what, forge) in forgeries {
        let mut one = bundle(&[1, 2, 5], 7, true);
        forge(&mut one);
        let packed = one.packed();
        assert!(accepted(&packed).is_err(), "{what}");
        forged.push(packed);
    }
    let other = sijil_proof::note::Signer::new(signer().vkey().name(), &[1; 32]).unwrap();
    let mut theirs = bundle(&[1], 7, false);
    theirs.checkpoint = checkpoint(7).signed(&[&other]).unwrap();
    assert!(matches!(accepted(&theirs.packed()), Err(BundleError::Checkpoint(_))));
    forged.push(theirs.packed());
    for (number, word) in python(&forged).iter().enumerate() {
        assert!(matches!(word.as_str(), "no" | "unreadable"), "{number}: {word}");
    }
}

/// What is proven is told apart from what is only said: the answer can be another, if its hash is.
#[test]
fn the_answer_is_said_and_not_proven() {
    let mut other = bundle(&[1, 2, 5], 7, false);
    other.answer = other.answer.replace("[]", "[{\"amount\": \"1.00\"}]");
    assert_eq!(accepted(&other.packed()), Ok(()));
    assert_eq!(python(&[other.packed()]), ["yes 2 3 6 of 7 some"]);
    let readme = String::from_utf8(other.packed()[512..4_000].to_vec()).unwrap();
    assert!(readme.contains("What is not proven\n3. That answer.json follows from the records."));
}

#[test]
fn any_tar_unpacks_a_bundle() {
    let mut child = Command::new("tar")
        .args(["-t", "-f", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("tar is there");
    child.stdin.take().unwrap().write_all(&bundle(&[1, 299], 300, true).packed()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "README\nquestion.json\nanswer.json\nrecords.ndjson\ntree.txt\ncheckpoint\nverify.py\n\
         entries/000\nentries/001.p/44\nSHA256SUMS\n"
    );
}

/// How long a bundle is, of records as long as a company's: printed, and held to what is promised.
#[test]
fn a_bundle_is_little_more_than_its_records() {
    // Every second record of many: hashes beside them are shared least.
    let (indices, size) = ((0..20_000).step_by(2).collect::<Vec<u64>>(), 20_000);
    let long = |at: u64| [record(at), vec![b'.'; 350 - record(at).len()]].concat();
    let leaves = (0..size).map(|at| sijil_proof::tree::leaf(&long(at))).collect();
    let tree = Naive { leaves, ..Naive::new(0) };
    let mut one = bundle(&[], size, false);
    one.records = indices.iter().map(|at| Cited { position: at + 1, public: long(*at) }).collect();
    one.tree = pruned(&tree, &indices, size).unwrap_or_else(|never| match never {});
    let records: usize = one.records.iter().map(|record| record.public.len()).sum();
    let length = one.packed().len();
    let beside = (length - records) / indices.len();
    println!("{} records of {records} bytes: {length}, {beside} more a record", indices.len());
    assert!(beside <= 200, "{beside}");
}
