import Execution
import Foundation
import Testing
import WorkflowCore

@testable import KubernetesExecution

/// One call that goes wrong in one way.
struct FaultCell: CustomTestStringConvertible, Sendable {
  let call: Call
  let fault: Fault

  var testDescription: String { "\(fault.rawValue) of \(call.rawValue)" }

  static let all = Call.allCases.flatMap { call in Fault.allCases.map { FaultCell(call: call, fault: $0) } }
}

@Suite("Whatever a server answers")
struct FaultTests {
  @Test(
    "a call that fails, before or after its effect, runs the step once and loses nothing of it",
    arguments: FaultCell.all)
  func grid(_ cell: FaultCell) async throws {
    let fixture = try ExecutorFixture()
    fixture.cluster.fail(cell.call, cell.fault)
    let (executor, observations) = try await fixture.launch()
    let outcome = try await observations.outcome()
    #expect(outcome.ending == .exited(code: 0))
    #expect(outcome.parameters == [ParameterValue(name: "text", value: "text")])
    #expect(outcome.result == "hello\nworld")
    #expect(fixture.cluster.created.count == 1)
    #expect(fixture.log == "hello\nworld")
    await fixture.release(executor)
  }

  @Test("a create that fails three times over is repeated until the pod is there")
  func repeated() async throws {
    let fixture = try ExecutorFixture()
    for fault in [Fault.unavailable, .noAnswer, .tooManyRequests] { fixture.cluster.fail(.createPod, fault) }
    let (executor, observations) = try await fixture.launch()
    #expect(try await observations.outcome().ending == .exited(code: 0))
    #expect(fixture.cluster.count(of: .createPod) == 4)
    #expect(fixture.cluster.created.count == 1)
    await fixture.release(executor)
  }

  @Test("a pod of the same name that is somebody else's is left alone, and the step fails with its name")
  func foreign() async throws {
    let fixture = try ExecutorFixture()
    let other = Value.record(["metadata": .record(["name": "workflow-step-1", "namespace": "default"])])
    fixture.cluster.put(other)
    let (_, observations) = try await fixture.launch()
    guard case .error(let reason) = try await observations.outcome().ending else { throw Observed.Missing() }
    #expect(reason.contains("'workflow-step-1' is there already"))
    #expect(fixture.cluster.pods["workflow-step-1"]?[["metadata", "deletionTimestamp"]] == nil)
  }

  @Test("a pod of this run that was made from another launch is not taken for this one")
  func otherLaunch() async throws {
    let fixture = try ExecutorFixture()
    let record = try PodRecord(of: .pod { $0.args = ["something else"] }, helper: "helper")
    fixture.cluster.put(record.manifest)
    let (_, observations) = try await fixture.launch()
    guard case .error(let reason) = try await observations.outcome().ending else { throw Observed.Missing() }
    #expect(reason.contains("another launch"))
  }

  @Test("a quota that is used up delays the step until there is room")
  func quota() async throws {
    let fixture = try ExecutorFixture()
    fixture.cluster.refuseCreation(403, #"{"kind":"Status","message":"pods \"a\" is forbidden: exceeded quota: q"}"#)
    let (executor, observations) = try await fixture.launch()
    #expect(try await observations.delayed().contains("exceeded quota"))
    await executor.terminate(Launch.pod().attempt)
    #expect(try await observations.outcome().ending == .error("ended before it started"))
  }

  @Test("a pod that the server never takes fails the step at once, with the server's words", arguments: [403, 422])
  func refused(_ status: Int) async throws {
    let fixture = try ExecutorFixture()
    fixture.cluster.refuseCreation(status, #"{"kind":"Status","message":"spec.containers[0].image: Required"}"#)
    let (_, observations) = try await fixture.launch()
    guard case .error(let reason) = try await observations.outcome().ending else { throw Observed.Missing() }
    #expect(reason.contains("image: Required"))
  }

  @Test("a version that the server has forgotten leads to one list, and nothing is missed")
  func forgotten() async throws {
    let fixture = try ExecutorFixture(Fates.runs)
    let (executor, observations) = try await fixture.launch()
    try await observations.started()
    fixture.cluster.setDown(true)
    fixture.cluster.forgetVersions()
    fixture.cluster.update("workflow-step-1", status: Fates.ended(3, reason: "Error"))
    fixture.cluster.setDown(false)
    #expect(try await observations.outcome().ending == .exited(code: 0))  // the helper's word, which the log holds
    await fixture.release(executor)
  }

  @Test("events that come twice, or late, report one end")
  func repeatedEvents() async throws {
    let fixture = try ExecutorFixture()
    let (executor, observations) = try await fixture.launch()
    _ = try await observations.outcome()
    fixture.cluster.repeatEvents()
    await fixture.release(executor)
    #expect(await !observations.rest.contains { if case .ended = $0 { true } else { false } })
  }

  @Test("an executor that is started anew takes up the pod that runs, and starts none")
  func adoption() async throws {
    let fixture = try ExecutorFixture(Fates.runs)
    do {
      let (_, observations) = try await fixture.launch()
      try await observations.started()
    }
    let (executor, observations) = try await fixture.launch()
    try await observations.started()
    fixture.cluster.update("workflow-step-1", status: Fates.ended(0))
    #expect(try await observations.outcome().ending == .exited(code: 0))
    #expect(fixture.cluster.created.count == 1)
    await fixture.release(executor)
  }

  @Test("an outcome that was worked out is told again by the next executor, whatever has become of the pod")
  func kept() async throws {
    let fixture = try ExecutorFixture()
    let first = try await fixture.launch().observations.outcome()
    fixture.cluster.remove("workflow-step-1")
    let (executor, observations) = try await fixture.launch()
    #expect(try await observations.outcome() == first)
    #expect(fixture.cluster.created.count == 1)
    await fixture.release(executor)
  }
}
