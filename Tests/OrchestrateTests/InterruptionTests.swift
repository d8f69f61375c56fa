import Foundation
import Testing
import WorkflowCore

/// What becomes of steps when the program that started them goes.
@Suite(.timeLimit(.minutes(2)))
struct InterruptionTests {
  private static let waitingStep = "echo begun >> ledger; echo $$ > gate; read line < gate.go; echo ended >> ledger"

  /// A workplace with a run whose step has begun and waits.
  private func begun() async throws -> (workplace: Workplace, gate: Gate, submit: Running, step: pid_t) {
    let workplace = try Workplace()
    let gate = try Gate(in: workplace)
    try workplace.write(shellWorkflow(Self.waitingStep), to: "one.yaml")
    let submit = try workplace.start("submit", "one.yaml")
    let step = try #require(pid_t(try await gate.message()))
    return (workplace, gate, submit, step)
  }

  @Test("a step outlives a submit that is killed, and the next engine carries the run to success with the same process")
  func killed() async throws {
    let (workplace, gate, submit, step) = try await begun()
    submit.signal(SIGKILL)
    #expect(try await submit.finished().status == -SIGKILL)
    #expect(kill(step, 0) == 0)
    #expect(try await workplace.run("get", "one", "-o", "json").json["status"]?["phase"] == "Running")

    let engine = try workplace.start("engine", "--until-idle")
    gate.open()
    let result = try await engine.finished()
    #expect(result.status == 0, "\(result.error)")
    #expect(try await workplace.run("list", "--completed").output.contains("Succeeded"))
    #expect(try workplace.text("ledger") == "begun\nended\n")
    #expect(kill(step, 0) != 0)
  }

  @Test("a step that ends while nobody looks has succeeded all the same")
  func endedUnseen() async throws {
    let (workplace, gate, submit, step) = try await begun()
    submit.signal(SIGKILL)
    _ = try await submit.finished()
    gate.open()
    try await workplace.stepEnds()
    #expect(kill(step, 0) != 0)
    #expect(try await workplace.run("engine", "--until-idle").status == 0)
    #expect(try await workplace.run("get", "one", "-o", "json").json["status"]?["phase"] == "Succeeded")
    #expect(try workplace.text("ledger") == "begun\nended\n")
  }

  @Test("Ctrl-C leaves with 130 and says how to go on; the step goes on", arguments: [SIGINT, SIGTERM])
  func interrupted(signal: Int32) async throws {
    let (workplace, gate, submit, step) = try await begun()
    submit.signal(signal)
    let left = try await submit.finished()
    #expect(left.status == 130)
    #expect(left.output.isEmpty)
    #expect(
      left.error.hasSuffix("left 'one': running steps go on; 'orchestrate engine --until-idle' carries on from here\n"))
    #expect(kill(step, 0) == 0)
    gate.open()
    #expect(try await workplace.run("engine", "--until-idle").status == 0)
    #expect(try workplace.text("ledger") == "begun\nended\n")
  }

  @Test("an engine that is left by Ctrl-C says so too")
  func interruptedEngine() async throws {
    let (workplace, gate, submit, _) = try await begun()
    submit.signal(SIGKILL)
    _ = try await submit.finished()
    let engine = try workplace.start("engine", "--until-idle")
    try await engine.says("one  one  Running")
    engine.signal(SIGINT)
    #expect(try await engine.finished().status == 130)
    gate.open()
    #expect(try await workplace.run("engine", "--until-idle").status == 0)
  }

  @Test("a run that cannot be read does not hold up the others; the engine names it and exits with 1")
  func unreadableRun() async throws {
    let (workplace, gate, submit, _) = try await begun()
    submit.signal(SIGKILL)
    _ = try await submit.finished()
    let insert = """
      INSERT INTO runs (uid, name, namespace, phase, created_at, manifest, parameters, directory)
      VALUES ('broken', 'broken', 'default', 'Pending', 1, '{}', '[]', '/')
      """
    let sqlite = Process()
    sqlite.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    sqlite.arguments = ["sqlite3", workplace.path + "/.orchestrate/state.db", insert]
    try sqlite.run()
    sqlite.waitUntilExit()
    gate.open()
    let result = try await workplace.run("engine", "--until-idle")
    #expect(result.status == 1)
    #expect(result.error.contains("warning: run broken is left as it is: "))
    #expect(try await workplace.run("get", "one", "-o", "json").json["status"]?["phase"] == "Succeeded")
  }
}

extension Workplace {
  /// Waits until the one step of the one run has ended: its supervisor lets go of a lock then.
  fileprivate func stepEnds() async throws {
    let runs = path + "/.orchestrate/runs"
    let claim = try #require(FileManager.default.subpaths(atPath: runs)?.first { $0.hasSuffix("/claim") })
    let descriptor = open("\(runs)/\(claim)", O_RDONLY | O_CLOEXEC)
    try #require(descriptor >= 0)
    await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        flock(descriptor, LOCK_SH)
        close(descriptor)
        continuation.resume()
      }
    }
  }
}
