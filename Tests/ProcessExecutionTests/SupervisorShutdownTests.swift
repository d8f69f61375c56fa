import CLinux
import Foundation
import Testing

@testable import ProcessExecution

/// Ending a step, and everything that came of it.
struct SupervisorShutdownTests {
  /// Says that it is ready, then waits for ever.
  private func waiting(_ preparation: String, _ supervision: Supervision) throws -> (step: Supervision.Step, gate: Gate)
  {
    let gate = try supervision.gate()
    return (.shell("\(preparation); echo ready > $1; while :; do read line < $1.go; done", gate.path), gate)
  }

  @Test("SIGTERM to the supervisor reaches the step, which may end as it likes")
  func politeEnd() async throws {
    let supervision = try Supervision()
    let (step, gate) = try waiting("trap 'echo bye; exit 7' TERM", supervision)
    let supervisor = try supervision.start(step)
    _ = try await gate.message()
    supervisor.signal(SIGTERM)
    #expect(try await supervision.report().outcomeEnding == .exited(code: 7))
    #expect(try supervision.log == "bye\n")
  }

  @Test("a step that ignores SIGTERM is killed after the grace, not before")
  func forcedEnd() async throws {
    let supervision = try Supervision()
    let (step, gate) = try waiting("trap '' TERM", supervision)
    let supervisor = try supervision.start(step.with { $0.grace = 150 })
    _ = try await gate.message()
    let asked = Date()
    supervisor.signal(SIGTERM)
    #expect(try await supervision.report().outcomeEnding == .signaled(SIGKILL))
    #expect(Date().timeIntervalSince(asked) >= 0.15)
  }

  @Test("asking twice does not start the grace anew")
  func askedTwice() async throws {
    let supervision = try Supervision()
    // The step answers late, so that the second request comes well into the grace.
    let (step, gate) = try waiting("trap 'sleep 0.2; echo asked > $1' TERM", supervision)
    let supervisor = try supervision.start(step.with { $0.grace = 500 })
    _ = try await gate.message()
    supervisor.signal(SIGTERM)
    #expect(try await gate.message() == "asked")
    let askedAgain = Date()
    supervisor.signal(SIGTERM)
    let report = try await supervision.report()
    #expect(report.outcomeEnding == .signaled(SIGKILL))
    #expect(Double(report.finishedMilliseconds) / 1000 - askedAgain.timeIntervalSince1970 < 0.5)
  }

  @Test("a step over its deadline that ignores SIGTERM is killed after the grace, and the deadline is to blame")
  func forcedDeadline() async throws {
    let supervision = try Supervision()
    let (step, _) = try waiting("trap '' TERM", supervision)
    let report = try await supervision.run(step.with { ($0.deadline, $0.grace) = (50, 50) })
    #expect(report.outcomeEnding == .deadlineExceeded)
    #expect(report.finishedMilliseconds - report.startedMilliseconds >= 100)
  }

  @Test("a step that stopped itself ends all the same")
  func stoppedStep() async throws {
    let supervision = try Supervision()
    let gate = try supervision.gate()
    let supervisor = try supervision.start(.shell("echo $$ > $1; kill -STOP $$; read line < $1.go", gate.path))
    let step = try ProcessHandle(try await gate.number())
    supervisor.signal(SIGTERM)
    #expect(await step.ends())
    #expect(try await supervision.report().outcomeEnding == .signaled(SIGTERM))
  }

  @Test("a request that comes before the step has started is not lost")
  func earlyRequest() async throws {
    for _ in 0..<20 {
      let supervision = try Supervision()
      let (step, _) = try waiting(":", supervision)
      try supervision.start(step).signal(SIGTERM)
      #expect(try await supervision.report().outcomeEnding == .signaled(SIGTERM))
    }
  }

  @Test(
    "no process of a step outlives it, wherever it hid",
    arguments: [
      "sleep 1000 &",
      "setsid sleep 1000 &",
      "(setsid sh -c 'trap \"\" TERM HUP; sleep 1000; sleep 1000' &) &",
      "setsid sh -c 'kill -STOP $$' &",
      "(sh -c 'sh -c \"sleep 1000 & sleep 1000\" & wait' &)",
    ])
  func orphans(hidden: String) async throws {
    let supervision = try Supervision()
    let gate = try supervision.gate()
    // Whatever is hidden carries this in its environment, so that it can be found.
    let mark = "MARK=\(UUID().uuidString)"
    let step = Supervision.Step.shell("\(hidden)\necho ready > $1; read line < $1.go; exit 5", gate.path)
    try supervision.start(step, environment: ["PATH=/usr/bin:/bin", mark])
    _ = try await gate.message()
    #expect(try processes(with: mark).count >= 2)
    gate.open()
    #expect(try await supervision.report().outcomeEnding == .exited(code: 5))
    #expect(try processes(with: mark).isEmpty)
  }

  @Test("a step that is ended takes its processes with it")
  func orphansOfAnEndedStep() async throws {
    let supervision = try Supervision()
    let (step, gate) = try waiting("(setsid sh -c 'trap \"\" TERM; sleep 1000' &)", supervision)
    let mark = "MARK=\(UUID().uuidString)"
    let supervisor = try supervision.start(step, environment: ["PATH=/usr/bin:/bin", mark])
    _ = try await gate.message()
    supervisor.signal(SIGTERM)
    _ = try await supervision.report()
    #expect(try processes(with: mark).isEmpty)
  }

  /// The processes that were started with a variable, by their number.
  private func processes(with variable: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { name in
      guard name.allSatisfy(\.isNumber), let data = FileManager.default.contents(atPath: "/proc/\(name)/environ") else {
        return false
      }
      return data.split(separator: 0).contains { $0.elementsEqual(variable.utf8) }
    }
  }
}
