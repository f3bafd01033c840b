use async_trait::async_trait;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Put, TransactWriteItem};
use model::id::{ConfigId, ProjectId};
use model::sealed::Sealed;
use model::time::Timestamp;

use super::ProjectData;
use super::call::Range;
use super::item::{Attributes, Reader, Writer, is_expired, key, number, text};
use super::schema::{CONFIG, ISSUE_KEY, LIMITED, PK, PROJECTS, RULES, SK, config_sk, project_pk};
use crate::error::{Kind, Result, StoreError};
use crate::ports::{Configs, Project, StoredRules};

const SEALED: &str = "sealed";
const VERSION: &str = "version";

#[async_trait]
impl Configs for ProjectData {
    async fn put_posted(&self, project: ProjectId, id: ConfigId, sealed: &Sealed, expires_at: Timestamp) -> Result<()> {
        let item = Writer::new(project_pk(project), config_sk(id))
            .with(SEALED, text(sealed.as_str()))
            .expiring(expires_at)
            .done();
        let call = self.table.client.put_item().table_name(&self.table.name).set_item(Some(item));
        call.send().await.map(drop).map_err(|error| StoreError::of_call("writing posted configs", &error))
    }

    async fn posted(&self, project: ProjectId, id: ConfigId) -> Result<Option<Sealed>> {
        let doing = "reading posted configs";
        let item = self.table.get(doing, key(project_pk(project), config_sk(id)), true).await?;
        let item = item.filter(|item| !is_expired(item, self.table.clock.now()));
        item.map(|item| sealed(&Reader::new(doing, &item)?)).transpose()
    }

    async fn rules(&self, project: ProjectId) -> Result<Option<StoredRules>> {
        let doing = "reading a project's rules";
        let Some(item) = self.table.get(doing, key(project_pk(project), RULES), true).await? else { return Ok(None) };
        let read = Reader::new(doing, &item)?;
        Ok(Some(StoredRules { version: read.number(VERSION)?, document: sealed(&read)? }))
    }

    async fn set_rules(&self, project: &Project, version: u64, document: &Sealed) -> Result<u64> {
        let doing = "setting a project's rules";
        let corrupt = |error| StoreError::corrupt(doing, error);
        let item = Writer::new(project_pk(project.id), RULES)
            .with(VERSION, number(version + 1))
            .with(SEALED, text(document.as_str()))
            .done();
        let put = Put::builder().table_name(&self.table.name).set_item(Some(item));
        let put = match version {
            0 => put.condition_expression("attribute_not_exists(#pk)").expression_attribute_names("#pk", PK),
            read => put
                .condition_expression("#version = :read")
                .expression_attribute_names("#version", VERSION)
                .expression_attribute_values(":read", number(read)),
        };
        // The same transaction checks the project: rules written during its deletion would be left behind.
        let is_there = ConditionCheck::builder()
            .table_name(&self.directory.table.name)
            .set_key(Some(key(PROJECTS, project.name.as_str())))
            .condition_expression("#id = :id AND #deleting = :false")
            .expression_attribute_names("#id", "id")
            .expression_attribute_names("#deleting", "deleting")
            .expression_attribute_values(":id", number(project.id))
            .expression_attribute_values(":false", AttributeValue::Bool(false));
        let call = self
            .table
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().put(put.build().map_err(corrupt)?).build())
            .transact_items(TransactWriteItem::builder().condition_check(is_there.build().map_err(corrupt)?).build());
        match call.send().await {
            Ok(_) => Ok(version + 1),
            Err(error) if error.as_service_error().is_some_and(|error| error.is_transaction_canceled_exception()) => {
                Err(StoreError::new(Kind::Conflict, doing, "the rules or the project changed in the meantime"))
            }
            Err(error) => Err(StoreError::of_call(doing, &error)),
        }
    }

    async fn issue_key(&self, project: ProjectId, fresh: Option<&Sealed>) -> Result<Option<Sealed>> {
        let doing = "reading the key of a project's issues";
        if let Some(fresh) = fresh {
            let item = Writer::new(project_pk(project), ISSUE_KEY).with(SEALED, text(fresh.as_str())).done();
            let call = self.table.client.put_item().table_name(&self.table.name).set_item(Some(item));
            let call = call.condition_expression("attribute_not_exists(#pk)").expression_attribute_names("#pk", PK);
            match call.send().await.map_err(|error| StoreError::of_call(doing, &error)) {
                Ok(_) => return Ok(Some(fresh.clone())),
                // Another process was faster: use its key.
                Err(error) if error.kind() == Kind::Conflict => {}
                Err(error) => return Err(error),
            }
        }
        let item = self.table.get(doing, key(project_pk(project), ISSUE_KEY), true).await?;
        item.map(|item| sealed(&Reader::new(doing, &item)?)).transpose()
    }

    async fn remove_configs(&self, project: ProjectId) -> Result<()> {
        let doing = "removing a project's configs";
        let pk = project_pk(project);
        let found = self.table.query_all(doing, Range::of_prefix(pk.as_str(), CONFIG)).await?;
        let posted = found.iter().filter_map(|item: &Attributes| item.get(SK)?.as_s().ok());
        let keys = posted.map(String::as_str).chain([RULES, LIMITED]).map(|sk| key(pk.as_str(), sk)).collect();
        self.table.remove_all(doing, keys).await
    }
}

fn sealed(read: &Reader<'_>) -> Result<Sealed> {
    read.text(SEALED).map(Sealed::new)
}
