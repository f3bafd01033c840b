//! The server's instructions for models. None of it comes from events.

/// How to use the tools. Clients put this into the context of the model.
pub(super) fn instructions(may_change: bool) -> String {
    let change = match may_change {
        true => {
            " When a fix is merged, say so with add_comment and close the error with update_error, action \
             resolve_in_next_release."
        }
        false => " This key can only read.",
    };
    format!(
        "faultline keeps the errors of applications. To fix an error, call get_error once with its URL or fingerprint: it has \
         the stack trace, source, variables and history. To find errors, call search_errors or whats_new.{change} {}",
        briefing::NOTE
    )
}
