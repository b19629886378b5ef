//! Being written. Invariant: none yet.

use crate::report::Report;

pub(crate) static REPORT: Option<Report> = None;
