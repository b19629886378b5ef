#![doc = include_str!("README.md")]

mod books;
mod calendar;
mod clients;
mod company;
mod deals;
mod draft;
mod money;
mod office;
mod opening;
mod orders;
mod purchases;
mod random;
mod relations;
mod service;
mod stock;
mod tasks;

pub use company::Company;
