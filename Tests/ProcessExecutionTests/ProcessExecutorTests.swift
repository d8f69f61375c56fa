import Execution
import Foundation
import Testing

@testable import ProcessExecution
@testable import WorkflowCore

/// Attempts as processes of this machine, under the real supervisor.
struct ProcessExecutorTests {
  @Test("an attempt is started, then ends with its exit code, outputs and result")
  func life() async throws {
    let fixture = try ExecutorFixture()
    let (executor, observations) = try fixture.start()
    let script = "echo result; echo log >&2; echo text > out; printf raw > raw; exit 3"
    try await executor.ensureLaunched(
      .shell(script).with {
        $0.capturesResult = true
        $0.outputFiles = [
          OutputFile(parameter: "text", path: "out"), OutputFile(parameter: "gone", path: "gone"),
          OutputFile(parameter: "raw", path: "raw"),
        ]
      })
    try await observations.started()
    let outcome = try await observations.outcome()
    #expect(outcome.ending == .exited(code: 3))
    #expect(outcome.result == "result")
    #expect(
      outcome.parameters == [ParameterValue(name: "text", value: "text"), ParameterValue(name: "raw", value: "raw")])
    #expect(await observations.rest.isEmpty)
  }

  @Test("bytes that are no text are replaced in outputs and results, and so is NUL")
  func oddOutputs() async throws {
    let fixture = try ExecutorFixture()
    let (executor, observations) = try fixture.start()
    try await executor.ensureLaunched(
      .shell(#"printf 'a\000b\377c\n\n'; printf '\000' > out"#).with {
        $0.capturesResult = true
        $0.outputFiles = [OutputFile(parameter: "out", path: "out")]
      })
    let outcome = try await observations.outcome()
    #expect(outcome.result == "a\u{FFFD}b\u{FFFD}c\n")
    #expect(outcome.parameters["out"] == "\u{FFFD}")
  }

  @Test("of a long result the end is kept, of a long output the beginning")
  func longOutputs() async throws {
    let fixture = try ExecutorFixture()
    let (executor, observations) = try fixture.start()
    let script = "head -c 300000 /dev/zero | tr '\\0' x > out; cat out; printf end; printf more >> out"
    try await executor.ensureLaunched(
      .shell(script).with {
        $0.capturesResult = true
        $0.outputFiles = [OutputFile(parameter: "out", path: "out")]
      })
    let outcome = try await observations.outcome()
    #expect(outcome.result?.utf8.count == AttemptDirectory.textLimit)
    #expect(outcome.result?.hasSuffix("xend") == true)
    #expect(outcome.parameters["out"] == String(repeating: "x", count: AttemptDirectory.textLimit))
  }

  @Test("asking for an attempt twice starts it once")
  func launchedTwice() async throws {
    let fixture = try ExecutorFixture()
    let (executor, observations) = try fixture.start()
    let (gate, ledger) = (try fixture.gate(), fixture.folder.path + "/ledger")
    let launch = Launch.shell("echo begun >> $2; read line < $1.go", gate.path, ledger)
    try await executor.ensureLaunched(launch)
    try await executor.ensureLaunched(launch)
    try await observations.started()
    try await executor.ensureLaunched(launch)
    gate.open()
    #expect(try await observations.outcome().ending == .exited(code: 0))
    try await executor.ensureLaunched(launch)
    #expect(try await observations.outcome().ending == .exited(code: 0))
    #expect(try fixture.folder.text("ledger") == "begun\n")
    #expect(await observations.rest.isEmpty)
  }

  @Test("inspection tells the truth at each stage")
  func inspection() async throws {
    let fixture = try ExecutorFixture()
    let (executor, observations) = try fixture.start()
    #expect(try await executor.inspect(attemptID(0)) == .unknown)
    let gate = try fixture.gate()
    try await executor.ensureLaunched(.shell("echo ready > $1; read line < $1.go; exit 4", gate.path))
    _ = try await gate.message()
    #expect(try await executor.inspect(attemptID(0)) == .running)
    gate.open()
    let outcome = try await observations.outcome()
    #expect(try await executor.inspect(attemptID(0)) == .ended(outcome))
  }

  @Test("a script is run from a file")
  func script() async throws {
    let fixture = try ExecutorFixture()
    let (executor, observations) = try fixture.start()
    try await executor.ensureLaunched(
      .shell("").with {
        $0.command = ["/bin/sh"]
        $0.source = "#!/bin/sh\necho \"é $ORCHESTRATE_NODE_KEY\"\n"
      })
    #expect(try await observations.outcome().ending == .exited(code: 0))
    #expect(try fixture.log() == "é run/workflow.step\n")
  }

  @Test("progress that a step writes is reported while it runs")
  func progress() async throws {
    let fixture = try ExecutorFixture()
    let (executor, observations) = try fixture.start()
    let gate = try fixture.gate()
    let script = """
      for n in 1 2; do echo "$n/2" > progress.new; mv progress.new "$ARGO_PROGRESS_FILE"; read line < $1.go; done
      """
    try await executor.ensureLaunched(.shell(script, gate.path))
    try await observations.started()
    #expect(try await observations.progress() == Progress(done: 1, total: 2))
    gate.open()
    #expect(try await observations.progress() == Progress(done: 2, total: 2))
    gate.open()
    _ = try await observations.outcome()
  }

  @Test(
    "progress that is no progress is left out",
    arguments: ["", "1", "1/2/3", "a/b", "-1/2", "3/2", "1/99999999999999999999"])
  func notProgress(text: String) throws {
    let fixture = try ExecutorFixture()
    try FileManager.default.createDirectory(atPath: fixture.directory().path, withIntermediateDirectories: true)
    try text.write(toFile: fixture.directory().progress, atomically: false, encoding: .utf8)
    #expect(fixture.directory().readProgress() == nil)
  }

  @Test("an attempt that runs is asked to end, and its end is reported")
  func terminate() async throws {
    let fixture = try ExecutorFixture()
    let (executor, observations) = try fixture.start()
    let gate = try fixture.gate()
    try await executor.ensureLaunched(.shell("echo ready > $1; while :; do read line < $1.go; done", gate.path))
    _ = try await gate.message()
    try await executor.terminate(attemptID(0))
    #expect(try await observations.outcome().ending == .signaled(SIGTERM))
  }

  @Test("an attempt that still waits ends without having started, and lets those behind it pass")
  func terminateWaiting() async throws {
    let fixture = try ExecutorFixture()
    let (executor, observations) = try fixture.start()
    let gate = try fixture.gate()
    try await executor.ensureLaunched(.shell("read line < $1.go", gate.path, number: 0, requests: ["cpu": 1000]))
    try await executor.ensureLaunched(.shell("true", number: 1, requests: ["cpu": 2000]))
    try await executor.ensureLaunched(.shell("true", number: 2, requests: ["cpu": 1000]))
    #expect(try await observations.delayed(1) == "waits for cpu on this machine")
    try await executor.terminate(attemptID(1))
    #expect(try await observations.outcome(1).ending == .error("ended before it started"))
    #expect(try await observations.outcome(2).ending == .exited(code: 0))
    #expect(fixture.directory(1).state().word == "absent")
    gate.open()
    #expect(try await observations.outcome(0).ending == .exited(code: 0))
  }

  @Test("attempts that ended, or that nobody knows, are left alone")
  func terminateLate() async throws {
    let fixture = try ExecutorFixture()
    let (executor, observations) = try fixture.start()
    try await executor.ensureLaunched(.shell("exit 2"))
    #expect(try await observations.outcome().ending == .exited(code: 2))
    try await executor.terminate(attemptID(0))
    try await executor.terminate(attemptID(9))
    guard case .ended(let outcome) = try await executor.inspect(attemptID(0)) else {
      Issue.record("the attempt has not ended")
      return
    }
    #expect(outcome.ending == .exited(code: 2))
  }

  @Test(
    "what only the running step needed goes when it is released; its log stays",
    arguments: canMount ? [false, true] : [false])
  func release(isPrivate: Bool) async throws {
    let fixture = try ExecutorFixture()
    fixture.settings.isPrivate = isPrivate
    let (executor, observations) = try fixture.start()
    let path = "/tmp/orchestrate-output-\(UUID().uuidString)"
    defer { unlink(path) }
    try await executor.ensureLaunched(
      .shell("echo log; echo x > $1", path).with { $0.outputFiles = [OutputFile(parameter: "x", path: path)] })
    let outcome = try await observations.outcome()
    try await executor.release(attemptID(0))
    try await executor.release(attemptID(0))
    let left = try FileManager.default.contentsOfDirectory(atPath: fixture.directory().path).sorted()
    #expect(left == ["claim", "exit.json", "main.log", "supervisor.log"])
    #expect(outcome.parameters == [ParameterValue(name: "x", value: "x")])
    guard case .ended(let known) = try await executor.inspect(attemptID(0)) else {
      Issue.record("a released attempt is still known to have ended")
      return
    }
    #expect(known.ending == outcome.ending)
  }

  @Test("a supervisor that is not there is said at once, with what to build")
  func missingSupervisor() throws {
    let fixture = try ExecutorFixture()
    fixture.settings.supervisor = "/no/such/supervisor"
    let error = #expect(throws: ExecutionError.self) { try ProcessExecutor(fixture.settings) }
    #expect(
      error?.message == "the supervisor is missing: /no/such/supervisor (build the product orchestrate-supervisor)")
  }

  @Test("what the machine cannot start now waits, says why, and starts when it can")
  func unavailable() async throws {
    let fixture = try ExecutorFixture()
    let (executor, observations) = try fixture.start()
    // A file in the place of the folder of attempts: nothing can be written there until it goes.
    try fixture.folder.write("", to: "runs")
    try await executor.ensureLaunched(.shell("exit 6"))
    #expect(try await observations.delayed(0).hasPrefix("cannot write \(fixture.directory().path): "))
    try FileManager.default.removeItem(atPath: fixture.settings.root)
    #expect(try await observations.outcome().ending == .exited(code: 6))
  }
}
