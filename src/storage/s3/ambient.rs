//! The credentials that this machine has for AWS, for services other than S3: those that `s3://` uses, found in the same order.

use std::fmt;
use std::sync::Arc;

use anyhow::{Context, Result};
use object_store::aws::{AmazonS3Builder, AwsCredential, AwsCredentialProvider};

use super::bucket::{retry, with_credentials};
use super::profile::Profile;
use crate::storage::remote::wait_for;

/// Where credentials come from. Those of a role run out, so they are asked for again with every request; they are kept meanwhile.
pub(crate) struct AmbientCredentials {
    provider: AwsCredentialProvider,
    from: String,
}

impl fmt::Debug for AmbientCredentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.from)
    }
}

impl AmbientCredentials {
    /// Environment, profile, or role of the machine; a role is not asked yet.
    ///
    /// # Errors
    /// The profile logs in by a way that only the AWS tools have.
    pub(crate) fn find(region: &str) -> Result<Self> {
        // The client has no provider of its own; the second one to install it may fail.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // The bucket is never asked for: only what would sign the requests to it is wanted.
        let builder = AmazonS3Builder::from_env().with_bucket_name("none").with_region(region).with_retry(retry());
        let (builder, from) = with_credentials(builder, &Profile::load())?;
        let store = builder.build().context("The AWS settings of the environment cannot be used.")?;
        Ok(Self { provider: store.credentials().clone(), from })
    }

    /// The key for a request that is signed now.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn key(&self) -> Result<Arc<AwsCredential>> {
        wait_for(self.provider.get_credential())?.with_context(|| {
            format!("No AWS credentials were found; they should come from {}. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.", self.from)
        })
    }
}
