//! The rules of projects, opened, and cached for some seconds.

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

/// For how long a project and its rules are taken to be as they were read, in seconds: a rule that is changed holds
/// after this.
const FRESH_SECONDS: i64 = 10;
/// How many projects, and how many posted configs, are remembered.
const MAX_CACHED_ENTRIES: usize = 1_000;

/// The rules and keys that were read lately.
#[derive(Default)]
pub(crate) struct RuleCache {
    projects: Recent<ProjectId, Option<ProjectRules>, MAX_CACHED_ENTRIES>,
    /// By project and id. An id is a hash of what it names, which so never changes.
    posted: Recent<(ProjectId, String), Arc<PostedRules>, MAX_CACHED_ENTRIES>,
    issue_keys: Recent<ProjectId, IssueKey, MAX_CACHED_ENTRIES>,
}

/// The rules of posted configs, each with its place among them.
pub(crate) type PostedRules = Vec<PostedRule>;

/// A posted config.
#[derive(Clone, Debug)]
pub(crate) struct PostedRule {
    /// Its place among those of its post.
    pub(crate) index: usize,
    pub(crate) rule: Rule,
    is_sealed: bool,
}

impl RuleCache {
    /// Forgets what may have changed: for somebody who has just changed it.
    pub(crate) fn forget(&self) {
        self.projects.forget();
    }
}

/// A project, and its rules.
#[derive(Clone, Debug)]
pub(crate) struct ProjectRules {
    pub(crate) project: Arc<Project>,
    pub(crate) rules: Arc<Rules>,
}

impl Notify {
    /// The project and its rules; `None` if it is gone, or going. Without rules the sealer is not asked.
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

    /// The key that signs the markers in the issues of a project; made when it is first asked for.
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
        let sealed = sealed.ok_or_else(|| corrupt("the key of a project's issues is gone"))?;
        let key = sealer.open(&project.name, &sealed).await?;
        let key = key.try_into().map_err(|_| corrupt("the key of a project's issues has another length"))?;
        let key = IssueKey::new(key);
        self.rule_cache.issue_keys.put(project.id, key.clone(), Timestamp::EVER.end);
        Ok(key)
    }

    async fn read_rules(&self, project: &Project) -> Result<Rules> {
        let Some(stored) = self.stores.configs.rules(project.id).await? else { return Ok(Rules::default()) };
        let document: Value = self.open_json(project, &stored.document).await?;
        Rules::parse(&document).map_err(|refusal| corrupt(&format!("the rules of a project: {refusal}")))
    }

    /// The rules of the configs of this id that the project uses, each with its place among them; those that cannot be used
    /// are left out. Configs that have expired have none.
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
                // A config that cannot be read costs itself only.
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
                    return Err(corrupt("a sealed config was made for another project"));
                }
                config
            }
        };
        posted::rule(&config, index).map_err(|refusal| corrupt(&refusal.to_string()))
    }

    async fn open_json(&self, project: &Project, sealed: &Sealed) -> Result<Value> {
        let plain = self.sealer.as_ref().ok_or_else(no_key)?.open_for(project, sealed).await?;
        // The text of serde's error could quote what was sealed.
        serde_json::from_slice(&plain).map_err(|_| corrupt("what was sealed is no JSON"))
    }
}

const OPENING: &str = "opening what is sealed";

fn corrupt(what: &str) -> StoreError {
    StoreError::new(Kind::Corrupt, OPENING, what)
}

fn no_key() -> StoreError {
    StoreError::new(Kind::NotFound, OPENING, "this stack has no key: deploy it with SealingKey=create")
}
