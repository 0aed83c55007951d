//! JSON interfaces of other servers: the course catalog, and durations of videos.
//!
//! * [`client`]: one request, repeated after a pause when the server is busy or the connection is lost
//! * [`backoff`]: those pauses, also for the search engine of the roster
//! * [`origin`]: further pages only from the server that was asked
//! * [`token`]: access tokens (OAuth), renewed in time
//! * [`shown`]: what may be shown of an address, and texts without secrets

pub(crate) mod backoff;
pub(crate) mod client;
pub(crate) mod origin;
pub(crate) mod shown;
pub(crate) mod token;

pub(crate) use client::{JsonClient, Limits};
pub(crate) use token::{Access, AccessSettings};
