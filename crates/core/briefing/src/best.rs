//! Which of an error's occurrences shows it best.

use model::occurrence::{Frame, Occurrence};

/// The number of newest occurrences among which the best is chosen.
pub const MAX_CANDIDATES: usize = 10;

/// The best occurrence, and why it was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BestChoice {
    /// Its position among the candidates.
    pub index: usize,
    candidates: usize,
    quality: Quality,
}

/// The use of an occurrence to a reader, the most important part first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Quality {
    /// Whether it has frames of the application.
    app_frames: bool,
    /// Whether frames have variables.
    variables: bool,
}

/// Chooses among the newest occurrences, newest first: one with frames of the application before one without, then one
/// with variables before one without, then the newest. `None` if there are no candidates.
pub fn choose_best<'a>(newest: impl IntoIterator<Item = &'a Occurrence>) -> Option<BestChoice> {
    let qualities: Vec<_> = newest.into_iter().take(MAX_CANDIDATES).map(Quality::of).collect();
    let best = qualities.iter().copied().max()?;
    let index = qualities.iter().position(|quality| *quality == best)?;
    Some(BestChoice { index, candidates: qualities.len(), quality: best })
}

impl BestChoice {
    /// Explains why this occurrence was chosen.
    pub fn reason(&self) -> String {
        let has = match self.quality {
            Quality { app_frames: true, variables: true } => "with frames of the application and with variables",
            Quality { app_frames: true, variables: false } => {
                "with frames of the application; none of them has variables"
            }
            Quality { app_frames: false, variables: true } => {
                "with variables; none of them has frames of the application"
            }
            Quality { app_frames: false, variables: false } => {
                "; none of them has frames of the application, or variables"
            }
        };
        format!("the newest of the last {} occurrences {has}", self.candidates).replace(" ;", ";")
    }
}

impl Quality {
    fn of(occurrence: &Occurrence) -> Self {
        let stacks = occurrence.exceptions.iter().filter_map(|exception| exception.stacktrace.as_ref());
        let stacks: Vec<_> = stacks.chain(&occurrence.stacktrace).map(|stack| stack.frames.as_slice()).collect();
        let any = |is: fn(&Frame) -> bool| stacks.iter().any(|frames| frames.iter().any(is));
        // If the client marks no frame, all are the application's.
        let app_frames = any(|frame| frame.in_app == Some(true)) || (any(|_| true) && !any(|it| it.in_app.is_some()));
        Self { app_frames, variables: any(|frame| !frame.vars.is_empty()) }
    }
}

#[cfg(test)]
mod tests {
    use model::id::EventId;
    use model::occurrence::{Exception, Source, Stacktrace};
    use model::time::Timestamp;
    use serde_json::{Map, json};

    use super::*;

    fn occurrence(frames: &[(Option<bool>, bool)]) -> Occurrence {
        let now = Timestamp::from_seconds(0);
        let mut occurrence = Occurrence::new(EventId::from_bytes([0; 16]), Source::Sentry, now, now);
        let frames = frames.iter().map(|(in_app, has_variables)| {
            let vars = if *has_variables { Map::from_iter([("a".to_owned(), json!(1))]) } else { Map::new() };
            Frame { in_app: *in_app, vars, ..Frame::default() }
        });
        let stacktrace = Some(Stacktrace { frames: frames.collect(), ..Stacktrace::default() });
        occurrence.exceptions = vec![Exception { stacktrace, ..Exception::default() }];
        occurrence
    }

    #[test]
    fn the_best_has_frames_of_the_application_then_variables_then_is_the_newest() {
        let (app, library) = (Some(true), Some(false));
        let check = |candidates: &[&[(Option<bool>, bool)]], expected: usize, reason: &str| {
            let candidates: Vec<_> = candidates.iter().map(|frames| occurrence(frames)).collect();
            let best = choose_best(&candidates).unwrap();
            assert_eq!((best.index, best.reason().as_str()), (expected, reason), "{candidates:?}");
        };
        check(
            &[&[(library, true)], &[(app, false)], &[(app, true)], &[(app, true)]],
            2,
            "the newest of the last 4 occurrences with frames of the application and with variables",
        );
        check(
            &[&[(library, true)], &[(app, false)]],
            1,
            "the newest of the last 2 occurrences with frames of the application; none of them has variables",
        );
        check(
            &[&[], &[(library, true)]],
            1,
            "the newest of the last 2 occurrences with variables; none of them has frames of the application",
        );
        check(
            &[&[], &[(library, false)]],
            0,
            "the newest of the last 2 occurrences; none of them has frames of the application, or variables",
        );
        // No marks at all: every frame counts.
        check(
            &[&[], &[(None, false)]],
            1,
            "the newest of the last 2 occurrences with frames of the application; none of them has variables",
        );
        assert_eq!(choose_best(&[]), None);
    }
}
