#![doc = include_str!("../README.md")]

pub mod address;
mod asking;
mod browser;
mod call;
mod cookies;
mod form;
mod page;
mod pages;
mod refusal;
mod visit;

pub use asking::ask_first;
pub use browser::answer_browsers;
pub use call::{ApiAnswer, ApiRefusal};
pub use cookies::{Cookie, Cookies, form_hash};
pub use form::Form;
pub use page::page;
pub use pages::Pages;
pub use refusal::{PageRefusal, PageResult};
pub use visit::{SESSION_SECONDS, Visit};
