#![doc = include_str!("../README.md")]

pub mod address;
mod asking;
mod browser;
mod call;
mod cookies;
mod form;
mod pages;
mod visit;

pub use asking::asking;
pub use browser::before;
pub use call::{Answered, Refused, Shown, page};
pub use cookies::{Cookie, Cookies, form_hash};
pub use form::Form;
pub use pages::Pages;
pub use visit::{LASTS, Visit};
