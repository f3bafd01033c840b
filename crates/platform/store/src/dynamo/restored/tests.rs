use aws_sdk_dynamodb::types::{BillingModeSummary, GlobalSecondaryIndexDescription, KeySchemaElement};

use super::*;

fn schema(hash: &str, range: &str) -> Vec<KeySchemaElement> {
    let element = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    vec![element(hash, KeyType::Hash).unwrap(), element(range, KeyType::Range).unwrap()]
}

/// A table as DynamoDB restores it.
fn restored(mode: BillingMode) -> State {
    let index = GlobalSecondaryIndexDescription::builder().index_name(INDEX);
    let index = index.set_key_schema(Some(schema(INDEX_PK, INDEX_SK))).build();
    let table = TableDescription::builder()
        .table_status(TableStatus::Active)
        .set_key_schema(Some(schema(PK, SK)))
        .global_secondary_indexes(index)
        .billing_mode_summary(BillingModeSummary::builder().billing_mode(mode).build());
    State { table: table.build(), ttl: None, has_backups: false, waiting: 2 }
}

fn found(state: &State) -> Vec<(Setting, Verdict)> {
    found_for(state, Purpose::Errors { maximum: 2_000 })
}

fn found_for(state: &State, purpose: Purpose) -> Vec<(Setting, Verdict)> {
    findings(state, purpose).iter().map(|finding| (finding.setting, finding.verdict)).collect()
}

#[test]
fn everything_that_a_restore_loses_can_be_set() {
    use Setting::*;
    use Verdict::*;
    let lost = [
        (Keys, Good),
        (Index, Good),
        (WaitingNotifications, Fixable),
        (Ceiling, Fixable),
        (TimeToLive, Fixable),
        (Backups, Fixable),
        (DeletionProtection, Fixable),
        (Stream, Fixable),
    ];
    assert_eq!(found(&restored(BillingMode::PayPerRequest)), lost);
    let provisioned = found(&restored(BillingMode::Provisioned));
    assert!(!provisioned.iter().any(|(setting, _)| *setting == Ceiling), "autoscaling is its ceiling");
}

/// Notifications of a table that is in use are not old.
#[test]
fn a_table_in_use_is_left_alone() {
    let mut state = restored(BillingMode::PayPerRequest);
    let stream = StreamSpecification::builder().stream_enabled(true);
    let limit = OnDemandThroughput::builder().max_read_request_units(1_000).max_write_request_units(2_000).build();
    let table = &mut state.table;
    table.stream_specification = stream.stream_view_type(StreamViewType::NewAndOldImages).build().ok();
    table.deletion_protection_enabled = Some(true);
    table.on_demand_throughput = Some(limit.clone());
    table.global_secondary_indexes.iter_mut().flatten().for_each(|index| {
        index.on_demand_throughput = Some(limit.clone());
    });
    (state.ttl, state.has_backups) = (Some(TTL.to_owned()), true);
    let all = found(&state);
    assert!(all.iter().all(|(_, verdict)| *verdict == Verdict::Good), "{all:?}");
    assert!(!all.iter().any(|(setting, _)| *setting == Setting::WaitingNotifications), "{all:?}");
}

/// The directory has no stream, and no capacity to limit.
#[test]
fn each_table_is_checked_for_its_purpose() {
    let mut state = restored(BillingMode::PayPerRequest);
    let wrong = (Setting::Index, Verdict::Wrong);
    assert!(found_for(&state, Purpose::Directory).contains(&wrong), "the index is that of the other table");
    let indexes = state.table.global_secondary_indexes.iter_mut();
    indexes.flatten().for_each(|index| index.index_name = Some(DIRECTORY_INDEX.to_owned()));
    let lost = [Setting::TimeToLive, Setting::Backups, Setting::DeletionProtection];
    let expected: Vec<_> = [Setting::Keys, Setting::Index]
        .map(|setting| (setting, Verdict::Good))
        .into_iter()
        .chain(lost.map(|setting| (setting, Verdict::Fixable)))
        .collect();
    assert_eq!(found_for(&state, Purpose::Directory), expected);
    assert!(found(&state).contains(&wrong));
}

#[test]
fn another_table_is_refused() {
    let mut state = restored(BillingMode::PayPerRequest);
    let table = &mut state.table;
    table.key_schema = Some(schema("id", "time"));
    table.global_secondary_indexes = None;
    let images = StreamViewType::KeysOnly;
    table.stream_specification =
        StreamSpecification::builder().stream_enabled(true).stream_view_type(images).build().ok();
    state.ttl = Some("expires".to_owned());
    let wrong: Vec<_> = found(&state)
        .into_iter()
        .filter(|(_, verdict)| *verdict == Verdict::Wrong)
        .map(|(setting, _)| setting)
        .collect();
    assert_eq!(wrong, [Setting::Keys, Setting::Index, Setting::TimeToLive, Setting::Stream]);
}
