import Execution
import Foundation
import Testing

@testable import ProcessExecution
@testable import WorkflowCore

/// A second executor over the same attempts: what an engine finds when it is started again.
struct AdoptionTests {
  @Test("a step that runs is adopted: the same process, and its outcome when it ends")
  func running() async throws {
    let fixture = try ExecutorFixture()
    let gate = try fixture.gate()
    let launch = Launch.shell("echo $$ > $1; read line < $1.go; echo result; exit 5", gate.path).with {
      $0.capturesResult = true
    }
    try await fixture.start().executor.ensureLaunched(launch)
    let step = try ProcessHandle(try await gate.number())

    let (executor, observations) = try fixture.start()
    try await executor.ensureLaunched(launch)
    try await observations.started()
    #expect(!step.hasEnded)
    gate.open()
    let outcome = try await observations.outcome()
    #expect(outcome.ending == .exited(code: 5))
    #expect(outcome.result == "result")
    #expect(step.hasEnded)
  }

  @Test("an adopted step can be ended")
  func terminated() async throws {
    let fixture = try ExecutorFixture()
    let gate = try fixture.gate()
    let launch = Launch.shell("echo ready > $1; while :; do read line < $1.go; done", gate.path)
    try await fixture.start().executor.ensureLaunched(launch)
    _ = try await gate.message()

    let (executor, observations) = try fixture.start()
    try await executor.ensureLaunched(launch)
    try await executor.terminate(attemptID(0))
    #expect(try await observations.outcome().ending == .signaled(SIGTERM))
  }

  @Test("progress that was written before is reported to whoever adopts")
  func progress() async throws {
    let fixture = try ExecutorFixture()
    let gate = try fixture.gate()
    let launch = Launch.shell("echo 3/7 > $ARGO_PROGRESS_FILE; echo ready > $1; read line < $1.go", gate.path)
    try await fixture.start().executor.ensureLaunched(launch)
    _ = try await gate.message()

    let (executor, observations) = try fixture.start()
    try await executor.ensureLaunched(launch)
    #expect(try await observations.progress() == Progress(done: 3, total: 7))
    gate.open()
    _ = try await observations.outcome()
  }

  @Test("a step that ended while nobody watched is reported as it ended")
  func ended() async throws {
    let fixture = try ExecutorFixture()
    let launch = Launch.shell("exit 9")
    let (first, observed) = try fixture.start()
    try await first.ensureLaunched(launch)
    let outcome = try await observed.outcome()

    let (executor, observations) = try fixture.start()
    try await executor.ensureLaunched(launch)
    #expect(try await observations.outcome() == outcome)
    #expect(try await executor.inspect(attemptID(0)) == .ended(outcome))
  }

  @Test("a step whose supervisor was killed is lost, and is never started again")
  func abandoned() async throws {
    let fixture = try ExecutorFixture()
    let (gate, ledger) = (try fixture.gate(), fixture.folder.path + "/ledger")
    let launch = Launch.shell("echo begun >> $2; echo ready > $1; read line < $1.go", gate.path, ledger)
    let (first, observed) = try fixture.start()
    try await first.ensureLaunched(launch)
    _ = try await gate.message()
    try fixture.supervisor().signal(SIGKILL)
    #expect(try await observed.outcome().ending == .lost("its supervisor was killed"))

    let (executor, observations) = try fixture.start()
    try await executor.ensureLaunched(launch)
    #expect(try await observations.outcome().ending == .lost("its supervisor is gone"))
    #expect(try fixture.folder.text("ledger") == "begun\n")
  }

  @Test("adopted steps hold their share of the machine, GPUs included")
  func slots() async throws {
    let fixture = try ExecutorFixture(gpus: 2)
    let (gate, other) = (try fixture.gate(), try fixture.gate("other"))
    let script = "echo \"$CUDA_VISIBLE_DEVICES\" > $1; read line < $1.go"
    let launch = Launch.shell(script, gate.path, number: 0, requests: ["cpu": 1500, "nvidia.com/gpu": 1000])
    try await fixture.start().executor.ensureLaunched(launch)
    #expect(try await gate.message() == "0")

    let (executor, observations) = try fixture.start()
    try await executor.ensureLaunched(launch)
    try await executor.ensureLaunched(
      .shell(script, other.path, number: 1, requests: ["cpu": 100, "nvidia.com/gpu": 1000]))
    #expect(try await other.message() == "1")
    try await executor.ensureLaunched(.shell("true", number: 2, requests: ["cpu": 1000]))
    #expect(try await observations.delayed(2) == "waits for cpu on this machine")
    gate.open()
    #expect(try await observations.outcome(2).ending == .exited(code: 0))
    other.open()
    _ = try await observations.outcome(1)
  }

  @Test("two executors that start the same attempt at once run it once, and both hear how it ended")
  func race() async throws {
    for _ in 0..<5 {
      let fixture = try ExecutorFixture()
      let launch = Launch.shell("echo begun >> $1; exit 7", fixture.folder.path + "/ledger")
      let (one, two) = (try fixture.start(), try fixture.start())
      async let first: Void = one.executor.ensureLaunched(launch)
      async let second: Void = two.executor.ensureLaunched(launch)
      _ = try await (first, second)
      #expect(try await one.observations.outcome().ending == .exited(code: 7))
      #expect(try await two.observations.outcome().ending == .exited(code: 7))
      #expect(try fixture.folder.text("ledger") == "begun\n")
    }
  }
}
