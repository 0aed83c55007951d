//! The roster index: one searchable document for each learner and course, in Elasticsearch or OpenSearch (rules 07, 9 to 11).
//!
//! A load fills an index of its own, checks how many documents it holds, and publishes it by one switch of the alias. Until then
//! readers see the old index; a load that fails removes its own and leaves the alias where it was.
//!
//! * [`connection`]: hosts, credentials and certificates, from the configuration only
//! * [`client`]: requests, repeated on another host or after a pause ([`backoff`](crate::web::backoff)) when a connection is lost
//! * [`dialect`]: what the server understands, typed or typeless, asked of the server itself; [`mapping`]: its index bodies
//! * [`bulk`]: batches of documents; only what was rejected is sent again
//! * [`lifecycle`]: a new index ([`index_name`]), its publication, its removal; [`marker`]: what says that a load was published
//! * [`signature`]: signed requests to AWS

pub(crate) mod bulk;
pub(crate) mod client;
pub(crate) mod connection;
pub(crate) mod dialect;
pub(crate) mod index_name;
pub(crate) mod lifecycle;
pub(crate) mod mapping;
pub(crate) mod marker;
pub(crate) mod published;
pub(crate) mod signature;

pub(crate) use bulk::{BulkLimits, BulkLoader};
pub(crate) use client::Client;
pub(crate) use connection::Connection;
pub(crate) use lifecycle::{IndexRequest, RosterIndex};
