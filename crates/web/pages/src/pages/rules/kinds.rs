/// A kind of destination: what a person is asked for to tell it.
#[derive(Debug)]
pub struct TargetKind {
    /// What a target's `type` is.
    pub word: &'static str,
    /// What people call it.
    pub name: &'static str,
    /// What must be known of all of it.
    pub hint: &'static str,
    /// What a target of it has, by the keys of the rules' document.
    pub fields: &'static [Field],
}

/// Something that is asked for.
#[derive(Debug)]
pub struct Field {
    /// The key in the document.
    pub key: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// What it looks like.
    pub placeholder: &'static str,
    /// Where to find it.
    pub hint: &'static str,
    /// How it is typed.
    pub input: Input,
}

/// How something is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// A line.
    Text,
    /// A line that nobody else should see.
    Secret,
    /// Several, with commas between them.
    List,
    /// One of these: word, and what it means.
    Choice(&'static [(&'static str, &'static str)]),
}

impl Field {
    pub(super) fn is_secret(&self) -> bool {
        self.input == Input::Secret
    }

    pub(super) fn choices(&self) -> &'static [(&'static str, &'static str)] {
        match self.input {
            Input::Choice(choices) => choices,
            _ => &[],
        }
    }
}

const fn text(key: &'static str, label: &'static str, placeholder: &'static str, hint: &'static str) -> Field {
    Field { key, label, placeholder, hint, input: Input::Text }
}

const IF_EXIST: Field = Field {
    input: Input::Choice(&[
        ("reopen-and-comment", "reopen it, and comment on it"),
        ("reopen", "reopen it"),
        ("reopen-and-update", "reopen it, and write its text anew"),
        ("comment", "comment on it, open or closed"),
        ("none", "leave it alone"),
    ]),
    ..text("if_exist", "If the error comes again", "", "What becomes of the issue that it has.")
};

const LABELS: Field = Field {
    input: Input::List,
    ..text("labels", "Labels", "bug, production", "Commas between them; may be left out.")
};

/// All kinds, the most usual first.
pub static KINDS: [TargetKind; 7] = [
    TargetKind {
        word: "slack",
        name: "Slack",
        hint: "",
        fields: &[
            text(
                "endpoint",
                "Webhook address",
                "https://hooks.slack.com/services/T…/B…/…",
                "In your Slack app: Incoming Webhooks, Add New Webhook.",
            ),
            text(
                "channel",
                "Channel",
                "#errors",
                "Only if it is another than the webhook's own, and Slack allows that.",
            ),
        ],
    },
    TargetKind {
        word: "discord",
        name: "Discord",
        hint: "",
        fields: &[text(
            "endpoint",
            "Webhook address",
            "https://discord.com/api/webhooks/…",
            "In the channel's settings: Integrations, Webhooks, Copy Webhook URL.",
        )],
    },
    TargetKind {
        word: "teams",
        name: "Teams",
        hint: "",
        fields: &[text(
            "endpoint",
            "Webhook address",
            "https://….logic.azure.com/workflows/…",
            "In the channel: Workflows, Post to a channel when a webhook request is received.",
        )],
    },
    TargetKind {
        word: "webhook",
        name: "Webhook",
        hint: "Its host must be one that the stack may send to: AllowedDestinations, or --allow-destination.",
        fields: &[
            text("endpoint", "Address", "https://alerts.example.org/faultline", "It gets a POST of JSON."),
            Field {
                input: Input::Secret,
                ..text("secret", "Secret", "", "Signs each message, in X-Faultline-Signature; may be left out.")
            },
        ],
    },
    TargetKind {
        word: "mail",
        name: "Mail",
        hint: "Goes by SES: in AWS only, deployed with MailFrom.",
        fields: &[Field {
            input: Input::List,
            ..text("to", "To", "ada@example.org, team@example.org", "Commas between them.")
        }],
    },
    TargetKind {
        word: "github",
        name: "GitHub",
        hint: "Each error gets one issue.",
        fields: &[
            text("owner", "User or organisation", "acme", ""),
            text("repo", "Repository", "shop", ""),
            Field {
                input: Input::Secret,
                ..text(
                    "userToken",
                    "Token",
                    "",
                    "Fine-grained: may read and write issues. Classic: has the scope repo.",
                )
            },
            LABELS,
            IF_EXIST,
            text("endpoint", "Enterprise server", "https://github.example.org/api/v3", "Left out, it is github.com."),
        ],
    },
    TargetKind {
        word: "gitlab",
        name: "GitLab",
        hint: "Each error gets one issue.",
        fields: &[
            text("owner", "User or group", "acme/web", ""),
            text("repo", "Project", "shop", "As in its address."),
            Field { input: Input::Secret, ..text("personalAccessToken", "Token", "", "With the scope api.") },
            LABELS,
            IF_EXIST,
            text("endpoint", "Server", "https://gitlab.example.org", "Left out, it is gitlab.com."),
        ],
    },
];
