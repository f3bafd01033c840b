/// A kind of target, with the form fields that set one up.
#[derive(Debug)]
pub struct TargetKind {
    /// The value of a target's `type` in the document.
    pub word: &'static str,
    /// The label on the page.
    pub name: &'static str,
    /// A hint above the fields; may be empty.
    pub hint: &'static str,
    pub fields: &'static [Field],
}

/// A form field of a target.
#[derive(Debug)]
pub struct Field {
    /// The key in the rules document.
    pub key: &'static str,
    /// The label on the page.
    pub label: &'static str,
    pub placeholder: &'static str,
    /// A hint below the field, such as where to find the value; may be empty.
    pub hint: &'static str,
    pub input: Input,
}

/// The kind of input of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// A line of text.
    Text,
    /// A line that is not shown as it is typed.
    Secret,
    /// Several values, separated by commas.
    List,
    /// JSON, in several lines.
    Json,
    /// One of these: the value in the document, and its label.
    Choice(&'static [(&'static str, &'static str)]),
}

impl Field {
    pub(super) fn is_secret(&self) -> bool {
        self.input == Input::Secret
    }

    pub(super) fn is_json(&self) -> bool {
        self.input == Input::Json
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
        ("reopen-and-comment", "reopen it and add a comment"),
        ("reopen", "reopen it"),
        ("reopen-and-update", "reopen it and rewrite its text"),
        ("comment", "add a comment, but do not reopen it"),
        ("none", "do nothing"),
    ]),
    ..text("if_exist", "If the error occurs again", "", "What to do with its existing issue.")
};

const LABELS: Field =
    Field { input: Input::List, ..text("labels", "Labels", "bug, production", "Separate with commas. Optional.") };

/// A ready template of a webhook's body.
#[derive(Debug)]
pub struct ReadyTemplate {
    /// The service that it is for.
    pub service: &'static str,
    /// Which URL and header it needs.
    pub hint: &'static str,
    pub template: &'static str,
}

/// Templates for services that have no kind of their own.
pub static READY_TEMPLATES: [ReadyTemplate; 5] = [
    ReadyTemplate {
        service: "Telegram",
        hint: "URL: https://api.telegram.org/botTOKEN/sendMessage, with your bot's token. Put the chat's id into the body.",
        template: r#"{ "chat_id": "-1001234567890", "text": "{{text}}" }"#,
    },
    ReadyTemplate {
        service: "Mattermost",
        hint: "URL: that of an incoming webhook.",
        template: r#"{ "text": "{{text}}" }"#,
    },
    ReadyTemplate {
        service: "Google Chat",
        hint: "URL: that of the space's webhook, with key and token.",
        template: r#"{ "text": "{{text}}" }"#,
    },
    ReadyTemplate {
        service: "ntfy",
        hint: "URL: the server, such as https://ntfy.sh. Authorization: Bearer and an access token, if the topic needs one.",
        template: r#"{ "topic": "our-errors", "title": "{{summary}}", "message": "{{text}}", "click": "{{link}}" }"#,
    },
    ReadyTemplate {
        service: "Jira",
        hint: "URL: https://SITE.atlassian.net/rest/api/2/issue. Authorization: Basic and the base64 of EMAIL:TOKEN. Each message creates an issue, so notify about new errors only.",
        template: r#"{ "fields": { "project": { "key": "OPS" }, "issuetype": { "name": "Bug" }, "summary": "{{summary}}", "description": "{{text}}" } }"#,
    },
];

/// All kinds of targets, the most common first.
pub static KINDS: [TargetKind; 10] = [
    TargetKind {
        word: "slack",
        name: "Slack",
        hint: "",
        fields: &[
            text(
                "endpoint",
                "Webhook URL",
                "https://hooks.slack.com/services/T…/B…/…",
                "In your Slack app: Incoming Webhooks, Add New Webhook.",
            ),
            text(
                "channel",
                "Channel",
                "#errors",
                "Optional. Only for webhooks that can post to other channels than their own.",
            ),
        ],
    },
    TargetKind {
        word: "discord",
        name: "Discord",
        hint: "",
        fields: &[text(
            "endpoint",
            "Webhook URL",
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
            "Webhook URL",
            "https://….logic.azure.com/workflows/…",
            "In the channel: Workflows, Post to a channel when a webhook request is received.",
        )],
    },
    TargetKind {
        word: "webhook",
        name: "Webhook",
        hint: "The stack must be allowed to send to its host: see AllowedDestinations or --allow-destination.",
        fields: &[
            text("endpoint", "URL", "https://alerts.example.org/faultline", "Receives a POST request with JSON."),
            Field {
                input: Input::Secret,
                ..text("secret", "Secret", "", "Optional. Signs each message, in X-Faultline-Signature.")
            },
            Field {
                input: Input::Secret,
                ..text(
                    "authorization",
                    "Authorization",
                    "Bearer …",
                    "Optional. The header Authorization, with its scheme.",
                )
            },
            Field {
                input: Input::Json,
                ..text(
                    "template",
                    "Body",
                    "{ \"text\": \"{{text}}\" }",
                    "Optional. JSON with placeholders, instead of faultline's own: see the ready ones below.",
                )
            },
        ],
    },
    TargetKind {
        word: "email",
        name: "Email",
        hint: "Needs a sender: EmailFrom of the stack in AWS, --smtp-url and --email-from of faultline serve.",
        fields: &[Field {
            input: Input::List,
            ..text("to", "To", "ada@example.org, team@example.org", "Separate with commas.")
        }],
    },
    TargetKind {
        word: "pagerduty",
        name: "PagerDuty",
        hint: "Each error gets one incident, which is resolved with the error.",
        fields: &[
            Field {
                input: Input::Secret,
                ..text("routingKey", "Integration key", "", "In the service: Integrations, Events API V2.")
            },
            text("endpoint", "Region", "https://events.eu.pagerduty.com", "Leave empty for the United States."),
        ],
    },
    TargetKind {
        word: "opsgenie",
        name: "Opsgenie",
        hint: "Each error gets one alert, which is closed when the error is resolved.",
        fields: &[
            Field {
                input: Input::Secret,
                ..text("apiKey", "API key", "", "In the team: Integrations, API. It must be allowed to create alerts.")
            },
            text("endpoint", "Region", "https://api.eu.opsgenie.com", "Leave empty for the United States."),
        ],
    },
    TargetKind {
        word: "incidentio",
        name: "incident.io",
        hint: "Each error gets one alert, which is resolved with the error.",
        fields: &[
            text(
                "endpoint",
                "URL",
                "https://api.incident.io/v2/alert_events/http/…",
                "Of an alert source of the type HTTP: Alerts, Configure, Sources.",
            ),
            Field { input: Input::Secret, ..text("token", "Token", "", "Of the same source.") },
        ],
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
                    "Fine-grained token: read and write access to issues. Classic token: scope repo.",
                )
            },
            LABELS,
            IF_EXIST,
            text("endpoint", "Enterprise server", "https://github.example.org/api/v3", "Leave empty for github.com."),
        ],
    },
    TargetKind {
        word: "gitlab",
        name: "GitLab",
        hint: "Each error gets one issue.",
        fields: &[
            text("owner", "User or group", "acme/web", ""),
            text("repo", "Project", "shop", "As in its URL."),
            Field { input: Input::Secret, ..text("personalAccessToken", "Token", "", "Needs the scope api.") },
            LABELS,
            IF_EXIST,
            text("endpoint", "Server", "https://gitlab.example.org", "Leave empty for gitlab.com."),
        ],
    },
];
