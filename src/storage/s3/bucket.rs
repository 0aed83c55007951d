//! A bucket and how it is reached: endpoint, region, credentials.

use std::collections::HashMap;
use std::env;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use http::{HeaderMap, HeaderValue};
use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey, resolve_bucket_region};
use object_store::client::{HttpClient, HttpConnector, ReqwestConnector};
use object_store::{BackoffConfig, ClientOptions, RetryConfig};

use super::profile::Profile;
use crate::storage::Location;
use crate::storage::remote::wait_for;

/// With doubling pauses: 11 to 22 seconds before giving up.
pub(super) const RETRIES: usize = 6;
/// No request is tried again after this time: each wait for an answer that never comes takes [`READ_TIMEOUT`].
pub(super) const RETRY_FOR: Duration = Duration::from_mins(2);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// For a piece of an answer, not for the whole of a large file.
const READ_TIMEOUT: Duration = Duration::from_mins(1);

/// A bucket, ready for use.
#[derive(Debug)]
pub(super) struct Bucket {
    pub(super) name: String,
    /// `https://host/bucket`
    pub(super) url: String,
    pub(super) region: String,
    /// Where the credentials come from, for error messages.
    pub(super) credentials_from: String,
    pub(super) reader: AmazonS3,
    /// As the reader; what it writes belongs to the bucket's owner too (rules 01, 4.5).
    pub(super) writer: AmazonS3,
    pub(super) http: HttpClient,
}

/// The bucket of a location; made once and shared.
pub(super) fn bucket_of(location: &Location) -> Result<Arc<Bucket>> {
    static BUCKETS: Mutex<Option<HashMap<String, Arc<Bucket>>>> = Mutex::new(None);
    let mut buckets = BUCKETS.lock().unwrap_or_else(PoisonError::into_inner);
    let buckets = buckets.get_or_insert_default();
    if let Some(bucket) = buckets.get(location.authority()) {
        return Ok(Arc::clone(bucket));
    }
    let bucket = Bucket::connect(location.authority()).with_context(|| format!("{location} cannot be used."))?;
    let bucket = Arc::new(bucket);
    buckets.insert(bucket.name.clone(), Arc::clone(&bucket));
    Ok(bucket)
}

impl Bucket {
    /// Nothing is sent before the first call, unless the region must be asked for.
    fn connect(name: &str) -> Result<Self> {
        // Whoever else in the program uses rustls has the same provider; the second one to install it may fail.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let profile = Profile::load();
        let endpoint = endpoint(&profile);
        let allow_http = endpoint.as_ref().is_some_and(|endpoint| endpoint.starts_with("http://"));
        let options = ClientOptions::new()
            .with_allow_http(allow_http)
            .with_connect_timeout(CONNECT_TIMEOUT)
            .with_read_timeout(READ_TIMEOUT)
            .with_timeout_disabled();
        let region = region(name, &profile, endpoint.is_some(), &options)?;
        let url = endpoint.unwrap_or_else(|| endpoint_of_amazon(&region));
        let url = url.trim_end_matches('/').to_owned();
        let mut builder = AmazonS3Builder::from_env()
            .with_bucket_name(name)
            .with_region(&region)
            .with_endpoint(&url)
            .with_config(AmazonS3ConfigKey::S3Endpoint, &url)
            .with_virtual_hosted_style_request(false)
            .with_retry(retry());
        let credentials_from;
        (builder, credentials_from) = with_credentials(builder, &profile)?;
        let reader = builder.clone().with_client_options(options.clone()).build()?;
        let mut headers = HeaderMap::new();
        headers.insert("x-amz-acl", HeaderValue::from_static("bucket-owner-full-control"));
        let writer = builder.with_client_options(options.clone().with_default_headers(headers));
        let writer = writer.with_credentials(Arc::clone(reader.credentials())).build()?;
        let http = ReqwestConnector::default().connect(&options)?;
        Ok(Self { name: name.to_owned(), url: format!("{url}/{name}"), region, credentials_from, reader, writer, http })
    }
}

fn variable(names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| env::var(name).ok().filter(|value| !value.is_empty()))
}

/// None for Amazon's own.
fn endpoint(profile: &Profile) -> Option<String> {
    variable(&["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"]).or_else(|| profile.get("endpoint_url").map(str::to_owned))
}

fn endpoint_of_amazon(region: &str) -> String {
    let country = if region.starts_with("cn-") { ".cn" } else { "" };
    format!("https://s3.{region}.amazonaws.com{country}")
}

fn region(bucket: &str, profile: &Profile, self_hosted: bool, options: &ClientOptions) -> Result<String> {
    let named = variable(&["AWS_REGION", "AWS_DEFAULT_REGION"]).or_else(|| profile.get("region").map(str::to_owned));
    match named {
        Some(region) => Ok(region),
        None if self_hosted => Ok("us-east-1".to_owned()),
        None => wait_for(resolve_bucket_region(bucket, options))?.with_context(|| {
            format!("The region of the bucket {bucket} is not known, and Amazon could not be asked for it. Set AWS_REGION, or AWS_ENDPOINT_URL for a store of your own.")
        }),
    }
}

/// In the order of the AWS tools: environment, profile, then what the machine or container is given.
pub(super) fn with_credentials(builder: AmazonS3Builder, profile: &Profile) -> Result<(AmazonS3Builder, String)> {
    if builder.get_config_value(&AmazonS3ConfigKey::AccessKeyId).is_some() {
        return Ok((builder, "the environment (AWS_ACCESS_KEY_ID)".to_owned()));
    }
    if let (Some(key), Some(secret)) = (profile.get("aws_access_key_id"), profile.get("aws_secret_access_key")) {
        let mut builder = builder.with_access_key_id(key).with_secret_access_key(secret);
        if let Some(token) = profile.get("aws_session_token") {
            builder = builder.with_token(token);
        }
        return Ok((builder, format!("the profile {} of the AWS configuration files", profile.name)));
    }
    if let Some(key) = profile.unsupported() {
        bail!(
            "The AWS profile {} logs in by {key}, which only the AWS tools can. Export its credentials with aws configure export-credentials --format env.",
            profile.name
        );
    }
    Ok((builder, "the role of this machine or container, as neither the environment nor a profile has any".to_owned()))
}

pub(super) fn retry() -> RetryConfig {
    let backoff = BackoffConfig { init_backoff: Duration::from_millis(500), max_backoff: Duration::from_secs(10), base: 2.0 };
    RetryConfig { backoff, max_retries: RETRIES, retry_timeout: RETRY_FOR }
}
