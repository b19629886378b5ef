//! A clone of a log: another one that begins as it does, under an incarnation of its own.
//! Invariant: the log it is made from is only read; no key comes along or opens it, no personal
//! part comes if none shall, and none that was erased.

use std::path::Path;

use sijil_log::{Batched, ReadLimit, Reader};
use sijil_schemas::Position;

use crate::{
    erasures::{Erases, Erasures, Unexplained},
    error::BackupError,
    fresh::{Fresh, batch, new_incarnation},
    manifest::hex,
};

/// How to clone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cloning {
    /// Up to the last batch that ends at or before this position; all of it if not said.
    pub to: Option<Position>,
    /// Leave all personal parts out.
    pub without_personal: bool,
}

/// What was cloned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cloned {
    /// The last position.
    pub position: Position,
    /// The root there, which is that of the other log at this position.
    pub root: String,
    /// The clone's own incarnation.
    pub incarnation: String,
    /// Records whose personal parts were left out.
    pub parts_left_out: u64,
}

/// Makes a clone in an empty directory, or one that is not there; hears how far it has come:
/// (position, of which).
pub fn clone_log(
    reader: &dyn Reader,
    dir: &Path,
    cloning: Cloning,
    erases: &Erases,
    progress: &dyn Fn(u64, u64),
) -> Result<Cloned, BackupError> {
    let head = reader.head()?.position;
    if head == Position::ZERO {
        return Err(BackupError::Empty);
    }
    let to = cloning.to.unwrap_or(head);
    if to > head {
        return Err(BackupError::NotCovered {
            asked: format!("position {to}"),
            covers: format!("the log ends at {head}"),
        });
    }
    // Also what is erased behind the cut does not come along.
    let erased = erased_up_to(reader, head, erases)?;
    let mut unexplained = Unexplained::default();
    let mut fresh = Fresh::begin(dir, &format!("cloning a log up to {to}\n"))?;
    let (mut at, mut waiting, mut parts_left_out) = (Position::new(1), Vec::new(), 0);
    'pages: while at <= to {
        for mut one in reader.batched(at, ReadLimit::SCAN)? {
            if one.record.position() > to {
                break 'pages;
            }
            at = one.record.position().next();
            if cloning.without_personal && !one.record.personal.is_empty() {
                parts_left_out += 1;
                one = Batched { record: one.record.without_persons(), ..one };
            }
            erased.apply(std::slice::from_mut(&mut one))?;
            let ends = one.ends;
            waiting.push(one);
            if ends {
                let batch = batch(std::mem::take(&mut waiting))?;
                for entry in &batch.entries {
                    unexplained.hear(&entry.record, &erased, erases)?;
                }
                fresh.take(&batch)?;
            }
        }
        progress(fresh.at().get(), to.get());
    }
    let (position, root) = (fresh.at(), fresh.root()?);
    if position == Position::ZERO {
        return Err(BackupError::NotCovered {
            asked: format!("position {to}"),
            covers: "the first batch ends after that".into(),
        });
    }
    if reader.root_at(position)? != Some(root) {
        let what = format!("its records up to {position} do not have the root it says they have");
        return Err(BackupError::damaged("the log", what));
    }
    let incarnation = new_incarnation().map_err(BackupError::io("name a new incarnation"))?;
    fresh.is_clone()?;
    fresh.left_out(if cloning.without_personal { position } else { unexplained.last() })?;
    let origin = fresh.origin(&incarnation, position < head, None)?;
    fresh.finish(&origin)?;
    Ok(Cloned { position, root: hex(&root), incarnation, parts_left_out })
}

/// All that a log erases.
fn erased_up_to(
    reader: &dyn Reader,
    head: Position,
    erases: &Erases,
) -> Result<Erasures, BackupError> {
    let (mut erased, mut at) = (Erasures::default(), Position::new(1));
    while at <= head {
        let page = reader.read(at, ReadLimit::SCAN)?;
        for record in &page {
            erased.learn(reader, record, erases)?;
            at = record.position().next();
        }
        if page.is_empty() {
            let what = format!("expected record {at}, since it ends at {head}, found none");
            return Err(BackupError::damaged("the log", what));
        }
    }
    Ok(erased)
}
