"""Will this flight leave late? Data, model, service and retraining of one small production system."""

import atexit
import gc
import os

# Nothing here reports home unless you decide so (set the variable yourself and it wins).
for _name, _value in {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "BENTOML_DO_NOT_TRACK": "True",
    "DO_NOT_TRACK": "true",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DVC_NO_ANALYTICS": "1",
}.items():
    os.environ.setdefault(_name, _value)
# Models are skops files with an explicit list of types; nothing may fall back to pickle.
os.environ.setdefault("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
# One thread fits this model in 2 s, whatever the number of cores. Two threads beside another busy process
# were measured at 24 s: they spin while they wait. For much more data, set the variable yourself.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# A start imports two thousand modules, and all they make stays. Looking through it for garbage again and again, and
# once more at the end, took a fifth to a third of a command's time.
gc.set_threshold(20_000, 10, 10)
atexit.register(gc.freeze)
