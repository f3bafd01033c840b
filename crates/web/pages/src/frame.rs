//! What is around every page.

use crate::assets::{Asset, ICON, SCRIPT, STYLE};

/// What is around a page: who is signed in, and where the page is.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// What the browser's tab says.
    pub title: String,
    /// Who is signed in.
    pub visitor: Option<Visitor>,
    /// The project that the page is of.
    pub project: Option<String>,
    /// Something that was just done, to be said once.
    pub notice: Option<Notice>,
}

/// Who is signed in.
#[derive(Clone, Debug, Default)]
pub struct Visitor {
    /// The name of the key.
    pub name: String,
    /// Whether the key may change anything here.
    pub may_change: bool,
    /// Whether the key is an admin's of the whole stack.
    pub is_operator: bool,
    /// Goes with every form, so that no other site can send one (CSRF).
    pub token: String,
}

/// Something to be said at the top of a page.
#[derive(Clone, Debug)]
pub struct Notice {
    /// Whether it went well.
    pub is_good: bool,
    /// What happened.
    pub text: String,
}

impl Frame {
    pub(crate) fn style(&self) -> &'static Asset {
        &STYLE
    }

    pub(crate) fn script(&self) -> &'static Asset {
        &SCRIPT
    }

    pub(crate) fn icon(&self) -> &'static Asset {
        &ICON
    }

    pub(crate) fn may_change(&self) -> bool {
        self.visitor.as_ref().is_some_and(|visitor| visitor.may_change)
    }

    pub(crate) fn is_operator(&self) -> bool {
        self.visitor.as_ref().is_some_and(|visitor| visitor.is_operator)
    }

    pub(crate) fn token(&self) -> &str {
        self.visitor.as_ref().map_or("", |visitor| &visitor.token)
    }
}
