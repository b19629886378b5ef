//! The vocabulary: what is released stays, what is wrong is refused by name, what is kept is
//! canonical and holds no personal value.

mod access;
mod bad_values;
mod canonical;
mod coins;
mod differential;
mod given;
mod personal;
mod refusals;
mod released;
mod values;
