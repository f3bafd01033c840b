use std::collections::HashSet;

use jiff::tz::TimeZone;
use serde_json::Value;

use super::filter::{Exclusions, Filter};
use super::glob::Glob;
use super::policy::{Occasion, Policy, Threshold};
use super::quiet::{self, Quiet};
use super::{Hooks, Rule, Rules};
use crate::Target;
use crate::document::{Object, check_url};
use crate::link::{NAMES, TemplatePart, parts};
use model::error::Seen;
use model::id::Fingerprint;
use model::occurrence::Level;
use model::outcome::{Reason, Refusal};

/// Maximum size of a document, in bytes of JSON. When sealed, it must fit into an item together with the project's
/// other settings.
const MAX_DOCUMENT: usize = 64 << 10;
pub(super) const MAX_RULES: usize = 50;
pub(super) const MAX_TARGETS: usize = 10;
/// Maximum number of entries in a filter's list, and maximum length of a pattern in bytes. Each commit is compared with
/// all of them.
pub(super) const MAX_FILTERS: usize = 50;
pub(super) const MAX_PATTERN: usize = 200;
/// Maximum length of an id and of a name, in bytes.
pub(super) const MAX_ID: usize = 64;
pub(super) const MAX_NAME: usize = 200;
/// Maximum time to collect, in minutes: after a day, a notification is too late to be useful.
pub(super) const MAX_MINUTES: u64 = 24 * 60;
/// Maximum threshold and interval: JavaScript's largest safe integer.
pub(super) const MAX_COUNT: u64 = (1 << 53) - 1;

const RULE_KEYS: [&str; 16] = [
    "id",
    "name",
    "on",
    "threshold",
    "interval",
    "environments",
    "levels",
    "releases",
    "title",
    "except",
    "collect",
    "maxPerMinute",
    "quiet",
    "timezone",
    "linkTemplate",
    "to",
];

impl Rules {
    /// Reads a document: at most 64 KiB, with 50 rules of ten targets each. The first mistake is refused with its path.
    /// Unknown keys are refused too, because a misspelt threshold must not silence a rule.
    pub fn parse(document: &Value) -> Result<Self, Refusal> {
        let size = document.to_string().len();
        if size > MAX_DOCUMENT {
            let message = format!("the rules have {size} bytes of JSON: send at most {MAX_DOCUMENT}");
            return Err(Refusal::new(Reason::BodyTooLarge, message));
        }
        let object = Object::of(document, Vec::new(), Reason::BodyInvalid)?;
        object.only(&["rules", "hooks"])?;
        let given = object.list("rules", MAX_RULES)?;
        let ids = ids(document);
        let mut rules = Vec::with_capacity(given.len());
        for (index, (rule, id)) in given.iter().zip(ids).enumerate() {
            let mut path = object.path("rules");
            path.push(index.to_string());
            let rule = Rule::parse(&Object::of(rule, path, Reason::BodyInvalid)?, id)?;
            rules.push(rule);
        }
        let mut seen = HashSet::new();
        if let Some(index) = rules.iter().position(|rule| !seen.insert(rule.id.as_str())) {
            let mut refusal = object.refusal(
                "rules",
                format!("`id` is `{}`, which an earlier rule has: give each rule its own", rules[index].id),
            );
            refusal.path.extend([index.to_string(), "id".to_owned()]);
            return Err(refusal);
        }
        Ok(Self { rules, hooks: hooks(&object)? })
    }

    /// Writes an id into each rule that has none, so that the rule keeps its id when it is changed. Call this before a
    /// document is stored.
    pub fn name(document: &mut Value) {
        let ids = ids(document);
        let rules = document.get_mut("rules").and_then(Value::as_array_mut);
        for (rule, id) in rules.into_iter().flatten().zip(ids) {
            if let Value::Object(rule) = rule {
                rule.insert("id".to_owned(), Value::String(id));
            }
        }
    }
}

/// Returns the ids of a document's rules: each rule's own, or one that is derived from its name, or from its contents
/// without the secrets.
pub(super) fn ids(document: &Value) -> Vec<String> {
    let rules = document.get("rules").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let own = |rule: &Value| rule.get("id").and_then(Value::as_str).map(str::to_owned);
    let mut taken: HashSet<String> = rules.iter().filter_map(own).collect();
    let unique = |rule: &Value| {
        let made = slug(rule);
        let numbered = (2..).map(|number| format!("{made}-{number}"));
        let id = std::iter::once(made.clone()).chain(numbered).find(|id| !taken.contains(id)).unwrap_or(made.clone());
        taken.insert(id.clone());
        id
    };
    let mut unique = unique;
    rules.iter().map(|rule| own(rule).unwrap_or_else(|| unique(rule))).collect()
}

/// Leaves room for a number at the end.
const MAX_SLUG: usize = 40;

