//! Damaged logs that a backup mends, and damage that it cannot mend.

use std::{fs, path::Path};

use sijil_backup::{BackupError, Keys, Lists, repair};
use sijil_log::embedded::{MendError, Mended};

use super::{back_up, digests, erases, objects::verified, records, target};
use crate::{
    damage::ends as ends_with,
    server::Directory,
    states::{SMALL, books, own, rows, segments},
};

fn flip(file: &Path, at: usize) {
    let mut bytes = fs::read(file).expect("bytes");
    bytes[at] ^= 0x10;
    fs::write(file, bytes).expect("written");
}

fn mend(from: &Path, data: &Path) -> Result<Mended, BackupError> {
    repair(&target(from), (None, &Keys::default()), data, Lists::Found, &erases())
}

/// What is done to a file.
type Damage = fn(&Path);

#[test]
fn a_sealed_segment_is_replaced_by_one_that_fits() {
    let directory = Directory::new();
    let [base, data, from, other, foreign] =
        ["base", "data", "backup", "other", "foreign"].map(|name| directory.path().join(name));
    books(&base, SMALL, &rows(12));
    back_up(&base, &from);
    books(&other, SMALL, &rows(12));
    back_up(&other, &foreign);
    let (whole, figures) = (records(&base), digests(&base, None));
    let count = segments(&base).len();
    assert!(count >= 4, "{count} segments");
    let damages: [(&str, Damage); 5] = [
        ("header", |file| flip(file, 20)),
        ("first batch", |file| flip(file, 4_200)),
        ("middle", |file| {
            let length = fs::metadata(file).expect("a file").len();
            flip(file, usize::try_from(length).expect("small") / 2);
        }),
        ("cut", |file| {
            fs::OpenOptions::new()
                .write(true)
                .open(file)
                .expect("a file")
                .set_len(5_000)
                .expect("cut");
        }),
        ("gone", |file| fs::remove_file(file).expect("removed")),
    ];
    let mut mended = 0;
    for at in 0..count - 1 {
        for (how, damage) in damages {
            drop(fs::remove_dir_all(&data));
            own(&base, &data);
            damage(&segments(&data)[at]);
            if verified(&data).is_sound() {
                // The padding of a compressed file, and other bytes of no meaning.
                continue;
            }
            let refused = mend(&foreign, &data);
            assert!(
                matches!(refused, Err(BackupError::Mend(MendError::Misfit { .. }))),
                "{how} {at}: {refused:?}"
            );
            if mended % 8 == 0 {
                ends_with(how, &data, &format!("repair --from {}", from.display()), 0);
                ends_with(how, &data, "verify", 0);
            } else {
                assert!(!mend(&from, &data).expect("it fits").segments.is_empty());
            }
            assert!(verified(&data).is_sound(), "segment {at}, {how}");
            assert_eq!(records(&data), whole, "segment {at}, {how}");
            mended += 1;
        }
    }
    assert_eq!(digests(&data, None), figures);
    drop(fs::remove_dir_all(&data));
    own(&base, &data);
    flip(&segments(&data)[count - 1], 4_200);
    let refused = mend(&from, &data);
    assert!(matches!(refused, Err(BackupError::Mend(MendError::NotSealed { .. }))), "{refused:?}");
    println!("damaged segments mended from a backup: {mended}");
    assert!(mended >= 3 * (count - 1));
}
