import Foundation
import Testing

@testable import ProcessExecution

/// How a step ends, as the real supervisor reports it.
struct SupervisorEndingTests {
  @Test("an exit code is reported as it is", arguments: [0, 1, 42, 255])
  func exitCode(code: Int32) async throws {
    let report = try await Supervision().run(.shell("exit $1", "\(code)"))
    #expect(report.outcomeEnding == .exited(code: code))
  }

  @Test("a step that dies of a signal is reported by the signal's number", arguments: [SIGKILL, SIGTERM, SIGSEGV])
  func signal(number: Int32) async throws {
    let report = try await Supervision().run(.shell("kill -$1 $$", "\(number)"))
    #expect(report.outcomeEnding == .signaled(number))
  }

  @Test("a program that is missing was not started, and the report names it")
  func missingProgram() async throws {
    let report = try await Supervision().run(.init("no-such-program"))
    #expect(report.outcomeEnding == .notStarted("no-such-program: No such file or directory"))
  }

  @Test("a file that cannot be executed was not started")
  func notExecutable() async throws {
    let supervision = try Supervision()
    try supervision.folder.write("text", to: "data")
    let path = supervision.folder.path + "/data"
    let report = try await supervision.run(.init(path))
    #expect(report.outcomeEnding == .notStarted("\(path): Permission denied"))
  }

  @Test("a directory that cannot be entered is named, not the program")
  func badDirectory() async throws {
    let supervision = try Supervision()
    try supervision.folder.write("text", to: "file")
    let inside = supervision.folder.path + "/file/below"
    let report = try await supervision.run(.shell("true").with { $0.directory = inside })
    #expect(report.outcomeEnding == .notStarted("\(inside): Not a directory"))
  }

  @Test("a working directory that is missing is made, with those above it")
  func madeDirectory() async throws {
    let supervision = try Supervision()
    let inside = supervision.folder.path + "/one/two/three"
    _ = try await supervision.run(.shell("pwd").with { $0.directory = inside })
    #expect(try supervision.log == inside + "\n")
  }

  @Test("a program's name of any length, cut in the middle of a character, leaves a readable report", arguments: 0..<4)
  func longName(shift: Int) async throws {
    let name = String(repeating: "x", count: shift) + String(repeating: "日", count: 300)
    let report = try await Supervision().run(.init(name))
    guard case .notStarted(let message) = report.outcomeEnding else {
      Issue.record("\(report)")
      return
    }
    #expect(message.hasSuffix(": No such file or directory") || message.hasSuffix(": File name too long"))
  }

  @Test("a step that runs over its time is ended and reported so")
  func deadline() async throws {
    let supervision = try Supervision()
    let gate = try supervision.gate()
    let report = try await supervision.run(.shell("read line < $1.go", gate.path).with { $0.deadline = 50 })
    #expect(report.outcomeEnding == .deadlineExceeded)
    #expect(report.finishedMilliseconds - report.startedMilliseconds >= 50)
  }

  @Test("a step that ends before its time is none the wiser")
  func deadlineNotReached() async throws {
    let report = try await Supervision().run(.shell("exit 3").with { $0.deadline = 60_000 })
    #expect(report.outcomeEnding == .exited(code: 3))
  }

  @Test("both streams of a step are in one log, in the order written")
  func log() async throws {
    let supervision = try Supervision()
    _ = try await supervision.run(.shell("echo one; echo two >&2; echo three"))
    #expect(try supervision.log == "one\ntwo\nthree\n")
  }

  @Test("a result that is wanted is kept apart from the log")
  func result() async throws {
    let supervision = try Supervision()
    _ = try await supervision.run(.shell("echo result; echo log >&2").with { $0.keepsResult = true })
    #expect(try supervision.log == "log\n")
    #expect(supervision.directory.readResult() == "result")
  }

