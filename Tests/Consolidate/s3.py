#!/usr/bin/env python3
"""Checks tables in S3 against a server that is not ours and that checks every signature.

    s3.py CONSOLIDATE_BINARY MOTO_SERVER

Starts moto_server, makes a user whose keys every request has to be signed with, and merges into a bucket: commits by
conditional PUT, data files by Arrow. deltalake reads the table back; a topic of SNS, through a queue, gets the message.
"""

import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import boto3
import deltalake

import staged_run
from interoperability_tables import scores

POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


class Store:
    """moto_server with authentication on, from after its set-up."""

    # Calls of ours before the first that is checked: two for the bucket, three for the topic, three for the user.
    SETUP_CALLS = 8

    def __init__(self, program):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        environment = os.environ | {"INITIAL_NO_AUTH_ACTION_COUNT": str(self.SETUP_CALLS)}
        self.process = subprocess.Popen([program, "-H", "127.0.0.1", "-p", str(self.port)], env=environment,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.wait()
        self.set_up()

    def wait(self):
        for _ in range(200):
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                    return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("moto_server does not answer")

    def client(self, service, key="setup", secret="setup"):
        return boto3.client(service, endpoint_url=self.url, region_name="us-east-1", aws_access_key_id=key,
                            aws_secret_access_key=secret)

    def set_up(self):
        s3 = self.client("s3")
        s3.create_bucket(Bucket="lake")
        s3.list_buckets()
        self.topic = self.client("sns").create_topic(Name="batch")["TopicArn"]
        self.queue = self.client("sqs").create_queue(QueueName="batch")["QueueUrl"]
        self.client("sns").subscribe(TopicArn=self.topic, Protocol="sqs",
                                     Endpoint="arn:aws:sqs:us-east-1:123456789012:batch")
        iam = self.client("iam")
        iam.create_user(UserName="merger")
        iam.put_user_policy(UserName="merger", PolicyName="all", PolicyDocument=json.dumps(POLICY))
        key = iam.create_access_key(UserName="merger")["AccessKey"]
        self.key, self.secret = key["AccessKeyId"], key["SecretAccessKey"]

    @property
    def environment(self):
        return {"AWS_ACCESS_KEY_ID": self.key, "AWS_SECRET_ACCESS_KEY": self.secret, "AWS_REGION": "us-east-1",
                "AWS_ENDPOINT_URL": self.url}

    def keys(self):
        pages = self.client("s3", self.key, self.secret).get_paginator("list_objects_v2").paginate(Bucket="lake")
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def messages(self):
        sqs = self.client("sqs", self.key, self.secret)
        found = sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        return [json.loads(json.loads(m["Body"])["Message"]) for m in found.get("Messages", [])]


def consolidate(binary, store, *arguments, status=0, **environment):
    done = subprocess.run([binary, *arguments], capture_output=True, text=True,
                          env=os.environ | store.environment | environment)
    assert done.returncode == status, f"exit {done.returncode}: {done.stderr}"
    return done


def rows(store, table):
    options = {"AWS_ACCESS_KEY_ID": store.key, "AWS_SECRET_ACCESS_KEY": store.secret, "AWS_REGION": "us-east-1",
               "AWS_ENDPOINT_URL": store.url, "AWS_ALLOW_HTTP": "true"}
    return deltalake.DeltaTable(table, storage_options=options).to_pyarrow_table()


def main():
    binary, moto = sys.argv[1:]
    store = Store(moto)
    try:
        with tempfile.TemporaryDirectory() as directory:
            check(binary, store, pathlib.Path(directory))
    finally:
        store.process.terminate()
        store.process.wait()


def check(binary, store, root):
    table = "s3://lake/some/predictions"
    run = staged_run.make(root / "run", [[scores(0, 300), scores(300, 100)], [scores(400, 600)]])
    merge = ("merge", "--run-dir", str(run), "--table", table, "--partition", "date=2013-07-04", "--partition",
             "region=a b+é", "--notify", store.topic)
    consolidate(binary, store, *merge, CONSOLIDATE_FAILPOINT="none")
    assert rows(store, table).num_rows == 1000
    print("ok  a merge into a bucket is read back")

    assert "already merged as version 0" in consolidate(binary, store, *merge).stderr
    assert sum("_delta_log" in key for key in store.keys()) == 1
    print("ok  a rerun adds nothing")

    (message,) = store.messages()
    assert message["event"] == "batch_inference_complete" and message["bucket"] == "lake", message
    assert message["record_count"] == 1000 and message["prefix"].startswith("some/predictions/schema=v1/")
    print("ok  the topic got one message")

    consolidate(binary, store, "verify", "--table", table, "--run-dir", str(run), "--partition", "date=2013-07-04",
                "--partition", "region=a b+é")
    keys = store.keys()
    denied = consolidate(binary, store, *merge, status=75, AWS_SECRET_ACCESS_KEY="wrong")
    assert "403" in denied.stderr, denied.stderr
    assert store.keys() == keys
    print("ok  a wrong key is refused by the store, and said so")

    for path in sorted(run.rglob("*")):
        if path.is_file():
            store.client("s3", store.key, store.secret).upload_file(str(path), "lake", f"runs/r1/{path.relative_to(run)}")
    bucket_run = ("--run-dir", "s3://lake/runs/r1", "--table", "s3://lake/from-bucket")
    consolidate(binary, store, "merge", *bucket_run)
    assert "already merged" in consolidate(binary, store, "merge", *bucket_run).stderr
    assert rows(store, "s3://lake/from-bucket").num_rows == 1000
    consolidate(binary, store, "verify", *bucket_run)
    missing = consolidate(binary, store, "merge", "--run-dir", "s3://lake/runs/r2", *bucket_run[2:], status=66)
    assert "s3://lake/runs/r2/plan.json does not exist" in missing.stderr, missing.stderr
    print("ok  a run that lies in the bucket is merged from there")

    racing = [staged_run.make(root / f"day-{day}", [[scores(1000 * day, 50)]], date=f"2013-08-0{day}")
              for day in range(1, 5)]
    processes = [subprocess.Popen([binary, "merge", "--run-dir", str(day), "--table", "s3://lake/race"],
                                  stderr=subprocess.PIPE, text=True, env=os.environ | store.environment)
                 for day in racing * 2]
    for process in processes:
        _, errors = process.communicate()
        assert process.returncode == 0, errors
    assert rows(store, "s3://lake/race").num_rows == 200
    print("ok  eight merges at once, each day once")

    consolidate(binary, store, "delete-run", "--table", "s3://lake/race", "--batch", "2013-08-01/v1")
    assert rows(store, "s3://lake/race").num_rows == 150
    vacuum = consolidate(binary, store, "vacuum", "--table", "s3://lake/race", "--retention-hours", "0", "--force",
                         "--dry-run")
    assert "model_version=v1/date=2013-08-01" in vacuum.stdout, vacuum.stdout
    print("ok  a run is deleted, and a vacuum finds its file")


if __name__ == "__main__":
    main()
