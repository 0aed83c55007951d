#!/usr/bin/env bash
# Checks the scripts of the repository.
set -eu
cd "$(dirname "$0")/../.."
shellcheck packaging/*.sh packaging/debian/{build.sh,postinst,prerm,postrm}
shellcheck -x emr/*.sh emr/jar/*.sh emr/examples/*.sh tests/run.sh tests/run/*.sh tests/servers/*.sh
python3 -c 'compile(open("emr/examples/airflow_insights.py").read(), "airflow_insights.py", "exec")'
