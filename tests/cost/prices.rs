//! The price list: on-demand prices in us-east-1, in dollars, without free tiers and discounts.
//!
//! As of 8 October 2026: HTTP API, S3, SQS and DynamoDB from AWS's price list of that day; Lambda from its pricing page
//! of 2026; KMS, CloudWatch and backups from list prices that have not changed for years and were not looked up again.

/// The date of the price list.
pub const DATE: &str = "2026-10-08";
/// A million requests of the HTTP API, of up to 512 KiB each.
pub const HTTP_API: f64 = 1.00;
/// Bytes in one billed request of the HTTP API. Larger requests are billed as several.
pub const HTTP_API_BYTES: u64 = 512 << 10;
/// A million invocations.
pub const LAMBDA: f64 = 0.20;
/// A gigabyte for a second, on x86_64. On arm64 it is 0.0000133334.
pub const LAMBDA_GB_SECOND: f64 = 0.000_016_666_7;
/// A million requests of a standard queue, of up to 64 KiB each.
pub const SQS: f64 = 0.40;
/// A million objects written to S3.
pub const S3_PUT: f64 = 5.00;
/// A million objects read.
pub const S3_GET: f64 = 0.40;
/// A gigabyte in S3 for a month.
pub const S3_GB: f64 = 0.023;
/// A million on-demand write units.
pub const WRITE: f64 = 0.625;
/// A million on-demand read units.
pub const READ: f64 = 0.125;
/// A provisioned write unit for an hour.
pub const WRITE_HOUR: f64 = 0.000_65;
/// A provisioned read unit for an hour.
pub const READ_HOUR: f64 = 0.000_13;
/// A gigabyte in the table for a month.
pub const TABLE_GB: f64 = 0.25;
/// A gigabyte of the table in its point-in-time backup for a month.
pub const BACKUP_GB: f64 = 0.20;
/// Reads of a stream by Lambda.
pub const STREAM_BY_LAMBDA: f64 = 0.0;
/// A million calls of KMS.
pub const KMS: f64 = 3.00;
/// A key of KMS for a month.
pub const KMS_KEY: f64 = 1.00;
/// A gigabyte written to logs.
pub const LOG_GB: f64 = 0.50;
/// A metric that an alarm watches, for a month.
pub const ALARM: f64 = 0.10;
/// Alarms that are free per account.
pub const FREE_ALARMS: u64 = 10;
/// A dashboard for a month.
pub const DASHBOARD: f64 = 3.00;
/// Dashboards that are free per account.
pub const FREE_DASHBOARDS: u64 = 3;
/// A million invocations by a schedule.
pub const SCHEDULE: f64 = 0.0;

/// Always-free tiers, a month: requests of SQS, invocations of Lambda, and provisioned units of DynamoDB each for reads
/// and writes. An account has each of them once.
pub const FREE_SQS: f64 = 1e6;
pub const FREE_LAMBDA: f64 = 1e6;
pub const FREE_UNITS: f64 = 25.0;

/// Hours per month, as AWS counts them.
pub const HOURS: f64 = 730.0;
/// Bytes of a gigabyte in storage prices.
pub const GB: f64 = (1u64 << 30) as f64;
