"""An endpoint for EMR and S3: the moto server, which keeps clusters and objects but never runs a step, with a script for the rest.

    python emr_endpoint.py PORT

Each test has an access key of its own and tells by it what is to happen to its requests: PUT /scenario/KEY with a JSON object whose
members may all be missing:

    "clusters"   for each cluster that is created its states, one for each time that it is asked for; the last one stays. A state is
                 a text, or a list of state, reason code and message. Default: [["STARTING", "WAITING"]]
    "step"       the same for the step. Default: ["PENDING", "RUNNING", "COMPLETED"]
    "faults"     action, of EMR or of S3, to a list of faults, which the first requests for the action meet in turn; null lets one
                 pass. A fault has "status" and "code" of the answer, "message"; for EMR also "performed": whether the request is
                 performed although its answer is an error, and "seconds": how long the answer is held back
    "logs"       name to text: put into the log URI, compressed, when the step has ended
    "log_delay"  how many seconds later

GET /scenario/KEY gives the requests in turn: {"calls": [{"action": …, "request": …}]}. A request to S3 is told by its "bucket", its
"keys" and the "prefix", "acl" and "source" that it names.
"""
import gzip
import io
import json
import re
import sys
import threading
import time

from moto.backends import get_backend
from moto.server import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import run_simple
from werkzeug.wrappers import Request

ACCOUNT = "123456789012"
ENDED = ("COMPLETED", "FAILED", "CANCELLED", "INTERRUPTED")


class Scenario:
    def __init__(self, told):
        self.clusters = [list(states) for states in told.get("clusters", [["STARTING", "WAITING"]])]
        self.step = list(told.get("step", ["PENDING", "RUNNING", "COMPLETED"]))
        self.faults = {action: list(faults) for action, faults in told.get("faults", {}).items()}
        self.logs = told.get("logs", {})
        self.log_delay = told.get("log_delay", 0)
        self.calls = []
        self.created = {}  # id of a cluster to the request that created it
        self.states = {}  # id of a cluster to the states that it has not shown yet

    def fault(self, action):
        waiting = self.faults.get(action, [])
        return (waiting.pop(0) if waiting else None) or {}

    def add_cluster(self, cluster, request):
        index = min(len(self.created), len(self.clusters) - 1)
        self.created[cluster] = request
        self.states[cluster] = list(self.clusters[index])

    def put_logs(self, cluster, step):
        place = re.fullmatch(r"s3://([^/]+)/(.*)", self.created[cluster]["LogUri"])
        for name, text in self.logs.items():
            key = f"{place[2]}{cluster}/steps/{step}/{name}.gz"
            get_backend("s3")[ACCOUNT]["aws"].put_object(place[1], key, gzip.compress(text.encode()))


def next_state(states):
    """The next of some states, as the API has it: the last one stays."""
    state = states.pop(0) if len(states) > 1 else states[0]
    name, code, message = (state, "", "") if isinstance(state, str) else state
    return {"State": name, "StateChangeReason": {"Code": code, "Message": message} if code else {}}


def object_action(request, key):
    """The name that the API has for a request to S3."""
    query = request.args
    if request.method == "GET":
        return "GetObject" if key else "ListObjects"
    if request.method == "HEAD":
        return "HeadObject" if key else "HeadBucket"
    if request.method == "DELETE":
        return "AbortMultipartUpload" if "uploadId" in query else "DeleteObject"
    if request.method == "POST":
        if "delete" in query:
            return "DeleteObjects"
        return "CreateMultipartUpload" if "uploads" in query else "CompleteMultipartUpload"
    if "partNumber" in query:
        return "UploadPart"
    return "CopyObject" if "x-amz-copy-source" in request.headers else "PutObject"


