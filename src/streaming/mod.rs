//! Hadoop Streaming: the wire protocol between mapper and reducer, and the frame that runs both.
