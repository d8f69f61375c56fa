import Execution
import Foundation
import Testing
import WorkflowCore

@testable import KubernetesExecution

@Suite("Whatever becomes of a pod")
struct PodFateTests {
  private func end(_ statuses: Value...) async throws -> (ExecutorFixture, KubernetesExecutor, Outcome) {
    let fixture = try ExecutorFixture { _ in statuses }
    let (executor, observations) = try await fixture.launch { launch in
      launch.capturesResult = false
      launch.outputFiles = []
      // Without a command the helper does not stand before it, and the kubelet's word counts.
      launch.command = []
    }
    return (fixture, executor, try await observations.outcome())
  }

  @Test("an exit code is reported as the step's own", arguments: [0, 1, 7, 127])
  func exit(_ code: Int64) async throws {
    let (fixture, executor, outcome) = try await end(Fates.running, Fates.ended(code))
    #expect(outcome.ending == .exited(code: Int32(code)))
    #expect(outcome.startedAt?.rfc3339 == "2026-01-01T00:00:00Z")
    #expect(outcome.finishedAt?.rfc3339 == "2026-01-01T00:00:09Z")
    await fixture.release(executor)
  }

  @Test("a step out of memory, too late, or killed is told apart")
  func killed() async throws {
    #expect(try await end(Fates.running, Fates.ended(137, reason: "OOMKilled")).2.ending == .outOfMemory)
    #expect(try await end(Fates.running, Fates.failed("DeadlineExceeded")).2.ending == .deadlineExceeded)
    #expect(try await end(Fates.running, Fates.ended(137, reason: "Error")).2.ending == .signaled(9))
    #expect(
      try await end(Fates.ended(128, reason: "StartError", message: "no such program")).2.ending
        == .notStarted("no such program"))
  }

  @Test(
    "a pod that the cluster takes away is made anew, under another name",
    arguments: ["Evicted", "Preempting", "NodeShutdown", "NodeLost", "UnexpectedAdmissionError", "OutOfcpu"])
  func evicted(_ reason: String) async throws {
    let fixture = try ExecutorFixture { pod in
      let isFirst = pod[["metadata", "name"]] == "workflow-step-1"
      return isFirst ? [Fates.running, Fates.failed(reason)] : [Fates.running, Fates.ended(0)]
    }
    let (executor, observations) = try await fixture.launch()
    #expect(try await observations.outcome().ending == .exited(code: 0))
    #expect(fixture.cluster.created == ["workflow-step-1", "workflow-step-1-r1"])
    await fixture.release(executor)
  }

  @Test("a pod that is taken away again and again is lost after three replacements")
  func evictedForever() async throws {
    let fixture = try ExecutorFixture { _ in [Fates.running, Fates.failed("Evicted")] }
    let (executor, observations) = try await fixture.launch()
    #expect(try await observations.outcome().ending == .lost("Evicted: said the kubelet"))
    #expect(fixture.cluster.created.count == 4)
    await fixture.release(executor)
  }

  @Test("a deletion that ends a pod, or that the kubelet confirms without a word of its end, is no failure of the step")
  func deletions() {
    func pod(_ status: Value, grace: Int64) -> Value {
      let metadata = Value.record([
        "deletionTimestamp": "2026-01-01T00:00:08Z", "deletionGracePeriodSeconds": .int(grace),
      ])
      return .record(["metadata": metadata, "spec": .record(["nodeName": "n"]), "status": status])
    }
    let killed = Fates.ended(143, reason: "Error")
    #expect(PodStanding(of: pod(killed, grace: 30)) == .ended(.evicted("its pod was deleted while it ran")))
    guard case .ended(.main) = PodStanding(of: pod(Fates.ended(0), grace: 30)) else {
      Issue.record("a step that was done is done")
      return
    }
    let starting = Fates.main(.record(["waiting": .record(["reason": "ContainerCreating"])]), phase: "Pending")
    #expect(PodStanding(of: pod(starting, grace: 0)) == .ended(.evicted("its pod was deleted as it started")))
    #expect(PodStanding(of: pod(Fates.running, grace: 0)) == .running)
  }

  @Test("a container that the node could not start has not run, and is made anew; its start is no time of 1970")
  func unstarted() throws {
    let status = Fates.ended(128, reason: "StartError", message: "runc create failed")
    let pod = try PodBuilder(launch: .pod(), helper: "helper", replacement: 0).pod().setting("status", status)
    #expect(PodStanding(of: pod) == .ended(.evicted("StartError: runc create failed")))
    #expect(MainEnding.time("1970-01-01T00:00:00Z") == nil)
  }

  @Test("a newer cluster names a disruption in a condition")
  func disruption() {
    let condition = Value.record([
      "type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler", "message": "made room",
    ])
    let pod = Value.record(["status": Fates.ended(143).setting("conditions", .array([condition]))])
    #expect(PodStanding(of: pod) == .ended(.evicted("PreemptionByScheduler: made room")))
  }

  @Test("a pod whose image can never be had fails the step; one that may still come delays it")
  func images() async throws {
    @Sendable func waiting(_ reason: String) -> Value {
      Fates.main(.record(["waiting": .record(["reason": .string(reason), "message": "busybx"])]), phase: "Pending")
    }
    #expect(try await end(waiting("InvalidImageName")).2.ending == .error("InvalidImageName: busybx"))
    let fixture = try ExecutorFixture { _ in [waiting("ImagePullBackOff")] }
    let (executor, observations) = try await fixture.launch()
    #expect(try await observations.delayed() == "ImagePullBackOff: busybx")
    fixture.cluster.update("workflow-step-1", status: Fates.ended(0))
    #expect(try await observations.outcome().ending == .exited(code: 0))
    await fixture.release(executor)
  }

  @Test("a pod that no node has room for says so")
  func unschedulable() async throws {
    let condition = Value.record([
      "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes: 1 Insufficient gpu.",
    ])
    let status = Value.record(["phase": "Pending", "conditions": .array([condition])])
    let fixture = try ExecutorFixture { _ in [status] }
    let (_, observations) = try await fixture.launch()
    #expect(try await observations.delayed() == "Unschedulable: 0/1 nodes: 1 Insufficient gpu.")
    // Until here the API server has to answer.
    withExtendedLifetime(fixture) {}
  }

  @Test("a pod that vanishes while it runs is lost, and is not run again")
  func vanished() async throws {
    let fixture = try ExecutorFixture(Fates.runs)
    let (_, observations) = try await fixture.launch {
      $0.command = []; $0.capturesResult = false; $0.outputFiles = []
    }
    try await observations.started()
    fixture.cluster.remove("workflow-step-1")
    #expect(try await observations.outcome().ending == .lost("its pod was removed before it ended"))
    #expect(fixture.cluster.created.count == 1)
  }

  @Test("what a step handed over counts, although its pod was deleted at once afterwards")
  func deletedAfterwards() async throws {
    let fixture = try ExecutorFixture(Fates.runs)
    let (_, observations) = try await fixture.launch()
    _ = try await observations.first("its progress") { if case .progressed = $0 { true } else { false } }
    fixture.cluster.remove("workflow-step-1")
    let outcome = try await observations.outcome()
    #expect(outcome.ending == .exited(code: 0))
    #expect(outcome.result == "hello\nworld")
  }

  @Test("a termination message makes up for a log that is gone")
  func message() async throws {
    let mark = PodBuilder(launch: .pod(), helper: "", replacement: 0).mark
    let frames = "\u{1E}\(mark) o 0 aGk=\n\u{1E}\(mark) r eW91\n\u{1E}\(mark) e exited 0 1 2\n"
    let fixture = try ExecutorFixture { _ in [Fates.ended(0, message: frames)] }
    for _ in 0..<9 { fixture.cluster.fail(.readLog, .gatewayTimeout) }
    let (_, observations) = try await fixture.launch()
    let outcome = try await observations.outcome()
    #expect(outcome.result == "you")
    #expect(outcome.parameters == [ParameterValue(name: "text", value: "hi")])
  }

  @Test("a step that is asked to end is deleted, and its end reported")
  func terminated() async throws {
    let fixture = try ExecutorFixture(Fates.runs)
    let (executor, observations) = try await fixture.launch {
      ($0.command, $0.capturesResult, $0.outputFiles) = ([], false, [])
    }
    try await observations.started()
    await executor.terminate(Launch.pod().attempt)
    #expect(try await observations.outcome().ending == .signaled(9))
    await fixture.release(executor)
  }
}
