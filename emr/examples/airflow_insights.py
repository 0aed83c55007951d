"""The tasks of Insights every day on EMR: one cluster, a step for each task, and the cluster terminated whatever happens.

Put it into Airflow's folder of DAGs, with the directory emr/cluster of this package beside it. Needs the provider
apache-airflow-providers-amazon, its connection aws_default, and these variables of Airflow: insights_package, insights_config,
insights_log_uri, insights_subnet, insights_service_role, insights_instance_profile.
"""
import json
from datetime import datetime, timedelta
from pathlib import Path

from airflow.providers.amazon.aws.operators.emr import EmrAddStepsOperator, EmrCreateJobFlowOperator, EmrTerminateJobFlowOperator
from airflow.providers.amazon.aws.sensors.emr import EmrStepSensor

try:  # Airflow 3
    from airflow.sdk import DAG
except ImportError:  # Airflow 2
    from airflow import DAG

TEMPLATE = Path(__file__).parent / "cluster"
REDUCERS = 30  # three for each unit of core and task nodes
PACKAGE = "{{ var.value.insights_package }}"

# Each task with its options. `insights plan TASK OPTIONS --format emr-steps` prints steps of Hadoop jobs in the same form.
TASKS = {
    "ImportEnrollmentsIntoMysql": ["--interval-end", "{{ data_interval_end | ds }}"],
    "InsertToMysqlCourseActivityTask": ["--weeks", "24", "--end-date", "{{ data_interval_end | ds }}"],
}


def template(name):
    return json.loads((TEMPLATE / f"{name}.json").read_text())


def step(task, options):
    driver = ["/opt/insights/bin/insights", "--runner", "hadoop", "--config", "{{ var.value.insights_config }}"]
    arguments = [*driver, task, *options, "--n-reduce-tasks", str(REDUCERS)]
    jar = {"Jar": "command-runner.jar", "Args": arguments}
    return {"Name": task, "ActionOnFailure": "CANCEL_AND_WAIT", "HadoopJarStep": jar}


CLUSTER = {
    "Name": "insights {{ ds }}",
    "ReleaseLabel": "emr-7.14.0",
    "Applications": [{"Name": "Hadoop"}],
    "Instances": {
        "InstanceFleets": template("instance-fleets"),
        "Ec2SubnetIds": ["{{ var.value.insights_subnet }}"],
        "KeepJobFlowAliveWhenNoSteps": True,
        "TerminationProtected": False,
    },
    "Configurations": template("configurations"),
    "AutoTerminationPolicy": template("auto-termination-policy"),
    "BootstrapActions": [
        {
            "Name": "insights",
            "ScriptBootstrapAction": {"Path": "{{ var.value.insights_package.rpartition('/')[0] }}/install.sh", "Args": [PACKAGE]},
        }
    ],
    "LogUri": "{{ var.value.insights_log_uri }}",
    "ServiceRole": "{{ var.value.insights_service_role }}",
    "JobFlowRole": "{{ var.value.insights_instance_profile }}",
    "Tags": [{"Key": "for-use-with-amazon-emr-managed-policies", "Value": "true"}],
}

with DAG(
    dag_id="insights",
    schedule="0 4 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=5)},
):
    create = EmrCreateJobFlowOperator(task_id="create_cluster", job_flow_overrides=CLUSTER)
    terminate = EmrTerminateJobFlowOperator(task_id="terminate_cluster", job_flow_id=create.output)
    previous = create
    for name, words in TASKS.items():
        add = EmrAddStepsOperator(task_id=f"add_{name}", job_flow_id=create.output, steps=[step(name, words)])
        # A step that failed does not succeed by being asked again.
        wait = EmrStepSensor(
            task_id=f"wait_{name}", job_flow_id=create.output, step_id="{{ ti.xcom_pull(task_ids='add_%s')[0] }}" % name, retries=0
        )
        previous >> add >> wait
        previous = wait
    # A teardown runs whatever happened before it, and its success does not make a failed run look like a good one.
    previous >> terminate.as_teardown(setups=create)
