use async_trait::async_trait;

use super::Failed;

/// A mail, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Whom to.
    pub to: Vec<String>,
    /// One line.
    pub subject: String,
    /// For who reads plain text.
    pub text: String,
    /// For everybody else.
    pub html: String,
    /// What names the message: the same however often it is sent.
    pub delivery: String,
}

/// What carries mail.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands `letter` over. An error's text holds no secret.
    async fn send(&self, letter: &Letter) -> Result<(), Failed>;
}