  @Test("times, processor time and memory are measured")
  func measures() async throws {
    let before = Int64(Date().timeIntervalSince1970 * 1000)
    let report = try await Supervision().run(.shell("i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done"))
    let after = Int64(Date().timeIntervalSince1970 * 1000) + 1
    #expect(before...after ~= report.startedMilliseconds)
    #expect(report.startedMilliseconds...after ~= report.finishedMilliseconds)
    #expect(report.cpuMilliseconds > 0)
    #expect(1 << 17...1 << 30 ~= report.maxRSSBytes)
  }

  @Test("a launch that cannot be understood is the platform's error", arguments: ["", "z\0", "d/tmp\0"])
  func damagedLaunch(text: String) async throws {
    let supervision = try Supervision()
    try supervision.folder.write(text, to: "launch")
    #expect(try await supervision.startAgain().status() == 70)
    let report = try #require(SupervisorReport(path: supervision.folder.path + "/exit.json"))
    guard case .error(let message) = report.outcomeEnding else {
      Issue.record("\(report)")
      return
    }
    #expect(message.hasPrefix("cannot read its launch: "))
  }
}

/// What a step leaves beside its exit code.
struct SupervisorOutputTests {
  @Test(
    "output files are collected in the order declared; a missing one leaves no copy",
    arguments: canMount ? [false, true] : [false])
  func outputs(isPrivate: Bool) async throws {
    let supervision = try Supervision()
    let path = "/tmp/orchestrate-output-\(UUID().uuidString)"
    defer { unlink(path) }
    let step = Supervision.Step.shell("echo one > $1; echo three > three", path).with {
      $0.outputs = [path, "/tmp/missing", "three"]
      $0.isPrivate = isPrivate
    }
    _ = try await supervision.run(step)
    #expect(try supervision.folder.text("outputs/0") == "one\n")
    #expect(!FileManager.default.fileExists(atPath: supervision.folder.path + "/outputs/1"))
    #expect(try supervision.folder.text("outputs/2") == "three\n")
    #expect(FileManager.default.fileExists(atPath: path) == !isPrivate)
  }

  @Test("an output that is no plain file is left out, and nobody waits for it")
  func specialFiles() async throws {
    let supervision = try Supervision()
    let report = try await supervision.run(
      .shell("mkfifo pipe; mkdir folder; ln -s /dev/zero zero").with { $0.outputs = ["pipe", "folder", "zero"] })
    #expect(report.outcomeEnding == .exited(code: 0))
    #expect(try FileManager.default.contentsOfDirectory(atPath: supervision.folder.path + "/outputs").isEmpty)
  }

  @Test("an output file of any size is cut, not followed")
  func largeOutput() async throws {
    let supervision = try Supervision()
    _ = try await supervision.run(.shell("head -c 3000000 /dev/zero > big").with { $0.outputs = ["big"] })
    let attributes = try FileManager.default.attributesOfItem(atPath: supervision.folder.path + "/outputs/0")
    #expect(attributes[.size] as? Int == 1 << 20)
  }

  @Test("a link leads nowhere but into the step's own view", .enabled(if: canMount, "needs mounts"))
  func links() async throws {
    let supervision = try Supervision()
    let secret = try TemporaryDirectory()
    try secret.write("secret", to: "file")
    let script = """
      mkdir -p "$1"; echo own > "$1/file"
      ln -s "$1/file" /tmp/link; ln -s /proc/1/root/etc/passwd /tmp/magic
      """
    _ = try await supervision.run(
      .shell(script, secret.path).with {
        $0.isPrivate = true
        $0.outputs = ["/tmp/link", "/tmp/magic", "/tmp/../../../../tmp/link"]
      })
    #expect(try supervision.folder.text("outputs/0") == "own\n")
    #expect(try supervision.folder.text("outputs/2") == "own\n")
    #expect(!FileManager.default.fileExists(atPath: supervision.folder.path + "/outputs/1"))
  }
}
