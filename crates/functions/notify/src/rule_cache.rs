//! Unseals the rules of projects, and caches them for a few seconds.

use std::sync::Arc;

use model::id::{ConfigId, ProjectId};
use model::project::PostedConfigs;
use model::sealed::Sealed;
use model::time::Timestamp;
use rules::posted::{self, PostedConfig};
use rules::{Rule, Rules};
use serde_json::Value;
use store::ports::Project;
use store::{Kind, Recent, Result, StoreError};

use crate::Notify;
use crate::channels::IssueKey;

/// How long a project and its rules are cached, in seconds. A changed rule takes effect after this time.
const FRESH_SECONDS: i64 = 10;
/// Maximum number of cached projects, and of cached posted configs.
const MAX_CACHED_ENTRIES: usize = 1_000;

/// Rules and keys that were read recently.
#[derive(Default)]
pub(crate) struct RuleCache {
    projects: Recent<ProjectId, Option<ProjectRules>, MAX_CACHED_ENTRIES>,
    /// By project and id. An id is a hash of the configs, which therefore never change.
    posted: Recent<(ProjectId, String), Arc<PostedRules>, MAX_CACHED_ENTRIES>,
    issue_keys: Recent<ProjectId, IssueKey, MAX_CACHED_ENTRIES>,
}

/// The rules of the configs in one post.
pub(crate) type PostedRules = Vec<PostedRule>;

/// A posted config as a rule.
#[derive(Clone, Debug)]
pub(crate) struct PostedRule {
    /// The index of the config in its post.
    pub(crate) index: usize,
    pub(crate) rule: Rule,
    is_sealed: bool,
}

impl RuleCache {
    /// Drops cached rules, after they were changed.
    pub(crate) fn forget(&self) {
        self.projects.forget();
    }
}

/// A project and its rules.
#[derive(Clone, Debug)]
pub(crate) struct ProjectRules {
    pub(crate) project: Arc<Project>,
    pub(crate) rules: Arc<Rules>,
}

impl Notify {
    /// Loads a project and its rules. Returns `None` if the project is deleted or being deleted. If it has no rules,
    /// the sealer is not called.
    pub(crate) async fn load_project_rules(&self, id: ProjectId) -> Result<Option<ProjectRules>> {
        let now = self.clock.now();
        if let Some(cached) = self.rule_cache.projects.get(&id, now) {
            return Ok(cached);
        }
        let found = match self.stores.projects.by_id(id).await?.filter(|project| !project.deleting) {
            None => None,
            Some(project) => {
                let rules = Arc::new(self.read_rules(&project).await?);
                Some(ProjectRules { project: Arc::new(project), rules })
            }
        };
        self.rule_cache.projects.put(id, found.clone(), now.plus_seconds(FRESH_SECONDS));
        Ok(found)
    }

    /// Loads the key that signs the markers in a project's issues. It is created at the first use.
    pub(crate) async fn load_issue_key(&self, project: &Project) -> Result<IssueKey> {
        if let Some(key) = self.rule_cache.issue_keys.get(&project.id, self.clock.now()) {
            return Ok(key);
        }
        let sealer = self.sealer.as_ref().ok_or_else(no_key)?;
        let sealed = match self.stores.configs.issue_key(project.id, None).await? {
            Some(sealed) => Some(sealed),
            None => {
                let halves = [self.clock.random().to_be_bytes(), self.clock.random().to_be_bytes()];
                let fresh = sealer.seal(&project.name, &halves.concat()).await?;
                self.stores.configs.issue_key(project.id, Some(&fresh)).await?
            }
        };
        let sealed = sealed.ok_or_else(|| corrupt("the issue key of a project is missing"))?;
        let key = sealer.open(&project.name, &sealed).await?;
        let key = key.try_into().map_err(|_| corrupt("the issue key of a project has a wrong length"))?;
        let key = IssueKey::new(key);
        self.rule_cache.issue_keys.put(project.id, key.clone(), Timestamp::EVER.end);
        Ok(key)
    }

