//! One object-store interface over the URL schemes in which logs, warehouse and outputs live.
