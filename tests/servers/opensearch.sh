#!/usr/bin/env bash
# Starts and stops OpenSearch 2.11, a typeless engine, of its own below a directory.
#
#   tests/servers/opensearch.sh start DIR    prints lines to be eval'ed: TEST_OPENSEARCH_URL, TEST_OPENSEARCH_PID
#   tests/servers/opensearch.sh stop DIR     stops it; the data stays, so that start begins with it again, on the same port
exec "$(dirname "$0")/search_engine.sh" opensearch "$@"