    async fn read_rules(&self, project: &Project) -> Result<Rules> {
        let Some(stored) = self.stores.configs.rules(project.id).await? else { return Ok(Rules::default()) };
        let document: Value = self.open_json(project, &stored.document).await?;
        Rules::parse(&document).map_err(|refusal| corrupt(&format!("the rules of a project: {refusal}")))
    }

    /// Loads the rules of the posted configs with this id, each with its index. Configs that the project's settings
    /// exclude, or that are invalid, are left out. If the configs have expired, the result is empty.
    pub(crate) async fn load_posted_rules(&self, project: &Project, id: &str) -> Result<Vec<(usize, Rule)>> {
        let which = project.posted_configs;
        if which == PostedConfigs::Off {
            return Ok(Vec::new());
        }
        let all = self.load_all_posted_rules(project, id).await?;
        let used = all.iter().filter(|posted| which == PostedConfigs::Any || posted.is_sealed);
        Ok(used.map(|posted| (posted.index, posted.rule.clone())).collect())
    }

    async fn load_all_posted_rules(&self, project: &Project, id: &str) -> Result<Arc<PostedRules>> {
        let name = (project.id, id.to_owned());
        if let Some(rules) = self.rule_cache.posted.get(&name, self.clock.now()) {
            return Ok(rules);
        }
        let id = ConfigId::parse(id).map_err(|error| corrupt(&error.to_string()))?;
        let Some(sealed) = self.stores.configs.posted(project.id, id).await? else { return Ok(Arc::default()) };
        let configs: Value = self.open_json(project, &sealed).await?;
        let mut rules = Vec::new();
        let (configs, refused) = posted::parse(configs);
        for (index, config) in configs.into_iter().enumerate() {
            let is_sealed = matches!(config, PostedConfig::Sealed(_));
            match self.parse_posted_rule(project, config, index).await {
                Ok(rule) => rules.push(PostedRule { index, rule, is_sealed }),
                // A config that cannot be read does not affect the others.
                Err(error) if !error.is_transient() => {
                    tracing::warn!(project.id = %project.id, config.index = index, error.message = %error, "failed to read a posted config");
                }
                Err(error) => return Err(error),
            }
        }
        for refusal in refused {
            tracing::warn!(project.id = %project.id, error.message = %refusal, "failed to read a posted config");
        }
        let rules = Arc::new(rules);
        self.rule_cache.posted.put(name, rules.clone(), Timestamp::EVER.end);
        Ok(rules)
    }

    async fn parse_posted_rule(&self, project: &Project, config: PostedConfig, index: usize) -> Result<Rule> {
        let config = match config {
            PostedConfig::Plain(config) => config,
            PostedConfig::Sealed(ciphertext) => {
                let sealer = self.sealer.as_ref().ok_or_else(no_key)?;
                let plain = sealer.open_foreign(&ciphertext).await?;
                let config: Value =
                    serde_json::from_slice(&plain).map_err(|_| corrupt("a sealed config is not JSON"))?;
                if config.get(posted::PROJECT).is_some_and(|name| *name != project.name.as_str()) {
                    return Err(corrupt("a sealed config is for another project"));
                }
                config
            }
        };
        posted::rule(&config, index).map_err(|refusal| corrupt(&refusal.to_string()))
    }

    async fn open_json(&self, project: &Project, sealed: &Sealed) -> Result<Value> {
        let plain = self.sealer.as_ref().ok_or_else(no_key)?.open_for(project, sealed).await?;
        // The text of serde's error could quote the secrets.
        serde_json::from_slice(&plain).map_err(|_| corrupt("a sealed document is not JSON"))
    }
}

const OPENING: &str = "opening sealed data";

fn corrupt(what: &str) -> StoreError {
    StoreError::new(Kind::Corrupt, OPENING, what)
}

fn no_key() -> StoreError {
    StoreError::new(Kind::NotFound, OPENING, "this stack has no key: deploy it with SealingKey=create")
}
