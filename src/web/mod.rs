//! JSON interfaces of other servers: the course catalog, and durations of videos.
//!
//! * [`client`]: one request, repeated after a pause when the server is busy or the connection is lost
//! * [`backoff`]: those pauses, also for the search engine of the roster
//! * [`origin`]: further pages only from the server that was asked
//! * [`token`]: access tokens (OAuth), renewed in time
//! * [`shown`]: what may be shown of an address, and texts without secrets
pub mod backoff;
pub mod client;
pub mod origin;
pub mod shown;
pub mod token;

pub use client::{JsonClient, Limits};
pub use token::{Access, AccessSettings};