fn slug(rule: &Value) -> String {
    let name = rule.get("name").and_then(Value::as_str).unwrap_or_default().to_lowercase();
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let slug = words.collect::<Vec<_>>().join("-");
    let slug = slug[..slug.floor_char_boundary(MAX_SLUG)].trim_end_matches('-');
    match slug {
        "" => {
            let text = Rules::redacted(rule).to_string();
            format!("rule-{}", &Fingerprint::of("rule:1", [text.as_str()]).to_string()[..8])
        }
        slug => slug.to_owned(),
    }
}

fn hooks(object: &Object<'_>) -> Result<Hooks, Refusal> {
    let Some(hooks) = object.object("hooks")? else { return Ok(Hooks::default()) };
    hooks.only(&["github", "gitlab", "slack"])?;
    let secret = |service: &str, key: &str, what: &str| {
        let Some(hook) = hooks.object(service)? else { return Ok(None) };
        hook.only(&[key])?;
        hook.needed_secret(key, what).map(Some)
    };
    Ok(Hooks {
        github: secret("github", "secret", "the webhook's secret")?,
        gitlab: secret("gitlab", "secret", "the webhook's secret token")?,
        slack: secret("slack", "signingSecret", "the Slack app's signing secret")?,
    })
}

impl Rule {
    fn parse(object: &Object<'_>, id: String) -> Result<Self, Refusal> {
        object.only(&RULE_KEYS)?;
        if let Some(id) = object.text("id", MAX_ID)?
            && !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        {
            return Err(object.refusal(
                "id",
                "`id` has characters other than letters, digits, `-`, `_` and `.`: use only these, or leave it out",
            ));
        }
        let name = object.text("name", MAX_NAME)?.map_or_else(|| id.clone(), str::to_owned);
        let timezone = rule_timezone(object)?;
        Ok(Self {
            name,
            to: targets(object)?,
            link_template: rule_link_template(object, true)?,
            policy: policy(object)?,
            max_per_minute: object
                .number("maxPerMinute", 1..=u64::from(Self::MAX_CEILING))?
                .and_then(|most| u32::try_from(most).ok()),
            filter: filter(object)?,
            quiet: quiet(object, timezone.as_deref())?,
            timezone,
            id,
        })
    }
}

fn targets(object: &Object<'_>) -> Result<Vec<Target>, Refusal> {
    let to = object.list("to", MAX_TARGETS)?;
    if to.is_empty() {
        return Err(object.refusal("to", "`to` is missing: send a list of targets, such as {\"type\": \"slack\", …}"));
    }
    let target = |(index, target): (usize, &Value)| {
        let mut path = object.path("to");
        path.push(index.to_string());
        Target::parse_at(target, path)
    };
    to.iter().enumerate().map(target).collect()
}

fn policy(object: &Object<'_>) -> Result<Policy, Refusal> {
    let interval = object.number("interval", 1..=MAX_COUNT)?;
    let threshold = object.number("threshold", 1..=MAX_COUNT)?.map(|count| Threshold { count, interval });
    if interval.is_some() && threshold.is_none() {
        return Err(object.refusal("interval", "`interval` has no `threshold`: send both, or leave both out"));
    }
    let collect = match object.object("collect")? {
        None => None,
        Some(collect) => {
            collect.only(&["minutes"])?;
            let minutes = collect.number("minutes", 1..=MAX_MINUTES)?;
            let minutes =
                minutes.ok_or_else(|| collect.refusal("minutes", "`minutes` is missing: send how long to collect"))?;
            Some(u32::try_from(minutes).unwrap_or(u32::MAX))
        }
    };
    if object.value("on").is_none() {
        return Ok(Policy::Tier { threshold, collect });
    }
    let on = object.words("on", MAX_FILTERS, Occasion::WORDS, Occasion::parse)?;
    if on.is_empty() {
        return Err(object.refusal(
            "on",
            format!(
                "`on` is empty, so the rule would never notify anybody: name any of {}, or leave it out",
                Occasion::WORDS
            ),
        ));
    }
    match (on.contains(&Occasion::Threshold), threshold) {
        (true, None) => Err(object.refusal(
            "threshold",
            "`threshold` is missing, but `on` contains it: send the number of occurrences in a unit of time",
        )),
        (false, Some(_)) => Err(object
            .refusal("threshold", "`threshold` is set, but `on` does not contain it: add it there, or leave it out")),
        _ => Ok(Policy::Rule { on, threshold, collect }),
    }
}

fn filter(object: &Object<'_>) -> Result<Filter, Refusal> {
    let mut filter = Filter {
        environments: environments(object)?,
        levels: levels(object)?,
        releases: globs(object, "releases")?,
        title: object.text("title", MAX_PATTERN)?.map(Glob::new),
        except: Exclusions::default(),
    };
    let Some(except) = object.object("except")? else { return Ok(filter) };
    except.only(&["environments", "levels", "releases", "titles"])?;
    filter.except = Exclusions {
        environments: environments(&except)?,
        levels: levels(&except)?,
        releases: globs(&except, "releases")?,
        titles: globs(&except, "titles")?,
    };
    match filter.emptied_by() {
        None => Ok(filter),
        Some(key) => Err(except.refusal(
            key,
            format!("`{key}` here has all that the rule is about, so it would never notify anybody: leave one out"),
        )),
    }
}

