//! Configuration: ini sections, environment, credentials, task parameters.
