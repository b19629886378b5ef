//! Import of foreign data without code: a mapping and foreign rows in, drafts out. Invariant: pure; files come through the caller's
//! [`Tables`], parameters and secret through [`Options`], and equal input gives equal drafts. The language is described in `MAPPING.md`.

mod bind;
mod cell;
mod closest;
mod date_functions;
mod draft;
mod error;
mod event_spec;
mod explode;
mod expression;
mod json_values;
mod line_breaks;
mod make;
mod mapping;
mod names;
mod number_functions;
mod number_text;
mod order;
mod prepare;
mod read_csv;
mod read_json;
mod reader;
mod run;
mod shape;
mod store;
mod table_spec;
mod text_functions;
mod time_pattern;
mod time_value;
mod tokens;

pub use draft::{Draft, Drafts, EventSummary, Progress, Skipped, Summary, TableSummary};
pub use error::{Cells, ImportError, MappingError, Place};
pub use mapping::Mapping;
pub use reader::Tables;
pub use run::Options;
