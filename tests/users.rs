//! Users for tests.

use http::Method;
use model::id::{Key, UserId};
use model::user::UserRole;
use serde_json::{Value, json};
use server::system::Resources;
use store::clock::Clock;
use store::ports::{TokenRecord, UserManagement};

use crate::{ADMIN, Faultline};

/// A user who accepted an invitation.
pub struct NewUser {
    pub id: String,
    /// The key for the sign-in page.
    pub sign_in_key: String,
}

impl Faultline {
    /// Invites a user with `roles`, the body of the invitation, and accepts.
    pub async fn new_user(&self, name: &str, roles: Value) -> NewUser {
        let invited = self.call(Method::POST, "/invitations", ADMIN, roles.to_string()).await;
        assert_eq!(invited.status.as_u16(), 201, "{}", invited.body);
        let body = json!({ "token": invited.body["data"]["token"], "name": name });
        let accepted = self.call(Method::POST, "/invitations/accept", "", body.to_string()).await;
        assert_eq!(accepted.status.as_u16(), 201, "{}", accepted.body);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let data = &accepted.body["data"];
        NewUser { id: text(&data["user"]["id"]), sign_in_key: text(&data["signInKey"]) }
    }

    /// Creates a personal access token, as the profile page does.
    pub async fn new_token(&self, user: &NewUser, role: UserRole) -> String {
        let token = Key::personal_token(self.clock.random().to_be_bytes());
        self.add_token(user, &token, role).await;
        token.reveal().to_owned()
    }

    /// Adds a personal access token with this text.
    pub async fn add_token(&self, user: &NewUser, token: &Key, role: UserRole) {
        let record = TokenRecord::new(token, UserId::parse(&user.id).unwrap(), role, "test", self.clock.now());
        let resources = Resources::make(self.stack.engines()).await.unwrap();
        resources.directory.add_token(&token.hash(), &record).await.unwrap();
    }
}
