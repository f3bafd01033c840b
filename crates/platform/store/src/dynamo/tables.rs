//! Creates the tables, for engines.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType, StreamSpecification, StreamViewType, TimeToLiveSpecification,
};

use super::schema::{DIRECTORY_INDEX, INDEX, INDEX_PK, INDEX_SK, PK, SK, TTL};
use crate::error::{Result, StoreError};

/// Creates the directory and the table of errors as in template.yaml, but with on-demand instead of provisioned
/// capacity. Does nothing to a table that exists. For engines only: on AWS the CloudFormation stack creates them.
pub async fn create(client: &Client, directory: &str, table: &str) -> Result<()> {
    create_table(client, directory, DIRECTORY_INDEX, false).await?;
    create_table(client, table, INDEX, true).await
}

async fn create_table(client: &Client, table: &str, index: &str, has_stream: bool) -> Result<()> {
    let doing = "creating a table";
    let text = |name: &str| {
        AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build().ok()
    };
    let keys = |hash: &str, range: &str| {
        let element = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().ok();
        [element(hash, KeyType::Hash), element(range, KeyType::Range)].into_iter().flatten().collect::<Vec<_>>()
    };
    let index = GlobalSecondaryIndex::builder()
        .index_name(index)
        .set_key_schema(Some(keys(INDEX_PK, INDEX_SK)))
        .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build())
        .build()
        .map_err(|error| StoreError::corrupt(doing, error))?;
    let stream = StreamSpecification::builder()
        .stream_enabled(has_stream)
        .set_stream_view_type(has_stream.then_some(StreamViewType::NewAndOldImages))
        .build()
        .map_err(|error| StoreError::corrupt(doing, error))?;
    let created = client
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some([PK, SK, INDEX_PK, INDEX_SK].into_iter().filter_map(text).collect()))
        .set_key_schema(Some(keys(PK, SK)))
        .global_secondary_indexes(index)
        .stream_specification(stream)
        .send()
        .await;
    match created {
        Ok(_) => {}
        Err(error) if error.code() == Some("ResourceInUseException") => return Ok(()),
        Err(error) => return Err(StoreError::of_call(doing, &error)),
    }
    let ttl = TimeToLiveSpecification::builder()
        .enabled(true)
        .attribute_name(TTL)
        .build()
        .map_err(|error| StoreError::corrupt(doing, error))?;
    let set = client.update_time_to_live().table_name(table).time_to_live_specification(ttl).send().await;
    set.map(drop).map_err(|error| StoreError::of_call(doing, &error))
}
