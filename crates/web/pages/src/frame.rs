//! The layout around every page.

use crate::assets::{Asset, ICON, SCRIPT, STYLE};

/// The data of the layout around a page.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// The title, shown in the browser's tab.
    pub title: String,
    /// The signed-in visitor.
    pub visitor: Option<Visitor>,
    /// The project that the page belongs to. Adds its links to the navigation.
    pub project: Option<String>,
    /// The result of the last action, shown once.
    pub notice: Option<Notice>,
}

/// A signed-in visitor.
#[derive(Clone, Debug, Default)]
pub struct Visitor {
    /// The name of the visitor, or of the visitor's key.
    pub name: String,
    /// Whether the visitor may change everything in the project of the page, or in some project.
    pub may_change: bool,
    /// Whether the visitor may change errors of the project of the page, or of some project.
    pub may_work: bool,
    /// Whether the visitor is a user, not the holder of a key.
    pub is_user: bool,
    /// Whether the visitor may change everything in the whole stack.
    pub is_stack_admin: bool,
    /// The CSRF token that every form sends back.
    pub token: String,
}

/// A message at the top of a page.
#[derive(Clone, Debug)]
pub struct Notice {
    /// Whether the action succeeded.
    pub is_good: bool,
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

    pub(crate) fn may_work(&self) -> bool {
        self.visitor.as_ref().is_some_and(|visitor| visitor.may_work)
    }

    pub(crate) fn is_user(&self) -> bool {
        self.visitor.as_ref().is_some_and(|visitor| visitor.is_user)
    }

    pub(crate) fn is_stack_admin(&self) -> bool {
        self.visitor.as_ref().is_some_and(|visitor| visitor.is_stack_admin)
    }

    pub(crate) fn token(&self) -> &str {
        self.visitor.as_ref().map_or("", |visitor| &visitor.token)
    }
}
