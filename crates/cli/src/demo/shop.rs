//! A made-up shop: a web page, an API and a worker.

/// A part of the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ShopPart {
    Web,
    Api,
    Worker,
}

/// Actions of people on an error, and whether it comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Story {
    /// Nobody has looked at it.
    Untouched,
    /// Somebody works on it.
    Assigned(&'static str),
    /// It was resolved, and did not come back.
    Resolved,
    /// It was resolved, and came back with the newest release.
    Regressed,
    /// It is known, and nobody wants to hear of it.
    Muted,
}

/// An error of the shop. In its texts `{n}` stands for a number that differs between events.
#[derive(Clone, Copy, Debug)]
pub(super) struct ShopError {
    pub(super) part: ShopPart,
    /// Unique in the catalogue.
    pub(super) kind: &'static str,
    pub(super) message: &'static str,
    pub(super) level: &'static str,
    pub(super) transaction: &'static str,
    pub(super) frames: &'static [Code],
    /// Its share of all events, compared with the other errors.
    pub(super) weight: u32,
    /// When it happens, in percent of the period.
    pub(super) happens: (u32, u32),
    pub(super) story: Story,
}

/// A frame: file, function, line number, the line before, the line, and whether it is the shop's own code.
#[derive(Clone, Copy, Debug)]
pub(super) struct Code(
    pub(super) &'static str,
    pub(super) &'static str,
    pub(super) u32,
    pub(super) &'static str,
    pub(super) &'static str,
    pub(super) bool,
);

/// The releases of the shop, and the percent of the period at which each was deployed.
pub(super) const RELEASES: [(&str, u32); 4] =
    [("shop@1.8.0", 0), ("shop@1.8.1", 30), ("shop@1.9.0", 55), ("shop@1.9.1", 80)];
