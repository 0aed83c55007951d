#!/usr/bin/env bash
# Checks the scripts of the repository.
set -eu
cd "$(dirname "$0")/../.."
shellcheck packaging/*.sh packaging/debian/{build.sh,postinst,prerm,postrm}
shellcheck -x emr/*.sh emr/jar/*.sh emr/examples/*.sh tests/run.sh tests/run/*.sh tests/servers/*.sh benches/*.sh benches/peers/*.sh
for program in emr/examples/airflow_insights.py benches/*.py benches/peers/*.py; do
    python3 -c 'import sys; compile(open(sys.argv[1]).read(), sys.argv[1], "exec")' "$program"
done
