//! Links that work once.

use http_common::{BaseUrl, Caller};
use model::id::{Key, KeyHash};
use model::outcome::Refusal;
use store::Kind;
use store::ports::Invitation;

use crate::Query;

/// The URL of the page that uses a link up.
pub(crate) fn link_to(base: &BaseUrl, token: &Key) -> String {
    format!("{}/join/{}", base.as_str(), token.reveal())
}

impl Query {
    /// Adds an invitation, unless its creator was just disabled or changed.
    pub(crate) async fn add_invitation(
        &self,
        caller: &Caller,
        hash: &KeyHash,
        invitation: &Invitation,
    ) -> Result<(), Refusal> {
        let maker = caller.maker(self.clock.now());
        match self.stores.invitations.invite(maker.as_ref(), hash, invitation).await {
            Err(error) if error.kind() == Kind::Conflict => {
                self.authenticator.check_again(caller).await?;
                Err(error.into())
            }
            added => Ok(added?),
        }
    }
}