class Endpoint:
    def __init__(self):
        self.moto = DomainDispatcherApplication(create_backend_app)
        self.scenarios = {}
        self.lock = threading.Lock()

    def __call__(self, environ, start_response):
        action = environ.get("HTTP_X_AMZ_TARGET", "").removeprefix("ElasticMapReduce.")
        scenario_key = environ["PATH_INFO"].partition("/scenario/")[2]
        if scenario_key:
            status, answer = 200, self.tell(scenario_key, environ)
        elif environ.get("HTTP_X_AMZ_TARGET", "").startswith("ElasticMapReduce."):
            key = re.search(r"Credential=([^/]+)/", environ["HTTP_AUTHORIZATION"])[1]
            status, answer = self.answer(action, self.scenarios.setdefault(key, Scenario({})), environ)
        else:
            return self.answer_for_objects(environ, start_response)
        body = json.dumps(answer).encode()
        start_response(f"{status} -", [("Content-Type", "application/x-amz-json-1.1"), ("Content-Length", str(len(body)))])
        return [body]

    def tell(self, key, environ):
        if environ["REQUEST_METHOD"] == "PUT":
            self.scenarios[key] = Scenario(json.loads(read(environ)))
        return {"calls": self.scenarios[key].calls}

    def answer(self, action, scenario, environ):
        body = read(environ)
        request = json.loads(body or b"{}")
        with self.lock:
            scenario.calls.append({"action": action, "request": request})
            fault = scenario.fault(action)
        status, answer = 200, {}
        if fault.get("performed") or "code" not in fault:
            with self.lock:
                status, answer = self.perform(action, scenario, request, dict(environ, **{"wsgi.input": io.BytesIO(body)}))
        time.sleep(fault.get("seconds", 0))
        if "code" in fault:
            return fault.get("status", 400), {"__type": fault["code"], "message": fault.get("message", "told so by a test")}
        return status, answer

    def perform(self, action, scenario, request, environ):
        if action == "ListInstanceFleets":
            return 200, {"InstanceFleets": scenario.created[request["ClusterId"]]["Instances"]["InstanceFleets"]}
        status, answer = self.ask_moto(environ)
        if status != 200:
            return status, answer
        if action == "RunJobFlow":
            scenario.add_cluster(answer["JobFlowId"], request)
        elif action == "DescribeCluster":
            # The client asks for the fleets, too, if the cluster has some.
            answer["Cluster"]["InstanceCollectionType"] = "INSTANCE_FLEET"
            if not answer["Cluster"]["Status"]["State"].startswith("TERMINAT"):
                answer["Cluster"]["Status"] = next_state(scenario.states[request["ClusterId"]])
        elif action == "DescribeStep":
            answer["Step"]["Status"] = next_state(scenario.step)
            if answer["Step"]["Status"]["State"] in ENDED:
                logs = threading.Timer(scenario.log_delay, scenario.put_logs, [request["ClusterId"], request["StepId"]])
                logs.start()
        return status, answer

    def answer_for_objects(self, environ, start_response):
        """Moto's answer, unless a test wants another one. Requests without a signature are those of the tests themselves."""
        signed = re.search(r"Credential=([^/]+)/\d+/[^/]+/s3/", environ.get("HTTP_AUTHORIZATION", ""))
        if not signed:
            return self.moto(environ, start_response)
        request = Request(environ)
        bucket, _, key = request.path.lstrip("/").partition("/")
        action, keys = object_action(request, key), [key]
        if action == "DeleteObjects":
            body = read(environ)
            environ["wsgi.input"] = io.BytesIO(body)
            keys = re.findall(r"<Key>([^<]*)</Key>", body.decode())
        told = {"bucket": bucket, "keys": keys, "prefix": request.args.get("prefix", "")}
        told.update(acl=request.headers.get("x-amz-acl"), source=request.headers.get("x-amz-copy-source"))
        with self.lock:
            scenario = self.scenarios.setdefault(signed[1], Scenario({}))
            scenario.calls.append({"action": action, "request": told})
            fault = scenario.fault(action)
        if "code" not in fault:
            return self.moto(environ, start_response)
        body = f"<Error><Code>{fault['code']}</Code><Message>{fault.get('message', 'told so by a test')}</Message></Error>".encode()
        start_response(f"{fault.get('status', 403)} -", [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
        return [body]

    def ask_moto(self, environ):
        told = {}

        def start_response(status, _headers, _error=None):
            told["status"] = int(status.split()[0])

        body = b"".join(self.moto(environ, start_response))
        return told["status"], json.loads(body or b"{}")


def read(environ):
    return environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))


if __name__ == "__main__":
    run_simple("127.0.0.1", int(sys.argv[1]), Endpoint(), threaded=True, request_handler=MotoRequestHandler)
