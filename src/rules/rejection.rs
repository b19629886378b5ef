//! Why the rules say no. Invariant: all that is known of a rejection stands in its row in
//! `names` or `trade`: its kind, the field it is about, what it holds and what it says.

use sijil_schemas::Position;

/// A row: the variant, which is also its kind of problem; what it holds and what that is; where it
/// is about a field the JSON pointer of that (`at`); and what it says.
macro_rules! rejections {
    ($(
        $(#[$doc:meta])*
        $variant:ident { $($field:ident : $ty:ty = $what:literal),* $(,)? }
            $(at $pointer:expr)? => $message:literal $(, $arg:expr)*;
    )*) => {
        /// Why the rules do not let an event follow the history.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Rejection {
            $($(#[$doc])* $variant { $(#[doc = $what] $field: $ty),* },)*
        }
        impl Rejection {
            /// Every kind of problem that the rules see.
            pub const KINDS: &[ProblemKind] = &[$(ProblemKind::$variant,)*];
            /// What kind of problem it is.
            #[must_use]
            pub const fn kind(&self) -> ProblemKind {
                match self { $(Rejection::$variant { .. } => ProblemKind::$variant,)* }
            }
            /// The name of its kind, which is also its problem page.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                self.kind().name()
            }
            /// The JSON pointer of the field it is about, if it is about one: its message then
            /// begins with it.
            #[must_use]
            pub fn pointer(&self) -> Option<&str> {
                match self {
                    $(Rejection::$variant { $($field),* } => {
                        $(let _ = $field;)*
                        [$(AsRef::<str>::as_ref($pointer))?].first().copied()
                    })*
                }
            }
        }
        impl std::fmt::Display for Rejection {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                if let Some(pointer) = self.pointer() {
                    write!(f, "{pointer}: ")?;
                }
                match self {
                    $(Rejection::$variant { $($field),* } => {
                        $(let _ = $field;)*
                        write!(f, $message $(, $arg)*)
                    })*
                }
            }
        }
        impl std::error::Error for Rejection {}
    };
}

#[macro_use]
mod trade;
mod names;

pub use names::Rejection;

fn later(position: Option<Position>) -> String {
    position
        .map_or_else(String::new, |p| format!(", since the event at position {p} needs the rest"))
}

fn list(positions: &[Position]) -> String {
    let shown: Vec<String> = positions.iter().take(20).map(ToString::to_string).collect();
    if positions.len() > 20 {
        format!("{} and {} more", shown.join(", "), positions.len() - 20)
    } else {
        shown.join(", ")
    }
}
