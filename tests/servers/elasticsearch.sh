#!/usr/bin/env bash
# Starts and stops Elasticsearch 1.5.2, the engine with typed mappings, of its own below a directory.
#
#   tests/servers/elasticsearch.sh start DIR    prints lines to be eval'ed: TEST_ELASTICSEARCH_URL, TEST_ELASTICSEARCH_PID
#   tests/servers/elasticsearch.sh stop DIR     stops it; the data stays, so that start begins with it again, on the same port
exec "$(dirname "$0")/search_engine.sh" elasticsearch "$@"