fn environments(object: &Object<'_>) -> Result<Vec<String>, Refusal> {
    let names = object.texts("environments", MAX_FILTERS, Seen::MAX_TEXT)?;
    Ok(names.into_iter().map(str::to_owned).collect())
}

fn levels(object: &Object<'_>) -> Result<Vec<Level>, Refusal> {
    object.words("levels", MAX_FILTERS, "fatal, error, warning, info, debug", Level::parse)
}

fn globs(object: &Object<'_>, key: &str) -> Result<Vec<Glob>, Refusal> {
    Ok(object.texts(key, MAX_FILTERS, MAX_PATTERN)?.into_iter().map(Glob::new).collect())
}

fn quiet(object: &Object<'_>, timezone: Option<&str>) -> Result<Option<Quiet>, Refusal> {
    let Some(quiet) = object.object("quiet")? else { return Ok(None) };
    quiet.only(&["from", "to", "timezone", "days"])?;
    let time = |key: &str| {
        let Some(text) = quiet.text(key, MAX_NAME)? else { return Ok(None) };
        let time = quiet::parse_time(text)
            .ok_or_else(|| quiet.refusal(key, format!("`{key}` is not a time: send HH:MM, from 00:00 to 23:59")));
        time.map(Some)
    };
    let days = quiet.words("days", MAX_FILTERS, "mon, tue, wed, thu, fri, sat, sun", quiet::parse_day)?;
    let hours = match (time("from")?, time("to")?) {
        (Some(from), Some(to)) if from == to => {
            return Err(quiet.refusal("to", "`to` is the same time as `from`: send different ones, or use `days`"));
        }
        (Some(from), Some(to)) => Some((from, to)),
        (None, None) if days.is_empty() => {
            return Err(
                quiet.refusal("from", "`from` is missing: send `from` and `to`, or `days`, or leave `quiet` out")
            );
        }
        (None, None) => None,
        (Some(_), None) => return Err(quiet.refusal("to", "`to` is missing: send when the quiet hours end, as HH:MM")),
        (None, Some(_)) => {
            return Err(quiet.refusal("from", "`from` is missing: send when the quiet hours begin, as HH:MM"));
        }
    };
    if days.iter().map(|day| day.to_monday_zero_offset()).collect::<HashSet<_>>().len() == 7 {
        return Err(
            quiet.refusal("days", "`days` has all seven days, so the rule would never notify anybody: leave one out")
        );
    }
    let zone = rule_timezone(&quiet)?.or(timezone.map(str::to_owned));
    let zone = zone.as_deref().map_or(Some(TimeZone::UTC), |name| TimeZone::get(name).ok());
    let zone = zone.ok_or_else(|| quiet.refusal("timezone", NO_ZONE))?;
    Ok(Some(Quiet { zone, hours, days }))
}

const NO_ZONE: &str = "`timezone` is not a time zone: send an IANA name, such as Europe/Berlin or UTC";

/// Reads the time zone at `timezone`, and returns its name.
pub(crate) fn rule_timezone(object: &Object<'_>) -> Result<Option<String>, Refusal> {
    let Some(name) = object.text("timezone", MAX_NAME)? else { return Ok(None) };
    match TimeZone::get(name) {
        Ok(_) => Ok(Some(name.to_owned())),
        Err(_) => Err(object.refusal("timezone", NO_ZONE)),
    }
}

/// Maximum length of a template, in bytes.
pub(super) const MAX_TEMPLATE: usize = 1_024;

/// Reads the template at `linkTemplate`. If `strict`, unknown names are refused.
pub(crate) fn rule_link_template(object: &Object<'_>, strict: bool) -> Result<Option<String>, Refusal> {
    let key = "linkTemplate";
    let Some(template) = object.text(key, MAX_TEMPLATE)? else { return Ok(None) };
    // The host must be written in the template, so that no value from an event can lead the link elsewhere.
    check_url(template).map_err(|what| object.refusal(key, format!("`{key}` {what}")))?;
    let begins_host = template
        .split_once("//")
        .is_some_and(|(_, rest)| rest.split(['/', '?', '#']).next().is_some_and(|host| host.contains('{')));
    if begins_host {
        return Err(object.refusal(key, format!("`{key}` has a name in its host: use names in the path and after it")));
    }
    let is_known = |part: &TemplatePart<'_>| match part {
        TemplatePart::Literal(text) => !text.contains(['{', '}']),
        TemplatePart::Name(name) => NAMES.contains(name),
    };
    if strict && !parts(template).iter().all(is_known) {
        let names = NAMES.map(|name| format!("{{{name}}}")).join(", ");
        return Err(object.refusal(key, format!("`{key}` has other braces than {names}: use only these")));
    }
    Ok(Some(template.to_owned()))
}
